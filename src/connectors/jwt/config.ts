import { z } from 'zod'
import { addressProblem, issuerProblem } from '../address-problem.ts'
import { fitsAny, readJwks, readPem, type VerifyingKey } from './keys.ts'

/** Signed with a private key. `none` is no choice. */
export const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const
const symmetric = ['HS256', 'HS384', 'HS512'] as const

const Address = z.url({ protocol: /^https?$/ }).max(500)

/** Settings of a source of type `jwt`. */
export const JwtConfig = z
  .strictObject({
    issuer: z
      .string()
      .min(1)
      .max(500)
      .describe('The iss of its tokens, letter by letter. Its discovery document names the keys, unless you do.'),
    jwks_uri: Address.optional().describe('Where the keys are published, when there is no discovery document.'),
    jwks: z
      .strictObject({
        keys: z
          .array(z.looseObject({ kty: z.string() }))
          .min(1)
          .max(50),
      })
      .optional()
      .describe('The public keys themselves, as a JSON Web Key Set.'),
    public_key: z
      .string()
      .min(1)
      .max(50_000)
      .optional()
      .describe('The public keys or certificates themselves, as PEM.'),
    shared_secret: z
      .string()
      .min(1)
      .max(2000)
      .optional()
      .describe('The secret that the issuer signs with (HS256, HS384, HS512), instead of keys.'),
    algorithms: z
      .array(z.enum([...asymmetric, ...symmetric]))
      .min(1)
      .optional()
      .describe('What tokens may be signed with; RS256, or HS256 with a shared secret, when nothing is said.'),
    audiences: z
      .array(z.string().min(1).max(255))
      .max(100)
      .refine((values) => new Set(values).size === values.length, 'Must name each audience once')
      .default([])
      .describe('A token must be meant for one of them. None: only the audience of the API counts.'),
    user_claim: z
      .string()
      .max(200)
      .transform((claim) => claim || 'preferred_username')
      .default('preferred_username')
      .describe('The claim, or path to it, that names the user; a token without it is named by its sub.'),
    clock_tolerance: z
      .int()
      .min(0)
      .max(120)
      .default(15)
      .describe("Seconds by which the issuer's clock may differ from ours."),
    introspection_endpoint: Address.optional().describe(
      'Where tokens that are no JWTs are asked about (RFC 7662). Without it they are not accepted.',
    ),
    introspection_client_id: z.string().min(1).max(500).optional().describe('The client id to ask with.'),
    introspection_client_secret: z.string().min(1).max(2000).optional().describe('The client secret to ask with.'),
    allow_private_addresses: z
      .boolean()
      .default(false)
      .describe('The issuer may be on loopback or a private network, and speak plain http there.'),
  })
  .check(({ value, issues }) => {
    for (const [member, message] of addressProblems(value))
      issues.push({ code: 'invalid_format', format: 'url', path: [member], message, input: '' })
    for (const [member, message] of problemsOf(value))
      issues.push({ code: 'custom', path: [member], message, input: undefined })
  })

export type JwtConfig = z.output<typeof JwtConfig>

/** Members that are write-only. */
export const jwtSecrets: readonly string[] = ['shared_secret', 'introspection_client_secret']

type Algorithm = NonNullable<JwtConfig['algorithms']>[number]

export const algorithmsOf = ({
  algorithms,
  shared_secret: secret,
}: Pick<JwtConfig, 'algorithms' | 'shared_secret'>): readonly Algorithm[] =>
  algorithms ?? [secret === undefined ? 'RS256' : 'HS256']

/** The keys that are written into the settings; `undefined`: they are published. Throws when they are none. */
export function givenKeys({
  jwks,
  public_key: pem,
}: Pick<JwtConfig, 'jwks' | 'public_key'>): readonly VerifyingKey[] | undefined {
  if (jwks) return readJwks(jwks)
  return pem === undefined ? undefined : readPem(pem)
}

type Problem = readonly [member: keyof JwtConfig, message: string]

const keyMembers = ['jwks_uri', 'jwks', 'public_key', 'shared_secret'] as const

const isDiscovered = (config: Partial<JwtConfig>): boolean => keyMembers.every((name) => config[name] === undefined)

function addressProblems(config: JwtConfig): Problem[] {
  const { issuer, allow_private_addresses: insecure } = config
  const found: Problem[] = []
  if (isDiscovered(config)) {
    const problem = URL.canParse(issuer)
      ? issuerProblem(issuer, insecure)
      : 'Must be a URL, or say where the keys are: jwks_uri, jwks, public_key or shared_secret'
    if (problem) found.push(['issuer', problem])
  }
  for (const member of ['jwks_uri', 'introspection_endpoint'] as const) {
    const problem = addressProblem(config[member] ?? '', insecure)
    if (problem) found.push([member, problem])
  }
  return found
}

function problemsOf(config: JwtConfig): Problem[] {
  const [, second] = keyMembers.filter((name) => config[name] !== undefined)
  if (second) return [[second, `Only one of ${keyMembers.join(', ')} can be given`]]
  return [
    ...algorithmProblems(config),
    ...secretProblems(config),
    ...keyProblems(config),
    ...introspectionProblems(config),
  ]
}

// A public key that passes for a secret is how anybody signs (RFC 8725 §2.1): so never both kinds at one source.
function algorithmProblems(config: JwtConfig): Problem[] {
  const wanted = config.shared_secret === undefined ? asymmetric : symmetric
  const wrong = (config.algorithms ?? []).filter((name) => !(wanted as readonly string[]).includes(name))
  if (wrong.length === 0) return []
  const others = wrong.join(', ')
  return wanted === symmetric
    ? [['algorithms', `With shared_secret only HS256, HS384 and HS512: not ${others}`]]
    : [['algorithms', `Only with shared_secret: not ${others}`]]
}

function secretProblems(config: JwtConfig): Problem[] {
  const { shared_secret: secret } = config
  if (secret === undefined) return []
  if (/-----BEGIN|"kty"/.test(secret))
    return [['shared_secret', 'Is a key that others may know: use public_key or jwks']]
  // RFC 7518 §3.2: as long as the hash.
  const needed = Math.max(...algorithmsOf(config).map((name) => Number(name.slice(2)) / 8))
  return Buffer.byteLength(secret) < needed
    ? [['shared_secret', `Needs ${needed} bytes or more for the algorithms named`]]
    : []
}

function keyProblems(config: JwtConfig): Problem[] {
  const member = config.jwks ? 'jwks' : 'public_key'
  try {
    const keys = givenKeys(config)
    if (!keys || fitsAny(keys, algorithmsOf(config))) return []
    return [[member, `Has no key for ${algorithmsOf(config).join(', ')} (RSA keys need 2048 bits or more)`]]
  } catch {
    return [[member, 'Expected public keys']]
  }
}

function introspectionProblems(config: JwtConfig): Problem[] {
  const others = ['introspection_client_id', 'introspection_client_secret'] as const
  const given = config.introspection_endpoint !== undefined
  return others.flatMap((name): Problem[] => {
    if (given === (config[name] !== undefined)) return []
    return [[name, given ? 'Required with introspection_endpoint' : 'Not used without introspection_endpoint']]
  })
}
