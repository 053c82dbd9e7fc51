/** Whether a JWT of somebody else's is a good access token, and what it says. RFC 7519 §7.2, RFC 8725, RFC 9068 §4. */
import type { KeyObject } from 'node:crypto'
import { compactVerify, errors } from 'jose'
import { z } from 'zod'
import { Refusal } from '../../errors.ts'
import { isRecord } from '../../mapping/path.ts'
import type { CompactJwt } from '../../tokens/compact-jwt.ts'
import { confirmationMethods } from '../../tokens/possession/confirmation.ts'
import { algorithmsOf, type JwtConfig } from './config.ts'

export type Claims = Readonly<Record<string, unknown>>

/** What can be asked of the header before any key is looked for. */
export interface Named {
  readonly alg: string
  readonly kid: string | undefined
}

// Where a token says that keys are to be had (jku, jwk, x5u, x5c) is not looked at: they are where the settings say.
const Header = z.looseObject({ alg: z.string(), kid: z.string().max(255).optional(), typ: z.string().optional() })

const kinds: ReadonlySet<string> = new Set(['jwt', 'at+jwt', 'application/at+jwt'])

export function readHeader({ header, payload }: CompactJwt, config: JwtConfig): Named {
  // An extension that is critical is one that we do not know (RFC 7515 §4.1.11).
  if ('crit' in header) throw new Refusal('token_algorithm')
  const parsed = Header.safeParse(header)
  if (!parsed.success) throw new Refusal('token_malformed')
  const { alg, kid, typ = 'JWT' } = parsed.data
  if (!algorithmsOf(config).some((name) => name === alg)) throw new Refusal('token_algorithm')
  const kind = typ.toLowerCase()
  if (!kinds.has(kind) || !isAccessToken(payload, kind !== 'jwt')) throw new Refusal('token_type')
  return { alg, kid }
}

/**
 * ID tokens, refresh tokens and logout tokens are signed with the same keys, often for the same audience (RFC 8725
 * §3.11). Some issuers name the kind, in a claim or in the header; where none is named, what only others have tells.
 */
export function isAccessToken(claims: Claims, isSure: boolean): boolean {
  const { typ, token_use: use } = claims
  if (use !== undefined && !says(use, /^access(_token)?$/i)) return false
  if (typ !== undefined) return says(typ, /^(Bearer|DPoP|at\+jwt)$/i)
  return isSure || use !== undefined || !['nonce', 'at_hash', 'c_hash', 'events'].some((name) => name in claims)
}

const says = (claim: unknown, kind: RegExp): boolean => typeof claim === 'string' && kind.test(claim)

const Times = z.object({ exp: z.number(), nbf: z.number().optional(), iat: z.number().optional() })
export type Times = z.output<typeof Times>

const Payload = z.looseObject({
  ...Times.shape,
  sub: z.string().min(1).max(255),
  aud: z.union([z.string(), z.array(z.string()).max(200)]).optional(),
})

/** Verifies with the first of `keys` that fits, and checks what of the claims does not change with time. */
export async function verifyToken(
  compact: string,
  { payload }: CompactJwt,
  [key, ...others]: readonly (KeyObject | Uint8Array)[],
  config: JwtConfig,
): Promise<Checked> {
  if (!key) throw new Refusal('token_key_unknown')
  for (const candidate of [key, ...others]) {
    if (await isSignedBy(compact, candidate, config)) return readClaims(payload, config)
  }
  throw new Refusal('token_signature')
}

async function isSignedBy(compact: string, key: KeyObject | Uint8Array, config: JwtConfig): Promise<boolean> {
  try {
    await compactVerify(compact, key, { algorithms: [...algorithmsOf(config)] })
    return true
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error
    if (error instanceof errors.JWSSignatureVerificationFailed) return false
  }
  throw new Refusal('token_malformed')
}

export interface Checked {
  readonly claims: Claims
  readonly times: Times
}

/** What there must be in the claims, whoever vouches for them. */
export function readClaims(payload: Claims, config: JwtConfig): Checked {
  const parsed = Payload.safeParse(payload)
  if (!parsed.success) throw new Refusal('token_malformed')
  const isBound = 'cnf' in payload || /^DPoP$/i.test(String(payload.typ))
  if (isBound && !isProvable(payload.cnf)) throw new Refusal('token_bound')
  const { exp, nbf, iat } = parsed.data
  requireAudience(parsed.data.aud, config)
  return { claims: payload, times: { exp, nbf, iat } }
}

/** By a certificate or a DPoP proof: whoever is brought such a token asks for it, since only they see the call. */
function isProvable(cnf: unknown): boolean {
  const [method, ...others] = isRecord(cnf) ? Object.entries(cnf) : []
  return (
    others.length === 0 && confirmationMethods.some((known) => known === method?.[0]) && typeof method?.[1] === 'string'
  )
}

function requireAudience(aud: unknown, { audiences }: Pick<JwtConfig, 'audiences'>): void {
  if (audiences.length > 0 && !names(aud, audiences)) throw new Refusal('token_audience')
}

const names = (aud: unknown, audiences: readonly string[]): boolean =>
  audiences.some((audience) => (Array.isArray(aud) ? aud.includes(audience) : aud === audience))

/**
 * Who may accept a token of others: an API that lists the source, and whose audience the token names. Where the API has
 * none, that of the settings has been asked for; and where they say nothing either, nobody may.
 */
export function requireMeantFor(
  audience: string | null | undefined,
  { claims: { aud } }: Checked,
  { audiences }: Pick<JwtConfig, 'audiences'>,
): void {
  if (audience === undefined) return
  if (audience === null ? audiences.length === 0 : !names(aud, [audience])) throw new Refusal('token_audience')
}

/** `now` and `tolerance`: seconds. */
export function requireInTime({ exp, nbf = 0, iat = 0 }: Times, now: number, tolerance: number): void {
  if (exp <= now - tolerance) throw new Refusal('token_expired')
  if (nbf > now + tolerance || iat > now + tolerance) throw new Refusal('token_not_yet_valid')
}
