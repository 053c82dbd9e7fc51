/** Redis as the home of live state: one server, a primary behind Sentinel, or a cluster. docs/storage.md lists the keys. */
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { StoreHealth } from '../../operations/store-health.ts'
import type { SavedDeparture } from '../../signin/departure-store.ts'
import type { SavedTrip } from '../../signin/trip-store.ts'
import type { Vault } from '../../vault.ts'
import type { LiveLineage } from '../live-lineage.ts'
import type { LiveStores } from '../sql/open.ts'
import { createArtifactStore } from './artifact-store.ts'
import { createAttemptStore } from './attempt-store.ts'
import { hearChanges, hearNothing } from './changes.ts'
import { type Connection, connect } from './connection.ts'
import { createGrantStore } from './grant-store.ts'
import { redisHealth } from './health.ts'
import { keysUnder } from './keys.ts'
import { createLineage, type Lineage } from './lineage.ts'
import { createLookup } from './lookup.ts'
import { createMarkStore } from './mark-store.ts'
import { createOnceStore } from './once-store.ts'
import { createScripts } from './scripts.ts'
import { createSessionHashes } from './session-hash.ts'
import { createSessionStore } from './session-store.ts'

export interface RedisStores extends LiveStores, AsyncDisposable {
  readonly health: readonly StoreHealth[]
}

interface Needs {
  readonly url: string
  /** What the registry remembers of Redis. */
  readonly lineage: LiveLineage
  readonly vault: Vault
  readonly clock: Clock
  readonly log: Log
}

/** Rejects with `StartProblem` for an address that is none. A Redis that is down is joined when it is there. */
export async function openRedisStores({ url, lineage: kept, vault, clock, log }: Needs): Promise<RedisStores> {
  await using opened = new AsyncDisposableStack()
  const untried = opened.use(await connect(url, log))
  const lineage = opened.use(await createLineage({ connection: untried, kept, clock, log }))
  await lineage.look()
  const connection = trusting(untried, lineage)
  const scripts = opened.use(createScripts(connection))
  const keys = keysUnder(lineage.prefix)
  const lookup = createLookup(connection, scripts, clock)
  const hashes = createSessionHashes(connection, keys, vault)
  const isCluster = untried.isCluster
  const changes = isCluster ? hearNothing : hearChanges({ url, connection: untried, prefix: lineage.prefix, log })
  opened.use(changes)
  const needs = { connection, scripts, keys, lookup, hashes, lineage, changes, clock }
  const everything = opened.move()

  return {
    sessions: createSessionStore(needs),
    grants: createGrantStore(needs),
    marks: createMarkStore(needs),
    artifacts: createArtifactStore(needs),
    trips: createOnceStore<SavedTrip>(connection, 'trip', keys.trip, clock),
    departures: createOnceStore<SavedDeparture>(connection, 'departure', keys.departure, clock),
    attempts: createAttemptStore(needs),
    health: [redisHealth(connection)],
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}

/** Nothing is read or written while Redis may be an older one. */
const trusting = (connection: Connection, { requireTrust }: Pick<Lineage, 'requireTrust'>): Connection => ({
  ...connection,
  send(...command) {
    try {
      requireTrust()
    } catch (error) {
      return Promise.reject(error)
    }
    return connection.send(...command)
  },
  async sendGuarded(commands) {
    requireTrust()
    return connection.sendGuarded(commands)
  },
})
