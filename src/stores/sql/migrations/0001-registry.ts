import { type Kysely, sql } from 'kysely'
import { entityTable, reference } from './columns.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registry_meta')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'bigint', (column) => column.notNull())
    .execute()
  await sql`insert into registry_meta (name, value) values ('version', 0)`.execute(db)

  await entityTable(db, 'roles', (table) =>
    table
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('client', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addUniqueConstraint('roles_name_client', ['name', 'client']),
  )
  await sources(db)
  await clients(db)
  await people(db)
  await apis(db)

  await db.schema
    .createTable('signing_keys')
    .addColumn('kid', 'text', (column) => column.primaryKey())
    .addColumn('alg', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('private_jwk', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('activated_at', 'bigint')
    .addColumn('retired_at', 'bigint')
    .execute()
  await sql`create unique index signing_keys_one_per_state on signing_keys (state) where state <> 'retiring'`.execute(
    db,
  )

  await db.schema
    .createTable('audit_events')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('actor_kind', 'text', (column) => column.notNull())
    .addColumn('actor_id', 'text', (column) => column.notNull())
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('subject_type', 'text', (column) => column.notNull())
    .addColumn('subject_id', 'text', (column) => column.notNull())
    .addColumn('subject_name', 'text', (column) => column.notNull())
    .addColumn('before', 'text', (column) => column.notNull())
    .addColumn('after', 'text', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('audit_events_seq').on('audit_events').column('seq').execute()

  await db.schema
    .createTable('traces')
    .addColumn('reference', 'text', (column) => column.primaryKey())
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('client_id', 'text')
    .addColumn('source_id', 'text')
    .addColumn('account_id', 'text')
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('steps', 'text', (column) => column.notNull())
    .execute()
  await db.schema.createIndex('traces_seq').on('traces').column('seq').execute()
  await db.schema.createIndex('traces_started_at').on('traces').column('started_at').execute()
}

async function sources(db: Kysely<unknown>): Promise<void> {
  await entityTable(db, 'sources', (table) =>
    table
      .addColumn('alias', 'text', (column) => column.notNull().unique())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('type', 'text', (column) => column.notNull())
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('hidden', 'integer', (column) => column.notNull())
      .addColumn('config', 'text', (column) => column.notNull())
      .addColumn('secrets', 'text', (column) => column.notNull())
      .addColumn('secret_names', 'text', (column) => column.notNull())
      .addColumn('mapping', 'text', (column) => column.notNull())
      .addColumn('domains', 'text', (column) => column.notNull()),
  )
  await db.schema.createIndex('sources_offered').on('sources').columns(['enabled', 'hidden', 'search', 'id']).execute()

  await db.schema
    .createTable('source_domains')
    .addColumn('domain', 'text', (column) => column.primaryKey())
    .addColumn('source_id', 'text', reference('sources.id', 'cascade'))
    .execute()
  await db.schema.createIndex('source_domains_source').on('source_domains').column('source_id').execute()

  await db.schema
    .createTable('source_roles')
    .addColumn('source_id', 'text', reference('sources.id', 'cascade'))
    .addColumn('role_name', 'text', (column) => column.notNull())
    .addColumn('role_client', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('source_roles_key', ['source_id', 'role_name', 'role_client'])
    .addForeignKeyConstraint('source_roles_role', ['role_name', 'role_client'], 'roles', ['name', 'client'])
    .execute()
  await db.schema.createIndex('source_roles_by_role').on('source_roles').columns(['role_name', 'role_client']).execute()
}

async function clients(db: Kysely<unknown>): Promise<void> {
  await entityTable(db, 'clients', (table) =>
    table
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('first_party', 'integer', (column) => column.notNull())
      .addColumn('require_pkce', 'integer', (column) => column.notNull())
      .addColumn('token_profile', 'text', (column) => column.notNull())
      .addColumn('metadata', 'text', (column) => column.notNull())
      .addColumn('secret', 'text')
      .addColumn('web_origins', 'text', (column) => column.notNull())
      .addColumn('allowed_sources', 'text')
      .addColumn('resource_server', 'text'),
  )
  await db.schema
    .createTable('client_sources')
    .addColumn('client_id', 'text', reference('clients.id', 'cascade'))
    .addColumn('source_id', 'text', reference('sources.id'))
    .addPrimaryKeyConstraint('client_sources_key', ['client_id', 'source_id'])
    .execute()
  await db.schema.createIndex('client_sources_source').on('client_sources').column('source_id').execute()
}

async function people(db: Kysely<unknown>): Promise<void> {
  await entityTable(db, 'accounts', (table) =>
    table
      .addColumn('enabled', 'integer', (column) => column.notNull())
      .addColumn('display_name', 'text', (column) => column.notNull())
      .addColumn('roles', 'text', (column) => column.notNull()),
  )
  await db.schema
    .createTable('account_roles')
    .addColumn('account_id', 'text', reference('accounts.id', 'cascade'))
    .addColumn('role_name', 'text', (column) => column.notNull())
    .addColumn('role_client', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('account_roles_key', ['account_id', 'role_name', 'role_client'])
    .addForeignKeyConstraint('account_roles_role', ['role_name', 'role_client'], 'roles', ['name', 'client'])
    .execute()
  await db.schema
    .createIndex('account_roles_by_role')
    .on('account_roles')
    .columns(['role_name', 'role_client'])
    .execute()

  await db.schema
    .createTable('identities')
    .addColumn('source_id', 'text', reference('sources.id', 'cascade'))
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('account_id', 'text', reference('accounts.id', 'cascade'))
    .addColumn('attributes', 'text', (column) => column.notNull())
    .addColumn('search', 'text', (column) => column.notNull())
    .addColumn('linked_at', 'bigint', (column) => column.notNull())
    .addColumn('last_login_at', 'bigint')
    .addPrimaryKeyConstraint('identities_key', ['source_id', 'subject'])
    .execute()
  await db.schema.createIndex('identities_account').on('identities').column('account_id').execute()

  await db.schema
    .createTable('local_users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .addColumn('source_id', 'text', reference('sources.id', 'cascade'))
    .addColumn('username', 'text', (column) => column.notNull())
    .addColumn('canonical_username', 'text', (column) => column.notNull())
    .addColumn('password_hash', 'text')
    .addColumn('groups', 'text', (column) => column.notNull())
    .addColumn('claims', 'text', (column) => column.notNull())
    .addUniqueConstraint('local_users_username', ['source_id', 'canonical_username'])
    .execute()

  await db.schema
    .createTable('consents')
    .addColumn('account_id', 'text', reference('accounts.id', 'cascade'))
    .addColumn('client_id', 'text', reference('clients.id', 'cascade'))
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('given_at', 'bigint', (column) => column.notNull())
    .addColumn('revision', 'integer', (column) => column.notNull())
    .addPrimaryKeyConstraint('consents_key', ['account_id', 'client_id'])
    .execute()
  await db.schema.createIndex('consents_client').on('consents').column('client_id').execute()
}

async function apis(db: Kysely<unknown>): Promise<void> {
  await entityTable(db, 'apis', (table) =>
    table
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('slug', 'text', (column) => column.notNull().unique())
      .addColumn('audience', 'text', (column) => column.unique())
      .addColumn('clients', 'text', (column) => column.notNull())
      .addColumn('authentication_sources', 'text', (column) => column.notNull()),
  )
  await db.schema
    .createTable('api_sources')
    .addColumn('api_id', 'text', reference('apis.id', 'cascade'))
    .addColumn('source_id', 'text', reference('sources.id'))
    .addPrimaryKeyConstraint('api_sources_key', ['api_id', 'source_id'])
    .execute()
  await db.schema.createIndex('api_sources_source').on('api_sources').column('source_id').execute()
}
