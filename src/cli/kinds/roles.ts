import type { Actor } from '../../audit/audit.ts'
import { administration, type Role } from '../../roles/role.ts'
import { type Roles, roleInput } from '../../roles/roles.ts'
import { roleKey } from '../format.ts'
import type { Kind } from '../kind.ts'
import { everything, type Names } from '../names.ts'

interface Needs {
  readonly actor: Actor
  readonly roles: Roles
  readonly names: Names
  readonly named: NamedRoles
}

/** What files name stays, whether they list it or not. */
export interface NamedRoles {
  readonly keys: ReadonlySet<string>
  /** APIs speak of their own roles by the name alone. */
  readonly ofApis: readonly { readonly slug: string; readonly role: string }[]
}

/** Roles in files, the same by name and client. */
export const roleKind = ({ actor, roles, names, named }: Needs): Kind<'roles', Role> => ({
  name: 'roles',
  all: () => everything(roles.list),
  keyOf: async ({ name, client }) => roleKey(name, client),
  written: async (role) => roleInput(role),
  wanted: async (entry) => ({ written: entry, secrets: [] }),
  async create(entry) {
    await roles.create(actor, entry)
    return {}
  },
  async replace({ id, version }, entry) {
    await roles.replace(actor, id, entry, version)
    return {}
  },
  remove: ({ id, version }) => roles.remove(actor, id, version),
  async isKept({ name, client }) {
    if (client === administration.client || named.keys.has(roleKey(name, client))) return true
    const apis = named.ofApis.filter(({ role }) => role === name)
    return (await Promise.all(apis.map(({ slug }) => names.apiBySlug(slug)))).some((id) => id === client)
  },
})
