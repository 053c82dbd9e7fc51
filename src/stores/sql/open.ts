/** The SQL database as the stores that everybody else asks for. docs/storage.md says what is kept, and for how long. */
import { Kysely } from 'kysely'
import type { AccountStore } from '../../accounts/account.ts'
import type { AttemptStore } from '../../accounts/attempt-store.ts'
import type { LocalUserStore } from '../../accounts/local-user.ts'
import type { SecondFactorStore } from '../../accounts/second-factors/factor.ts'
import type { ApiStore } from '../../apis/api.ts'
import type { ApiKeyStore } from '../../applications/api-key.ts'
import type { ApplicationStore } from '../../applications/application.ts'
import type { AuditStore } from '../../audit/audit.ts'
import type { ClientStore } from '../../clients/client.ts'
import type { ConsentStore } from '../../clients/consent-store.ts'
import type { SecretUseStore } from '../../clients/secret-uses.ts'
import type { Clock } from '../../clock.ts'
import type { Transact } from '../../collection.ts'
import { StartProblem } from '../../errors.ts'
import type { ArtifactStore } from '../../issuer/artifact-store.ts'
import type { SealedStore } from '../../keys/sealed-store.ts'
import type { KeyStore } from '../../keys/signing-key.ts'
import type { Log } from '../../log.ts'
import type { StoreHealth } from '../../operations/store-health.ts'
import type { PortalStore } from '../../portals/portal.ts'
import type { RoleStore } from '../../roles/role.ts'
import type { GrantStore, SessionStore } from '../../sessions/session.ts'
import type { DepartureStore } from '../../signin/departure-store.ts'
import type { TripStore } from '../../signin/trip-store.ts'
import type { SourceStore } from '../../sources/source.ts'
import type { SourceStatusStore } from '../../sources/status.ts'
import type { MarkStore } from '../../tokens/liveness.ts'
import type { Statistics } from '../../traces/statistics.ts'
import type { TraceStore } from '../../traces/trace.ts'
import type { Vault } from '../../vault.ts'
import type { LiveLineage } from '../live-lineage.ts'
import { createRegistryVersion, isPostgres, type RegistryVersion, raiseTime } from './database.ts'
import type { Engine, Quick } from './engine.ts'
import { createArtifactStore } from './live/artifact-store.ts'
import { createAttemptStore } from './live/attempt-store.ts'
import { createDepartureStore } from './live/departure-store.ts'
import { createGrantStore } from './live/grant-store.ts'
import { createMarkStore } from './live/mark-store.ts'
import { createSessionStore } from './live/session-store.ts'
import { createTripStore } from './live/trip-store.ts'
import { createLiveLineage, forgottenAt } from './live-lineage.ts'
import { createAccountStore } from './registry/account-store.ts'
import { createApiKeyStore } from './registry/api-key-store.ts'
import { createApiStore } from './registry/api-store.ts'
import { createApplicationStore } from './registry/application-store.ts'
import { createAuditStore } from './registry/audit-store.ts'
import { createClientStore } from './registry/client-store.ts'
import { createConsentStore } from './registry/consent-store.ts'
import { createKeyStore } from './registry/key-store.ts'
import { createLocalUserStore } from './registry/local-user-store.ts'
import { createPortalStore } from './registry/portal-store.ts'
import { createRoleStore } from './registry/role-store.ts'
import { createSealedStore } from './registry/sealed-store.ts'
import { createSecondFactorStore } from './registry/second-factor-store.ts'
import { createSecretUseStore } from './registry/secret-use-store.ts'
import { createSourceStatusStore } from './registry/source-status-store.ts'
import { createSourceStore } from './registry/source-store.ts'
import { createStatistics } from './registry/statistics.ts'
import { createTraceStore } from './registry/trace-store.ts'
import type { Db, Schema } from './schema.ts'
import { sweep } from './sweep.ts'

/** Durable: what administrators and people have set. */
export interface RegistryStores {
  readonly sources: SourceStore
  readonly clients: ClientStore
  readonly secretUses: SecretUseStore
  readonly consents: ConsentStore
  readonly accounts: AccountStore
  readonly localUsers: LocalUserStore
  readonly secondFactors: SecondFactorStore
  readonly roles: RoleStore
  readonly apis: ApiStore
  readonly applications: ApplicationStore
  readonly apiKeys: ApiKeyStore
  readonly portals: PortalStore
  readonly sourceStatus: SourceStatusStore
  readonly keys: KeyStore
  readonly audit: AuditStore
  readonly traces: TraceStore
}

/** What sessions and sign-ins leave behind until it expires. */
export interface LiveStores {
  readonly sessions: SessionStore
  readonly grants: GrantStore
  readonly marks: MarkStore
  readonly artifacts: ArtifactStore
  readonly trips: TripStore
  readonly departures: DepartureStore
  readonly attempts: AttemptStore
}

export interface Stores extends RegistryStores, LiveStores {}

export interface SqlStores extends Stores, RegistryVersion, AsyncDisposable {
  /** A refusal inside rolls everything back and passes through: it must not be caught inside. */
  readonly transact: Transact<RegistryStores>
  /** Answers the newest time that any node has told, in milliseconds, after telling it this one. */
  raiseTime(time: number): Promise<number>
  readonly secrets: SealedStore
  readonly statistics: Statistics
  readonly health: readonly StoreHealth[]
  /** For live state that is kept elsewhere. */
  readonly lineage: LiveLineage
  /** Deletes expired live state, which is absent already; happens every minute by itself. Answers how many rows it was. */
  sweep(): Promise<number>
}

interface Needs {
  /** `sqlite:PATH`, relative to the working directory; `sqlite::memory:`; or `postgres://…`. */
  readonly url: string
  /** How many this process keeps to PostgreSQL at most. */
  readonly connections?: number
  readonly vault: Vault
  readonly clock: Clock
  readonly log: Log
}

const sweepEvery = 60_000

/** Opens the database, makes it when it is missing, and brings its schema up to date. Rejects when that is impossible. */
export async function openSqlStores({ url, connections = 10, vault, clock, log }: Needs): Promise<SqlStores> {
  const engine = await openEngine(url, connections)
  const db: Db = new Kysely<Schema>({ dialect: engine.dialect })
  let forgotten: number | null
  try {
    await engine.migrate(db)
    forgotten = await forgottenAt(db)
  } catch (error) {
    await engine.close()
    throw error
  }

  // A server has a clock of its own: a node whose clock is ahead must not delete, or have believed, what others live by.
  const believed = async (time: number) => (isPostgres(db) ? Math.min(time, await engine.time(db)) : time)
  const timer = setInterval(() => {
    const swept = believed(clock()).then((until) => sweep(db, until))
    swept.catch((err) => log.warn({ err }, 'Expired state could not be swept'))
  }, sweepEvery).unref()

  return {
    ...registryStores(db, vault, clock, engine.quick),
    ...liveStores(db, vault, clock, { forgotten, quick: engine.quick }),
    transact: (work) => engine.transact(db, (transaction) => work(registryStores(transaction, vault, clock))),
    ...createRegistryVersion(db, engine.quick),
    statistics: createStatistics(db),
    raiseTime: async (time) => raiseTime(db, await believed(time)),
    secrets: createSealedStore(db, vault),
    health: [{ name: 'database', check: async () => ({ time: await engine.time(db) }) }],
    lineage: createLiveLineage(db),
    sweep: () => sweep(db, clock()),
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await engine.close()
    },
  }
}

/** Only the engine that is used is loaded. */
export async function openEngine(url: string, connections: number): Promise<Engine> {
  const [scheme = ''] = url.split(':', 1)
  if (scheme === 'sqlite') {
    const { createSqlite } = await import('./sqlite-dialect.ts')
    return createSqlite(url.slice('sqlite:'.length))
  }
  if (scheme === 'postgres' || scheme === 'postgresql') {
    const { createPostgres } = await import('./postgres-dialect.ts')
    return createPostgres(url, connections)
  }
  throw new StartProblem(`database_url: the data is kept at sqlite:PATH or postgres://…, not in ${scheme}`)
}

const registryStores = (db: Db, vault: Vault, clock: Clock, quick?: Quick): RegistryStores => ({
  sources: createSourceStore(db, vault),
  clients: createClientStore(db, vault),
  secretUses: createSecretUseStore(db),
  consents: createConsentStore(db),
  accounts: createAccountStore(db),
  localUsers: createLocalUserStore(db),
  secondFactors: createSecondFactorStore(db, vault),
  roles: createRoleStore(db),
  apis: createApiStore(db),
  applications: createApplicationStore(db),
  apiKeys: createApiKeyStore(db, quick),
  portals: createPortalStore(db),
  sourceStatus: createSourceStatusStore(db),
  keys: createKeyStore(db, vault),
  audit: createAuditStore(db),
  traces: createTraceStore(db, clock),
})

interface OfDatabase {
  readonly forgotten: number | null
  readonly quick: Quick | undefined
}

const liveStores = (db: Db, vault: Vault, clock: Clock, { forgotten, quick }: OfDatabase): LiveStores => ({
  sessions: createSessionStore(db, vault, clock),
  grants: createGrantStore(db, clock),
  marks: createMarkStore(db, clock, forgotten, quick),
  artifacts: createArtifactStore(db, clock),
  trips: createTripStore(db, clock),
  departures: createDepartureStore(db, clock),
  attempts: createAttemptStore(db, clock),
})
