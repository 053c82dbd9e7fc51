/** Whom and what a trace is about, by the names that people know them by. */
import type { Party } from '#views/console/traces.ts'
import type { AccountStore } from '../accounts/account.ts'
import type { ApiStore } from '../apis/api.ts'
import type { ClientStore } from '../clients/client.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Trace } from '../traces/trace.ts'
import type { Visit } from './page.ts'

interface Needs {
  readonly accounts: Pick<AccountStore, 'some'>
  readonly clients: Pick<ClientStore, 'some'>
  readonly sources: Pick<SourceStore, 'some'>
  readonly apis: Pick<ApiStore, 'some'>
}

interface Parties {
  readonly person: Party | undefined
  readonly client: Party | undefined
  readonly source: Party | undefined
  readonly api: Party | undefined
}

type About = Pick<Trace, 'accountId' | 'clientId' | 'sourceId' | 'apiId'>

/** In one trip for each kind, however many they are. Who is not there any more keeps its id for a name. */
export type NameParties = (about: readonly About[], visit: Pick<Visit, 'at'>) => Promise<(one: About) => Parties>

export const createNameParties =
  ({ accounts, clients, sources, apis }: Needs): NameParties =>
  async (about, { at }) => {
    const idsOf = (member: keyof About) => [...new Set(about.flatMap((one) => one[member] ?? []))]
    const [people, apps, ways, behind] = await Promise.all([
      named(accounts, idsOf('accountId'), ({ displayName }) => displayName),
      named(clients, idsOf('clientId'), ({ metadata }) => metadata.client_name),
      named(sources, idsOf('sourceId'), ({ name }) => name),
      named(apis, idsOf('apiId'), ({ name }) => name),
    ])
    const party = (id: string | null, names: ReadonlyMap<string, string>, path: string): Party | undefined =>
      id === null
        ? undefined
        : { name: names.get(id) || id, href: names.has(id) ? at(`${path}/${encodeURIComponent(id)}`) : undefined }
    return ({ accountId, clientId, sourceId, apiId }) => ({
      person: party(accountId, people, '/people'),
      client: party(clientId, apps, '/clients'),
      source: party(sourceId, ways, '/sources'),
      api: party(apiId, behind, '/apis'),
    })
  }

async function named<T extends { readonly id: string }>(
  store: { some(ids: readonly string[]): Promise<readonly T[]> },
  ids: readonly string[],
  nameOf: (one: T) => string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const found = ids.length === 0 ? [] : await store.some(ids)
  return new Map(found.map((one) => [one.id, nameOf(one) ?? '']))
}
