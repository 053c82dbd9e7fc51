/**
 * Who names clients, APIs and roles: each name beside what it stands for, which the foreign key keeps. A name may stand for
 * nothing; whatever comes to have it is kept from then on.
 */
import { sql } from 'kysely'
import type { RoleName } from '../../accounts/account.ts'
import { requireApis, requireClients, roleColumns } from './references.ts'
import type { RoleRow } from './rows/registry.ts'
import type { Db } from './schema.ts'

/** Rejects with `invalid_input` for `clients` unless all of them exist, or were named by the API before they went. */
export const linkClients = (db: Db, apiId: string, clients: readonly string[]): Promise<void> =>
  link(db, { table: 'api_clients', owner: 'api_id', target: 'client_id' }, apiId, clients, (there) =>
    requireClients(db, there, 'clients'),
  )

/**
 * Likewise, the APIs that a client stands for. One that has gone does not come back, since its id was made for it: no
 * name of an API comes to stand for something later.
 */
export const linkApis = (db: Db, clientId: string, apis: readonly string[]): Promise<void> =>
  link(db, { table: 'client_apis', owner: 'client_id', target: 'api_id' }, clientId, apis, (there) =>
    requireApis(db, there, 'resource_server.apis'),
  )

interface Names {
  readonly table: 'api_clients' | 'client_apis'
  readonly owner: string
  readonly target: string
}

async function link(
  db: Db,
  { table, owner, target }: Names,
  id: string,
  given: readonly string[],
  require: (ids: readonly string[]) => Promise<void>,
): Promise<void> {
  const [names, ownerId, targetId] = [sql.table(table), sql.ref(owner), sql.ref(target)]
  const before = await sql<{ name: string }>`
    select name from ${names} where ${ownerId} = ${id} and ${targetId} is null`.execute(db)
  const gone = new Set(before.rows.map(({ name }) => name))
  await sql`delete from ${names} where ${ownerId} = ${id}`.execute(db)
  if (given.length === 0) return
  const unique = [...new Set(given)]
  await require(unique.filter((name) => !gone.has(name)))
  const rows = unique.map((name) => sql`(${id}, ${name}, ${gone.has(name) ? null : name})`)
  await sql`insert into ${names} (${ownerId}, name, ${targetId}) values ${sql.join(rows)}`.execute(db)
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
