/**
 * Who names clients and roles: each name beside what it stands for, which the foreign key keeps. A name may stand for
 * nothing; whatever comes to have it is kept from then on.
 */
import { sql } from 'kysely'
import type { RoleName } from '../../accounts/account.ts'
import { requireClients, roleColumns } from './references.ts'
import type { Db, RoleRow } from './schema.ts'

/** Rejects with `invalid_input` for `clients` unless all of them exist, or were named by the API before they went. */
export async function linkClients(db: Db, apiId: string, clients: readonly string[]): Promise<void> {
  const before = await db.selectFrom('api_clients').select(['name', 'client_id']).where('api_id', '=', apiId).execute()
  const gone = new Set(before.flatMap(({ name, client_id }) => (client_id === null ? [name] : [])))
  await db.deleteFrom('api_clients').where('api_id', '=', apiId).execute()
  if (clients.length === 0) return
  const names = [...new Set(clients)]
  const there = names.filter((name) => !gone.has(name))
  await requireClients(db, there, 'clients')
  const values = names.map((name) => ({ api_id: apiId, name, client_id: gone.has(name) ? null : name }))
  await db.insertInto('api_clients').values(values).execute()
}

export async function nowClient(db: Db, id: string): Promise<void> {
  await db.updateTable('api_clients').set({ client_id: id }).where('name', '=', id).execute()
}

/** Rows that fit into one statement on either database. */
const batch = 2000

/** In place of those that were named before. */
export async function linkRoles(
  db: Db,
  owner: 'api' | 'portal',
  id: string,
  roles: readonly RoleName[],
): Promise<void> {
  const table = sql.table(`${owner}_roles`)
  const ownerId = sql.ref(`${owner}_id`)
  await sql`delete from ${table} where ${ownerId} = ${id}`.execute(db)
  const named = roleColumns(roles)
  for (let from = 0; from < named.length; from += batch) {
    const rows = named.slice(from, from + batch).map(({ role_name, role_client }) => {
      const role = sql`(select id from roles where name = ${role_name} and client = ${role_client})`
      return sql`(${id}, ${role_name}, ${role_client}, ${role})`
    })
    await sql`insert into ${table} (${ownerId}, role_name, role_client, role_id) values ${sql.join(rows)}`.execute(db)
  }
}

export async function nowRole(db: Db, { id, name, client }: Pick<RoleRow, 'id' | 'name' | 'client'>): Promise<void> {
  for (const table of ['api_roles', 'portal_roles'] as const)
    await sql`
      update ${sql.table(table)} set role_id = ${id} where role_name = ${name} and role_client = ${client}`.execute(db)
}
