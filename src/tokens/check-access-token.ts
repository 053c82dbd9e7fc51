/**
 * The one check of an access token of ours: is it genuine, of the right kind, in time, and alive? Everything
 * that meets a token asks here: introspection, revocation, userinfo, the admin API, gateways.
 */
import { type KeyObject, verify } from 'node:crypto'
import { z } from 'zod'
import { type Clock, seconds } from '../clock.ts'
import type { ReasonCode } from '../reasons.ts'
import type { AccessToken, CheckAccessToken, Verdict } from './access-token.ts'
import type { Liveness, MarkStore } from './liveness.ts'

interface Needs {
  readonly issuer: string
  /** By kid; asked anew each time, since keys rotate. */
  readonly verifiers: () => ReadonlyMap<string, KeyObject>
  readonly marks: MarkStore
  readonly clock: Clock
  /** Seconds by which another node's clock may be ahead of ours. */
  readonly clockTolerance: number
}

// No token of ours is longer (tokens.max_bytes is far below), and nobody makes us decode more.
const longest = 32 * 1024

// The only two headers we write. RFC 8725 §3.1: the algorithm is fixed by us, never chosen by the token;
// jku, jwk, x5u and x5c are not members, and crit names an extension we do not know (RFC 7515 §4.1.11).
const Header = z.strictObject({ alg: z.literal('RS256'), kid: z.string().max(128), typ: z.string().max(64).optional() })

const Payload = z.looseObject({
  iss: z.string(),
  jti: z.string(),
  aud: z.string(),
  iat: z.int(),
  exp: z.int(),
  nbf: z.int().optional(),
  sub: z.string(),
  typ: z.string().optional(),
  azp: z.string().optional(),
  client_id: z.string().optional(),
  client_session: z.string().optional(),
  identity_provider_alias: z.string().optional(),
  scope: z.string().optional(),
})

export function createCheckAccessToken({ issuer, verifiers, marks, clock, clockTolerance }: Needs): CheckAccessToken {
  return async (compact) => {
    const parsed = open(compact, verifiers())
    if (typeof parsed === 'string') return no(parsed)
    const { header, payload } = parsed

    if (payload.iss !== issuer) return no('token_issuer')
    if (!isAccessToken(header.typ, payload.typ)) return no('token_type')
    const now = seconds(clock())
    if (payload.exp <= now) return no('token_expired')
    if (payload.iat > now + clockTolerance || (payload.nbf ?? 0) > now + clockTolerance)
      return no('token_not_yet_valid')

    const token = toAccessToken(payload)
    if (!token) return no('token_malformed')
    const reason = deadBecause(token, await marks.liveness({ ...token, jti: token.jti }))
    return reason ? no(reason) : { ok: true, token }
  }
}

const no = (reason: ReasonCode): Verdict => ({ ok: false, reason })

function open(compact: string, verifiers: ReadonlyMap<string, KeyObject>) {
  if (compact.length > longest) return 'token_malformed'
  const [head, body, signature, ...rest] = compact.split('.')
  if (!head || !body || !signature || rest.length > 0) return 'token_malformed'
  const rawHeader = decode(head)
  if (rawHeader === undefined) return 'token_malformed'
  const header = Header.safeParse(rawHeader)
  if (!header.success) return 'token_algorithm'
  const key = verifiers.get(header.data.kid)
  if (!key) return 'token_key_unknown'
  const given = Buffer.from(signature, 'base64url')
  // One spelling per token: a variant in padding or spare bits would pass as a token not seen before.
  if (given.toString('base64url') !== signature) return 'token_signature'
  if (!verify('sha256', Buffer.from(`${head}.${body}`), key, given)) return 'token_signature'
  const payload = Payload.safeParse(decode(body))
  return payload.success ? { header: header.data, payload: payload.data } : 'token_type'
}

// An ID token is signed by the same key for the same audience (RFC 8725 §3.11): only the kind tells them apart.
const isAccessToken = (header: string | undefined, claim: string | undefined): boolean =>
  header === 'at+jwt' ? claim === undefined : header === 'JWT' && claim === 'Bearer'

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    return undefined // Not JSON: malformed, and the caller says so.
  }
}

function toAccessToken(payload: z.infer<typeof Payload>): AccessToken | undefined {
  const clientId = payload.azp ?? payload.client_id
  if (!clientId) return undefined
  const person = payload.client_session !== undefined
  return {
    jti: payload.jti,
    clientId,
    ...(person && { accountId: payload.sub, grantId: payload.client_session }),
    ...(payload.identity_provider_alias && { sourceAlias: payload.identity_provider_alias }),
    audience: payload.aud,
    scopes: payload.scope?.split(' ') ?? [],
    issuedAt: payload.iat,
    expiresAt: payload.exp,
    claims: payload,
  }
}

function deadBecause({ issuedAt }: AccessToken, liveness: Liveness): ReasonCode | undefined {
  const shutOut = (blockedAt: number | null) => blockedAt !== null && issuedAt <= blockedAt
  if (shutOut(liveness.accountBlockedAt)) return 'account_disabled'
  if (shutOut(liveness.clientBlockedAt)) return 'client_disabled'
  if (shutOut(liveness.sourceBlockedAt)) return 'source_disabled'
  if (liveness.revoked || !liveness.granted) return 'token_revoked'
  return undefined
}
