import type { Kysely } from 'kysely'
import { reference } from './columns.ts'

/** When each secret of a client was used last: what tells that the one before can go. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('client_secret_uses')
    .addColumn('client_id', 'text', reference('clients.id', 'cascade'))
    .addColumn('secret', 'text', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('client_secret_uses_key', ['client_id', 'secret'])
    .execute()
}
