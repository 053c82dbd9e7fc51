import type { Kysely } from 'kysely'

/** When the first thing in a source's settings is over; those that were there before are looked at when they are next kept. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('sources').addColumn('expires_at', 'bigint').execute()
  await db.schema.createIndex('sources_expires_at').on('sources').columns(['enabled', 'expires_at', 'id']).execute()
}
