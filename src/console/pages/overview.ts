import { overviewView } from '#views/console/overview.ts'
import type { Clock } from '../../clock.ts'
import { reasons } from '../../reasons.ts'
import type { SourceStore } from '../../sources/source.ts'
import { counted, type Outcomes, type Statistics } from '../../traces/statistics.ts'
import type { Mount } from '../page.ts'

interface Needs {
  readonly statistics: Statistics
  readonly sourceStore: Pick<SourceStore, 'some'>
  readonly clock: Clock
}

const day = 86_400_000
const shownDays = 7
const none: Outcomes = { signedIn: 0, refused: 0, couldNotTell: 0, open: 0 }

/** Where the console has a page for what is counted. */
const pathOf: Partial<Record<(typeof counted)[number], string>> = { authentication_sources: '/sources' }

export const overviewPages =
  ({ statistics, sourceStore, clock }: Needs) =>
  (mount: Mount): void => {
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
        expiring: [],
      })
      return { title, lead, body }
    })
  }
