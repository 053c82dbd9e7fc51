import { idFrom } from '../../../ids.ts'
import type { Role, RoleStore } from '../../../roles/role.ts'
import { createCollection, usedBy } from '../collection.ts'
import { atomically, nextIn, noteChange } from '../database.ts'
import { nowRole } from '../naming.ts'
import { searchText } from '../paging.ts'
import type { RoleRow } from '../rows/registry.ts'
import type { Db } from '../schema.ts'

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
    link: (transaction, { id, name, client }) => nowRole(transaction, { id, name, client: client ?? '' }),
    users,
  })

  return {
    ...collection,

    async usage(id) {
      return { ...(await holders(db, id)), ...(await askers(db, id)) }
    },

    async ensure({ name, client }, now) {
      await atomically(db, async (transaction) => {
        const id = idFrom(JSON.stringify(['role', name, client]))
        const { numInsertedOrUpdatedRows } = await transaction
          .insertInto('roles')
          .values({
            id,
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
        if (numInsertedOrUpdatedRows !== 1n) return
        await nowRole(transaction, { id, name, client: client ?? '' })
        await noteChange(transaction)
      })
    },
  }
}

async function users(db: Db, id: string) {
  const { sources, accounts } = await holders(db, id)
  const { apis, portals } = await askers(db, id)
  return [
    ...usedBy('authentication-sources', 'mapping of', sources),
    ...usedBy('users', 'user', accounts),
    ...usedBy('apis', 'API', apis),
    ...usedBy('portals', 'portal', portals),
  ]
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

/** Whose rules, masks and role maps name it. */
async function askers(db: Db, id: string) {
  const apis = await db
    .selectFrom('api_roles')
    .innerJoin('apis', 'apis.id', 'api_roles.api_id')
    .select(['apis.id', 'apis.name'])
    .where('api_roles.role_id', '=', id)
    .orderBy('apis.seq')
    .limit(mostNamed)
    .execute()
  const portals = await db
    .selectFrom('portal_roles')
    .innerJoin('portals', 'portals.id', 'portal_roles.portal_id')
    .select(['portals.id', 'portals.name'])
    .where('portal_roles.role_id', '=', id)
    .orderBy('portals.seq')
    .limit(mostNamed)
    .execute()
  return { apis, portals }
}

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
