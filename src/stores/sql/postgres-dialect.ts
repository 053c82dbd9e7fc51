/**
 * Kysely over `pg`. Every transaction begins with one and the same advisory lock: so they come one after the other on
 * all nodes, as SQLite's do, while single statements go on beside them (docs/decisions/0018).
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  sql,
} from 'kysely'
import { StartProblem } from '../../errors.ts'
import { timeOfPostgres } from './database.ts'
import type { Engine } from './engine.ts'
import { migrate } from './migrations/migrate.ts'
import { asStartProblem, translated, wasSacrificed } from './postgres-errors.ts'
import { createPostgresPool, type PostgresPool, type Session } from './postgres-pool.ts'
import type { Schema } from './schema.ts'
import { createTurns, type Turns } from './turns.ts'

/** "GATE", and which of our locks. */
const begin = `begin; select pg_advisory_xact_lock(${0x47415445}, 1)`
/** Milliseconds. A request is answered within two seconds, whatever the server does. */
const inRequests = { connectWithin: 1700, answerWithin: 1700 }
/** A new version of the schema may take its time. */
const atStart = { connectWithin: 10_000, answerWithin: 600_000 }
const attempts = 3
/** Milliseconds: how long a transaction waits for those of its own node. */
const turnPatience = 5000

/** @param connections at most so many at once, and one more while the schema is brought up to date. */
export function createPostgres(url: string, connections: number): Engine {
  const pool = createPostgresPool(url, { ...inRequests, connections })
  const turns = createTurns(turnPatience)
  const surrounding: Surrounding = new AsyncLocalStorage()

  return {
    dialect: createDialect(pool, turns, surrounding),

    async migrate() {
      const patient = createPostgresPool(url, { ...atStart, connections: 1 })
      const db = new Kysely<Schema>({ dialect: createDialect(patient, createTurns(atStart.answerWithin), surrounding) })
      try {
        await requireUtf8(db)
        await migrate(db)
      } catch (error) {
        throw asStartProblem(error)
      } finally {
        await patient.close()
      }
    },

    async transact(db, work) {
      if (surrounding.getStore()?.open) return db.transaction().execute(work)
      const around = { open: true }
      try {
        return await surrounding.run(around, () => db.transaction().execute(work))
      } finally {
        around.open = false
      }
    },

    time: timeOfPostgres,
    close: () => pool.close(),
  }
}

function createDialect(pool: PostgresPool, turns: Turns, surrounding: Surrounding): Dialect {
  return {
    createAdapter: () => new Adapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createDriver: () => ({
      init: async () => {},
      async acquireConnection() {
        const around = surrounding.getStore()
        if (!around?.open) return createConnection(pool, turns)
        if (around.connection) return { ...around.connection, release: async () => {} }
        around.connection = createConnection(pool, turns)
        return around.connection
      },
      beginTransaction: (connection) => (connection as Connection).begin(),
      commitTransaction: (connection) => (connection as Connection).commit(),
      rollbackTransaction: (connection) => (connection as Connection).rollback(),
      releaseConnection: (connection) => (connection as Connection).release(),
      destroy: () => pool.close(),
    }),
  }
}

async function requireUtf8(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ server_encoding: string }>`show server_encoding`.execute(db)
  const encoding = rows[0]?.server_encoding
  if (encoding === 'UTF8') return
  throw new StartProblem(`database_url: the database must have the encoding UTF8, and has ${encoding}`)
}

class Adapter extends PostgresAdapter {
  // The lock that every transaction begins with serves migrations too.
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/** The transaction that is being worked on, if there is one, and the connection it has. */
type Surrounding = AsyncLocalStorage<{ open: boolean; connection?: Connection }>

interface Connection extends DatabaseConnection {
  begin(): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
  release(): Promise<void>
}

/** Takes a connection of the pool when it is first used: a transaction only when it is its turn. */
function createConnection(pool: PostgresPool, turns: Turns): Connection {
  let lent: Promise<Session> | undefined
  let endTurn = (): void => {}
  let depth = 0

  const session = (): Promise<Session> => {
    lent ??= pool.lend()
    return lent
  }

  async function run(sql: string): Promise<string> {
    try {
      return (await (await session()).run(sql)).command
    } catch (error) {
      throw translated(error)
    }
  }

  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      for (let attempt = 1; ; attempt++) {
        try {
          const { command, rowCount, rows } = await (await session()).run<Row & object>(sql, parameters)
          return command === 'SELECT' || rowCount === null ? { rows } : { rows, numAffectedRows: BigInt(rowCount) }
        } catch (error) {
          // By itself a statement can be tried again; of a transaction everything before is gone as well.
          if (depth > 0 || attempt === attempts || !wasSacrificed(error)) throw translated(error)
          // Whom it was given up for comes first.
          await delay(attempt * (20 + Math.random() * 40))
        }
      }
    },

    async *streamQuery() {
      yield* []
      throw new Error('Results are not streamed')
    },

    async begin() {
      if (depth === 0) endTurn = await turns.take()
      try {
        await run(depth === 0 ? begin : `savepoint inner_${depth}`)
      } catch (error) {
        if (depth === 0) (await lent?.catch(() => undefined))?.spoil()
        throw error
      }
      depth += 1
    },

    async commit() {
      // Lost on the way, it may have been done or not: that is an answer to nobody, and never a yes.
      const done = await run(depth === 1 ? 'commit' : `release savepoint inner_${depth - 1}`)
      if (done === 'ROLLBACK') throw new Error('A statement of the transaction had failed, so nothing of it was kept')
      depth -= 1
    },

    async rollback() {
      depth -= 1
      const current = await session()
      if (!current.usable()) return
      try {
        await current.run(
          depth === 0 ? 'rollback' : `rollback to savepoint inner_${depth}; release savepoint inner_${depth}`,
        )
      } catch {
        // What made it necessary is what the caller must hear.
        current.spoil()
      }
    },

    async release() {
      endTurn()
      // One that was never had needs no giving back.
      ;(await lent?.catch(() => undefined))?.giveBack()
    },
  }
}
