/**
 * Kysely over `node:sqlite`. One connection serves everybody in turn: a transaction keeps it to itself, so no
 * foreign statement slips in. Several processes may share the file; who finds it locked waits without holding
 * up the event loop, and gives up after a while with `Unavailable`.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type DatabaseConnection,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { Unavailable } from '../../errors.ts'
import { makeFolder } from '../../folders.ts'
import { timeOfSqlite } from './database.ts'
import type { Engine, Quick } from './engine.ts'
import { migrate } from './migrations/migrate.ts'
import { isBusy, translated } from './sqlite-errors.ts'
import { createTogether, type Query } from './sqlite-together.ts'

/** Milliseconds. */
const patience = 5000
const keptStatements = 500

/** @param path of the file, whose folder is made when it is missing, or `:memory:`. */
export function createSqlite(path: string): Engine {
  const surrounding = new AsyncLocalStorage<{ open: boolean }>()
  const driver = createDriver(path, () => surrounding.getStore()?.open === true)

  return {
    dialect: {
      createDriver: () => driver,
      createAdapter: () => new Adapter(),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (db) => new SqliteIntrospector(db),
    },
    migrate,
    transact: (db, work) =>
      db.transaction().execute(async (transaction) => {
        // On the one connection what joins would otherwise wait for the transaction that waits for it.
        const around = { open: true }
        try {
          return await surrounding.run(around, () => work(transaction))
        } finally {
          around.open = false
        }
      }),
    time: timeOfSqlite,
    quick: driver,
    close: () => driver.destroy(),
  }
}

class Adapter extends SqliteAdapter {
  // The driver hands out its one connection itself, because a joining statement must not queue for it.
  override get supportsMultipleConnections() {
    return true
  }

  // A migration runs in one immediate transaction: of two processes that start at once the second finds it done.
  override get supportsTransactionalDdl() {
    return true
  }
}

interface Prepared {
  readonly statement: StatementSync
  readonly hasRows: boolean
  readonly changesLiveState: boolean
}

interface Connection extends DatabaseConnection {
  /** Of whoever began a transaction on it. */
  turn?: () => void
  /** Its statements belong to the transaction that surrounds them. */
  readonly joins: boolean
}

function createDriver(path: string, insideTransaction: () => boolean): Driver & Quick {
  let database: DatabaseSync | undefined
  const statements = new Map<string, Prepared>()
  let changed = 0
  let versionOfOthers: StatementSync | undefined
  let seenOfOthers: unknown
  let hasJustAsked = false
  let lastInLine: Promise<void> = Promise.resolve()
  let depth = 0

  const opened = (): DatabaseSync => {
    if (!database?.isOpen) throw new Unavailable('store', 'The database is closed')
    return database
  }

  function prepare(sql: string): Prepared {
    const known = statements.get(sql)
    if (known) return known
    if (statements.size >= keptStatements) statements.clear()
    const statement = opened().prepare(sql)
    const hasRows = statement.columns().length > 0
    const prepared = { statement, hasRows, changesLiveState: changesLiveState.test(sql) }
    statements.set(sql, prepared)
    return prepared
  }

  function run<Row>({ sql, parameters }: Query): QueryResult<Row> {
    opened()
    const { statement, hasRows, changesLiveState } = prepare(sql)
    if (changesLiveState) changed += 1
    const values = parameters as readonly SQLInputValue[]
    if (hasRows) return { rows: statement.all(...values) as Row[] }
    const { changes } = statement.run(...values)
    return { rows: [], numAffectedRows: BigInt(changes) }
  }

  function askVersion(): StatementSync {
    if (versionOfOthers) return versionOfOthers
    const statement = opened().prepare('pragma data_version')
    // Asked with every check of a token: a list is made in less time than an object.
    statement.setReturnArrays(true)
    versionOfOthers = statement
    return statement
  }

  const executeQuery = <Row>(query: Query) => patiently(() => run<Row>(query))
  const execute = (sql: string) => executeQuery({ sql, parameters: [] })

  /** Answers how to end it. */
  async function takeTurn(): Promise<() => void> {
    const before = lastInLine
    const { promise, resolve: end } = Promise.withResolvers<void>()
    lastInLine = promise
    await before
    return end
  }

  const together = createTogether({
    takeTurn,
    run(query) {
      try {
        return run(query)
      } catch (error) {
        throw translated(error)
      }
    },
    patiently: executeQuery,
    isInTransaction: () => database?.isTransaction === true,
  })

  const connection = (joins: boolean): Connection => ({
    joins,
    executeQuery<Row>(query: Query) {
      if (joins || this.turn) return executeQuery<Row>(query)
      return together.ask(query) as Promise<QueryResult<Row>>
    },
    async *streamQuery() {
      yield* []
      throw new Error('Results are not streamed')
    },
  })

  return {
    async init() {
      if (path !== ':memory:') makeForOwner(path)
      // Waiting is ours, see patiently: SQLite's own busy handler would stop the whole process.
      database = await patiently(() => new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 0 }))
      await execute('pragma journal_mode = wal')
      await execute('pragma synchronous = normal')
    },

    acquireConnection: async () => connection(insideTransaction()),

    async releaseConnection(acquired) {
      ;(acquired as Connection).turn?.()
    },

    async beginTransaction(acquired) {
      const begun = acquired as Connection
      if (!begun.joins) begun.turn = await takeTurn()
      // Immediate: the write lock is taken before anything is read, so what was read is still so when it is written.
      await execute(depth === 0 ? 'begin immediate' : `savepoint inner_${depth}`)
      depth += 1
    },

    async commitTransaction() {
      await execute(depth === 1 ? 'commit' : `release savepoint inner_${depth - 1}`)
      depth -= 1
    },

    async rollbackTransaction() {
      depth -= 1
      // Whatever was read of it inside was never so.
      changed += 1
      // SQLite rolls back by itself when, for example, the disk is full.
      if (!opened().isTransaction) return
      if (depth === 0) return void (await execute('rollback'))
      await execute(`rollback to savepoint inner_${depth}`)
      await execute(`release savepoint inner_${depth}`)
    },

    count() {
      try {
        if (hasJustAsked) return changed
        // Changes with every commit of another connection, whichever process has it.
        const seen = askVersion().get()?.[0]
        if (seen !== seenOfOthers) changed += 1
        seenOfOthers = seen
        // Whoever asks in the same breath was here already when it was asked.
        hasJustAsked = true
        queueMicrotask(() => {
          hasJustAsked = false
        })
        return changed
      } catch {
        return undefined // Whoever asks the database itself is told what the matter is.
      }
    },

    row({ sql, parameters }) {
      // In a transaction it would show what was not committed yet.
      try {
        if (opened().isTransaction) return undefined
        return prepare(sql).statement.get(...(parameters as readonly SQLInputValue[]))
      } catch {
        return undefined
      }
    },

    async destroy() {
      await together.settled()
      await lastInLine
      statements.clear()
      if (database?.isOpen) database.close()
    },
  }
}

/** By any statement that kysely or we write down. What goes with a session goes by its deletion. */
const changesLiveState = /^\s*(?:insert into|update|delete from) "?(?:sessions|grants|marks)\b/i

/** Tries again while another connection has the file locked. */
async function patiently<T>(attempt: () => T): Promise<T> {
  const deadline = performance.now() + patience
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw translated(error)
      await delay(1 + Math.random() * 20)
    }
  }
}

/** Nobody else on the machine reads it, whatever the folder says. Its log gets the rights of the file. */
function makeForOwner(path: string): void {
  makeFolder(dirname(path))
  closeSync(openSync(path, 'a', 0o600))
}
