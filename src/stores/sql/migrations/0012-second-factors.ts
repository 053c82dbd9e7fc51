import type { Kysely } from 'kysely'
import { reference } from './columns.ts'

/** What local users have beside their passwords. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('second_factors')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', reference('local_users.id', 'cascade'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('secret', 'text')
    .addColumn('credential_id', 'text', (column) => column.unique())
    .addColumn('public_key', 'text')
    .addColumn('transports', 'text', (column) => column.notNull())
    .addColumn('counter', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .execute()
  await db.schema
    .createIndex('second_factors_by_user')
    .on('second_factors')
    .columns(['user_id', 'created_at', 'id'])
    .execute()
  await db.schema
    .createIndex('second_factors_one_authenticator')
    .unique()
    .on('second_factors')
    .columns(['user_id', 'kind'])
    .where('kind', '=', 'totp')
    .execute()

  await db.schema
    .createTable('recovery_codes')
    .addColumn('user_id', 'text', reference('local_users.id', 'cascade'))
    .addColumn('digest', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('recovery_codes_key', ['user_id', 'digest'])
    .execute()
}
