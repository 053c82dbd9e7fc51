import { createRemoteJWKSet, customFetch as fetchKeys, type JSONWebKeySet } from 'jose'
import * as oidc from 'openid-client'
import { z } from 'zod'
import { SourceProblem } from '../../connector.ts'
import { type Fetch, fetched as ok, withoutQuery } from '../upstream-fetch.ts'
import type { OidcConfig } from './config.ts'
import { proofByKey } from './private-key.ts'

/** What is known about the upstream provider, from its discovery document. */
export interface Provider {
  readonly configuration: oidc.Configuration
  readonly metadata: Metadata
  /** Finds the key that signed. An unknown `kid` costs one look at the provider's key set, at most once a minute. */
  readonly keys: ReturnType<typeof createRemoteJWKSet>
}

const Endpoint = z.url({ protocol: /^https?$/ })

// What is not used is not kept.
const Metadata = z.object({
  issuer: z.string(),
  authorization_endpoint: Endpoint,
  token_endpoint: Endpoint,
  jwks_uri: Endpoint,
  userinfo_endpoint: Endpoint.optional(),
  end_session_endpoint: Endpoint.optional(),
  id_token_signing_alg_values_supported: z.array(z.string()).optional(),
  userinfo_signing_alg_values_supported: z.array(z.string()).optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
})
type Metadata = z.output<typeof Metadata>

const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'userinfo_endpoint',
  'end_session_endpoint',
] as const

/** Reads the discovery document. Rejects with a {@link SourceProblem}. */
export async function readProvider(fetch: Fetch, config: OidcConfig): Promise<Provider> {
  const metadata = await discover(fetch, config)
  const configuration = new oidc.Configuration(
    // Who signs userinfo without announcing how signs it like ID tokens.
    { userinfo_signing_alg_values_supported: [config.id_token_signed_response_alg], ...metadata },
    config.client_id,
    {
      id_token_signed_response_alg: config.id_token_signed_response_alg,
      [oidc.clockTolerance]: config.clock_tolerance,
    },
    await authentication(config),
  )
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri), {
    cooldownDuration: 60_000,
    cacheMaxAge: 600_000,
    [fetchKeys]: (url, init) => ok(fetch, url, init),
  })
  // Our own client has the deadline.
  configuration.timeout = 0
  oidc.enableNonRepudiationChecks(configuration)
  const [keysAt, tokensAt] = [metadata.jwks_uri, metadata.token_endpoint].map((address) => new URL(address).href)
  configuration[oidc.customFetch] = async (url, init) => {
    // It would fetch the key set once for every login that meets an unknown key.
    if (url === keysAt) return publishedKeys(keys)
    const response = await fetch(url, init)
    // It would read the challenge only, and not the body beside it, which says why.
    if (url === tokensAt) response.headers.delete('www-authenticate')
    return response
  }
  // Our own client decides about plain http, by where an address leads.
  if (config.allow_private_addresses) oidc.allowInsecureRequests(configuration)
  return { configuration, metadata, keys }
}

/** Of any number who ask at once one fetches, and nobody within a minute of the last time. */
async function publishedKeys(keys: Provider['keys']): Promise<Response> {
  if (!keys.coolingDown) await keys.reload()
  return Response.json(keys.jwks())
}

/** Rejects with `MISSING_JWKS` unless the provider publishes a key that its ID tokens can be verified with. */
export async function checkKeys(
  { metadata, keys }: Provider,
  alg: OidcConfig['id_token_signed_response_alg'],
): Promise<void> {
  const supported = metadata.id_token_signing_alg_values_supported
  if (supported && !supported.includes(alg)) {
    throw new SourceProblem(
      'COULD_NOT_PARSE_CONFIG',
      `The provider signs ID tokens with ${supported.join(', ')}, not ${alg}: set id_token_signed_response_alg`,
    )
  }
  await keys.reload().catch((error) => {
    if (error instanceof SourceProblem) throw error
    throw new SourceProblem('MISSING_JWKS', `${withoutQuery(metadata.jwks_uri)} is no JSON Web Key Set`, {
      cause: error,
    })
  })
  if (!keys.jwks()?.keys.some((key) => verifies(key, alg))) {
    throw new SourceProblem('MISSING_JWKS', `${withoutQuery(metadata.jwks_uri)} has no key for ${alg}`)
  }
}

/** OpenID Connect Discovery §4.1: a terminating slash is taken off before the path is put on. */
const discoveryUrl = (issuer: string): string => `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`

/** Rejects with a {@link SourceProblem} unless the provider answers within so many milliseconds, whatever it says. */
export async function lookFor(fetch: Fetch, { issuer }: OidcConfig, patience: number): Promise<void> {
  await fetch(discoveryUrl(issuer), { signal: AbortSignal.timeout(patience) })
}

async function discover(fetch: Fetch, { issuer, allow_private_addresses: insecure }: OidcConfig): Promise<Metadata> {
  const url = discoveryUrl(issuer)
  const response = await ok(fetch, url, { headers: { accept: 'application/json' } })
  const document: unknown = await response
    .text()
    // Some write null for what they do not have, and should leave out (OpenID Connect Discovery §4.2).
    .then((text) => JSON.parse(text, (_, value) => value ?? undefined))
    .catch((cause: unknown) => {
      throw new SourceProblem('COULD_NOT_PARSE_CONFIG', `${url} is no JSON document`, { cause })
    })
  const parsed = Metadata.safeParse(document)
  if (!parsed.success) {
    const members = [...new Set(parsed.error.issues.map(({ path }) => path.join('.') || 'the whole'))]
    const code = members.length === 1 && members[0] === 'jwks_uri' ? 'MISSING_JWKS' : 'COULD_NOT_PARSE_CONFIG'
    throw new SourceProblem(code, `${url}: missing or wrong: ${members.join(', ')}`)
  }
  // OpenID Connect Discovery §4.3: exactly, as a string.
  if (parsed.data.issuer !== issuer) throw new SourceProblem('ISSUER_MISMATCH', mismatch(parsed.data.issuer, issuer))
  const open = endpoints.filter((name) => parsed.data[name]?.startsWith('http:') && !insecure)
  if (open.length > 0)
    throw new SourceProblem('COULD_NOT_PARSE_CONFIG', `${url}: must begin with https:// : ${open.join(', ')}`)
  return parsed.data
}

const mismatch = (found: string, configured: string): string =>
  found.includes('{tenantid}')
    ? `${configured} stands for the tenants of everybody: configure the issuer of the one tenant, ${found}`
    : `The provider calls itself ${printable(found)}, not ${configured}`

const printable = (text: string): string => text.replace(/[\p{C}]/gu, '').slice(0, 200)

async function authentication(config: OidcConfig): Promise<oidc.ClientAuth> {
  const { client_secret: secret, private_key_jwk: jwk } = config
  switch (config.token_endpoint_auth_method) {
    case 'client_secret_basic':
      return oidc.ClientSecretBasic(secret)
    case 'client_secret_post':
      return oidc.ClientSecretPost(secret)
    case 'none':
      return oidc.None()
    case 'private_key_jwt':
      if (!jwk) throw new SourceProblem('COULD_NOT_PARSE_CONFIG', 'private_key_jwk is missing')
      return proofByKey(jwk)
  }
}

const families: Readonly<Record<string, string>> = { RS: 'RSA', PS: 'RSA', ES: 'EC', Ed: 'OKP' }

const verifies = (key: JSONWebKeySet['keys'][number], alg: string): boolean =>
  key.kty === families[alg.slice(0, 2)] && (key.use ?? 'sig') === 'sig' && (key.alg ?? alg) === alg
