import type { Api } from '../../../apis/api.ts'
import type { ApiRules } from '../../../apis/api-rules.ts'
import { idFrom } from '../../../ids.ts'
import type { Role, RoleStore } from '../../../roles/role.ts'
import { createCollection, usedBy } from '../collection.ts'
import { atomically, nextIn, noteChange } from '../database.ts'
import { fromJson, toJson } from '../json.ts'
import { searchText } from '../paging.ts'
import type { Db, RoleRow } from '../schema.ts'

export function createRoleStore(db: Db): RoleStore {
  const collection = createCollection<Role, 'roles'>({
    db,
    table: 'roles',
    noun: 'role',
    unique: { name: 'name' },
    announced: true,
    fromRow,
    toColumns: ({ name, client, description }) => ({
      search: searchText(name, client ?? ''),
      name,
      client: client ?? '',
      description,
    }),
    users,
  })

  return {
    ...collection,

    async usage(id) {
      const role = await collection.get(id)
      if (!role) return { sources: [], accounts: [], apis: [], portals: [] }
      const [{ sources, accounts }, { apis, portals }] = [await holders(db, id), await askers(db, role)]
      const named = (some: readonly { readonly id: string; readonly name: string }[]) =>
        some.map(({ id, name }) => ({ id, name }))
      return { sources, accounts, apis: named(apis), portals: named(portals) }
    },

    async ensure({ name, client }, now) {
      await atomically(db, async (transaction) => {
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('roles')
          .values({
            id: idFrom(JSON.stringify(['role', name, client])),
            version: 1,
            seq: nextIn(transaction, 'roles'),
            created_at: now,
            updated_at: now,
            search: searchText(name, client ?? ''),
            name,
            client: client ?? '',
            description: '',
          })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
        if (numInsertedOrUpdatedRows === 1n) await noteChange(transaction)
      })
    },
  }
}

async function users(db: Db, id: string) {
  const { sources, accounts } = await holders(db, id)
  return [...usedBy('authentication-sources', 'mapping of', sources), ...usedBy('users', 'user', accounts)]
}

async function holders(db: Db, id: string) {
  const sources = await db
    .selectFrom('roles')
    .innerJoin('source_roles', (join) =>
      join.onRef('source_roles.role_name', '=', 'roles.name').onRef('source_roles.role_client', '=', 'roles.client'),
    )
    .innerJoin('sources', 'sources.id', 'source_roles.source_id')
    .select(['sources.id', 'sources.name'])
    .where('roles.id', '=', id)
    .orderBy('sources.seq')
    .limit(mostNamed)
    .execute()
  const accounts = await db
    .selectFrom('roles')
    .innerJoin('account_roles', (join) =>
      join.onRef('account_roles.role_name', '=', 'roles.name').onRef('account_roles.role_client', '=', 'roles.client'),
    )
    .innerJoin('accounts', 'accounts.id', 'account_roles.account_id')
    .select(['accounts.id', 'accounts.display_name as name'])
    .where('roles.id', '=', id)
    .orderBy('accounts.seq')
    .limit(mostNamed)
    .execute()
  return { sources, accounts }
}

/** Who names it in JSON of their own: whoever asks for a role that nobody has lets nobody in, so none of them keeps it. */
async function askers(db: Db, { name, client }: Role) {
  const said = `%${toJson(name).replaceAll('\\', '_')}%`
  const candidates = await db
    .selectFrom('apis')
    .select(['id', 'name', 'slug', 'rules', 'authentication_sources'])
    .where((where) => where.or([where('rules', 'like', said), where('authentication_sources', 'like', said)]))
    .orderBy('seq')
    .execute()
  const apis = candidates.filter(
    (api) =>
      (client === null || client === api.id || client === api.slug) &&
      (asks(fromJson(api.rules), name) ||
        fromJson<Api['authenticationSources']>(api.authentication_sources).some(({ roles }) =>
          roles?.some(({ role }) => role === name),
        )),
  )
  if (client !== null) return { apis: apis.slice(0, mostNamed), portals: [] }
  const portals = await db
    .selectFrom('portals')
    .select(['id', 'name', 'required_roles'])
    .where('required_roles', 'like', said)
    .orderBy('seq')
    .execute()
  const asking = portals.filter(({ required_roles }) => fromJson<readonly string[]>(required_roles).includes(name))
  return { apis: apis.slice(0, mostNamed), portals: asking.slice(0, mostNamed) }
}

const asks = ({ required_roles, mask }: Partial<ApiRules>, name: string): boolean =>
  [...(required_roles ?? []), ...(mask ?? []).map(({ unless_role }) => unless_role)].includes(name)

/** A role may be everybody's: the refusal to remove it names the first of them. */
const mostNamed = 100

const fromRow = (row: RoleRow): Role => ({
  id: row.id,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  name: row.name,
  client: row.client === '' ? null : row.client,
  description: row.description,
})
