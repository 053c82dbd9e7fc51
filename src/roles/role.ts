import type { Collection, Entity } from '../collection.ts'

/** A role that sources' mappings and administrators give to people. Realm roles have no client. */
export interface Role extends Entity {
  readonly name: string
  readonly client: string | null
  readonly description: string
}

/** Who has it, who gives it, and who asks for it; of each kind the first hundred. */
export interface RoleUsage {
  readonly sources: readonly { readonly id: string; readonly name: string }[]
  readonly accounts: readonly { readonly id: string; readonly name: string }[]
  readonly apis: readonly { readonly id: string; readonly name: string }[]
  readonly portals: readonly { readonly id: string; readonly name: string }[]
}

export interface RoleStore extends Collection<Role> {
  usage(id: string): Promise<RoleUsage>
  /** Makes sure the role exists: naming a role in a mapping is enough to have it. */
  ensure(role: Pick<Role, 'name' | 'client'>, now: number): Promise<void>
}

/** Roles of this name space open the admin API to people. Given by an explicit rule only (SEC-081). */
export const administration = { client: 'gatehouse', roles: ['admin', 'editor', 'viewer'] } as const
