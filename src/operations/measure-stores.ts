/** The stores, measured where they are handed out: nowhere else. */
import type { AuditEvent, AuditStore } from '../audit/audit.ts'
import type { Transact } from '../collection.ts'
import { Refusal } from '../errors.ts'
import type { Report } from '../events.ts'
import { requestNotes } from '../request-notes.ts'
import type { SessionStore } from '../sessions/session.ts'
import { after, rescue, type Soon } from '../soon.ts'
import type { Gauges } from './measure.ts'

type Method = (...args: unknown[]) => unknown

interface Group {
  readonly store: string
  readonly engine: string
}

// A refusal is an answer: the store could tell.
const isFailure = (error: unknown): boolean => !(error instanceof Refusal)

function createStoreMeter({ metrics, tracing }: Gauges) {
  /** What never changes about it is made once: some are carried out thousands of times a second. */
  function meterOf({ store, engine }: Group, operation: string) {
    const name = `${store}.${operation}`
    const attributes = { 'db.system.name': engine, 'db.operation.name': operation }
    const observe = metrics.store.at({ engine, operation: name })
    return <T>(work: () => Soon<T>): Soon<T> => {
      const span = tracing.call(name, attributes)
      const began = performance.now()
      const ended = (failed: boolean) => {
        observe((performance.now() - began) / 1000)
        span?.end(failed)
      }
      return rescue(
        () =>
          after(work(), (found) => {
            ended(false)
            return found
          }),
        (error) => {
          const failed = isFailure(error)
          if (failed) metrics.storeErrors.add({ engine, store, operation })
          ended(failed)
          return Promise.reject(error)
        },
      )
    }
  }

  /** The same store, each of its methods measured. */
  function wrap<T extends object>(group: Group, store: T): T {
    const methods = Object.entries(store).map(([operation, method]) => {
      if (typeof method !== 'function') return [operation, method]
      const measured = meterOf(group, operation)
      return [operation, (...args: unknown[]) => measured(() => (method as Method).apply(store, args))]
    })
    return Object.fromEntries(methods) as T
  }

  return { meterOf, wrap }
}

interface Stores<Registry> {
  readonly transact: Transact<Registry>
  readonly audit: AuditStore
  readonly sessions: SessionStore
  registryVersion(): Promise<number>
  versionAtOnce(): number | undefined
}

const live = new Set(['sessions', 'grants', 'marks', 'artifacts', 'trips', 'departures', 'attempts'])

interface StoreNeeds extends Gauges {
  readonly report: Report
  /** Such as `sqlite`, `postgres`, `redis`. */
  readonly engines: { readonly registry: string; readonly live: string }
}

/**
 * The same stores, each operation measured, a transaction as one. What they commit is told: changes of the registry
 * once they are committed, and sessions that have ended, by whatever way.
 */
export function measureStores<Registry extends { readonly audit: AuditStore }, S extends Stores<Registry>>(
  stores: S,
  { report, engines, ...gauges }: StoreNeeds,
): S {
  const meter = createStoreMeter(gauges)
  const engineOf = (store: string) => (live.has(store) ? engines.live : engines.registry)
  const wrapped = Object.fromEntries(
    Object.entries(stores).map(([store, value]) => [
      store,
      isStore(value) ? meter.wrap({ store, engine: engineOf(store) }, value) : value,
    ]),
  ) as unknown as S
  const registry = { store: 'registry', engine: engines.registry }
  const inTransaction = meter.meterOf(registry, 'transaction')
  const askingVersion = meter.meterOf(registry, 'version')

  const transact: Transact<Registry> = async (work) =>
    inTransaction(async () => {
      let recorded: AuditEvent[] = []
      const result = await stores.transact((inside) => {
        recorded = []
        const audit: AuditStore = {
          ...inside.audit,
          async record(event) {
            await inside.audit.record(event)
            recorded.push(event)
          },
        }
        return work({ ...inside, audit })
      })
      for (const { action, actor, subject } of recorded) report('registry.changed', { action, actor, subject })
      return result
    })

  return {
    ...wrapped,
    sessions: tellEnds(wrapped.sessions, report),
    transact,
    registryVersion: async () => askingVersion(() => stores.registryVersion()),
    // Not among the entries that can be copied by name.
    ...(Symbol.asyncDispose in stores && { [Symbol.asyncDispose]: stores[Symbol.asyncDispose] }),
  }
}

const isStore = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function tellEnds(sessions: SessionStore, report: Report): SessionStore {
  return {
    ...sessions,
    async end(id) {
      const ended = await sessions.end(id)
      if (ended) {
        const notes = requestNotes()
        if (notes) notes.sessionEnded = true
        report('session.ended', { session: ended.id, account: ended.accountId })
      }
      return ended
    },
    async endOfAccount(accountId) {
      await sessions.endOfAccount(accountId)
      report('sessions.ended', { account: accountId, sessions: 'of the account' })
    },
    async endOfSource(sourceId) {
      await sessions.endOfSource(sourceId)
      report('sessions.ended', { sessions: `of the source ${sourceId}` })
    },
  }
}
