import { overviewView } from '#views/console/overview.ts'
import type { Clock } from '../../clock.ts'
import type { SourceType } from '../../connector.ts'
import { reasons } from '../../reasons.ts'
import type { SourceStore } from '../../sources/source.ts'
import type { Sources } from '../../sources/sources.ts'
import { counted, type Outcomes, type Statistics } from '../../traces/statistics.ts'
import type { Mount } from '../page.ts'

interface Needs {
  readonly statistics: Statistics
  readonly sourceStore: Pick<SourceStore, 'some'>
  readonly sources: Pick<Sources, 'list' | 'expiries'>
  /** Types of sources with something that ends, such as a certificate. */
  readonly ending: readonly SourceType[]
  readonly clock: Clock
}

const day = 86_400_000
const shownDays = 7
const soon = 30 * day
const atMost = 200
const none: Outcomes = { signedIn: 0, refused: 0, couldNotTell: 0, open: 0 }

/** Where the console has a page for what is counted. */
const pathOf: Partial<Record<(typeof counted)[number], string>> = {
  authentication_sources: '/sources',
  applications: '/applications',
  clients: '/clients',
  portals: '/portals',
  users: '/people',
  roles: '/roles',
}

export const overviewPages =
  ({ statistics, sources, sourceStore, ending, clock }: Needs) =>
  (mount: Mount): void => {
    /** Of those that are switched on; only some types have anything that ends. */
    async function expiring(now: number) {
      const all = await Promise.all(
        ending.map((type) => sources.list({ type, enabled: true, limit: atMost }).then(({ items }) => items)),
      )
      return all
        .flat()
        .flatMap((source) =>
          sources.expiries(source).map(({ what, expiresAt }) => ({ what: source.name, note: what, at: expiresAt })),
        )
        .filter(({ at }) => at - now < soon)
        .toSorted((one, other) => one.at - other.at)
    }

    mount.page({ path: '/', area: 'overview', right: 'view' }, async ({ words, lang, now, at }) => {
      const until = (Math.floor(clock() / day) + 1) * day
      const from = until - shownDays * day
      const [registry, figures] = await Promise.all([statistics.registry(), statistics.signIns(from, until)])
      const named = await sourceStore.some(figures.bySource.flatMap(({ sourceId }) => sourceId ?? []))
      const nameOf = new Map(named.map(({ id, name }) => [id, name]))
      const byDay = new Map(figures.byDay.map((one) => [one.day, one]))
      const { title, lead, names } = words.overview
      const body = overviewView({
        lang,
        now,
        counts: counted.map((name) => {
          const path = pathOf[name]
          return { name: names[name], count: registry[name], href: path && at(path) }
        }),
        days: Array.from({ length: shownDays }, (_, index) => {
          const start = from + index * day
          return { ...(byDay.get(start) ?? none), day: start }
        }),
        sources: figures.bySource.map(({ sourceId, ...outcomes }) => {
          const name = sourceId === null ? undefined : (nameOf.get(sourceId) ?? sourceId)
          const isThere = sourceId !== null && nameOf.has(sourceId)
          return { ...outcomes, name, href: isThere ? at(`/sources/${sourceId}`) : undefined }
        }),
        refusals: figures.byReason.map(({ reason, count }) => ({
          ...{ code: reason, count, href: undefined },
          title: reasons[reason]?.title ?? reason,
        })),
        expiring: await expiring(now),
      })
      return { title, lead, body }
    })
  }
