/**
 * A gateway that asks nobody: it reads an issuer's keys and checks tokens by itself, by the rules of
 * docs/gateways/jwks-only.md. Written with nothing but node:crypto, so that it shares no mistake with the broker.
 */
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'

interface Settings {
  readonly issuer: string
  readonly audiences: readonly string[]
  /** The caller must be in one of them; empty: anybody passes. */
  readonly roles?: readonly string[]
  readonly groupClaim?: string
  readonly userClaim?: string
  /** What gateways with a choice ask of the kind. */
  readonly asksForKind?: boolean
}

export type Verdict =
  | { readonly status: 200; readonly user: string }
  | { readonly status: 401 | 403; readonly why: string }

export async function createJwksGateway(settings: Settings) {
  const { issuer, audiences, roles = [], groupClaim = 'groups', userClaim = 'preferred_username' } = settings
  const discovery = await read(`${issuer}/.well-known/openid-configuration`)
  if (discovery.issuer !== issuer) throw new Error('ISSUER_MISMATCH')
  const { keys } = (await read(String(discovery.jwks_uri))) as unknown as { keys: (JsonWebKey & { kid: string })[] }

  return (token: string): Verdict => {
    const parts = token.split('.')
    if (parts.length !== 3) return no('not three parts')
    const [head = '', body = '', tail = ''] = parts
    const header = decoded(head)
    const claims = decoded(body)
    if (!header || !claims) return no('no JSON')
    if (header.alg !== 'RS256' || 'crit' in header) return no('alg')
    if (![undefined, 'JWT', 'at+jwt'].includes(header.typ as string | undefined)) return no('header typ')
    const jwk = keys.find(
      ({ kid, kty, use, alg }) => kid === header.kid && kty === 'RSA' && use === 'sig' && alg === 'RS256',
    )
    if (!jwk) return no('kid')
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    if (!verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(tail, 'base64url'))) return no('signature')
    if (claims.iss !== issuer) return no('iss')
    const aud = Array.isArray(claims.aud) ? claims.aud : [claims.aud]
    if (!aud.some((one) => audiences.includes(one))) return no('aud')
    const now = Date.now() / 1000
    if (typeof claims.exp !== 'number' || claims.exp <= now) return no('exp')
    if (typeof claims.nbf === 'number' && claims.nbf > now) return no('nbf')
    if (settings.asksForKind && header.typ !== 'at+jwt' && claims.typ !== 'Bearer') return no('typ')
    const groups: readonly unknown[] = Array.isArray(claims[groupClaim]) ? (claims[groupClaim] as unknown[]) : []
    if (roles.length > 0 && !roles.some((role) => groups.includes(role))) return { status: 403, why: 'roles' }
    const user = claims[userClaim]
    return { status: 200, user: typeof user === 'string' ? user : String(claims.sub) }
  }
}

const no = (why: string): Verdict => ({ status: 401, why })

async function read(address: string): Promise<Readonly<Record<string, unknown>>> {
  const answer = await fetch(address, { redirect: 'error' })
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`)
  return (await answer.json()) as Readonly<Record<string, unknown>>
}

function decoded(part: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^[\w-]+$/.test(part)) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
