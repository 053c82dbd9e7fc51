import type { CompiledQuery, Dialect } from 'kysely'
import type { Db } from './schema.ts'

/** Ways round waiting, of a database that is in this process. Both answer `undefined` when they cannot tell at once. */
export interface Quick {
  /** Another number when sessions, grants or marks may have changed since it was asked last, by whichever process. */
  count(): number | undefined
  /** The one row of a query. */
  row(query: Pick<CompiledQuery, 'sql' | 'parameters'>): unknown
}

/** What every store needs of a database, whichever it is. */
export interface Engine {
  readonly dialect: Dialect
  /** Brings the schema up to date. Rejects with a `StartProblem` what the operator can put right. */
  migrate(db: Db): Promise<void>
  /**
   * One transaction, and no other at the same time, on whichever node: what was read in it is still so when it is
   * written. Statements of other stores on this database which the work awaits join it.
   */
  transact<T>(db: Db, work: (transaction: Db) => Promise<T>): Promise<T>
  /** Milliseconds since the epoch, by the clock of the machine. Rejects when the registry cannot be read. */
  time(db: Db): Promise<number>
  readonly quick?: Quick
  /** Lets what is under way finish. Whoever comes later gets `Unavailable`. */
  close(): Promise<void>
}
