import { type Kysely, sql } from 'kysely'
import { reference } from './columns.ts'

/**
 * APIs that clients stand for at introspection, so that foreign keys keep them. What was named and is not there, which
 * earlier versions let happen, stays a name with nothing beside it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('client_apis')
    .addColumn('client_id', 'text', reference('clients.id', 'cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('api_id', 'text', (column) => column.references('apis.id'))
    .addPrimaryKeyConstraint('client_apis_key', ['client_id', 'name'])
    .execute()
  await db.schema.createIndex('client_apis_api').on('client_apis').columns(['api_id', 'client_id']).execute()

  const { rows: clients } = await sql<{ id: string; resource_server: string }>`
    select id, resource_server from clients where resource_server is not null`.execute(db)
  for (const { id, resource_server } of clients) {
    const { apis } = JSON.parse(resource_server) as { apis: string[] | '*' }
    for (const name of apis === '*' ? [] : new Set(apis))
      await sql`
        insert into client_apis (client_id, name, api_id)
        values (${id}, ${name}, (select id from apis where id = ${name}))`.execute(db)
  }
}
