import { z } from 'zod'
import type { Role } from '../roles/role.ts'
import { RoleInput, type Roles, roleInput } from '../roles/roles.ts'
import { iso, type Resource } from './collection.ts'
import type { Described } from './collection-operations.ts'
import { exampleIds, moments } from './examples.ts'

const described: Described = {
  name: 'Role',
  one: 'a role',
  many: 'roles',
  shown: z.strictObject({
    id: z.uuid(),
    ...RoleInput.shape,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }),
  inUse: true,
  example: {
    id: exampleIds.role,
    input: { name: 'pharmacist', description: 'Sees what patients are given' },
    patch: { description: 'Sees and changes what patients are given' },
    shown: moments,
  },
}

/** The collection `roles`: those of the realm, and of clients and APIs. */
export const roleResource = (roles: Roles): Resource<Role, typeof RoleInput> => ({
  path: 'roles',
  isAllVersioned: true,
  described,
  input: RoleInput,
  readOnly: ['id', 'created_at', 'updated_at'],
  right: () => 'edit',
  list: roles.list,
  get: roles.get,
  create: roles.create,
  replace: roles.replace,
  remove: roles.remove,
  identify: (role) => role,
  inputOf: roleInput,
  view: (role) => ({
    id: role.id,
    ...roleInput(role),
    created_at: iso(role.createdAt),
    updated_at: iso(role.updatedAt),
  }),
})
