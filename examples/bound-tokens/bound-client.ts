/** An application whose tokens are good in its own hands only (RFC 9449), as docs/applications.md shows it. */
import * as oauth from 'openid-client'

type Checks = Parameters<typeof oauth.authorizationCodeGrant>[2]

/** `key` is the application's own: made once, and kept where nobody can read it. */
export function createBoundClient(config: oauth.Configuration, key: oauth.CryptoKeyPair) {
  const DPoP = oauth.getDPoPHandle(config, key)

  return {
    /** For the authorization request (`dpop_jkt`): the code is then good for this key only. */
    thumbprint: () => DPoP.calculateThumbprint(),
    redeem: (callback: URL, checks: Checks) =>
      oauth.authorizationCodeGrant(config, callback, checks, undefined, { DPoP }),
    refresh: (token: string) => oauth.refreshTokenGrant(config, token, undefined, { DPoP }),
    call: (token: string, address: URL, method = 'GET') =>
      oauth.fetchProtectedResource(config, token, address, method, null, undefined, { DPoP }),
  }
}
