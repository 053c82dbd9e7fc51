import { Kysely } from 'kysely'
import { restartLineage } from './live-lineage.ts'
import { schemaState } from './migrations/migrate.ts'
import { openEngine } from './open.ts'
import type { Db, Schema } from './schema.ts'

export interface Inspection {
  /** Parts of the schema that the next start will make. */
  readonly pending: readonly string[]
  /** Whether any part of it is there. */
  readonly isUsed: boolean
}

/** Looks at a database that is there, and changes nothing. Rejects with `Unavailable` when it does not answer. */
export const inspectDatabase = (url: string): Promise<Inspection> => opened(url, schemaState)

/** For a database that was restored: nobody is signed in, whatever Redis still has. `at`: seconds. */
export const endWhatWasLive = (url: string, at: number): Promise<void> => opened(url, (db) => restartLineage(db, at))

async function opened<T>(url: string, work: (db: Db) => Promise<T>): Promise<T> {
  const engine = await openEngine(url, 1)
  try {
    return await work(new Kysely<Schema>({ dialect: engine.dialect }))
  } finally {
    await engine.close()
  }
}
