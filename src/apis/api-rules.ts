import { z } from 'zod'
import { parseJsonPath } from './json-path.ts'

/** What of a caller's identity the gateway hands on (`X-Auth-Subject`, `X-Auth-User`, …). */
export const identityHeaders = [
  'subject',
  'user',
  'email',
  'groups',
  'roles',
  'source',
  'client',
  'application',
  'scopes',
  'assertion',
] as const

const names = (max: number) =>
  z
    .array(z.string().trim().min(1).max(max))
    .max(100)
    .transform((list) => [...new Set(list)])
    .default([])

const word = (message: string) =>
  z
    .string()
    .max(100)
    .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, message)
const scope = word('must be one scope, without blanks')

const JsonPath = z
  .string()
  .max(200)
  .superRefine((path, context) => {
    const problem = parseJsonPath(path)
    if (typeof problem === 'string') context.addIssue({ code: 'custom', message: problem })
  })

/** Characters: gateways take some kilobytes of headers, and the others have to fit in as well. */
const longestMasks = 4000

/**
 * What the gateway asks of a call to an API, and does with the answer. Kept as it is written in the admin API, so its
 * members are in snake case. Every list that is empty asks nothing.
 */
export const ApiRules = z.strictObject({
  require_api_key: z.boolean().default(false),
  key_must_match_token: z
    .boolean()
    .default(false)
    .describe("The key's application and the token's client must be the same."),
  /** All of them. */
  required_scopes: z
    .array(scope)
    .max(100)
    .transform((list) => [...new Set(list)])
    .default([]),
  required_roles: names(100).describe('Any one of them, of the realm or of this API.'),
  required_groups: names(255).describe('Any one of them.'),
  claims: z
    .array(
      z.strictObject({
        /** A claim of the token, or a path to a member of one (`address.country`). */
        claim: z.string().min(1).max(200),
        /** The claim has any of the values, all of them, exactly them, or none of them. */
        match: z.enum(['any', 'all', 'exact', 'none']).default('any'),
        values: z
          .array(z.union([z.string().max(500), z.number(), z.boolean()]))
          .min(1)
          .max(100),
      }),
    )
    .max(50)
    .default([]),
  /** What is covered in JSON answers. */
  mask: z
    .array(
      z.strictObject({
        json_path: JsonPath,
        unless_group: z.string().min(1).max(255).nullable().default(null).describe('Its members see it as it is.'),
        unless_role: z.string().min(1).max(100).nullable().default(null).describe('So does who has this role.'),
        with: z.string().max(200).default('#########').describe('What stands there instead.'),
      }),
    )
    .max(100)
    .refine((masks) => JSON.stringify(masks).length <= longestMasks, 'must be shorter: masks travel in a header')
    .default([]),
  sender_constraint: z
    .enum(['dpop', 'mtls', 'either'])
    .nullable()
    .default(null)
    .describe(
      'A token must be bound to a key that the caller proves: `dpop` (RFC 9449), `mtls` (RFC 8705), or either.',
    ),
  required_acr: z
    .array(word('must be one level, without blanks'))
    .max(20)
    .transform((list) => [...new Set(list)])
    .default([])
    .describe('Any one of these levels of assurance (RFC 9470): the `acr` of the token.'),
  max_auth_age: z
    .int()
    .min(0)
    .max(31_536_000)
    .nullable()
    .default(null)
    .describe('Seconds since the person last proved who they are (RFC 9470): by the `auth_time` of the token.'),
  rate_limit: z
    .strictObject({
      requests: z.int().min(1).max(1_000_000),
      window: z.int().min(1).max(86_400).describe('Seconds. Windows begin at the same time on every node.'),
      by: z
        .enum(['application', 'client', 'user', 'address'])
        .default('client')
        .describe(
          "Whose calls are counted together: `application` is the key's, and without a key the token's client.",
        ),
    })
    .nullable()
    .default(null)
    .describe('So many calls in a window, counted on all nodes together; then 429.'),
  /** `null`: all of them. */
  identity_headers: z
    .array(z.enum(identityHeaders))
    .max(identityHeaders.length)
    .transform((list) => [...new Set(list)])
    .nullable()
    .default(null),
  enforcement: z
    .enum(['enforce', 'report'])
    .default('enforce')
    .describe('`report`: nobody is refused, and what would have been is traced and counted.'),
})

export type ApiRules = z.output<typeof ApiRules>

/** An API that asks nothing. */
export const noRules: ApiRules = ApiRules.parse({})
