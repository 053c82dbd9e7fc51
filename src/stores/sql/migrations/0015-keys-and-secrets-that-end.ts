import type { Kysely } from 'kysely'

/**
 * Which API keys and clients' secrets are over soon. Secrets are sealed: of clients that are there already it is seen
 * when they are next kept.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('api_keys_expires_at')
    .on('api_keys')
    .columns(['expires_at', 'seq'])
    .where('expires_at', 'is not', null)
    .execute()
  await db.schema.alterTable('clients').addColumn('expires_at', 'bigint').execute()
  await db.schema
    .createIndex('clients_expires_at')
    .on('clients')
    .columns(['expires_at', 'seq'])
    .where('expires_at', 'is not', null)
    .execute()
}
