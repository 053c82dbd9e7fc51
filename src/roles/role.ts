import type { Collection, Entity } from '../collection.ts'

/** A role that sources' mappings and administrators give to people. Realm roles have no client. */
export interface Role extends Entity {
  readonly name: string
  readonly client: string | null
  readonly description: string
}

export interface RoleStore extends Collection<Role> {
  /** Makes sure the role exists: naming a role in a mapping is enough to have it. */
  ensure(role: Pick<Role, 'name' | 'client'>, now: number): Promise<void>
}

/** Roles of this name space open the admin API to people. Given by an explicit rule only (SEC-081). */
export const administration = { client: 'gatehouse', roles: ['admin', 'editor', 'viewer'] } as const
