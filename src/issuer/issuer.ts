/**
 * The issuer: the standard endpoints of OAuth 2.0 and OpenID Connect. oidc-provider does the protocol, this
 * folder what it leaves open, and nothing outside it knows the library. When keys or settings change, a new
 * provider over the same stores takes over as a whole; requests that are under way finish on the old one.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { JWK } from 'jose'
import type { Middleware } from 'koa'
import mount from 'koa-mount'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { AccountStore } from '../accounts/account.ts'
import type { Admission } from '../admission/admit.ts'
import type { ApiStore } from '../apis/api.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { ConsentStore } from '../clients/consent-store.ts'
import type { SecretUses } from '../clients/secret-uses.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { Report } from '../events.ts'
import { createCallersCertificate } from '../http/certificates/callers-certificate.ts'
import type { CookieKeys } from '../http/cookie-keys.ts'
import type { FindDirectRoute } from '../http/direct.ts'
import type { CurrentSession, Interactions } from '../interaction.ts'
import type { FindVerifier } from '../keys/find-verifier.ts'
import type { KeyRing, SigningKeys } from '../keys/signing-keys.ts'
import type { Log } from '../log.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { BrokerSession, GrantStore, SessionStore } from '../sessions/session.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Entitlement } from '../tokens/accept.ts'
import type { CheckAccessToken } from '../tokens/access-token.ts'
import type { MarkStore } from '../tokens/liveness.ts'
import type { SignedHere } from '../tokens/signed-here.ts'
import type { Tracer } from '../traces/tracer.ts'
import type { Vault } from '../vault.ts'
import { createAccessTokenWriter } from './access-tokens.ts'
import { createAdapterFactory } from './adapter.ts'
import { addressesBelow } from './addresses.ts'
import { announceNoMore } from './announced.ts'
import {
  answerOutages,
  answerRefusals,
  concealForeignErrors,
  confirmation,
  nameReasons,
  nameUnauthorizedGrants,
} from './answers.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { createCarriedOutcomes } from './carried-outcomes.ts'
import { acceptRawBasic, challengeClients, requireCredentials } from './client-authentication.ts'
import { brokerMetadataOf, createClientRecords } from './client-records.ts'
import { createProvesBy } from './client-secrets.ts'
import { confirmFirst } from './confirm-first.ts'
import { createChallengeWatch } from './constant-challenges.ts'
import { cookieSettings } from './cookies.ts'
import { answerOrigins } from './cross-origin.ts'
import { createDirectRoutes } from './direct-routes.ts'
import { createRenderError, type ProblemPage } from './error-page.ts'
import { listen, reportAnswers } from './events.ts'
import { createLoadGrant } from './grants.ts'
import { learnHintedKey } from './hinted-keys.ts'
import { refuseOtherHints } from './id-token-hints.ts'
import { createInteractions } from './interactions.ts'
import { createIntrospectionPolicy, createMayLook } from './introspection-policy.ts'
import { leaveAtOnce } from './leave-at-once.ts'
import { createLogout } from './logout.ts'
import { refuseOtherMethods } from './methods.ts'
import * as middleware from './middleware.ts'
import { nonceSecretFrom } from './nonce-secret.ts'
import { limitParameters } from './parameters.ts'
import { keepParsedClients } from './parsed-clients.ts'
import { flushWrites, later } from './pending-writes.ts'
import { createFindAccount } from './people.ts'
import { createProvider, idTokenClaimNames, metadataPaths, methods, routes } from './provider.ts'
import { type ClientMemory, createProvingClients } from './proving-clients.ts'
import { createPublicDocuments, type PublicDocuments, publishedFor } from './public-documents.ts'
import { createRequestReads } from './request-reads.ts'
import { createResources } from './resources.ts'
import { createRotationAnswers } from './rotation-answers.ts'
import { sessionIdOf } from './session-id.ts'
import { settleLogin, settleTokens } from './settle.ts'
import { shownCertificate } from './shown-certificate.ts'
import { requireUnambiguous } from './unambiguous.ts'
import { validateBy } from './validate-client.ts'

interface Needs {
  readonly config: Config
  readonly signingKeys: SigningKeys
  readonly stores: {
    readonly accounts: AccountStore
    readonly attempts: { count(key: string, expiresAt: number): Promise<number> }
    readonly apis: ApiStore
    readonly artifacts: ArtifactStore
    readonly clients: ClientStore
    readonly clientMemory: ClientMemory
    readonly consents: ConsentStore
    readonly grants: GrantStore
    readonly marks: MarkStore
    readonly sessions: SessionStore
    readonly sources: SourceStore
  }
  /** Has `stores` and `admission` know what any node has changed until now. */
  readonly confirmRegistry: () => Promise<unknown>
  readonly admission: Admission
  /** Of whoever has a token whose grant stands; as they were last seen, while the registry is away. */
  readonly admitAgain: Admission['person']
  readonly checkAccessToken: CheckAccessToken
  readonly signedHere: SignedHere
  readonly entitlement: Entitlement
  readonly cookieKeys: CookieKeys
  /** The keys of the configuration, of which others are made. */
  readonly keys: readonly Buffer[]
  readonly customClaims: () => Promise<readonly string[]>
  readonly http: Pick<Outbound, 'fetch'>
  readonly vault: Vault
  readonly clock: Clock
  readonly report: Report
  readonly log: Log
  readonly assets: string
  readonly adminAudience: string
  readonly tracer: Tracer
  readonly problemPage: ProblemPage
  readonly findVerifier: FindVerifier
  readonly secretUses: Pick<SecretUses, 'note'>
  readonly leaveUpstream: (session: BrokerSession, returnTo: string) => Promise<string | undefined>
}

export interface Issuer {
  readonly interactions: Interactions
  readonly currentSession: CurrentSession
  /** All the provider's routes, below the issuer's path. */
  readonly serve: Middleware
  /** Whether the path, from the root, is one of them. */
  owns(path: string): boolean
  /** What needs no provider, at the addresses of its routes. */
  readonly direct: FindDirectRoute
  /** Rejects with `invalid_input` unless the provider will accept the client as it is. */
  validateClient(client: Client): Promise<void>
  /** Takes over changed keys and settings. */
  reload(): Promise<void>
  /** What tokens are verified with now. */
  verifiers(): ReadonlyMap<string, KeyObject>
  /** What tokens are signed with now, with its private members. */
  signingKey(): JWK
}

export async function createIssuer(needs: Needs): Promise<Issuer> {
  const { config, signingKeys, stores, vault, clock, log } = needs
  const { lifetimes } = config
  const cookies = cookieSettings(new URL(config.issuer))
  const refreshGrace = lifetimes.refresh_grace * 1000
  const answers = createRotationAnswers({ artifacts: stores.artifacts, clock, grace: refreshGrace })
  const reads = createRequestReads(stores)
  const watchChallenge = createChallengeWatch({ counts: stores.attempts, clock, log })
  const base = new URL(config.issuer).pathname.replace(/\/$/, '')
  const resuming = `${base}${routes.authorization}/`
  const carried = createCarriedOutcomes({ cookies, vault, path: resuming })
  const mayLook = createMayLook({ ...stores, entitlement: needs.entitlement })
  const logout = createLogout({ ...needs, ...stores, cookies, base })
  const proves = createProvesBy(needs.secretUses, clock)
  const proving = createProvingClients(stores.clientMemory, clock)
  const nonceSecret = nonceSecretFrom(needs.keys)
  const resources = createResources({ ...needs, apis: stores.apis, accessTokenLifetime: lifetimes.access_token })

  const interactions = createInteractions({
    provider: () => current.provider,
    sessions: stores.sessions,
    cookies,
    carried,
    vault,
    clock,
  })

  function assemble(keys: KeyRing, customClaims: readonly string[], documents: PublicDocuments): Provider {
    const provider = createProvider({
      config,
      keys,
      cookies,
      cookieKeys: needs.cookieKeys,
      nonceSecret,
      http: needs.http,
      customClaims,
      logout,
      resources,
      getCertificate: shownCertificate(createCallersCertificate(config)),
      mayIntrospect: createIntrospectionPolicy({ ...stores, mayLook, admitAgain: needs.admitAgain, reads }),
      adapter: createAdapterFactory({
        ...stores,
        clients: createClientRecords(stores.clients, proving, clock),
        checkAccessToken: needs.checkAccessToken,
        reads,
        carried,
        clock,
        refreshGrace,
      }),
      findAccount: createFindAccount({
        ...stores,
        reads,
        admission: needs.admission,
        admitAgain: needs.admitAgain,
        vault,
        clock,
        log,
        sessionIdle: lifetimes.session_idle * 1000,
        sessionAbsolute: lifetimes.session_absolute * 1000,
      }),
      loadGrant: createLoadGrant({ ...stores, reads, clock, offlineLifetime: lifetimes.offline_refresh_token * 1000 }),
      writeAccessToken: createAccessTokenWriter({ ...needs, issuer: config.issuer, maxBytes: config.tokens.max_bytes }),
      renderError: createRenderError({ ...needs, clients: stores.clients }),
    })
    const authenticated = [routes.token, routes.introspection, routes.revocation]
    const forPrograms = [...authenticated, routes.userinfo]
    keepParsedClients(provider, (of, shown) => proves(of.clientId, brokerMetadataOf(of).secrets, shown), clock)
    provider.use(middleware.answerInJson(forPrograms))
    provider.use(reportAnswers(needs.report))
    provider.use(answerOutages)
    provider.use(concealForeignErrors)
    provider.use(nameUnauthorizedGrants)
    provider.use(answerRefusals)
    provider.use(challengeClients(authenticated, config.issuer))
    provider.use(confirmFirst({ ...needs, routes }))
    provider.use(nameReasons({ ...stores, admitAgain: needs.admitAgain }))
    provider.use(requireUnambiguous(Object.values(routes)))
    provider.use(limitParameters([routes.token, routes.userinfo, confirmation]))
    provider.use(middleware.answerPostsWithGet([routes.authorization, routes.end_session]))
    provider.use(refuseOtherHints([routes.authorization, routes.end_session]))
    const open = [routes.jwks, ...metadataPaths]
    provider.use(answerOrigins(stores.clients, { open, forClients: forPrograms }))
    provider.use(refuseOtherMethods(methods))
    provider.use(documents.keep)
    provider.use(announceNoMore(config))
    provider.use(requireCredentials(authenticated))
    provider.use(acceptRawBasic(authenticated, proving))
    provider.use(middleware.markStructuredTokens([routes.introspection, routes.revocation]))
    provider.use(flushWrites)
    provider.use(settleTokens(routes.token, { ...stores, answers }))
    provider.use(middleware.noteSigned(routes.token, needs.signedHere))
    provider.use(settleLogin(stores.sessions, (uid) => `${base}/login/${uid}/lost`))
    provider.use(logout.finish)
    provider.use(leaveAtOnce(routes.authorization, interactions.begun))
    listen(provider, needs.report)
    provider.on('authorization.success', (ctx) => {
      const { client_id: client, code_challenge: challenge } = ctx.oidc.params ?? {}
      if (typeof client !== 'string' || typeof challenge !== 'string') return
      void later(() => watchChallenge(client, challenge))
    })
    return provider
  }

  const addresses = addressesBelow(base)
  const learnKey = learnHintedKey([base + routes.authorization, base + routes.end_session], needs.findVerifier)
  async function build() {
    const [keys, customClaims] = await Promise.all([signingKeys.read(), needs.customClaims()])
    const documents = createPublicDocuments(publishedFor(config.signing_keys), [...addresses.documents.keys()])
    const provider = assemble(keys, customClaims, documents)
    const signer = { kid: String(keys.active.kid), key: createPrivateKey({ key: keys.active, format: 'jwk' }) }
    const idTokenNames = idTokenClaimNames(customClaims)
    return { keys, signer, idTokenNames, provider, documents, serve: mount(base || '/', provider) }
  }
  let current = await build()

  const direct = createDirectRoutes({
    ...needs,
    ...stores,
    ...{ base, resources, answers, proves, proving, mayLook, lifetimes, issuer: config.issuer },
    documents: { addresses: addresses.documents, answer: (req) => current.documents.answer(req) },
    signer: () => current.signer,
    idTokenNames: () => current.idTokenNames,
    maxBytes: config.tokens.max_bytes,
  })

  return {
    direct,
    owns: (path) => addresses.own.has(path) || path.startsWith(resuming),
    interactions,
    async currentSession(ctx) {
      // The library makes what it reads the cookie from out of any request; its types ask for one of its own.
      const { accountId, uid } = await current.provider.Session.get(ctx as KoaContextWithOIDC)
      return accountId === undefined ? undefined : { sessionId: sessionIdOf(uid), accountId }
    },

    serve(ctx, next) {
      ctx.path = addresses.insertedForms.get(ctx.path) ?? ctx.path
      return learnKey(ctx, () => current.serve(ctx, next))
    },
    verifiers: () => current.keys.verifiers,
    signingKey: () => current.keys.active,

    async reload() {
      current = await build()
    },

    validateClient: (client) => validateBy(current.provider, client),
  }
}
