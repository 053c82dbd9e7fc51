import type { Api } from '../../apis/api.ts'
import { apiInput } from '../../apis/api-input.ts'
import type { Apis } from '../../apis/apis.ts'
import type { Actor } from '../../audit/audit.ts'
import type { EntryOf } from '../format.ts'
import type { Kind } from '../kind.ts'
import { everything, type Names } from '../names.ts'
import { plain } from '../plan.ts'

interface Needs {
  readonly actor: Actor
  readonly apis: Apis
  readonly names: Names
}

type Entry = EntryOf<'apis'>
type Accepted = Entry['authentication_sources'][number]

/** APIs in files, the same by their slug. */
export function apiKind({ actor, apis, names }: Needs): Kind<'apis', Api> {
  const withIds = async (entry: Entry): Promise<Entry> => ({
    ...entry,
    clients: await Promise.all(entry.clients.map(names.clientByName)),
  })

  async function normal(entry: Pick<Entry, 'clients' | 'authentication_sources'>) {
    const sources = await Promise.all(entry.authentication_sources.map(accepted))
    const unique = new Map(sources.map((source) => [JSON.stringify(source), source]))
    const clients = await Promise.all(entry.clients.map(names.nameOfClient))
    return plain({ ...entry, clients: [...new Set(clients)], authentication_sources: [...unique.values()] })
  }

  /** Its alias alone where there is no more to say. */
  async function accepted(given: Accepted): Promise<Accepted> {
    if (typeof given === 'string') return names.aliasOf(given)
    const { roles, sunset } = given
    const source = await names.aliasOf(given.source)
    return roles === null && sunset === null
      ? source
      : { source, roles, sunset: sunset && new Date(sunset).toISOString() }
  }

  return {
    name: 'apis',
    all: () => everything(apis.list),
    keyOf: async ({ slug }) => slug,
    // What a PUT would have to say is an entry already, but for the names.
    written: (api) => normal(apiInput(api) as Entry),
    wanted: async (entry) => ({ written: await normal(entry), secrets: [] }),
    async create(entry) {
      await apis.create(actor, await withIds(entry))
      return {}
    },
    async replace({ id, version }, entry) {
      await apis.replace(actor, id, await withIds(entry), version)
      return {}
    },
    remove: ({ id, version }) => apis.remove(actor, id, version),
    isKept: () => false,
  }
}
