/** Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4): what a client is told by when a session has ended. */
import { importJWK, type JWK, SignJWT } from 'jose'
import { type Clock, seconds } from '../clock.ts'
import { newId } from '../ids.ts'

interface Needs {
  readonly issuer: string
  /** The key that signs now, with its private members. */
  readonly signingKey: () => JWK
  readonly clock: Clock
}

/** `sid` is the session's id, as in the client's own tokens. Each call makes another token, with a `jti` of its own. */
export type WriteLogoutToken = (about: {
  readonly clientId: string
  readonly accountId: string
  readonly sessionId: string
}) => Promise<string>

/** Seconds: the longest that §2.4 recommends. */
const lifetime = 120

export const createLogoutTokenWriter =
  ({ issuer, signingKey, clock }: Needs): WriteLogoutToken =>
  async ({ clientId, accountId, sessionId }) => {
    const jwk = signingKey()
    const now = seconds(clock())
    return new SignJWT({
      iss: issuer,
      aud: clientId,
      iat: now,
      exp: now + lifetime,
      jti: newId(),
      sub: accountId,
      sid: sessionId,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
      .setProtectedHeader({ alg: 'RS256', kid: String(jwk.kid), typ: 'logout+jwt' })
      .sign(await importJWK(jwk, 'RS256'))
  }
