/** The composition root: the only file that knows every other. Read it first. */
import { setTimeout as delay } from 'node:timers/promises'
import { createRecognise } from './accounts/recognise.ts'
import { createAdmission } from './admission/admit.ts'
import { createStanding } from './admission/standing.ts'
import { assembleExpiries } from './assembly/expiries.ts'
import { assembleHandler, type Features } from './assembly/handler.ts'
import { createNouns } from './assembly/nouns.ts'
import { createProblemPage } from './assembly/problem-page.ts'
import { createSecretUses } from './clients/secret-uses.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Config } from './config/schema.ts'
import { createVault } from './config/secrets.ts'
import { connectorCatalog } from './connectors/catalog.ts'
import { createPasswordHasher } from './connectors/local/password-hash.ts'
import { createCookieKeys } from './http/cookie-keys.ts'
import { frontRoutes } from './http/front.ts'
import { networkOf } from './http/network.ts'
import { type Limits, listen } from './http/server.ts'
import { createIssuer, type Issuer } from './issuer/issuer.ts'
import { providerPaths } from './issuer/provider.ts'
import { createFindVerifier } from './keys/find-verifier.ts'
import type { KeyPair } from './keys/key-pair.ts'
import { createSigningKeys } from './keys/signing-keys.ts'
import { createLog, type Log } from './log.ts'
import { createTellClients } from './logout/tell-clients.ts'
import { watchEventLoop } from './operations/event-loop.ts'
import { healthRoutes } from './operations/health-routes.ts'
import { createOperations } from './operations/operations.ts'
import { createReadiness } from './operations/readiness.ts'
import { createOutbound } from './outbound/outbound.ts'
import { adminAudience } from './own-audiences.ts'
import { createRegistryMemory } from './registry-memory.ts'
import { announceEndings } from './sessions/endings.ts'
import { createLeaveUpstream } from './signin/upstream-logout.ts'
import { createStatusRecorder } from './sources/status.ts'
import { type FirstAdministrator, keepBootstrapClient, makeAdministrator } from './startup/first-start.ts'
import { keepTime } from './startup/keep-time.ts'
import { knownPeople, knownRegistry } from './startup/known-registry.ts'
import { resealSecrets } from './startup/reseal-secrets.ts'
import { sweepRecords } from './startup/sweep-records.ts'
import { watchRegistry } from './startup/watch-registry.ts'
import { type OpenStores, openStores as openAllStores } from './stores/open.ts'
import { createEntitlement } from './tokens/accept.ts'
import { createCheckAccessToken } from './tokens/check-access-token.ts'
import { createSignedHere } from './tokens/signed-here.ts'
import { createAllowance } from './traces/allowance.ts'
import { createTracer } from './traces/tracer.ts'

export interface Parts {
  readonly clock: Clock
  readonly log: Log
  /** Of the HTTP server. */
  readonly limits: Partial<Limits>
  readonly openStores: OpenStores
  /** Whether more is asked than can be answered. */
  readonly isOverloaded: () => boolean
  /** For the first signing key; begun before this file was loaded, it is there when it is needed. */
  readonly keyPair: Promise<KeyPair>
}

export interface Broker extends AsyncDisposable {
  readonly issuer: string
  /** From now on it is not ready, and every answer ends its connection: for a while before it is disposed of. */
  drain(): void
  /** Where it listens, which a proxy may stand before. */
  readonly url: URL
  /** Present when this start made the first administrator. */
  readonly administrator: FirstAdministrator | undefined
}

/** `keys` encrypt secrets at rest; the first encrypts, all decrypt. */
export async function startBroker(
  config: Config,
  keys: readonly Buffer[],
  parts: Partial<Parts> = {},
): Promise<Broker> {
  const { clock = systemClock, log = createLog(config.log_level), openStores = openAllStores } = parts
  const { lifetimes } = config
  const base = new URL(config.issuer).pathname.replace(/\/$/, '')
  const assets = `${base}/assets`
  const cookieKeys = createCookieKeys(keys)

  await using opened = new AsyncDisposableStack()
  const operations = opened.use(await createOperations({ config, log, providerPaths }))
  const { report } = operations
  const vault = createVault(keys)
  const kept = operations.stores(
    opened.use(
      await openStores({
        databaseUrl: config.database_url,
        connections: config.database_connections,
        redisUrl: config.redis_url,
        vault,
        clock,
        log,
      }),
    ),
  )
  const stores = { ...kept, sessions: announceEndings({ ...kept, onEnded: (shares) => clientsToTell.tell(shares) }) }
  const memory = createRegistryMemory({ ...kept, clock })
  const registryVersion = await memory.confirm()
  const known = knownRegistry(kept, memory)
  /** For administrators' changes; people who sign in change nothing that memory keeps. */
  const transact: typeof kept.transact = (work) => kept.transact(work).finally(memory.forget)
  opened.use(await keepTime({ ...stores, clock, log }))

  // The nouns
  const outbound = { timeout: config.outbound.timeout, maxResponseBytes: config.outbound.max_response_bytes }
  const http = operations.outbound(opened.use(createOutbound(outbound)))
  const clientsToTell = opened.use(
    createTellClients({ ...stores, config, http, signingKey: () => issuer.signingKey(), clock, report, log }),
  )
  const passwords = operations.passwords(createPasswordHasher())
  const connectors = connectorCatalog({ http, users: stores.localUsers, passwords, clock, log })
  const record = opened.use(createStatusRecorder({ store: stores.sourceStatus, clock, log }))
  const validateClient: Issuer['validateClient'] = (client) => issuer.validateClient(client)
  const nouns = createNouns({ config, stores, transact, connectors, record, passwords, validateClient, clock })
  const { sources, users, clients, sessions } = nouns
  opened.defer(() => sources.close())
  const recognise = createRecognise({ ...stores, clock })
  const admission = createAdmission({ ...stores, ...known.soon })
  const admitAgain = createAdmission({ ...stores, ...known, accounts: knownPeople(stores.accounts, memory) }).person
  const tracer = createTracer({ traces: stores.traces, allow: createAllowance(clock), networkOf, clock, report, log })
  const signingKeys = createSigningKeys({ ...stores, clock, schedule: config.signing_keys, prepared: parts.keyPair })
  await signingKeys.ensureActive()
  operations.keys(await signingKeys.list())

  // Tokens
  const findVerifier = createFindVerifier({
    verifiers: () => issuer.verifiers(),
    catchUp: () => registryWatch.catchUp(),
  })
  const signedHere = createSignedHere()
  const checkAccessToken = operations.tokenChecks(
    createCheckAccessToken({
      issuer: config.issuer,
      ...{ findVerifier, signedHere },
      marks: stores.marks,
      standing: createStanding({ ...known.soon, consents: stores.consents, admission, memory }),
      clock,
      clockTolerance: config.tokens.clock_tolerance,
    }),
  )
  const leaveUpstream = createLeaveUpstream({
    ...stores,
    connector: sources.connector,
    clock,
    log,
    loggedOutUrl: (alias) => new URL(`${config.issuer}/broker/${encodeURIComponent(alias)}/logged-out`),
    lifetime: lifetimes.trip * 1000,
  })
  const problemPage = createProblemPage({ assets, base })
  const issuer: Issuer = await createIssuer({
    config,
    signingKeys,
    stores: { ...stores, ...known },
    confirmRegistry: memory.confirm,
    admission,
    admitAgain,
    ...{ checkAccessToken, signedHere },
    entitlement: createEntitlement({ ...stores, clock }),
    findVerifier,
    ...{ cookieKeys, keys },
    customClaims: () => stores.sources.mappedClaims(),
    http,
    vault,
    clock,
    log,
    assets,
    adminAudience: adminAudience(config.issuer),
    tracer,
    problemPage,
    leaveUpstream,
    secretUses: opened.use(createSecretUses({ ...stores, clock, log })),
    report,
  })
  opened.use(sweepRecords({ ...stores, lifetimes, clock, log }))
  await keepBootstrapClient({ bootstrap: config.bootstrap, clientStore: stores.clients, clients, log })

  const eventLoop = opened.use(watchEventLoop())
  const { isOverloaded = eventLoop.isOverloaded } = parts
  const readiness = opened.use(
    createReadiness({
      stores: stores.health,
      clock,
      clockLimit: Math.max(config.tokens.clock_tolerance, 5) * 1000,
      eventLoop,
      log,
    }),
  )
  // Whoever waits for the documents has them before everything else is loaded.
  const loaded = Promise.withResolvers<Features>()
  loaded.promise.catch(() => {})
  const handler = assembleHandler({
    ...{ config, cookieKeys, base, operations, issuer, problemPage, isOverloaded, log },
    requestBegan: eventLoop.requestBegan,
    features: loaded.promise,
  })

  /** What is made only when the server listens, and ends after it. */
  const late = opened.use(new AsyncDisposableStack())
  const server = opened.use(
    await listen(
      handler,
      { ...config.listen, patience: config.shutdown.timeout, onUnreadable: operations.unreadable },
      parts.limits,
    ),
  )
  // Once the address is had: a start that fails would keep the password to itself, and no other makes one.
  const administrator = await makeAdministrator({ ...config, sourceStore: stores.sources, sources, users })
  const expiries = opened.use(assembleExpiries({ stores, sources, operations, clock, log }))
  const registryWatch = opened.use(
    watchRegistry({
      since: registryVersion,
      registryVersion: memory.confirm,
      versionAtOnce: stores.versionAtOnce,
      keepSchedule: signingKeys.keepSchedule,
      reload: async () => {
        await issuer.reload()
        operations.keys(await signingKeys.list())
        void expiries.look()
      },
      log,
    }),
  )
  // Whoever has waited for the documents is answered before the rest is loaded.
  await delay(25)
  const features = await import('./assembly/features.ts')
  const tests = features.assembleTestLogins({ stores, vault, clock })
  const served = { ...stores, ...known }
  const signIn = features.assembleSignIn({
    ...{ config, keys, issuer, sources, tests, sessions, recognise, leaveUpstream, vault, tracer, report, clock },
    agreements: nouns.agreements,
    ...{ factors: nouns.factors, users: nouns.users },
    stores: served,
    confirmRegistry: memory.confirm,
    assets,
    base,
  })

  const asked = { config, stores, known, issuer, passwords, sources, checkAccessToken, operations, clock, log }
  const gateway = late.use(features.assembleGateway({ ...asked, isOverloaded }))

  // Administration
  // The change stands, whatever becomes of this: then it is taken over with the next look at the registry.
  const followRegistry = () =>
    Promise.resolve(registryWatch.catchUp()).catch((err) => log.warn({ err }, 'a change is not in use here yet'))
  const admin = features.adminRoutes({
    issuer: config.issuer,
    authorise: features.createAuthorise({ check: checkAccessToken, audience: adminAudience(config.issuer) }),
    ...nouns,
    tests,
    traces: stores.traces,
    eraseTraces: features.createEraseTraces({ ...stores, clock }),
    secretUses: stores.secretUses,
    statistics: stores.statistics,
    clock,
    audit: stores.audit,
    signingKeys,
    vault,
    secrets: stores.secrets,
    followRegistry,
    accountStore: stores.accounts,
    sourceStore: stores.sources,
    apiKeyStore: stores.apiKeys,
    clientStore: stores.clients,
  })

  const administrators = features.assembleConsole({
    ...{ config, keys, stores, nouns, connectors, tests, checkAccessToken, leaveUpstream, vault, clock, assets, base },
    ...{ signingKeys, followRegistry, operations, readiness, listener: () => handler },
    tryAccess: gateway.tryAccess,
  })

  const routers = [
    frontRoutes({ issuer: config.issuer, assets }),
    healthRoutes(readiness),
    operations.routes,
    gateway.routes,
    ...signIn,
    admin,
    administrators,
  ]
  eventLoop.beginAnew()
  loaded.resolve({ routers, direct: gateway.direct })
  opened.use(resealSecrets({ ...stores, vault, longestSession: lifetimes.session_absolute, clock, log }))
  const everything = opened.move()

  return {
    issuer: config.issuer,
    url: server.url,
    administrator,
    drain() {
      readiness.leave()
      server.drain()
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}
