import type { Actor } from '../../audit/audit.ts'
import type { Portal } from '../../portals/portal.ts'
import { type Portals, portalInput } from '../../portals/portals.ts'
import type { EntryOf } from '../format.ts'
import type { Kind } from '../kind.ts'
import { everything, type Names } from '../names.ts'

interface Needs {
  readonly actor: Actor
  readonly portals: Portals
  readonly names: Names
}

type Entry = EntryOf<'portals'>

/** Developer portals in files, the same by their slug. */
export function portalKind({ actor, portals, names }: Needs): Kind<'portals', Portal> {
  const withIds = async (entry: Entry): Promise<Entry> => ({
    ...entry,
    apis: await Promise.all(entry.apis.map(names.apiBySlug)),
  })

  const normal = async (entry: Entry) => ({
    ...entry,
    authentication_source: await names.aliasOf(entry.authentication_source),
    apis: [...new Set(await Promise.all(entry.apis.map(names.slugOfApi)))],
  })

  return {
    name: 'portals',
    all: () => everything(portals.list),
    keyOf: async ({ slug }) => slug,
    written: (portal) => normal(portalInput(portal)),
    wanted: async (entry) => ({ written: await normal(entry), secrets: [] }),
    async create(entry) {
      await portals.create(actor, await withIds(entry))
      return {}
    },
    async replace({ id, version }, entry) {
      await portals.replace(actor, id, await withIds(entry), version)
      return {}
    },
    remove: ({ id, version }) => portals.remove(actor, id, version),
    isKept: () => false,
  }
}
