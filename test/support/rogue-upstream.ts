/**
 * An identity provider that does whatever a test wants of it: written by hand, because no honest one can be
 * made to lie. Left alone it behaves well.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { base64url, type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'

export interface KeyPair {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly publicJwk: JWK
}

type Json = Record<string, unknown>

/** Each member bends one thing that an honest provider would have said. */
export interface Behaviour {
  readonly discovery?: (honest: Json) => unknown
  readonly keySet?: (honest: { keys: JWK[] }) => unknown
  /** Query of the answer to our callback address. */
  readonly callback?: (honest: Record<string, string>) => Record<string, string>
  readonly claims?: (honest: Json) => Json
  readonly header?: (honest: Json) => Json
  /** The whole ID token, made from the claims. */
  readonly idToken?: (claims: Json) => Promise<string>
  readonly tokens?: (honest: Json) => Json
  readonly userinfo?: (honest: Json) => unknown
  /** Answers a path in a way of its own. */
  readonly answer?: Readonly<Record<string, (req: IncomingMessage, res: ServerResponse) => void>>
}

export interface RogueUpstream extends AsyncDisposable {
  readonly issuer: string
  readonly config: Readonly<Record<string, unknown>> & { readonly issuer: string; readonly client_id: string }
  /** How often each path was asked for. */
  readonly calls: Readonly<Record<string, number>>
  readonly key: KeyPair
  /** Replaces what was bent before. */
  behave(behaviour: Behaviour): void
  /** From now on another key signs, and only that one is published. */
  rotate(kid: string): Promise<void>
}

export const newKeyPair = async (kid: string, alg = 'RS256'): Promise<KeyPair> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

/** Signs whatever it is given, as no decent library would. */
export async function signAnything({ privateKey }: KeyPair, header: Json, payload: string): Promise<string> {
  const input = `${base64url.encode(JSON.stringify(header))}.${base64url.encode(payload)}`
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, Buffer.from(input))
  return `${input}.${base64url.encode(new Uint8Array(signature))}`
}

// Making an RSA key takes a while; every rogue begins with the same one.
let firstKey: Promise<KeyPair> | undefined

export async function startRogueUpstream({ path = '' } = {}): Promise<RogueUpstream> {
  let behaviour: Behaviour = {}
  firstKey ??= newKeyPair('rogue-1')
  let key = await firstKey
  const calls: Record<string, number> = {}
  const nonces = new Map<string, string>()

  const routes: Record<string, (url: URL, body: URLSearchParams) => Promise<unknown> | unknown> = {
    '/.well-known/openid-configuration': () => {
      const honest = {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        userinfo_endpoint: `${issuer}/userinfo`,
        end_session_endpoint: `${issuer}/logout`,
        authorization_response_iss_parameter_supported: true,
        id_token_signing_alg_values_supported: ['RS256'],
      }
      return behaviour.discovery?.(honest) ?? honest
    },
    '/jwks': () => {
      const honest = { keys: [key.publicJwk] }
      return behaviour.keySet?.(honest) ?? honest
    },
    '/authorize': ({ searchParams }) => {
      const code = `code-${nonces.size}`
      nonces.set(code, searchParams.get('nonce') ?? '')
      const honest = { code, state: searchParams.get('state') ?? '', iss: issuer }
      const callback = new URL(searchParams.get('redirect_uri') ?? '')
      callback.search = new URLSearchParams(behaviour.callback?.(honest) ?? honest).toString()
      return callback
    },
    '/token': async (_, body) => {
      const now = Math.floor(Date.now() / 1000)
      const accessToken = 'an-access-token'
      const honest = {
        iss: issuer,
        aud: 'gatehouse',
        sub: 'rogue|1',
        iat: now,
        exp: now + 300,
        auth_time: now,
        nonce: nonces.get(body.get('code') ?? ''),
        at_hash: createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url'),
        name: 'From the ID token',
      }
      const claims = behaviour.claims?.(honest) ?? honest
      const idToken = behaviour.idToken ? await behaviour.idToken(claims) : await sign(claims)
      const tokens = { access_token: accessToken, token_type: 'Bearer', expires_in: 300, id_token: idToken }
      return behaviour.tokens?.(tokens) ?? tokens
    },
    '/userinfo': () => {
      const honest = { sub: 'rogue|1', name: 'From userinfo', department: 'R&D' }
      return behaviour.userinfo?.(honest) ?? honest
    },
  }

  const sign = (claims: Json) => {
    const honest = { alg: 'RS256', kid: key.kid }
    return signAnything(key, behaviour.header?.(honest) ?? honest, JSON.stringify(claims))
  }

  const server = createServer(async (req, res) => {
    const url = new URL(req.url ?? '/', 'http://rogue')
    const name = url.pathname.slice(path.length)
    calls[name] = (calls[name] ?? 0) + 1
    const own = behaviour.answer?.[name]
    if (own) return own(req, res)
    let body = ''
    for await (const chunk of req) body += chunk
    const answer = await routes[name]?.(url, new URLSearchParams(body))
    if (answer instanceof URL) return res.writeHead(302, { location: answer.href }).end()
    res.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`

  return {
    issuer,
    config: { issuer, client_id: 'gatehouse', client_secret: 'a-secret', allow_private_addresses: true },
    calls,
    get key() {
      return key
    },
    behave(next) {
      behaviour = next
    },
    async rotate(kid) {
      key = await newKeyPair(kid)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
