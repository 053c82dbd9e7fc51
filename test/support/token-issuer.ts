/** An issuer of tokens over there: it publishes keys, signs whatever it is asked to, and answers about tokens that say nothing. */
import { createHmac, createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Claims } from './forgeries.ts'

export type Algorithm =
  | 'RS256'
  | 'RS384'
  | 'RS512'
  | 'PS256'
  | 'PS384'
  | 'PS512'
  | 'ES256'
  | 'ES384'
  | 'ES512'
  | 'EdDSA'

export interface IssuerKey {
  readonly kid: string
  readonly privateKey: KeyObject
  /** As it is published. */
  readonly jwk: Claims
}

export function newKey(kid: string, kind: 'rsa' | 'P-256' | 'P-384' | 'P-521' | 'ed25519' = 'rsa', more: Claims = {}) {
  const { privateKey, publicKey } =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : kind === 'ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: kind })
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', ...more } } as IssuerKey
}

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url')

/** Signs as the header says, or as `alg` does. */
export function signJwt(header: Claims, payload: Claims, key: KeyObject | string, alg = String(header.alg)): string {
  const data = `${encode(header)}.${encode(payload)}`
  return `${data}.${signature(data, key, alg).toString('base64url')}`
}

function signature(data: string, key: KeyObject | string, alg: string): Buffer {
  const hash = `sha${alg.slice(2)}`
  if (typeof key === 'string') return createHmac(hash, key).update(data).digest()
  const padding = alg.startsWith('PS') ? { padding: 6, saltLength: Number(alg.slice(2)) / 8 } : {}
  const encoding = alg.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' as const } : {}
  return sign(alg === 'EdDSA' ? null : hash, Buffer.from(data), { key, ...padding, ...encoding })
}

export type Trouble = 'down' | 'gone' | 'silent' | 'rubbish'

export type TokenIssuer = Awaited<ReturnType<typeof startTokenIssuer>>

/** `now`: milliseconds. */
export async function startTokenIssuer({ now = Date.now }: { readonly now?: () => number } = {}) {
  let keys: readonly IssuerKey[] = [newKey('key-1')]
  let trouble: Trouble | undefined
  let document: Claims = {}
  /** What the introspection endpoint knows. */
  const active = new Map<string, Claims>()
  const calls: string[] = []
  const client = { id: 'gateway:one', secret: 'an introspection secret' }
  const held: ServerResponse[] = []

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    calls.push(`${request.method} ${request.url}`)
    if (trouble === 'silent') return void held.push(response)
    if (trouble === 'gone') return void request.destroy()
    if (trouble === 'down') return void response.writeHead(503).end()
    if (trouble === 'rubbish') return void response.end('<html>')
    const found = await say(request)
    response.writeHead(found ? 200 : 401, { 'content-type': 'application/json' }).end(JSON.stringify(found ?? {}))
  }

  async function say(request: IncomingMessage): Promise<unknown> {
    if (request.url === '/.well-known/openid-configuration') return { issuer, jwks_uri: `${issuer}/keys`, ...document }
    if (request.url === '/keys') return { keys: keys.map(({ jwk }) => jwk) }
    const form = new URLSearchParams(await text(request))
    const credentials = `${encodeURIComponent(client.id)}:${client.secret.replaceAll(' ', '+')}`
    if (request.headers.authorization !== `Basic ${Buffer.from(credentials).toString('base64')}`) return undefined
    const known = active.get(form.get('token') ?? '')
    return known ? { active: true, ...known } : { active: false }
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const claims = (more: Claims = {}): Claims => {
    const at = Math.floor(now() / 1000)
    const all = { iss: issuer, sub: 'user-1', aud: 'api://default', iat: at, exp: at + 300, ...more }
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  }

  return {
    issuer,
    calls,
    /** What was asked of it since; forgets it. */
    heard: () => calls.splice(0),
    claims,
    /** A good token by its first key, but for what is said. */
    token(more: Claims = {}, header: Claims = {}, key: IssuerKey | undefined = keys[0]): string {
      const full = { alg: 'RS256', typ: 'at+jwt', kid: key?.kid, ...header }
      return signJwt(full, claims(more), key?.privateKey ?? createPrivateKey(''))
    },
    get keys() {
      return keys
    },
    publish(next: readonly IssuerKey[]) {
      keys = next
    },
    /** An opaque token that it knows. */
    issue(token: string, more: Claims = {}) {
      active.set(token, { client_id: 'somebody', token_type: 'Bearer', ...claims(more) })
      return token
    },
    revoke: (token: string) => void active.delete(token),
    misbehave(how: Trouble | undefined) {
      trouble = how
      for (const response of held.splice(0)) response.destroy()
    },
    /** Other members of the discovery document. */
    discover(members: Claims) {
      document = members
    },
    /** Settings of a source of type `jwt` for it. */
    config: { issuer, audiences: ['api://default'], allow_private_addresses: true },
    introspection: {
      introspection_endpoint: `${issuer}/introspect`,
      introspection_client_id: client.id,
      introspection_client_secret: client.secret,
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
