import type { Kysely } from 'kysely'

/** Sign-ins are counted in the index alone: the traces themselves are long. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('traces_counted')
    .on('traces')
    .columns(['outcome', 'started_at', 'source_id', 'client_id', 'reason'])
    .execute()
}
