import { setTimeout as delay } from 'node:timers/promises'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { Address } from './address.ts'

export type Client = Redis | Cluster

/** Milliseconds. No command is waited for any longer: with a few of them a request still has its answer in two seconds. */
export const commandTimeout = 1000
const connectTimeout = 2000
const pause = 500
const longestFarewell = 1000

const jittered = (most: number) => Math.ceil(most * (0.5 + Math.random() / 2))
const soonThenLater = (times: number): number => jittered(Math.min(50 * 2 ** Math.min(times, 6), 1000))

// A primary that has become a replica says so once; the next connection finds the primary of now.
const isDemoted = (error: Error): boolean => error.message.includes('READONLY')

/** `different`: what is otherwise with one server. It is not connected yet. */
export function createClient(address: Address, different: RedisOptions = {}): Client {
  const { hosts, username, password, tls } = address
  const options: RedisOptions = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
    connectionName: 'gatehouse',
    lazyConnect: true,
    protocol: 2,
    connectTimeout,
    // After `connection.ts` has given up on it.
    commandTimeout: 2 * commandTimeout,
    maxRetriesPerRequest: 0,
    // Whether a command that got no answer was carried out is not known; only its caller may know whether twice does harm.
    autoResendUnfulfilledCommands: false,
    reconnectOnError: isDemoted,
  }

  if (address.kind === 'cluster') {
    return new Cluster([...hosts], {
      lazyConnect: true,
      enableOfflineQueue: false,
      // A certificate is for a name; a lookup would leave only the address.
      ...(tls && { dnsLookup: (name, done) => done(null, name) }),
      maxRedirections: 6,
      slotsRefreshTimeout: connectTimeout,
      slotsRefreshInterval: 5000,
      clusterRetryStrategy: soonThenLater,
      redisOptions: options,
    })
  }
  const common: RedisOptions = {
    ...options,
    db: address.db,
    enableOfflineQueue: false,
    retryStrategy: soonThenLater,
    ...different,
  }
  if (address.kind === 'sentinel') {
    return new Redis({
      ...common,
      sentinels: hosts.map(({ host, port }) => ({ host, port })),
      name: address.name ?? '',
      ...(address.sentinelPassword !== undefined && { sentinelPassword: address.sentinelPassword }),
      ...(tls && { sentinelTLS: {}, enableTLSForSentinelMode: true }),
      sentinelRetryStrategy: soonThenLater,
      sentinelCommandTimeout: commandTimeout,
      // Told by the sentinels, instead of found out when the old primary does not answer.
      failoverDetector: true,
      sentinelReconnectStrategy: soonThenLater,
    })
  }
  return new Redis({ ...common, ...hosts[0] })
}

/** All of them that are known. */
export const servers = (client: Client): readonly Redis[] =>
  client instanceof Cluster ? client.nodes('all') : [client]

/** The servers that take writes. */
export const primaries = (client: Client): readonly Redis[] =>
  client instanceof Cluster ? client.nodes('master') : [client]

export interface Connected extends AsyncDisposable {
  /** Resolves when the first attempt is over, whatever has come of it: others follow. */
  open(): Promise<void>
}

/** From when it is opened until it is disposed of, a connection that is lost is looked for again. */
export function keepConnected(client: Client): Connected {
  let disposed = false

  async function open(): Promise<void> {
    try {
      await client.connect()
    } catch {
      // The 'error' event has told of it, and the next attempt is under way.
    }
  }

  // ioredis gives up for ever when it hears of a failover just while it looks for the primary.
  client.on('end', async () => {
    await delay(pause, undefined, { ref: false })
    if (!disposed && client.status === 'end') await open()
  })

  return {
    open,
    async [Symbol.asyncDispose]() {
      disposed = true
      if (client.status === 'end') return
      const ended = client.status === 'wait' ? Promise.resolve() : hasEnded(client)
      client.disconnect()
      await ended
    },
  }
}

/** Whatever becomes of the connection meanwhile; some that never came about never say that they have ended. */
function hasEnded(client: Client): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, longestFarewell)
  client.once('end', resolve)
  return promise.finally(() => clearTimeout(timer))
}
