/**
 * What is asked of SQLite in one turn of the event loop is carried out at its end, in the order in which it came; and when
 * several statements of it write, in one transaction. A transaction costs more than what is written in it, and requests
 * write several things at once. Nobody notices it by anything else: each statement succeeds or fails by itself, and nobody
 * is told before it is kept.
 */
import type { CompiledQuery, QueryResult } from 'kysely'

export type Query = Pick<CompiledQuery, 'sql' | 'parameters'>

interface Needs {
  /** Of everybody who uses the connection, one after the other. Answers how to end it. */
  readonly takeTurn: () => Promise<() => void>
  /** Carries out one statement; throws. */
  readonly run: (query: Query) => QueryResult<unknown>
  /** The same, while another process has the file locked again and again, for a while. */
  readonly patiently: (query: Query) => Promise<QueryResult<unknown>>
  readonly isInTransaction: () => boolean
}

interface Asked {
  readonly query: Query
  readonly answer: (result: QueryResult<unknown>) => void
  readonly fail: (error: unknown) => void
}

export interface Together {
  ask(query: Query): Promise<QueryResult<unknown>>
  /** Resolves when whatever was asked until now has been answered. */
  settled(): Promise<void>
}

const writes = /^\s*(?:insert|update|delete)\b/i
const reads = /^\s*select\b/i

export function createTogether({ takeTurn, run, patiently, isInTransaction }: Needs): Together {
  let waiting: Asked[] = []
  let answering: Promise<void> = Promise.resolve()

  async function answerAll(): Promise<void> {
    const end = await takeTurn()
    // Whoever has come while others had their turn is among them.
    const asked = waiting
    waiting = []
    try {
      if (!isWorthATransaction(asked)) await oneByOne(asked)
      else if (await begun(asked)) await inTransaction(asked)
    } finally {
      end()
    }
  }

  async function begun(asked: readonly Asked[]): Promise<boolean> {
    try {
      await patiently(immediate)
      return true
    } catch (error) {
      for (const { fail } of asked) fail(error)
      return false
    }
  }

  /** Nobody else can have the file locked from here on. */
  async function inTransaction(asked: readonly Asked[]): Promise<void> {
    const outcomes: (() => void)[] = []
    for (const { query, answer, fail } of asked) {
      // SQLite gives up the whole of it where the disk is full, for example: what comes now would be kept by itself.
      if (!isInTransaction()) break
      try {
        const result = run(query)
        outcomes.push(() => answer(result))
      } catch (error) {
        outcomes.push(() => fail(error))
      }
    }
    if (isKept()) for (const tell of outcomes) tell()
    // Nothing of it was: whoever is to blame fails by themselves.
    else await oneByOne(asked)
  }

  function isKept(): boolean {
    if (!isInTransaction()) return false
    try {
      run(commit)
      return true
    } catch {
      if (isInTransaction()) run(rollback)
      return false
    }
  }

  async function oneByOne(asked: readonly Asked[]): Promise<void> {
    for (const { query, answer, fail } of asked) await patiently(query).then(answer, fail)
  }

  return {
    ask(query) {
      const { promise, resolve: answer, reject: fail } = Promise.withResolvers<QueryResult<unknown>>()
      waiting.push({ query, answer, fail })
      // Behind all promises that can go on now: what else they ask comes along.
      if (waiting.length === 1)
        process.nextTick(() => {
          answering = answerAll()
        })
      return promise
    },

    async settled() {
      // What is on its way to `ask` through promises, as Kysely has many, is there after the first turn.
      do await new Promise(setImmediate)
      while (waiting.length > 0)
      await answering
    },
  }
}

const immediate: Query = { sql: 'begin immediate', parameters: [] }
const commit: Query = { sql: 'commit', parameters: [] }
const rollback: Query = { sql: 'rollback', parameters: [] }

function isWorthATransaction(asked: readonly Asked[]): boolean {
  const writing = asked.filter(({ query: { sql } }) => writes.test(sql)).length
  // What is neither, such as a copy of the whole database, may not be in one.
  return writing > 1 && asked.every(({ query: { sql } }) => writes.test(sql) || reads.test(sql))
}
