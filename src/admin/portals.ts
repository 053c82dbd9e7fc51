import { z } from 'zod'
import type { Portal } from '../portals/portal.ts'
import { PortalInput, type Portals, portalInput } from '../portals/portals.ts'
import { iso, type Resource } from './collection.ts'
import type { Described } from './collection-operations.ts'
import { exampleIds, moments } from './examples.ts'

const described: Described = {
  name: 'Portal',
  one: 'a portal',
  many: 'portals',
  shown: z.strictObject({
    id: z.uuid(),
    ...PortalInput.shape,
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  }),
  example: {
    id: '5c9a0f37-2e64-4a4b-b0d3-1f7f6f0e9d21',
    input: {
      slug: 'developers',
      name: 'Developer portal',
      authentication_source: exampleIds.source,
      apis: [exampleIds.api],
    },
    patch: { required_roles: ['developer'] },
    shown: moments,
  },
}

/** The collection `portals`: who may come in, and which APIs are offered there. */
export const portalResource = (portals: Portals): Resource<Portal, typeof PortalInput> => ({
  path: 'portals',
  isAllVersioned: true,
  described,
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
