/** APIs: the list. */
import { z } from 'zod'
import { apisView } from '#views/console/apis.ts'
import { linkButton } from '#views/console/parts.ts'
import type { Apis } from '../../apis/apis.ts'
import type { ApiKeyStore } from '../../applications/api-key.ts'
import type { Statistics } from '../../traces/statistics.ts'
import type { Mount, Visit } from '../page.ts'
import { searchText } from '../query.ts'

interface Needs {
  readonly apis: Pick<Apis, 'list'>
  readonly apiKeys: Pick<ApiKeyStore, 'countByApi'>
  readonly statistics: Pick<Statistics, 'registry'>
}

const pageSize = 50

/** What somebody wrote into the address by hand is as good as nothing. */
export const ApiQuery = z.object({
  q: searchText,
  after: z.string().max(200).optional().catch(undefined),
})

export const apiCrumbs = ({ words, at }: Visit, api?: { readonly id: string; readonly name: string }) => [
  { text: words.apis.title, href: at('/apis') },
  ...(api ? [{ text: api.name, href: at(`/apis/${api.id}`) }] : []),
]

export const apiPages =
  ({ apis, apiKeys, statistics }: Needs) =>
  (mount: Mount): void => {
    mount.page({ path: '/apis', area: 'apis', right: 'view' }, async ({ words, lang, now, at, query, may }) => {
      const { q, after } = ApiQuery.parse(Object.fromEntries(query))
      const [{ items, next }, { apis: all }] = await Promise.all([
        apis.list({ limit: pageSize, ...(after !== undefined && { after }), ...(q !== '' && { search: q }) }),
        statistics.registry(),
      ])
      const keys = await apiKeys.countByApi(
        items.map(({ id }) => id),
        now,
      )
      const add = may('edit') ? at('/apis/add') : undefined
      return {
        title: words.apis.title,
        lead: words.apis.lead,
        ...(add !== undefined && { actions: linkButton(add, words.apis.add, 'primary') }),
        body: apisView({
          ...{ lang, add, all, search: q, action: at('/apis') },
          next: next === null ? undefined : at('/apis', { q, after: next }),
          first: after === undefined ? undefined : at('/apis', { q }),
          rows: items.map(({ id, name, slug, hosts, pathPrefix, authenticationSources, rules }) => ({
            ...{ name, slug, hosts, pathPrefix, enforcement: rules.enforcement },
            sources: authenticationSources.length,
            keys: keys.get(id) ?? 0,
            href: at(`/apis/${id}`),
          })),
        }),
      }
    })
  }
