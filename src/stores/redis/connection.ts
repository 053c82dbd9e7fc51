/**
 * One Redis, whatever its shape. A command is answered, or rejected as `Unavailable` within a second or so; while there
 * is no connection it is rejected at once, and nothing is queued.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Cluster, type Redis } from 'ioredis'
import { Unavailable } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { parseAddress } from './address.ts'
import { type Client, commandTimeout, createClient, keepConnected, primaries, servers } from './client.ts'
import { createOneWrite } from './one-write.ts'

export type Argument = string | number

export interface Connection extends AsyncDisposable {
  /** Commands that are issued at once make one round trip. The first argument is the key. */
  send(command: string, ...args: readonly Argument[]): Promise<unknown>
  /** Runs when this turn of the event loop is over: what it sends leaves with all else that was sent in it. */
  atTheEnd(run: () => void): void
  /** Each command in the order given, on one connection of its own that writes may wait on. All keys are in one slot. */
  sendGuarded(commands: readonly (readonly Argument[])[]): Promise<readonly unknown[]>
  /** Asks every server that takes writes. */
  askPrimaries(...command: readonly Argument[]): Promise<readonly unknown[]>
  readonly isCluster: boolean
  isConnected(): boolean
  /** Runs when a connection is there again, and when it is lost. */
  onConnected(run: () => void): void
  onLost(run: () => void): void
}

/** Milliseconds: what a cluster's redirections may add to a command. */
const longestRedirected = 1500
/** How many writes may wait for replicas at once. */
const guardedAtOnce = 256
const patienceAtStart = 1000

/** Does not wait for a Redis that is down: it is joined when it is there. Throws `StartProblem` for a wrong address. */
export async function connect(url: string, log: Log): Promise<Connection> {
  const address = parseAddress(url)
  const client = createClient(address)
  const oneWrite = createOneWrite(client)
  const guard = createClient(address)
  let guarded = 0

  let complained = false
  client.on('ready', () => {
    if (complained) log.info('Redis answers again')
    complained = false
  })
  const complain = (err: Error) => {
    if (!complained) log.warn({ err }, 'Redis does not answer')
    complained = true
  }
  client.on('error', complain)
  client.on('node error', complain)
  // Whatever ails this one is told by the commands on it.
  guard.on('error', () => {})
  // From the moment it is asked: it may have to wait for the answers to those before it.
  const patience = client instanceof Cluster ? longestRedirected : commandTimeout
  const answered = <T>(from: Client, work: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      let isOver = false
      const failed = (error: unknown) => {
        if (isOver) return
        isOver = true
        if (isTimeout(error)) hangUp(from)
        reject(unavailable(error))
      }
      // Where this process was too busy to read, the answer may lie there already: it is read before `setImmediate` runs.
      const timer = setTimeout(() => setImmediate(failed, new Error('Command timed out')), patience)
      work.then(
        (found) => {
          isOver = true
          clearTimeout(timer)
          resolve(found)
        },
        (error) => {
          clearTimeout(timer)
          failed(error)
        },
      )
    })

  const [connected, guardConnected] = [keepConnected(client), keepConnected(guard)]
  await Promise.race([connected.open(), delay(patienceAtStart, undefined, { ref: false })])

  return {
    isCluster: client instanceof Cluster,
    isConnected: () => client.status === 'ready',
    onConnected: (run) => void client.on('ready', run),
    onLost: (run) => void client.on('close', run),

    send(command, ...args) {
      if (client.status !== 'ready') return Promise.reject(notConnected())
      oneWrite.hold()
      return answered(client, client.call(command, ...args))
    },

    atTheEnd: oneWrite.atTheEnd,

    async sendGuarded(commands) {
      if (guard.status === 'wait') await guardConnected.open()
      if (guard.status !== 'ready' || guarded >= guardedAtOnce) throw notConnected()
      guarded++
      try {
        const pipeline = guard.pipeline(commands.map(([name = '', ...args]) => ['call', name, ...args]))
        const results = (await answered(guard, pipeline.exec())) ?? []
        const failed = results.find(([error]) => error)?.[0]
        if (failed) return await answered(guard, Promise.reject(failed))
        return results.map(([, result]) => result)
      } finally {
        guarded--
      }
    },

    async askPrimaries(name = '', ...args) {
      if (client.status !== 'ready') throw notConnected()
      return Promise.all(primaries(client).map((node) => answered(client, node.call(String(name), ...args))))
    },

    async [Symbol.asyncDispose]() {
      for (const one of [connected, guardConnected]) await one[Symbol.asyncDispose]()
    },
  }
}

/**
 * A server that leaves one command without an answer would leave the next ones too, and each would wait. Without a
 * connection they are refused at once, until a new one has answered.
 */
function hangUp(client: Client): void {
  if (client instanceof Cluster) {
    for (const node of servers(client)) node.ping().catch((error) => isTimeout(error) && abandon(node))
  } else if (client.status === 'ready') {
    client.disconnect(true)
    // The other side does not take its leave either.
    client.stream.destroy()
  }
}

const abandon = (node: Redis): void => node.disconnect()

const isTimeout = (error: unknown): boolean => error instanceof Error && error.message === 'Command timed out'

const notConnected = (): Unavailable => new Unavailable('store', 'There is no connection to Redis')

const unavailable = (cause: unknown): Unavailable =>
  new Unavailable('store', `Redis: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
