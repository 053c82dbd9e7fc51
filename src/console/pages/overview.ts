import type { FirstStep } from '#views/console/first-steps.ts'
import { type Overview, overviewView } from '#views/console/overview.ts'
import type { Clock } from '../../clock.ts'
import type { SourceType } from '../../connector.ts'
import type { KeyStore } from '../../keys/signing-key.ts'
import type { SourceStore } from '../../sources/source.ts'
import type { Sources } from '../../sources/sources.ts'
import { counted, type Span, type Statistics } from '../../traces/statistics.ts'
import { explained } from '../explained.ts'
import type { Mount, Visit } from '../page.ts'

interface Needs {
  readonly statistics: Statistics
  readonly sourceStore: Pick<SourceStore, 'some'>
  readonly sources: Pick<Sources, 'list' | 'expiries'>
  /** Types of sources with something that ends, such as a certificate. */
  readonly ending: readonly SourceType[]
  readonly keys: Pick<KeyStore, 'list'>
  /** Milliseconds that a signing key signs for. */
  readonly keyLife: number
  /** What this process has done since it started. */
  readonly activity: () => Promise<Overview['activity']>
  /** How this process is, part by part. */
  readonly health: () => Promise<Overview['health']>
  readonly clock: Clock
  /** How many clients there are without anybody's doing. */
  readonly ownClients: number
}

const day = 86_400_000
const hour = 3_600_000
const periods = { day: { length: hour, count: 24 }, week: { length: day, count: 7 } } as const
/** Sources with a chart of their own. */
const charted = 4
/** Sources with a row. */
const listed = 10
const soon = 30 * day
const atMost = 200
const none = { signedIn: 0, refused: 0, couldNotTell: 0, open: 0, callsRefused: 0 }

/** Where the console has a page for what is counted. */
const pathOf: Partial<Record<(typeof counted)[number], string>> = {
  authentication_sources: '/sources',
  applications: '/applications',
  apis: '/apis',
  clients: '/clients',
  portals: '/portals',
  users: '/people',
  roles: '/roles',
}

export const overviewPages =
  ({ statistics, sources, sourceStore, ending, keys, keyLife, activity, health, clock, ownClients }: Needs) =>
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

    async function keyEnding({ words: { overview: words } }: Visit) {
      const active = (await keys.list()).find(({ state }) => state === 'active')
      if (!active?.activatedAt) return []
      return [{ what: words.signingKey(active.kid), note: words.signingKeyNext, at: active.activatedAt + keyLife }]
    }

    /** A broker for sign-ins alone needs no API: the last step does not keep the others on the page. */
    function stepsFor({ may, at }: Visit, there: Awaited<ReturnType<Statistics['registry']>>): readonly FirstStep[] {
      const add = (path: string) => (may('edit') ? at(path) : undefined)
      const hasPeople = there.authentication_sources > 1 || there.users > 1
      const hasClients = there.clients > ownClients
      if (hasPeople && hasClients) return []
      return [
        { what: 'source', isDone: hasPeople, href: add('/sources/add') },
        { what: 'application', isDone: hasClients, href: add('/applications/add') },
        { what: 'api', isDone: there.apis > 0, href: add('/apis/add') },
      ]
    }

    mount.page({ path: '/', area: 'overview', right: 'view' }, async (visit) => {
      const { words, lang, now, at, query } = visit
      const period = query.get('period') === 'day' ? 'day' : 'week'
      const { length, count } = periods[period]
      const until = (Math.floor(clock() / length) + 1) * length
      const from = until - count * length
      const [registry, figures] = await Promise.all([statistics.registry(), statistics.signIns(from, until)])
      const ids = figures.bySource.flatMap(({ sourceId }) => sourceId ?? [])
      const [named, over, ended, rotated, done, parts] = await Promise.all([
        sourceStore.some(ids),
        statistics.over({ from, until, length }, ids.slice(0, charted)),
        expiring(now),
        keyEnding(visit),
        activity(),
        health(),
      ])
      const nameOf = new Map(named.map(({ id, name }) => [id, name]))
      const spread = (spans: readonly Span[] = []) => {
        const known = new Map(spans.map((span) => [span.at, span]))
        const starts = Array.from({ length: count }, (_, index) => from + index * length)
        return starts.map((start) => known.get(start) ?? { ...none, at: start })
      }
      const { title, lead, names } = words.overview
      const body = overviewView({
        lang,
        now,
        steps: stepsFor(visit, registry),
        counts: counted.map((name) => {
          const path = pathOf[name]
          return { name: names[name], count: registry[name], href: path && at(path) }
        }),
        ...{ period, spans: spread(over.all), activity: done, health: parts },
        periods: (['day', 'week'] as const).map((one) => ({ period: one, href: at('/', { period: one }) })),
        bySource: ids.slice(0, charted).flatMap((id) => {
          const name = nameOf.get(id)
          return name === undefined ? [] : [{ name, href: at(`/sources/${id}`), spans: spread(over.bySource.get(id)) }]
        }),
        callsHref: at('/traces', { outcome: 'call_refused' }),
        sources: figures.bySource.slice(0, listed).map(({ sourceId, ...outcomes }) => {
          const name = sourceId === null ? undefined : (nameOf.get(sourceId) ?? sourceId)
          const isThere = sourceId !== null && nameOf.has(sourceId)
          return { ...outcomes, name, href: isThere ? at(`/sources/${sourceId}`) : undefined }
        }),
        allSources: figures.bySource.length > listed ? at('/sources') : undefined,
        refusals: figures.byReason.map(({ reason, count }) => ({
          ...{ code: reason, count, href: at('/traces', { reason }) },
          title: explained(reason, lang).title,
        })),
        expiring: [...rotated.filter((one) => one.at - now < soon), ...ended].toSorted(
          (one, other) => one.at - other.at,
        ),
      })
      return { title, lead, body }
    })
  }
