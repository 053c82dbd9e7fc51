import type { Role } from '../roles/role.ts'
import { RoleInput, type Roles, roleInput } from '../roles/roles.ts'
import { iso, type Resource } from './collection.ts'

export const roleResource = (roles: Roles): Resource<Role, typeof RoleInput> => ({
  path: 'roles',
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
