import type { Kysely } from 'kysely'

/** What a session tells of the browser that it was begun in. Those of earlier versions tell nothing. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sessions').addColumn('device', 'text').execute()
}
