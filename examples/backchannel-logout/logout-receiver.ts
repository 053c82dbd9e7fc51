/** Takes the broker's logout tokens, as docs/applications.md shows it. */
import { createServer, type Server } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'

interface Needs {
  readonly issuer: string
  readonly clientId: string
  /** Ends the application's own sessions in which `sid` of the ID token was this. Ending none is fine. */
  readonly endSessions: (sid: string) => Promise<void>
}

export function createLogoutReceiver({ issuer, clientId, endSessions }: Needs): Server {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))

  return createServer(async (req, res) => {
    const body = Buffer.concat(await Array.fromAsync(req)).toString()
    const token = new URLSearchParams(body).get('logout_token') ?? ''
    res.setHeader('Cache-Control', 'no-store')
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience: clientId,
        typ: 'logout+jwt',
        algorithms: ['RS256'],
        requiredClaims: ['iat', 'exp', 'jti', 'sid'],
      })
      if (!Object.hasOwn(Object(payload.events), logoutEvent) || 'nonce' in payload) throw new Error('no logout token')
      await endSessions(String(payload.sid))
      res.writeHead(200).end()
    } catch (error) {
      console.error(error)
      res.writeHead(400).end()
    }
  })
}
