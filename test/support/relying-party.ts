/** An application's own server at its `backchannel_logout_uri`: takes logout tokens, well or badly. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, decodeJwt, type JWTPayload, jwtVerify } from 'jose'

export interface Notice {
  readonly claims: JWTPayload
  readonly token: string
  readonly path: string
  readonly contentType: string | undefined
}

export interface RelyingParty extends AsyncDisposable {
  readonly logoutUri: string
  /** What has come so far, oldest first. */
  readonly notices: readonly Notice[]
  /** From now on every request is answered so; by default with 200 at once. */
  answer(how: (req: IncomingMessage, res: ServerResponse) => void): void
  /** The next one that comes. */
  next(): Promise<Notice>
  forget(): void
}

const well = (_req: IncomingMessage, res: ServerResponse) => void res.end()

export async function startRelyingParty(): Promise<RelyingParty> {
  let how: (req: IncomingMessage, res: ServerResponse) => void = well
  let notices: Notice[] = []
  let waiting: ((notice: Notice) => void)[] = []

  const server = createServer(async (req, res) => {
    const body = Buffer.concat(await Array.fromAsync(req)).toString()
    const token = new URLSearchParams(body).get('logout_token') ?? ''
    const notice = { claims: decodeJwt(token), token, path: req.url ?? '', contentType: req.headers['content-type'] }
    notices.push(notice)
    for (const tell of waiting.splice(0)) tell(notice)
    how(req, res)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))

  return {
    logoutUri: `http://localhost:${(server.address() as AddressInfo).port}/backchannel-logout`,
    get notices() {
      return notices
    },
    answer(next) {
      how = next
    },
    next: () => new Promise((tell) => waiting.push(tell)),
    forget() {
      notices = []
      waiting = []
      how = well
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

/** As a client's library would (OpenID Connect Back-Channel Logout 1.0 §2.6). */
export const verifyLogoutToken = (token: string, issuer: string, clientId: string) =>
  jwtVerify(token, createRemoteJWKSet(new URL(`${issuer}/jwks`)), {
    issuer,
    audience: clientId,
    typ: 'logout+jwt',
    algorithms: ['RS256'],
    requiredClaims: ['iat', 'exp', 'jti', 'sub', 'sid', 'events'],
  })
