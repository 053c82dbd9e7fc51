import type { AccessToken } from './access-token.ts'
import { confirmationOf } from './possession/confirmation.ts'

/** What introspection (RFC 7662) says of a token to whoever may look: as the OpenID provider describes it. */
export function introspectionAnswer(
  { claims, accountId, clientId, audience, issuedAt, expiresAt, jti }: AccessToken,
  issuer: string,
) {
  const {
    jti: _jti,
    iat: _iat,
    exp: _exp,
    aud: _aud,
    scope,
    sid,
    client_id: _client,
    iss: _iss,
    cnf,
    ...extra
  } = claims
  return {
    active: true,
    ...(accountId !== undefined && { sub: accountId }),
    ...extra,
    client_id: clientId,
    exp: expiresAt,
    iat: issuedAt,
    sid,
    iss: issuer,
    jti,
    aud: audience,
    scope: scope || undefined,
    cnf,
    token_type: 'jkt' in (confirmationOf(claims) ?? {}) ? 'DPoP' : 'Bearer',
  }
}
