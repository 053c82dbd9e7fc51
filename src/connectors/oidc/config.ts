import { z } from 'zod'
import { issuerProblem } from '../address-problem.ts'
import { algorithms } from './algorithms.ts'
import { graphOf } from './group-overage.ts'
import { PrivateKey } from './private-key.ts'

const authenticationMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const

/** What the connector says itself in an authorization request: nothing else may say it differently. */
const ownParameters: ReadonlySet<string> = new Set([
  'acr_values',
  'client_id',
  'client_secret',
  'code_challenge',
  'code_challenge_method',
  'id_token_hint',
  'login_hint',
  'max_age',
  'nonce',
  'prompt',
  'redirect_uri',
  'request',
  'request_uri',
  'response_mode',
  'response_type',
  'scope',
  'state',
  'ui_locales',
])

/** Settings of a source of type `oidc`. */
export const OidcConfig = z
  .strictObject({
    issuer: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .describe("The provider's issuer, exactly as its discovery document writes it, trailing slash included."),
    client_id: z.string().min(1).max(500).describe('The client id that the provider gave this broker.'),
    token_endpoint_auth_method: z
      .enum(authenticationMethods)
      .default('client_secret_basic')
      .describe('How the broker proves to the provider who it is.'),
    client_secret: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .describe('The client secret; for client_secret_basic and client_secret_post.'),
    client_secret_expires_at: z.iso
      .datetime({ offset: true })
      .optional()
      .describe('When the provider takes the client secret no longer, so that somebody is told in time.'),
    private_key_jwk: PrivateKey.optional().describe(
      'The private key (JWK) whose public half the provider knows; for private_key_jwt.',
    ),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'Expected one scope, without spaces'))
      .max(50)
      .refine((scopes) => scopes.includes('openid'), 'Must include openid')
      .default(['openid', 'profile', 'email'])
      .describe('Scopes to ask the provider for.'),
    userinfo: z
      .boolean()
      .default(true)
      .describe('Ask the userinfo endpoint too; where both say something the ID token wins.'),
    id_token_signed_response_alg: z
      .enum(algorithms)
      .default('RS256')
      .describe('The one algorithm that ID tokens must be signed with.'),
    clock_tolerance: z
      .int()
      .min(0)
      .max(120)
      .default(15)
      .describe("Seconds by which the provider's clock may differ from ours."),
    acr_values: z
      .array(z.string().regex(/^\S+$/, 'Expected one value, without spaces').max(255))
      .max(20)
      .optional()
      .describe('Levels of assurance to ask for, best first, when the application asks for none.'),
    reauthentication: z
      .enum(['auth_time', 'trust'])
      .default('auth_time')
      .describe(
        'When a fresh login is required: demand auth_time as proof, or trust that the provider obeyed prompt=login.',
      ),
    upstream_logout: z
      .boolean()
      .default(true)
      .describe('Signing out here signs out at the provider too, when it offers that.'),
    group_overage: z
      .enum(['refuse', 'microsoft_graph'])
      .default('refuse')
      .describe('What to do when the provider points to the groups instead of sending them: refuse, or ask Graph.'),
    microsoft_graph: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .transform((url) => url.replace(/\/$/, ''))
      .optional()
      .describe('Where Microsoft Graph is; known for the issuers of the clouds of Microsoft.'),
    extra_parameters: z
      .record(z.string().min(1).max(100), z.string().max(1000))
      .default({})
      .describe('Further parameters of the authorization request, such as domain_hint or audience.'),
    allow_private_addresses: z
      .boolean()
      .default(false)
      .describe('The provider may be on loopback or a private network, and speak plain http there.'),
  })
  .check(({ value, issues }) => {
    const issuer = issuerProblem(value.issuer, value.allow_private_addresses)
    if (issuer) issues.push({ code: 'invalid_format', format: 'url', path: ['issuer'], message: issuer, input: '' })
    const graph = graphProblem(value)
    if (graph) issues.push({ code: 'custom', path: ['microsoft_graph'], message: graph, input: undefined })
    for (const [path, message] of problemsOf(value)) issues.push({ code: 'custom', path, message, input: undefined })
  })

export type OidcConfig = z.output<typeof OidcConfig>

type Found = readonly [path: string[], message: string]

function problemsOf(config: {
  readonly token_endpoint_auth_method: (typeof authenticationMethods)[number]
  readonly client_secret?: unknown
  readonly client_secret_expires_at?: unknown
  readonly private_key_jwk?: unknown
  readonly extra_parameters: Readonly<Record<string, string>>
}): Found[] {
  const found: Found[] = []
  const method = config.token_endpoint_auth_method
  const needed = method === 'none' ? undefined : method === 'private_key_jwt' ? 'private_key_jwk' : 'client_secret'
  for (const name of ['client_secret', 'private_key_jwk'] as const) {
    const given = config[name] !== undefined
    if (given && name !== needed) found.push([[name], `Not used with token_endpoint_auth_method ${method}`])
    if (!given && name === needed) found.push([[name], `Required with token_endpoint_auth_method ${method}`])
  }

  if (config.client_secret_expires_at !== undefined && needed !== 'client_secret')
    found.push([['client_secret_expires_at'], `Not used with token_endpoint_auth_method ${method}`])
  for (const name of Object.keys(config.extra_parameters)) {
    if (ownParameters.has(name)) found.push([['extra_parameters', name], 'The broker sets this parameter itself'])
  }
  return found
}

function graphProblem(config: {
  readonly issuer: string
  readonly group_overage: 'refuse' | 'microsoft_graph'
  readonly microsoft_graph?: string | undefined
  readonly allow_private_addresses: boolean
}): string | undefined {
  const { group_overage: wish, microsoft_graph: graph } = config
  if (wish === 'refuse') return graph === undefined ? undefined : 'Not used with group_overage refuse'
  if (graph === undefined) {
    return graphOf(config) === undefined ? 'Required, since the issuer is none of the clouds of Microsoft' : undefined
  }
  return issuerProblem(graph, config.allow_private_addresses)
}
