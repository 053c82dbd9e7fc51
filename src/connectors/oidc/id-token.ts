import { createHash } from 'node:crypto'
import type * as oidc from 'openid-client'
import { z } from 'zod'
import type { Trip } from '../../connector.ts'
import { longest, parseCompactJwt } from '../../tokens/compact-jwt.ts'
import type { OidcConfig } from './config.ts'
import { FailedCheck } from './failures.ts'

/** The claims that the broker itself looks at. Everything else is passed on as it came. */
const Claims = z.looseObject({
  sub: z.string().min(1).max(255),
  iat: z.number(),
  azp: z.unknown().optional(),
  at_hash: z.unknown().optional(),
  auth_time: z.number().optional(),
})
export type Claims = z.output<typeof Claims>

type Tokens = oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers

interface Needs {
  readonly config: OidcConfig
  /** Seconds. */
  readonly now: number
}

/**
 * What openid-client leaves to its caller: it has checked signature, issuer, audience, expiry, nonce and the name of
 * the algorithm (OpenID Connect Core §3.1.3.7). Throws a {@link FailedCheck}.
 */
export function verifyIdToken(tokens: Tokens, { config, now }: Needs): { idToken: string; claims: Claims } {
  const { id_token: idToken, access_token: accessToken } = tokens
  if (idToken === undefined) throw new FailedCheck('id_token', 'there was no ID token')
  if (idToken.length > longest) {
    const message = `the ID token is larger than ${longest / 1024} KiB: have it name fewer groups and claims`
    throw new FailedCheck('id_token', message)
  }
  if (!parseCompactJwt(idToken)) throw new FailedCheck('id_token', 'the ID token could be read in more than one way')

  const parsed = Claims.safeParse(tokens.claims())
  if (!parsed.success) {
    const name = parsed.error.issues[0]?.path.join('.') || 'id_token'
    throw new FailedCheck(name, `the claim ${name} is missing or has the wrong form`)
  }
  const claims = parsed.data
  const latest = now + config.clock_tolerance
  if (claims.azp !== undefined && claims.azp !== config.client_id) {
    throw new FailedCheck('azp', 'the ID token was issued to another client (azp)')
  }
  if (claims.iat > latest) throw new FailedCheck('iat', 'the ID token was issued in the future (iat)')
  if ((claims.auth_time ?? 0) > latest) throw new FailedCheck('auth_time', 'the login lies in the future (auth_time)')
  if (claims.at_hash !== undefined && claims.at_hash !== atHash(accessToken, config.id_token_signed_response_alg)) {
    throw new FailedCheck('at_hash', 'the access token is not the one the ID token was issued with (at_hash)')
  }
  return { idToken, claims }
}

/**
 * Seconds; when the person proved themselves, if the provider said so (some write 0 for "I do not know").
 * A time that cannot be believed is none.
 */
export const loginTime = ({ auth_time: authTime }: Claims): number | undefined => authTime || undefined

/** Whether the login is as fresh as the trip demanded when it began. */
export function isFreshEnough(authTime: number | undefined, trip: Trip, clockTolerance: number): boolean {
  const maxAge = trip.forceLogin ? 0 : trip.maxAge
  if (maxAge === undefined) return true
  return authTime !== undefined && authTime >= Math.floor(trip.departedAt / 1000) - maxAge - clockTolerance
}

// OpenID Connect Core §3.1.3.6: the left half of the hash that the signature uses; Ed25519 uses SHA-512.
function atHash(accessToken: string, alg: string): string {
  const hash = createHash(`sha${alg === 'EdDSA' ? '512' : alg.slice(2)}`)
    .update(accessToken, 'ascii')
    .digest()
  return hash.subarray(0, hash.length / 2).toString('base64url')
}
