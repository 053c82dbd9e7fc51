import { z } from 'zod'
import { maskedSecret } from '../audit/record.ts'
import { canAssert } from './assertion-keys.ts'
import { type Client, tokenProfiles } from './client.ts'
import { keysProblem, linkProblem, logoutProblem, originProblem, redirectProblem } from './uris.ts'

const checked = (problemOf: (value: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const message = problemOf(value)
    if (message) context.addIssue({ code: 'custom', message })
  })

const Link = checked(linkProblem)
const uris = z.array(z.string()).max(100)
const lines = (max: number) => z.string().trim().min(1).max(max)

/** OpenID Connect client metadata (Dynamic Client Registration §2, RP-Initiated Logout §3.1, Back-Channel Logout §2.2). */
const metadata = {
  client_name: lines(200).optional(),
  client_uri: Link.optional(),
  logo_uri: Link.optional(),
  policy_uri: Link.optional(),
  tos_uri: Link.optional(),
  contacts: z.array(lines(320)).max(20).optional(),
  application_type: z.enum(['web', 'native']).default('web'),
  redirect_uris: uris.default([]),
  post_logout_redirect_uris: uris.default([]),
  initiate_login_uri: Link.optional(),
  backchannel_logout_uri: checked(logoutProblem).optional(),
  backchannel_logout_session_required: z.boolean().optional(),
  grant_types: z
    .array(z.enum(['authorization_code', 'refresh_token', 'client_credentials']))
    .default(['authorization_code', 'refresh_token']),
  response_types: z.array(z.literal('code')).max(1).optional(),
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    .optional(),
  token_endpoint_auth_signing_alg: lines(20).optional(),
  id_token_signed_response_alg: lines(20).optional(),
  jwks: z
    .strictObject({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(20) })
    .refine(({ keys }) => !keys.some((key) => 'd' in key || 'k' in key), 'must have public keys only')
    .optional(),
  jwks_uri: checked(keysProblem).optional(),
  scope: z
    .string()
    .max(1000)
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'must be scopes with one blank between them')
    .optional()
    .describe(
      'What it may ask for: of the broker’s own scopes those that stand here, or all but `admin` and `admin:read` where none does; and any other at APIs.',
    ),
  default_max_age: z.int().min(0).optional(),
  require_auth_time: z.boolean().optional(),
  dpop_bound_access_tokens: z
    .boolean()
    .optional()
    .describe('RFC 9449 §5.2: the client always binds its tokens to a key, and gets none without a DPoP proof.'),
  tls_client_certificate_bound_access_tokens: z
    .boolean()
    .optional()
    .describe('RFC 8705 §3.4: its tokens are bound to its certificate, which a proxy that ends TLS must hand on.'),
}

const printable = /^[\x21-\x7e]+$/

/** What POST and PUT say about a client: its metadata under their standard names, and our extensions. */
export const ClientInput = z
  .strictObject({
    client_id: z
      .string()
      .max(255)
      .regex(/^[A-Za-z0-9][\x21-\x7e]*$/, 'must be printable ASCII without blanks, beginning with a letter or digit')
      .optional(),
    client_secret: z.string().min(8).max(1024).regex(printable, 'must be printable ASCII without blanks').optional(),
    ...metadata,
    enabled: z.boolean().default(true),
    web_origins: z.array(checked(originProblem)).max(100).default([]),
    first_party: z.boolean().default(true),
    allowed_sources: z
      .array(z.string().min(1).max(255))
      .max(100)
      .nullable()
      .default(null)
      .describe('Ids or aliases; `null`: any.'),
    token_profile: z.enum(tokenProfiles).default('broker'),
    resource_server: z
      .strictObject({ apis: z.union([z.literal('*'), z.array(z.string()).max(1000)]) })
      .nullable()
      .default(null),
    require_pkce: z.boolean().default(true),
  })
  .transform((input) => ({
    ...input,
    response_types: input.response_types ?? (input.grant_types.includes('authorization_code') ? ['code'] : []),
    token_endpoint_auth_method:
      input.token_endpoint_auth_method ?? (input.application_type === 'native' ? 'none' : 'client_secret_basic'),
  }))
  .superRefine((input, context) => {
    const problem = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
    for (const member of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
      for (const [index, uri] of input[member].entries()) {
        const message = redirectProblem(uri, input.application_type)
        if (message) problem([member, index], message)
      }
    }
    const hasCode = input.grant_types.includes('authorization_code')
    if (hasCode && input.redirect_uris.length === 0)
      problem(['redirect_uris'], 'must name at least one, for authorization_code')
    if (hasCode !== input.response_types.includes('code'))
      problem(['response_types'], 'must be code exactly when grant_types has authorization_code')

    const isPublic = input.token_endpoint_auth_method === 'none'
    if (isPublic && input.grant_types.includes('client_credentials'))
      problem(['grant_types'], 'client_credentials needs a client that authenticates')
    if (isPublic && !input.require_pkce)
      problem(['require_pkce'], 'must be true for a client that does not authenticate')
    if (isPublic && input.resource_server) problem(['resource_server'], 'needs a client that authenticates')
    if (input.client_secret !== undefined && !usesSecret(input))
      problem(['client_secret'], 'is of no use with this token_endpoint_auth_method')
    if (input.token_endpoint_auth_method === 'private_key_jwt' && !input.jwks && !input.jwks_uri)
      problem(['jwks'], 'private_key_jwt needs jwks or jwks_uri')
    if (
      input.token_endpoint_auth_method === 'private_key_jwt' &&
      input.jwks &&
      !canAssert(input.jwks.keys, input.token_endpoint_auth_signing_alg)
    )
      problem(['jwks'], 'must have a key that private_key_jwt can be signed with, by its kty, crv, alg and use')
    if (input.jwks && input.jwks_uri) problem(['jwks_uri'], 'cannot be given together with jwks')
    if (input.dpop_bound_access_tokens && input.tls_client_certificate_bound_access_tokens)
      problem(['dpop_bound_access_tokens'], 'cannot be given together with tls_client_certificate_bound_access_tokens')
  })

export type ClientInput = z.output<typeof ClientInput>

export const usesSecret = ({
  token_endpoint_auth_method: method,
}: {
  token_endpoint_auth_method?: string | undefined
}): boolean => method?.startsWith('client_secret') ?? true

/** What a PUT would have to say to leave the client as it is; without its secret, since an omitted one stays. */
export const clientInput = (client: Client): Readonly<Record<string, unknown>> => ({
  client_id: client.id,
  ...client.metadata,
  enabled: client.enabled,
  web_origins: client.webOrigins,
  first_party: client.firstParty,
  allowed_sources: client.allowedSources,
  token_profile: client.tokenProfile,
  resource_server: client.resourceServer,
  require_pkce: client.requirePkce,
})

/** For the audit: with a mask where the secret is. */
export const auditedClient = (client: Client, before?: Client): unknown => ({
  ...clientInput(client),
  client_secret: maskedSecret(client.secrets[0]?.digest, before?.secrets[0]?.digest),
})
