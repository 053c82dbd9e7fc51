import { type Kysely, sql } from 'kysely'
import { entityTable, reference } from './columns.ts'

export async function up(db: Kysely<unknown>): Promise<void> {
  await apis(db)

  await entityTable(db, 'applications', (table) =>
    table
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('description', 'text', (column) => column.notNull())
      .addColumn('owner', 'text')
      .addColumn('client_id', 'text', (column) => reference('clients.id')(column).unique())
      .addColumn('disabled_by_publisher', 'integer', (column) => column.notNull())
      .addColumn('disabled_by_consumer', 'integer', (column) => column.notNull()),
  )

  await entityTable(db, 'api_keys', (table) =>
    table
      .addColumn('application_id', 'text', reference('applications.id', 'cascade'))
      .addColumn('api_id', 'text', reference('apis.id'))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('prefix', 'text', (column) => column.notNull().unique())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('expires_at', 'bigint')
      .addColumn('last_used_at', 'bigint'),
  )
  await db.schema.createIndex('api_keys_application').on('api_keys').columns(['application_id', 'seq']).execute()
  await db.schema.createIndex('api_keys_api').on('api_keys').columns(['api_id', 'seq']).execute()

  await entityTable(db, 'portals', (table) =>
    table
      .addColumn('slug', 'text', (column) => column.notNull().unique())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('source_id', 'text', reference('sources.id'))
      .addColumn('apis', 'text', (column) => column.notNull())
      .addColumn('required_roles', 'text', (column) => column.notNull()),
  )
  await db.schema.createIndex('portals_source').on('portals').column('source_id').execute()
  await db.schema
    .createTable('portal_apis')
    .addColumn('portal_id', 'text', reference('portals.id', 'cascade'))
    .addColumn('api_id', 'text', reference('apis.id'))
    .addPrimaryKeyConstraint('portal_apis_key', ['portal_id', 'api_id'])
    .execute()
  await db.schema.createIndex('portal_apis_api').on('portal_apis').column('api_id').execute()

  await db.schema
    .createTable('source_status')
    .addColumn('source_id', 'text', (column) => column.primaryKey().references('sources.id').onDelete('cascade'))
    .addColumn('last_success_at', 'bigint')
    .addColumn('last_failure_at', 'bigint')
    .addColumn('failure_reason', 'text')
    .execute()
}

async function apis(db: Kysely<unknown>): Promise<void> {
  const more = { hosts: '[]', path_prefix: '/', rules: '{}' }
  for (const [name, value] of Object.entries(more)) {
    await db.schema
      .alterTable('apis')
      .addColumn(name, 'text', (column) => column.notNull().defaultTo(value))
      .execute()
  }
  await db.schema
    .createTable('api_addresses')
    .addColumn('host', 'text', (column) => column.notNull())
    .addColumn('path_prefix', 'text', (column) => column.notNull())
    .addColumn('api_id', 'text', reference('apis.id', 'cascade'))
    .addPrimaryKeyConstraint('api_addresses_host', ['host', 'path_prefix'])
    .execute()
  await db.schema.createIndex('api_addresses_api').on('api_addresses').column('api_id').execute()

  // Sources were ids alone; each now says more about itself.
  const { rows } = await sql<{ id: string; authentication_sources: string }>`
    select id, authentication_sources from apis`.execute(db)
  for (const { id, authentication_sources } of rows) {
    const sources = (JSON.parse(authentication_sources) as string[]).map((sourceId) => ({
      sourceId,
      roles: null,
      sunset: null,
    }))
    await sql`update apis set authentication_sources = ${JSON.stringify(sources)} where id = ${id}`.execute(db)
  }
}
