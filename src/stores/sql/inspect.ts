import { Kysely } from 'kysely'
import { schemaState } from './migrations/migrate.ts'
import { openEngine } from './open.ts'
import type { Schema } from './schema.ts'

export interface Inspection {
  /** Parts of the schema that the next start will make. */
  readonly pending: readonly string[]
  /** Whether any part of it is there. */
  readonly isUsed: boolean
}

/** Looks at a database that is there, and changes nothing. Rejects with `Unavailable` when it does not answer. */
export async function inspectDatabase(url: string): Promise<Inspection> {
  const engine = await openEngine(url, 1)
  try {
    return await schemaState(new Kysely<Schema>({ dialect: engine.dialect }))
  } finally {
    await engine.close()
  }
}
