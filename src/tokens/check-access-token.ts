/**
 * The one check of an access token of ours: is it genuine, of the right kind, in time, alive, and would whoever it
 * speaks for still be let in? Everything that meets a token asks here: introspection, revocation, userinfo, the
 * admin API, gateways.
 */
import { type KeyObject, verify as verifySignature } from 'node:crypto'
import { z } from 'zod'
import type { Standing } from '../admission/standing.ts'
import { type Clock, seconds } from '../clock.ts'
import { Unavailable } from '../errors.ts'
import type { FindVerifier } from '../keys/find-verifier.ts'
import type { ReasonCode } from '../reasons.ts'
import { after, both, type Soon } from '../soon.ts'
import type { AccessToken, CheckAccessToken, Verdict } from './access-token.ts'
import { type CompactJwt, parseCompactJwt } from './compact-jwt.ts'
import { createGenuineTokens, createRefusedTokens, type Genuine } from './genuine-tokens.ts'
import type { Liveness, MarkStore } from './liveness.ts'
import type { SignedHere } from './signed-here.ts'

interface Needs {
  readonly issuer: string
  readonly findVerifier: FindVerifier
  readonly signedHere: Pick<SignedHere, 'isGood'>
  readonly marks: Pick<MarkStore, 'liveness'>
  readonly standing: Standing
  readonly clock: Clock
  /** Seconds by which another node's clock may be ahead of ours. */
  readonly clockTolerance: number
}

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

export function createCheckAccessToken(needs: Needs): CheckAccessToken {
  const { issuer, findVerifier, signedHere, marks, standing, clock, clockTolerance } = needs

  const whom = ({ accountId, clientId, sourceAlias, scopes }: AccessToken) =>
    accountId !== undefined && sourceAlias !== undefined ? { accountId, clientId, sourceAlias, scopes } : { clientId }

  /** A *no* out of memory is asked for again. While the registry is away it stands. */
  async function judgedNow(token: AccessToken, known: ReasonCode): Promise<Verdict> {
    const reason = await standing.now(whom(token)).catch(unlessUnavailable(known))
    return reason ? no(reason, token) : { ok: true, token }
  }

  const genuine = createGenuineTokens()
  const refused = createRefusedTokens()

  const isOver = (exp: unknown): boolean => typeof exp === 'number' && exp <= seconds(clock())

  function verify(compact: string): Soon<Genuine | ReasonCode> {
    const jwt = parseCompactJwt(compact)
    if (!jwt) return 'token_malformed'
    const header = headerOf(jwt)
    if (!header) return 'token_algorithm'
    const { iss, exp } = jwt.payload
    // It says so itself: who has signed it makes no difference any more, and is the dearest question.
    if (iss === issuer && isOver(exp)) return 'token_expired'
    return after(findVerifier(header.kid), (key) => {
      if (!key) return 'token_key_unknown'
      const found = isSigned(compact, jwt, key) ? readSigned(jwt, header) : 'token_signature'
      if (typeof found !== 'string') genuine.put(compact, found)
      else if (iss === issuer) refused.put(compact, { reason: found, kid: header.kid, exp })
      return found
    })
  }

  const isSigned = (compact: string, { payload, signed, signature }: CompactJwt, key: KeyObject): boolean =>
    signedHere.isGood(compact, payload.jti) ?? verifySignature('sha256', Buffer.from(signed, 'latin1'), key, signature)

  function readSigned(jwt: CompactJwt, { kid, typ }: z.infer<typeof Header>): Genuine | ReasonCode {
    const { success, data: payload } = Payload.safeParse(jwt.payload)
    if (!success) return 'token_type'
    if (payload.iss !== issuer) return 'token_issuer'
    if (!isAccessToken(typ, payload.typ)) return 'token_type'
    const token = toAccessToken(payload)
    return token ? { kid, notBefore: payload.nbf ?? 0, token } : 'token_malformed'
  }

  /** What the bytes say is not found out twice: all else is asked each time, and whether their key is still one of ours. */
  function open(compact: string): Soon<Genuine | ReasonCode> {
    const known = genuine.get(compact)
    if (known) return after(findVerifier(known.kid), (key) => (key ? known : 'token_key_unknown'))
    const forged = refused.get(compact)
    // Without the key or past its time the answer is another one.
    if (!forged || isOver(forged.exp)) return verify(compact)
    return after(findVerifier(forged.kid), (key) => (key ? forged.reason : 'token_key_unknown'))
  }

  function check(compact: string): Soon<Verdict> {
    return after(open(compact), (opened) => {
      if (typeof opened === 'string') return no(opened)
      const { token, notBefore } = opened
      const now = seconds(clock())
      if (token.expiresAt <= now) return no('token_expired', token)
      if (token.issuedAt > now + clockTolerance || notBefore > now + clockTolerance)
        return no('token_not_yet_valid', token)
      const asked = both(
        () => marks.liveness(token),
        () => standing.of(whom(token)),
      )
      return after(asked, ([liveness, shutOut]): Soon<Verdict> => {
        const reason = deadBecause(token, liveness)
        if (reason) return no(reason, token)
        return shutOut ? judgedNow(token, shutOut) : { ok: true, token }
      })
    })
  }

  const knows = (compact: string) => genuine.get(compact) !== undefined || refused.get(compact) !== undefined
  return Object.assign(check, { knows })
}

/** The same for all that one key has signed, and taken apart once (compact-jwt.ts). */
const headers = new WeakMap<CompactJwt['header'], z.infer<typeof Header>>()

function headerOf({ header }: CompactJwt): z.infer<typeof Header> | undefined {
  const known = headers.get(header)
  if (known) return known
  const { data } = Header.safeParse(header)
  if (data) headers.set(header, data)
  return data
}

const unlessUnavailable =
  (known: ReasonCode) =>
  (error: unknown): ReasonCode => {
    if (error instanceof Unavailable) return known
    throw error
  }

const no = (reason: ReasonCode, token?: AccessToken): Verdict => ({ ok: false, reason, ...(token && { token }) })

// An ID token is signed by the same key for the same audience (RFC 8725 §3.11): only the kind tells them apart.
const isAccessToken = (header: string | undefined, claim: string | undefined): boolean =>
  header === 'at+jwt' ? claim === undefined : header === 'JWT' && (claim === 'Bearer' || claim === 'DPoP')

function toAccessToken(payload: z.infer<typeof Payload>): AccessToken | undefined {
  const clientId = payload.azp ?? payload.client_id
  if (!clientId) return undefined
  const { client_session: grantId, identity_provider_alias: sourceAlias } = payload
  if ((grantId === undefined) !== (sourceAlias === undefined)) return undefined
  return {
    jti: payload.jti,
    clientId,
    ...(grantId !== undefined && sourceAlias !== undefined && { accountId: payload.sub, grantId, sourceAlias }),
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
  if (shutOut(liveness.forgottenAt) || liveness.revoked || !liveness.granted) return 'token_revoked'
  return undefined
}
