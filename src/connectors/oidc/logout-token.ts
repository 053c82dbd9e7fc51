/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4 to §2.6). */
import { compactVerify, errors } from 'jose'
import { z } from 'zod'
import { SourceProblem, type UpstreamLogout } from '../../connector.ts'
import { parseCompactJwt } from '../../tokens/compact-jwt.ts'
import type { OidcConfig } from './config.ts'
import { FailedCheck } from './failures.ts'
import type { Provider } from './provider.ts'

const name = z.string().min(1).max(255)

const Claims = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  iat: z.number(),
  exp: z.number(),
  jti: name,
  events: z.looseObject({ 'http://schemas.openid.net/event/backchannel-logout': z.record(z.string(), z.unknown()) }),
  sub: name.optional(),
  sid: name.optional(),
})

/** Seconds; whatever `exp` says. Messages that were used are remembered for no longer than this. */
const oldest = 3600

interface Needs {
  readonly provider: Provider
  readonly config: OidcConfig
  /** Seconds. */
  readonly now: number
}

/** Rejects with a {@link FailedCheck} or an error of jose. That the message comes once only is for the caller to see to. */
export async function verifyLogoutToken(token: string, { provider, config, now }: Needs): Promise<UpstreamLogout> {
  const { payload, protectedHeader } = await compactVerify(token, provider.keys, {
    algorithms: [config.id_token_signed_response_alg],
  }).catch((cause) => {
    if (cause instanceof errors.JOSEError || cause instanceof SourceProblem) throw cause
    throw new FailedCheck('signature', "the provider's key cannot be used", { cause })
  })
  demand(parseCompactJwt(token) !== undefined, 'logout_token', 'the token could be read in more than one way')
  // §2.4: the type is a recommendation, and many providers say JWT or nothing. One that says otherwise is another kind
  // of token; those that say no more are told from ID tokens by their events, and by having no nonce.
  const { typ } = protectedHeader
  demand(typ === undefined || /^(application\/)?(logout\+)?jwt$/i.test(typ), 'typ', 'the token is of another type')

  const claims = read(payload)
  const audience = [claims.aud].flat()
  const tolerance = config.clock_tolerance
  demand(claims.iss === config.issuer, 'iss', 'the token was issued by somebody else')
  demand(audience.includes(config.client_id), 'aud', 'the token was issued for another client')
  demand(claims.iat <= now + tolerance, 'iat', 'the token was issued in the future')
  demand(claims.exp > now - tolerance, 'exp', 'the token has expired')
  demand(claims.iat > now - oldest - tolerance, 'iat', `the token is older than ${oldest} seconds`)
  // §2.4: an ID token has a nonce, and must not pass for a logout token.
  demand(!Object.hasOwn(claims, 'nonce'), 'nonce', 'the token has a nonce')
  const { sid, sub: subject, jti } = claims
  demand(sid !== undefined || subject !== undefined, 'sid', 'the token names neither a session nor a person')
  return {
    ...(sid !== undefined && { sid }),
    ...(subject !== undefined && { subject }),
    messageId: jti,
    expiresAt: (Math.min(claims.exp, claims.iat + oldest) + tolerance) * 1000,
  }
}

function read(payload: Uint8Array): z.output<typeof Claims> {
  const parsed = Claims.safeParse(parse(payload))
  if (parsed.success) return parsed.data
  const member = String(parsed.error.issues[0]?.path[0] ?? 'payload')
  throw new FailedCheck(member, `the claim ${member} is missing or has the wrong form`)
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined // Not JSON: the schema says so.
  }
}

function demand(holds: boolean, check: string, message: string): void {
  if (!holds) throw new FailedCheck(check, message)
}
