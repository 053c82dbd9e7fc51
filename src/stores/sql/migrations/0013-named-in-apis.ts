import { type Kysely, sql } from 'kysely'
import { reference } from './columns.ts'

interface NamingApi {
  readonly id: string
  readonly audience: string | null
  readonly clients: string
  readonly rules: string
  readonly authentication_sources: string
}

/**
 * Clients and roles that APIs and portals name, so that foreign keys keep them. What was named and is not there, which
 * earlier versions let happen, stays a name with nothing beside it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('api_clients')
    .addColumn('api_id', 'text', reference('apis.id', 'cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('client_id', 'text', (column) => column.references('clients.id'))
    .addPrimaryKeyConstraint('api_clients_key', ['api_id', 'name'])
    .execute()
  await db.schema.createIndex('api_clients_name').on('api_clients').column('name').execute()
  await db.schema.createIndex('api_clients_client').on('api_clients').column('client_id').execute()
  for (const owner of ['api', 'portal']) await roles(db, owner)

  const { rows: apis } = await sql<NamingApi>`
    select id, audience, clients, rules, authentication_sources from apis`.execute(db)
  for (const api of apis) {
    for (const name of new Set(JSON.parse(api.clients) as string[]))
      await sql`
        insert into api_clients (api_id, name, client_id)
        values (${api.id}, ${name}, (select id from clients where id = ${name}))`.execute(db)
    const spaces = new Set(['', api.id, ...(api.audience === null ? [] : [api.audience])])
    for (const name of namedBy(api)) for (const space of spaces) await link(db, 'api', api.id, name, space)
  }
  const { rows: portals } = await sql<{ id: string; required_roles: string }>`
    select id, required_roles from portals`.execute(db)
  for (const { id, required_roles } of portals)
    for (const name of new Set(JSON.parse(required_roles) as string[])) await link(db, 'portal', id, name, '')
}

async function roles(db: Kysely<unknown>, owner: string): Promise<void> {
  const table = `${owner}_roles`
  await db.schema
    .createTable(table)
    .addColumn(`${owner}_id`, 'text', reference(`${owner}s.id`, 'cascade'))
    .addColumn('role_name', 'text', (column) => column.notNull())
    .addColumn('role_client', 'text', (column) => column.notNull())
    .addColumn('role_id', 'text', (column) => column.references('roles.id'))
    .addPrimaryKeyConstraint(`${table}_key`, [`${owner}_id`, 'role_name', 'role_client'])
    .execute()
  await db.schema.createIndex(`${table}_name`).on(table).columns(['role_name', 'role_client']).execute()
  await db.schema.createIndex(`${table}_role`).on(table).column('role_id').execute()
}

function namedBy({ rules, authentication_sources }: NamingApi): ReadonlySet<string> {
  const { required_roles = [], mask = [] } = JSON.parse(rules) as {
    required_roles?: string[]
    mask?: { unless_role?: string | null }[]
  }
  const sources = JSON.parse(authentication_sources) as { roles?: { role: string }[] | null }[]
  const given = sources.flatMap(({ roles }) => (roles ?? []).map(({ role }) => role))
  const unmasked = mask.flatMap(({ unless_role }) => unless_role ?? [])
  return new Set([...required_roles, ...unmasked, ...given])
}

const link = (db: Kysely<unknown>, owner: string, id: string, name: string, space: string) =>
  sql`
    insert into ${sql.table(`${owner}_roles`)} (${sql.ref(`${owner}_id`)}, role_name, role_client, role_id)
    values (${id}, ${name}, ${space}, (select id from roles where name = ${name} and client = ${space}))`.execute(db)
