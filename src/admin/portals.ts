import type { Portal } from '../portals/portal.ts'
import { PortalInput, type Portals, portalInput } from '../portals/portals.ts'
import { iso, type Resource } from './collection.ts'

export const portalResource = (portals: Portals): Resource<Portal, typeof PortalInput> => ({
  path: 'portals',
  input: PortalInput,
  readOnly: ['id', 'created_at', 'updated_at'],
  right: () => 'edit',
  list: portals.list,
  get: portals.get,
  create: portals.create,
  replace: portals.replace,
  remove: portals.remove,
  identify: (portal) => portal,
  inputOf: portalInput,
  view: (portal) => ({
    id: portal.id,
    ...portalInput(portal),
    created_at: iso(portal.createdAt),
    updated_at: iso(portal.updatedAt),
  }),
})
