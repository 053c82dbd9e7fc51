/** The OpenID provider as it is set up here: every choice the library leaves open is made in this file. */
import type { X509Certificate } from 'node:crypto'
import { type Configuration, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { assertionAlgorithms } from '../clients/assertion-keys.ts'
import type { Config } from '../config/schema.ts'
import type { CookieKeys } from '../http/cookie-keys.ts'
import type { KeyRing } from '../keys/signing-keys.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { dpopAlgorithms } from '../tokens/possession/dpop-proof.ts'
import { adminScopes, openidScopes } from '../tokens/scopes.ts'
import { announced, clientAuthMethods } from './announced.ts'
import { assertClientAssertion } from './client-assertions.ts'
import { fetchClientKeys } from './client-keys.ts'
import { brokerMetadata, brokerMetadataOf } from './client-records.ts'
import type { CookieSettings } from './cookies.ts'
import type { IntrospectionPolicy } from './introspection-policy.ts'
import type { Methods } from './methods.ts'
import { createInteractionPolicy } from './policy.ts'
import type { Resources } from './resources.ts'

interface Needs {
  readonly config: Pick<Config, 'issuer' | 'lifetimes' | 'tokens'>
  readonly keys: KeyRing
  readonly cookies: CookieSettings
  readonly cookieKeys: CookieKeys
  /** What nonces for DPoP proofs are made of: 32 bytes, the same on every node. */
  readonly nonceSecret: Buffer
  /** Claims that mappings make beyond the standard's. */
  readonly customClaims: readonly string[]
  readonly resources: Pick<Resources, 'defaultResource' | 'getResourceServerInfo'>
  readonly mayIntrospect: IntrospectionPolicy
  /** The one that the caller has proven to have. */
  readonly getCertificate: (ctx: KoaContextWithOIDC) => X509Certificate | undefined
  /** Fetches what clients register an address for. */
  readonly http: Pick<Outbound, 'fetch'>
  readonly adapter: NonNullable<Configuration['adapter']>
  readonly findAccount: NonNullable<Configuration['findAccount']>
  readonly loadGrant: NonNullable<Configuration['loadExistingGrant']>
  readonly writeAccessToken: NonNullable<NonNullable<NonNullable<Configuration['formats']>['customizers']>['jwt']>
  readonly renderError: NonNullable<Configuration['renderError']>
  readonly logout: Pick<
    NonNullable<NonNullable<Configuration['features']>['rpInitiatedLogout']>,
    'logoutSource' | 'postLogoutSuccessSource'
  >
}

export const routes = {
  authorization: '/authorize',
  token: '/token',
  userinfo: '/userinfo',
  jwks: '/jwks',
  introspection: '/introspect',
  revocation: '/revoke',
  end_session: '/logout',
} as const

export const metadataPaths = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']

const forPrograms = (...allowed: string[]): Methods => ({ allowed, for: 'programs' })
const forPeople: Methods = { allowed: ['GET', 'POST'], for: 'people' }

/** Of the standard endpoints. */
export const methods: Readonly<Record<string, Methods>> = {
  [routes.authorization]: forPeople,
  [routes.token]: forPrograms('POST'),
  [routes.userinfo]: forPrograms('GET', 'POST'),
  [routes.introspection]: forPrograms('POST'),
  [routes.revocation]: forPrograms('POST'),
  [routes.end_session]: forPeople,
  ...Object.fromEntries([routes.jwks, ...metadataPaths].map((path) => [path, forPrograms('GET')])),
}

/** All that the provider answers, but for the way back from a sign-in (`/authorize/{uid}`). */
export const providerPaths: readonly string[] = [
  ...Object.values(routes),
  `${routes.end_session}/confirm`,
  `${routes.end_session}/success`,
  ...metadataPaths,
]

const standardClaims = {
  profile: [
    'name',
    'given_name',
    'family_name',
    'middle_name',
    'nickname',
    'preferred_username',
    'profile',
    'picture',
    'website',
    'gender',
    'birthdate',
    'zoneinfo',
    'locale',
    'updated_at',
    'department',
  ],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
  groups: ['groups'],
  roles: ['realm_access', 'resource_access'],
}
const ofTheLogin = [
  'sub',
  'jti',
  'typ',
  'azp',
  'nbf',
  'acr',
  'amr',
  'auth_time',
  'session_state',
  'sid',
  'identity_provider_alias',
]

/** What an ID token may say: whatever the granted scopes open of it (tokens/visible-claims.ts). */
export const idTokenClaimNames = (customClaims: readonly string[]): readonly string[] => [
  ...ofTheLogin,
  ...Object.values(standardClaims).flat(),
  ...customClaims,
]

export function createProvider(needs: Needs): Provider {
  const { issuer, lifetimes, tokens } = needs.config
  const base = new URL(issuer).pathname.replace(/\/$/, '')

  return new Provider(issuer, {
    adapter: needs.adapter,
    jwks: { keys: [...needs.keys.all] } as NonNullable<Configuration['jwks']>,
    routes,
    scopes: [...openidScopes, ...adminScopes],
    // Which of them a client sees is decided with the granted scopes (tokens/visible-claims.ts), once for all tokens.
    claims: {
      openid: [...idTokenClaimNames(needs.customClaims)],
      ...standardClaims,
    },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    subjectTypes: ['public'],
    clientAuthMethods: [...clientAuthMethods],
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256'],
      userinfoSigningAlgValues: ['RS256'],
      introspectionSigningAlgValues: ['RS256'],
      clientAuthSigningAlgValues: [...assertionAlgorithms],
      dPoPSigningAlgValues: [...dpopAlgorithms],
    },
    assertJwtClientAuthClaimsAndHeader: assertClientAssertion(issuer, tokens.clock_tolerance),
    extraClientMetadata: { properties: [brokerMetadata] },
    extraParams: ['idp_hint', 'kc_idp_hint', 'domain_hint'],
    clientBasedCORS: (_ctx, origin, client) => brokerMetadataOf(client).webOrigins.includes(origin),
    pkce: { required: (_ctx, client) => brokerMetadataOf(client).requirePkce },
    allowOmittingSingleRegisteredRedirectUri: false,
    fetch: fetchClientKeys(needs.http),
    acceptQueryParamAccessTokens: false,
    clockTolerance: tokens.clock_tolerance,
    cookies: {
      keys: needs.cookieKeys,
      names: needs.cookies.names,
      long: needs.cookies.long,
      short: needs.cookies.short,
    },
    discovery: announced,
    features: {
      devInteractions: { enabled: false },
      // RFC 9449. A proof counts once (adapter.ts); a nonce helps those whose clock is wrong, and is asked of nobody else.
      dPoP: { enabled: true, nonceSecret: needs.nonceSecret, requireNonce: () => false },
      // RFC 8705 §3, with the certificate that a proxy of ours has seen.
      mTLS: { enabled: true, certificateBoundAccessTokens: true, getCertificate: needs.getCertificate },
      pushedAuthorizationRequests: { enabled: false },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: needs.mayIntrospect },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: { enabled: true, ...needs.logout },
      resourceIndicators: {
        enabled: true,
        defaultResource: needs.resources.defaultResource,
        useGrantedResource: () => true,
        getResourceServerInfo: needs.resources.getResourceServerInfo,
      },
    },
    formats: { customizers: { jwt: needs.writeAccessToken } },
    findAccount: needs.findAccount,
    loadExistingGrant: needs.loadGrant,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // RFC 9700 §2.2.2; the adapter makes it atomic and rotation-answers.ts gives it its grace.
    rotateRefreshToken: true,
    expiresWithSession: (_ctx, source) => !source.scopes.has('offline_access'),
    // Revoking one access token ends that token; revoking a refresh token, or using a code twice, ends the grant.
    revokeGrantPolicy: (ctx) => ctx.oidc.route !== 'revocation' || ctx.oidc.entities.RefreshToken !== undefined,
    interactions: { policy: createInteractionPolicy(), url: (_ctx, interaction) => `${base}/login/${interaction.uid}` },
    renderError: needs.renderError,
    ttl: {
      AccessToken: (_ctx, token) => token.resourceServer?.accessTokenTTL ?? lifetimes.access_token,
      ClientCredentials: lifetimes.access_token,
      AuthorizationCode: lifetimes.authorization_code,
      IdToken: lifetimes.id_token,
      Interaction: lifetimes.interaction,
      RefreshToken: (_ctx, token) =>
        token.scopes.has('offline_access') ? lifetimes.offline_refresh_token : lifetimes.refresh_token,
      Grant: lifetimes.session_absolute,
      // The cookie's record; whether the session itself still stands is the session store's to say.
      Session: (_ctx, session) => (session.accountId ? lifetimes.session_absolute : lifetimes.interaction),
    },
  })
}
