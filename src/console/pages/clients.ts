/** Clients: the list, by name and by kind. */
import { z } from 'zod'
import { clientsView } from '#views/console/clients.ts'
import { linkButton } from '#views/console/parts.ts'
import type { Clients } from '../../clients/clients.ts'
import { clientKinds, kindOf } from '../../clients/kinds.ts'
import type { SourceStore } from '../../sources/source.ts'
import type { Mount } from '../page.ts'
import { searchText } from '../query.ts'

interface Needs {
  readonly clients: Pick<Clients, 'list'>
  readonly sourceStore: Pick<SourceStore, 'some'>
  /** Ids of those that Gatehouse itself needs. */
  readonly builtIn: ReadonlySet<string>
}

const pageSize = 50

/** What somebody wrote into the address by hand is as good as nothing. */
const Query = z.object({
  q: searchText,
  kind: z.enum(['', ...clientKinds]).catch(''),
  after: z.string().max(200).optional().catch(undefined),
})

export const clientPages =
  ({ clients, sourceStore, builtIn }: Needs) =>
  (mount: Mount): void => {
    mount.page({ path: '/clients', area: 'clients', right: 'view' }, async ({ words, lang, now, at, query, may }) => {
      const { q, kind, after } = Query.parse(Object.fromEntries(query))
      const { items, next } = await clients.list({
        limit: pageSize,
        ...(after !== undefined && { after }),
        ...(q !== '' && { search: q }),
        ...(kind !== '' && { kind }),
      })
      const named = await sourceStore.some([...new Set(items.flatMap(({ allowedSources }) => allowedSources ?? []))])
      const nameOf = new Map(named.map(({ id, name }) => [id, name]))
      const add = may('edit') ? at('/add-client') : undefined
      const narrowed = { q, kind }
      const { title, lead, add: addWord } = words.clients
      return {
        title,
        lead,
        ...(add !== undefined && { actions: linkButton(add, addWord, 'primary') }),
        body: clientsView({
          ...{ lang, now, add, search: q, kind, action: at('/clients') },
          next: next === null ? undefined : at('/clients', { ...narrowed, after: next }),
          first: after === undefined ? undefined : at('/clients', narrowed),
          rows: items.map((client) => ({
            id: client.id,
            name: client.metadata.client_name ?? client.id,
            kind: kindOf(client),
            enabled: client.enabled,
            isBuiltIn: builtIn.has(client.id),
            sources: client.allowedSources?.map((id) => nameOf.get(id) ?? id) ?? null,
            updatedAt: client.updatedAt,
            href: at(`/clients/${encodeURIComponent(client.id)}`),
          })),
        }),
      }
    })
  }
