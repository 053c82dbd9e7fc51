import type { Actor } from '../../audit/audit.ts'
import { administration, type Role } from '../../roles/role.ts'
import { type Roles, roleInput } from '../../roles/roles.ts'
import { roleKey } from '../format.ts'
import type { Kind } from '../kind.ts'
import { everything } from '../names.ts'

interface Needs {
  readonly actor: Actor
  readonly roles: Roles
  /** Keys of those that the files' mappings and users name: they are there by being named. */
  readonly named: ReadonlySet<string>
}

export const roleKind = ({ actor, roles, named }: Needs): Kind<'roles', Role> => ({
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
  isKept: ({ name, client }) => client === administration.client || named.has(roleKey(name, client)),
})
