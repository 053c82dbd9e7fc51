import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'

// RFC 7523 names no type; its successor does (RFC 7523bis §4). Tokens of another type are for other purposes.
const types = ['jwt', 'client-authentication+jwt']

/**
 * Asked before the library reads the assertion: one that could be read in two ways, that wants to be processed in
 * a way of its own (RFC 7515 §4.1.11) or is of another type proves nothing.
 */
export function isPlainAssertion(assertion: string): boolean {
  const { typ, kid, crit, b64 } = parseCompactJwt(assertion)?.header ?? { crit: 'unreadable' }
  if (crit !== undefined || b64 !== undefined) return false
  if (kid !== undefined && typeof kid !== 'string') return false
  return typ === undefined || types.includes(String(typ).toLowerCase())
}

/**
 * private_key_jwt beyond RFC 7523, as FAPI 2.0 §5.3.2.1 has it since CVE-2025-27370: the audience is the issuer
 * alone, as a string, so that no other server can be talked into passing the assertion on; and it is short-lived.
 * `clockTolerance` in seconds.
 */
export const assertClientAssertion =
  (issuer: string, clockTolerance: number) =>
  async (_ctx: KoaContextWithOIDC, claims: Readonly<Record<string, unknown>>): Promise<void> => {
    const now = Math.floor(Date.now() / 1000)
    const refuse = (what: string) => new errors.InvalidClientAuth(`client assertion ${what}`)
    if (claims.aud !== issuer) throw refuse('aud must be the issuer identifier, as a string')
    if (typeof claims.exp !== 'number' || claims.exp > now + 300 + clockTolerance)
      throw refuse('must expire within five minutes')
    if (typeof claims.jti !== 'string' || claims.jti.length > 255) throw refuse('jti must be a string')
    for (const name of ['iat', 'nbf'] as const) {
      const value = claims[name]
      if (value !== undefined && (typeof value !== 'number' || value > now + 60))
        throw refuse(`${name} lies in the future`)
    }
  }
