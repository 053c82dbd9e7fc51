/** Authentication Sources: the list, with what each is used for and how it fares. */

import { z } from 'zod'
import { linkButton } from '#views/console/parts.ts'
import { sourcesView } from '#views/console/sources.ts'
import type { ConsoleLanguage } from '#views/words/console.ts'
import { type ConnectorType, type Expiry, type SourceType, sourceTypes } from '../../connector.ts'
import type { Source } from '../../sources/source.ts'
import type { Sources } from '../../sources/sources.ts'
import type { SourceStatus } from '../../sources/status.ts'
import type { Statistics } from '../../traces/statistics.ts'
import { explained } from '../explained.ts'
import type { Mount } from '../page.ts'
import { searchText } from '../query.ts'

interface Needs {
  readonly sources: Sources
  readonly statistics: Pick<Statistics, 'registry'>
  readonly connectors: ReadonlyMap<SourceType, ConnectorType>
}

const pageSize = 50

/** What somebody wrote into the address by hand is as good as nothing. */
const Query = z.object({
  q: searchText,
  type: z.enum(['', ...sourceTypes]).catch(''),
  enabled: z.enum(['', 'true', 'false']).catch(''),
  after: z.string().max(200).optional().catch(undefined),
})

export const sourcePages =
  ({ sources, statistics, connectors }: Needs) =>
  (mount: Mount): void => {
    mount.page({ path: '/sources', area: 'sources', right: 'view' }, async ({ words, lang, now, at, query, may }) => {
      const { q, type, enabled, after } = Query.parse(Object.fromEntries(query))
      const [{ items, next }, { authentication_sources: all }] = await Promise.all([
        sources.list({
          limit: pageSize,
          ...(after !== undefined && { after }),
          ...(q !== '' && { search: q }),
          ...(type !== '' && { type }),
          ...(enabled !== '' && { enabled: enabled === 'true' }),
        }),
        statistics.registry(),
      ])
      const ids = items.map(({ id }) => id)
      const [usage, status] = await Promise.all([sources.usage(ids), sources.status(ids)])
      const narrowed = { q, type, enabled }
      const add = may('edit') ? at('/sources/add') : undefined
      const { title, lead, add: addWord } = words.sources
      return {
        title,
        lead,
        ...(add !== undefined && { actions: linkButton(add, addWord, 'primary') }),
        body: sourcesView({
          ...{ lang, now, add, all, type, enabled, search: q, action: at('/sources') },
          types: [...connectors.keys()],
          next: next === null ? undefined : at('/sources', { ...narrowed, after: next }),
          first: after === undefined ? undefined : at('/sources', narrowed),
          rows: items.map((source) => ({
            ...source,
            ...lightOf(source, status.get(source.id), sources.expiries(source), lang),
            apis: usage.get(source.id)?.apis.length ?? 0,
            portals: usage.get(source.id)?.portals.length ?? 0,
            href: at(`/sources/${source.id}`),
            remove: may('edit') ? at(`/sources/${source.id}/remove`) : undefined,
          })),
        }),
      }
    })
  }

/** How it fares, in words instead of codes. */
export const lightOf = (
  { enabled }: Pick<Source, 'enabled'>,
  status: SourceStatus | undefined,
  expiries: readonly Expiry[],
  lang: ConsoleLanguage,
) => {
  const first = expiries.toSorted((one, other) => one.expiresAt - other.expiresAt)[0]
  return {
    enabled,
    lastSuccess: status?.lastSuccess ?? null,
    lastFailure: status?.lastFailure
      ? { at: status.lastFailure.at, title: explained(status.lastFailure.reason, lang).title }
      : null,
    ends: first && { what: first.what, at: first.expiresAt },
  }
}
