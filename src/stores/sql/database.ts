import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely'
import { Unavailable } from '../../errors.ts'
import type { Quick } from './engine.ts'
import type { Db, Schema } from './schema.ts'
import { Violation } from './violation.ts'

/** Runs `work` in one transaction: the one that `db` already is, or its own. */
export const atomically = <T>(db: Db, work: (transaction: Db) => Promise<T>): Promise<T> =>
  db.isTransaction ? work(db) : db.transaction().execute(work)

/**
 * Runs `work` so that a violated constraint leaves the transaction around it, if there is one, as it was. PostgreSQL
 * answers nothing more in one where a statement has failed.
 */
export async function apart<T>(db: Db, work: () => Promise<T>): Promise<T> {
  if (!db.isTransaction) return work()
  await sql`savepoint apart`.execute(db)
  try {
    const result = await work()
    await sql`release savepoint apart`.execute(db)
    return result
  } catch (error) {
    if (error instanceof Violation) await sql`rollback to savepoint apart`.execute(db)
    throw error
  }
}

export const isPostgres = <Tables>(db: Kysely<Tables>): boolean => db.getExecutor().adapter instanceof PostgresAdapter

/**
 * The next place in the order of creation. Whatever the clock says, it only grows. Places given in transactions, which
 * come one after the other, are seen in their order, so that no page skips one; single statements on PostgreSQL may
 * be seen in another, and suit lists with the newest first.
 */
export const nextIn = (db: Db, table: keyof Schema): RawBuilder<number> =>
  isPostgres(db)
    ? sql<number>`nextval('places')`
    : sql<number>`(select coalesce(max(seq), 0) + 1 from ${sql.table(table)})`

/** Tells every node, which reads it each second, that sources, clients, roles, APIs or keys are no longer what they were. */
export async function noteChange(db: Db): Promise<void> {
  await sql`update registry_meta set value = value + 1 where name = 'version'`.execute(db)
}

export interface RegistryVersion {
  /** Grows with every change of sources, clients, roles, APIs and keys: by whichever node. */
  registryVersion(): Promise<number>
  /** The same, where it can be read without waiting. */
  versionAtOnce(): number | undefined
}

/** Asked by most requests: the statement is written once. `quick`: of a database that is in this process. */
export function createRegistryVersion(db: Db, quick?: Quick): RegistryVersion {
  const statement = db.selectFrom('registry_meta').select('value').where('name', '=', 'version').compile()
  let justRead: { readonly value: number } | undefined
  return {
    async registryVersion() {
      const { rows } = await db.executeQuery(statement)
      const [row] = rows
      if (!row) throw new Error('The registry has no version')
      return row.value
    },
    versionAtOnce() {
      if (justRead) return justRead.value
      justRead = quick?.row(statement) as { readonly value: number } | undefined
      if (!justRead) return undefined
      // Whoever asks in the same breath was here already when it was read.
      queueMicrotask(() => {
        justRead = undefined
      })
      return justRead.value
    },
  }
}

/** Answers the newest time that any node has told, in milliseconds, after telling it this one. */
export async function raiseTime(db: Db, time: number): Promise<number> {
  const { rows } = await sql<{ value: number }>`
    insert into registry_meta (name, value) values ('time', ${time})
    on conflict (name) do update set
      value = case when excluded.value > registry_meta.value then excluded.value else registry_meta.value end
    returning value`.execute(db)
  const [row] = rows
  if (!row) throw new Error('An upsert that returns has one row')
  return row.value
}

/** Milliseconds since the epoch, by the clock of the machine. Rejects when the registry cannot be read. */
export async function timeOfSqlite(db: Db): Promise<number> {
  const { time } = await db
    .selectFrom('registry_meta')
    .select(sql<number>`cast(unixepoch('subsec') * 1000 as integer)`.as('time'))
    .where('name', '=', 'version')
    .executeTakeFirstOrThrow()
  return time
}

/** By the clock of the server's machine. */
export async function timeOfPostgres(db: Db): Promise<number> {
  const { time } = await db
    .selectFrom('registry_meta')
    .select(sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`.as('time'))
    .where('name', '=', 'version')
    .executeTakeFirstOrThrow()
  return time
}

interface Steps<Row, Result> {
  read(): Promise<Row | undefined>
  /** `undefined`: somebody else made it first. */
  make(): Promise<Result | undefined>
  /** `undefined`: somebody else changed or removed it first. */
  change(row: Row): Promise<Result | undefined>
}

/** Makes a row, or changes it from what it is: again until nobody came in between, so that of two at once neither is lost. */
export async function makeOrChange<Row, Result>({ read, make, change }: Steps<Row, Result>): Promise<Result> {
  for (let attempts = 0; attempts < 100; attempts++) {
    const row = await read()
    const result = row === undefined ? await make() : await change(row)
    if (result !== undefined) return result
  }
  throw new Unavailable('store', 'Too many others were changing the same row')
}
