/** What operators see, as a whole: the log's events, the metrics and the traces of one process. */
import cluster from 'node:cluster'
import type Router from '@koa/router'
import type { Middleware } from 'koa'
import type { Config } from '../config/schema.ts'
import type { Report } from '../events.ts'
import type { Watch } from '../http/direct.ts'
import type { Unreadable } from '../http/unreadable.ts'
import { droppedLines, type Log } from '../log.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { Expiring } from '../sources/sources.ts'
import type { CheckAccessToken } from '../tokens/access-token.ts'
import { version } from '../version.ts'
import { type Activity, watchActivity } from './activity.ts'
import type { Gather } from './exposition.ts'
import { type KeyTimes, watchKeys } from './key-times.ts'
import { countTokenChecks, measureOutbound, measurePasswords } from './measure.ts'
import { measureStores } from './measure-stores.ts'
import { createMetrics } from './metrics.ts'
import { metricsRoutes } from './metrics-route.ts'
import { createReport } from './report.ts'
import { observeRequests } from './requests.ts'
import { createTracing } from './tracing.ts'

interface Needs {
  readonly config: Config
  readonly log: Log
  /** Below the issuer's path: those that the provider answers. */
  readonly providerPaths: readonly string[]
}

export interface Operations extends AsyncDisposable {
  readonly report: Report
  /** The first middleware of all, and the same for requests that are answered before it. */
  readonly requests: { readonly middleware: Middleware; readonly watch: Watch }
  /** To be told what could not be read as a request. */
  readonly unreadable: (unreadable: Unreadable) => void
  readonly routes: Router
  readonly stores: <S extends Parameters<typeof measureStores>[0]>(stores: S) => S
  readonly outbound: (http: Outbound) => Outbound
  readonly passwords: <H extends Parameters<typeof measurePasswords>[0]>(hasher: H) => H
  readonly tokenChecks: (check: CheckAccessToken) => CheckAccessToken
  /** To be told of each request that is not looked at because there is too much to do. */
  readonly shed: () => void
  /** To be told of each refused call at a gateway that no trace is kept of. */
  readonly refusedCallDropped: () => void
  /** What this process has done since it started. */
  readonly activity: () => Promise<Activity>
  /** To be told whenever the keys may have changed. */
  readonly keys: (keys: Parameters<ReturnType<typeof watchKeys>['seen']>[0]) => void
  /** To be told what in the settings of sources is over when, the soonest first. */
  readonly expiries: (expiries: readonly Expiring[]) => void
}

const alone: Gather = (own) => async () => [await own()]

export async function createOperations({ config, log, providerPaths }: Needs): Promise<Operations> {
  const tracing = await createTracing({ settings: config.tracing, version, log })
  let load = () => ({ running: 0, waiting: 0 })
  let expiring: readonly Expiring[] = []
  let keyTimes: () => KeyTimes | undefined = () => undefined
  const metrics = createMetrics({
    version,
    passwords: () => load(),
    keys: () => keyTimes(),
    expiries: () => expiring,
    droppedLines,
    droppedSpans: tracing.dropped,
  })
  const report = createReport(log, metrics)
  const keys = watchKeys({ report, activeFor: config.signing_keys.active_for * 1000 })
  keyTimes = keys.times
  const gauges = { metrics, tracing }
  const registry = config.database_url.startsWith('sqlite:') ? 'sqlite' : 'postgresql'
  const engines = { registry, live: config.redis_url === null ? registry : 'redis' }
  const base = new URL(config.issuer).pathname.replace(/\/$/, '')
  const trustedProxies = config.trusted_proxies
  const gather = cluster.isWorker ? (await import('./cluster-metrics.ts')).gatherFromWorkers : alone

  return {
    report,
    requests: observeRequests({ log, metrics, tracing, trustedProxies, base, plainPaths: providerPaths }),
    unreadable: ({ status, error, address }) => report('request.refused', { status, error, detail: `from ${address}` }),
    routes: metricsRoutes({ settings: config.metrics, trustedProxies, families: metrics.all, gather }),
    stores: (stores) => measureStores(stores, { ...gauges, report, engines }),
    outbound: (http) => measureOutbound(http, gauges),
    passwords(hasher) {
      load = hasher.load
      return measurePasswords(hasher, gauges)
    },
    tokenChecks: (check) => countTokenChecks(check, gauges),
    shed: () => metrics.refusals.add({ endpoint: '', reason: 'temporarily_unavailable' }),
    refusedCallDropped: () => metrics.refusedCallsDropped.add({}),
    activity: watchActivity(metrics),
    keys: keys.seen,
    expiries(found) {
      expiring = found
    },
    [Symbol.asyncDispose]: () => tracing[Symbol.asyncDispose](),
  }
}
