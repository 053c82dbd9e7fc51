/**
 * Connections to PostgreSQL, a limited number of them. Whatever the server does, nobody waits for it longer than a
 * moment: once it has kept silent that long, everybody is told so at once, until it answers again.
 */
import { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Pool, type PoolClient, type QueryResult, types } from 'pg'
import { Refusal, StartProblem, Unavailable } from '../../errors.ts'
import { endedConnection } from './postgres-errors.ts'

export interface Limits {
  /** How many at once. */
  readonly connections: number
  /** Milliseconds: how long one waits for a connection. */
  readonly connectWithin: number
  /** Milliseconds: how long one waits for the answer to a statement. */
  readonly answerWithin: number
}

/** One connection, lent. */
export interface Session {
  /** Rejects with the driver's errors. */
  run<Row extends object>(sql: string, parameters?: readonly unknown[]): Promise<QueryResult<Row>>
  /** Whether anything can still be asked through it. */
  usable(): boolean
  /** It is not to be lent again. */
  spoil(): void
  giveBack(): void
}

export interface PostgresPool {
  lend(): Promise<Session>
  /** Lets those that are lent come back, for a moment. */
  close(): Promise<void>
}

/** Milliseconds. The server gives up first, so that silence means that it is not there rather than slow. */
const serversLead = 200
const idleInTransaction = 5000
const lookAgainAfter = 200
const closeWithin = 2000

const int8 = 20

interface Waiting {
  /** Its place among them. */
  at: number
  readonly giveUp: (error: Unavailable) => void
}

/** The last one takes its place. */
function leave(waiting: Waiting[], one: Waiting): void {
  const last = waiting.pop()
  if (!last || last === one) return
  last.at = one.at
  waiting[one.at] = last
}

export function createPostgresPool(url: string, { connections, connectWithin, answerWithin }: Limits): PostgresPool {
  const sockets = new Set<Socket>()
  const pool = new Pool({
    application_name: 'gatehouse',
    statement_timeout: answerWithin - serversLead,
    idle_in_transaction_session_timeout: idleInTransaction,
    connectionString: withLibpqModes(url),
    max: connections,
    connectionTimeoutMillis: connectWithin,
    keepAlive: true,
    allowExitOnIdle: true,
    stream: () => kept(sockets),
    // Times and counts stay far below 2^53.
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : types.getTypeParser(oid, format)) },
  })
  // A connection that breaks is noticed by whoever uses it, and otherwise only leaves the pool.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))

  let silent: Unavailable | undefined
  // Not one promise for all: that would keep what each of them waited for until it is settled. And not a set: the tables
  // that it leaves behind keep a twentieth of what requests allocate until the next full collection.
  const waiting: Waiting[] = []
  let closed = false

  function isSilent(cause?: unknown): Unavailable {
    if (silent) return silent
    silent = new Unavailable('store', 'The database keeps silent', { cause })
    for (const { giveUp } of waiting) giveUp(silent)
    void waitUntilItAnswers()
    return silent
  }

  async function waitUntilItAnswers(): Promise<void> {
    while (!closed && !(await answers())) await delay(lookAgainAfter, undefined, { ref: false })
    silent = undefined
  }

  async function answers(): Promise<boolean> {
    try {
      const session = sessionOf(await pool.connect())
      await session.run('select 1').finally(session.giveBack)
      return true
    } catch {
      return false
    }
  }

  function sessionOf(client: PoolClient): Session {
    let spoilt = false
    return {
      async run<Row extends object>(sql: string, parameters: readonly unknown[] = []) {
        refuseNul(parameters)
        try {
          return await inTime(client.query<Row>(sql, [...parameters]), answerWithin, isSilent)
        } catch (error) {
          spoilt ||= endedConnection(error)
          throw error
        }
      },
      usable: () => !spoilt,
      spoil: () => {
        spoilt = true
      },
      giveBack: () => client.release(spoilt),
    }
  }

  return {
    async lend() {
      if (closed) throw new Unavailable('store', 'The database is closed')
      if (silent) throw silent
      const connecting = pool.connect()
      const { promise: gaveUp, reject: giveUp } = Promise.withResolvers<never>()
      const one: Waiting = { at: waiting.length, giveUp }
      waiting.push(one)
      try {
        return sessionOf(await Promise.race([connecting, gaveUp]))
      } catch (error) {
        if (error === silent)
          connecting.then(
            (late) => late.release(),
            () => {},
          )
        throw neverConnected(error) ? isSilent(error) : error
      } finally {
        leave(waiting, one)
      }
    },

    async close() {
      if (closed) return
      closed = true
      const ended = pool.end()
      await Promise.race([ended, delay(closeWithin, undefined, { ref: false })])
      for (const socket of sockets) socket.destroy()
      await ended
    },
  }
}

/** What has arrived by then counts, however late this process comes to read it. */
async function inTime<T>(answer: Promise<T>, patience: number, late: () => Error): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>()
  let waiting = true
  const timer = setTimeout(() => setImmediate(() => waiting && reject(late())), patience)
  try {
    return await Promise.race([answer, tooLate])
  } finally {
    waiting = false
    clearTimeout(timer)
  }
}

/** Apart from waiting in vain for others to give one back, which says nothing about the server. */
const neverConnected = (error: unknown): boolean =>
  error instanceof Error && error.message === 'Connection terminated due to connection timeout'

function kept(sockets: Set<Socket>): Socket {
  const socket = new Socket()
  sockets.add(socket)
  return socket.once('close', () => sockets.delete(socket))
}

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']

/** `sslmode` means what it means to every other program that is given this address. */
function withLibpqModes(url: string): string {
  // What URL itself throws repeats the password.
  if (!URL.canParse(url))
    throw new StartProblem(
      'database_url: is no URL; in a password, characters such as / : @ # are written as %2F, %3A…',
    )
  const address = new URL(url)
  const mode = address.searchParams.get('sslmode')
  if (mode === null) return address.href
  if (!sslModes.includes(mode)) throw new StartProblem(`database_url: sslmode is one of ${sslModes.join(', ')}`)
  address.searchParams.set('uselibpqcompat', 'true')
  return address.href
}

/** PostgreSQL has no character U+0000 in its text; nothing that holds one was ever kept, or can be. */
function refuseNul(parameters: readonly unknown[]): void {
  if (!parameters.some((value) => typeof value === 'string' && value.includes('\0'))) return
  throw new Refusal('invalid_input', 'The character U+0000 cannot be kept')
}
