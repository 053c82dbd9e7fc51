/** Names that an entity gives for others are looked up when it is written; one that names nothing is refused. */
import type { RoleName } from '../../accounts/account.ts'
import { Refusal } from '../../errors.ts'
import type { Db } from './schema.ts'

/** Rejects with `invalid_input` for `member` unless all of `ids` are sources. */
export async function requireSources(db: Db, ids: readonly string[], member: string): Promise<void> {
  if (ids.length === 0) return
  const rows = await db.selectFrom('sources').select('id').where('id', 'in', ids).execute()
  const known = new Set(rows.map(({ id }) => id))
  refuseUnless(
    ids.filter((id) => !known.has(id)).map((id) => `there is no authentication source ${id}`),
    member,
  )
}

/** Rejects with `invalid_input` for `member` unless all of `ids` are APIs. */
export async function requireApis(db: Db, ids: readonly string[], member: string): Promise<void> {
  if (ids.length === 0) return
  const rows = await db.selectFrom('apis').select('id').where('id', 'in', ids).execute()
  const known = new Set(rows.map(({ id }) => id))
  refuseUnless(
    ids.filter((id) => !known.has(id)).map((id) => `there is no API ${id}`),
    member,
  )
}

/** Rejects with `invalid_input` for `member` unless all of `ids` are clients. */
export async function requireClients(db: Db, ids: readonly string[], member: string): Promise<void> {
  if (ids.length === 0) return
  const rows = await db.selectFrom('clients').select('id').where('id', 'in', ids).execute()
  const known = new Set(rows.map(({ id }) => id))
  refuseUnless(
    ids.filter((id) => !known.has(id)).map((id) => `there is no client ${id}`),
    member,
  )
}

/** Rejects with `invalid_input` for `member` unless all of `roles` exist. */
export async function requireRoles(db: Db, roles: readonly RoleName[], member: string): Promise<void> {
  if (roles.length === 0) return
  const rows = await db
    .selectFrom('roles')
    .select(['name', 'client'])
    .where('name', 'in', [...new Set(roles.map(({ name }) => name))])
    .execute()
  const known = new Set(rows.map(({ name, client }) => keyOf(name, client)))
  const missing = roles.filter(({ name, client }) => !known.has(keyOf(name, client ?? '')))
  refuseUnless(
    missing.map(({ name, client }) => `there is no role ${name}${client === null ? '' : ` of ${client}`}`),
    member,
  )
}

/** A role as two tables refer to it, each once. */
export const roleColumns = (roles: readonly RoleName[]) => [
  ...new Map(
    roles.map(({ name, client }) => [keyOf(name, client ?? ''), { role_name: name, role_client: client ?? '' }]),
  ).values(),
]

const keyOf = (name: string, client: string): string => JSON.stringify([name, client])

function refuseUnless(messages: readonly string[], path: string): void {
  if (messages.length > 0)
    throw new Refusal('invalid_input', undefined, { problems: messages.map((message) => ({ path, message })) })
}
