import type { Kysely } from 'kysely'

/** A trace may be about a call to an API, and is found by that. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('traces').addColumn('api_id', 'text').execute()
  await db.schema
    .createIndex('traces_by_api_id')
    .on('traces')
    .columns(['api_id', 'started_at', 'seq'])
    .where('api_id', 'is not', null)
    .execute()
}
