import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { ambiguous, type Claims, forge, forgeries, strangeKids } from '../support/forgeries.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import type { Visitor } from '../support/visitor.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

let folder: string
let upstream: Upstream
let broker: TestBroker
let client: TestClient
let visitor: Visitor
let tokens: Tokens
let adminToken: string
/** The broker's own, out of its store: an attacker has it not, and what it signs wrongly must be refused even so. */
let signingKey: JWK
let ownKey: KeyObject
/** A client that proves itself with a key of its own. */
let keyed: { readonly id: string; readonly jwk: JWK; readonly key: KeyObject }
let listener: Server
let heard: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-jwt-'))
  const [database, keys] = [`sqlite:${join(folder, 'gatehouse.db')}`, [randomBytes(32)]]
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ database, keys })
  await broker.addSource(upstream)
  client = await broker.addClient()
  ;({ visitor, tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } }))
  adminToken = await broker.adminToken()

  await using stores = await openSqlStores({ url: database, vault: createVault(keys), clock: Date.now, log: silent })
  signingKey = (await stores.keys.list()).find(({ state }) => state === 'active')?.privateJwk ?? {}
  ownKey = createPrivateKey({ key: signingKey, format: 'jwk' })

  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...pair.privateKey.export({ format: 'jwk' }), kid: 'client-1', alg: 'RS256', use: 'sig' } as JWK
  const { kty, n, e, kid, alg, use } = jwk
  const made = await broker.created('clients', {
    client_name: 'Keyed',
    redirect_uris: ['https://keyed.example/callback'],
    grant_types: ['client_credentials', 'authorization_code'],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [{ kty, n, e, kid, alg, use }] },
  })
  keyed = { id: String(made.client_id), jwk, key: pair.privateKey }

  heard = []
  listener = createServer((req, res) => {
    heard.push(String(req.url))
    res.end('{}')
  })
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
})

afterAll(async () => {
  listener?.close()
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const listening = () => `http://127.0.0.1:${(listener.address() as AddressInfo).port}`

/** What may come of a token. `broken`: neither; never right. */
type Answer = 'believed' | 'refused' | 'broken'

const told = (status: number, believed: boolean): Answer =>
  status >= 500 ? 'broken' : believed ? 'believed' : 'refused'

/** Where JWTs come in, and what was made of the one that came. */
const entries = {
  async userinfo(token: string): Promise<Answer> {
    const { status } = await broker.userinfo(token)
    return told(status, status === 200)
  },
  async introspection(token: string): Promise<Answer> {
    const { status, body } = await broker.introspect(client, token)
    if (status === 200 && body.active === false) expect(body).toEqual({ active: false })
    return told(status, body.active === true)
  },
  /** Believed would be: the genuine token that it was made from is dead afterwards. */
  async revocation(token: string): Promise<Answer> {
    const { status } = await broker.post('/revoke', { token }, basic(client))
    return told(status, (await broker.introspect(client, tokens.access_token)).body.active !== true)
  },
  async 'the admin API'(token: string): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}` }
    const { status } = await fetch(`${broker.issuer}/admin/api/v1/users`, { headers })
    return told(status, status === 200)
  },
  async 'id_token_hint at /authorize'(token: string): Promise<Answer> {
    const { url } = broker.authorizationUrl(client, { prompt: 'none', id_token_hint: token })
    const answer = await visitor.request(url)
    const { searchParams } = new URL(answer.headers.get('location') ?? '/', broker.issuer)
    if (answer.status === 303) expect(searchParams.get('error') ?? 'code').toMatch(/^(code|invalid_request)$/)
    return told(answer.status, searchParams.has('code'))
  },
  /** With nobody signed in, so that a hint that is believed leads on at once. */
  async 'id_token_hint at /logout'(token: string): Promise<Answer> {
    const query = new URLSearchParams({ id_token_hint: token, post_logout_redirect_uri: 'https://app.example/bye' })
    const { status, headers } = await fetch(`${broker.issuer}/logout?${query}`, { redirect: 'manual' })
    return told(status, headers.get('location')?.startsWith('https://app.example/') ?? false)
  },
  async 'client assertion'(token: string): Promise<Answer> {
    const answer = await broker.post('/token', {
      grant_type: 'client_credentials',
      client_id: keyed.id,
      client_assertion_type: assertionType,
      client_assertion: token,
    })
    if (answer.status === 401) expect(await answer.json()).toMatchObject({ error: 'invalid_client' })
    return told(answer.status, answer.status === 200)
  },
}
type Entry = keyof typeof entries

interface Genuine {
  readonly header: Claims
  readonly payload: Claims
  readonly key: JWK
}

const parts = (token: string): Omit<Genuine, 'key'> => ({
  header: { ...decodeProtectedHeader(token) },
  payload: { ...decodeJwt(token) },
})

/** What is believed there, taken apart. */
function genuineFor(entry: Entry): Genuine {
  switch (entry) {
    case 'userinfo':
    case 'introspection':
    case 'revocation':
      return { ...parts(tokens.access_token), key: signingKey }
    case 'the admin API':
      return { ...parts(adminToken), key: signingKey }
    case 'id_token_hint at /authorize':
    case 'id_token_hint at /logout':
      return { ...parts(tokens.id_token), key: signingKey }
    case 'client assertion':
      return { header: { alg: 'RS256', kid: 'client-1' }, payload: assertion(), key: keyed.jwk }
  }
}

function assertion(): Claims {
  const now = Math.floor(Date.now() / 1000)
  return { iss: keyed.id, sub: keyed.id, aud: broker.issuer, jti: randomUUID(), iat: now, exp: now + 60 }
}

const names = Object.keys(entries) as Entry[]
const inHeader: readonly Entry[] = ['userinfo', 'the admin API']
const keyFor = (entry: Entry): KeyObject => (entry === 'client assertion' ? keyed.key : ownKey)

/** Those of the tokens that were not simply refused, by name. */
async function notRefused(entry: Entry, made: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const found: string[] = []
  for (const [name, token] of Object.entries(made)) {
    if (token.includes('\n') && inHeader.includes(entry)) continue // No client can send it.
    const answer = await entries[entry](token)
    if (answer !== 'refused') found.push(`${name}: ${answer}`)
  }
  return found
}

describe.each(names)('at %s', (entry) => {
  it('SEC-041 no forgery is believed: algorithms are fixed by the key, never chosen by the token', async () => {
    const made = forgeries({ ...genuineFor(entry), listener: listening() })
    expect(Object.keys(made).length).toBeGreaterThan(25)
    expect(await notRefused(entry, made)).toEqual([])
    expect(heard).toEqual([])
  })

  it('SEC-042 a key id is looked up among our keys and nowhere else, whatever it looks like', async () => {
    const { header, payload } = genuineFor(entry)
    const made = strangeKids.map((kid) => [
      JSON.stringify(kid).slice(0, 40),
      forge({ ...header, kid }, payload, keyFor(entry)),
    ])
    expect(await notRefused(entry, Object.fromEntries(made))).toEqual([])
  })

  it('SEC-044 what two parsers could read differently is refused, even from who holds the key', async () => {
    const { header, payload } = genuineFor(entry)
    expect(await notRefused(entry, ambiguous(header, payload, keyFor(entry)))).toEqual([])
  })

  it('SEC-044 issuer, audience and times are checked, with a small allowance', async () => {
    const { header, payload } = genuineFor(entry)
    const now = Math.floor(Date.now() / 1000)
    const isHint = entry.startsWith('id_token_hint')
    const isOwners = entry === 'introspection' || entry === 'revocation'
    const wrong: Readonly<Record<string, Claims>> = {
      'another issuer': { iss: 'https://other.example' },
      'our issuer with a slash': { iss: `${payload.iss}/` },
      'no issuer': { iss: undefined },
      // One's own token for an API is one's own to look at and to revoke.
      ...(!isOwners && { 'another audience': { aud: 'https://other.example' } }),
      'a list of audiences, one of them another': { aud: [payload.aud, 'https://other.example'] },
      'no audience': { aud: undefined },
      'an audience that is an object': { aud: { is: payload.aud } },
      'not valid yet': { nbf: now + 120 },
      'a beginning that is text': { nbf: '0' },
      'a time of issue that is text': { iat: String(now) },
      // A hint says who was there, and may have expired (RP-Initiated Logout §4).
      ...(!isHint && {
        expired: { exp: now - 61 },
        'no expiry': { exp: undefined },
        'an expiry that is text': { exp: String(now + 60) },
        'issued in the future': { iat: now + 120 },
      }),
    }
    const made = Object.entries(wrong).map(([name, claims]) => [
      name,
      forge(header, { ...payload, ...claims }, keyFor(entry)),
    ])
    expect(await notRefused(entry, Object.fromEntries(made))).toEqual([])
    if (entry !== 'revocation') {
      const early = forge(header, { ...payload, jti: randomUUID(), nbf: now + 8 }, keyFor(entry))
      expect(await entries[entry](early)).toBe('believed')
    }
  })

  it('SEC-043 a token of another kind is refused', async () => {
    const { header, payload } = genuineFor(entry)
    const { answer, verifier } = await broker.authorize(visitor, client)
    const { refresh_token: refresh, id_token: idToken } = (await (
      await broker.redeem(client, answer.code ?? '', verifier)
    ).json()) as Tokens
    const retyped = (typ: string) => forge({ ...header, typ }, { ...payload, jti: randomUUID() }, keyFor(entry))
    const made: Record<string, string> = {
      'a code': answer.code ?? '',
      'a logout token by its type': retyped('logout+jwt'),
      'an unknown type': retyped('secevent+jwt'),
      'a request object': retyped('oauth-authz-req+jwt'),
    }
    if (entry !== 'introspection' && entry !== 'revocation') made['a refresh token'] = refresh
    if (entry !== 'client assertion')
      made['a client assertion'] = forge({ alg: 'RS256', kid: 'client-1' }, assertion(), keyed.key)
    if (!entry.startsWith('id_token_hint')) {
      made['an ID token'] = idToken
      made['an ID token in the header of an access token'] = forge(
        { ...header, typ: 'JWT' },
        parts(idToken).payload,
        ownKey,
      )
      made['an ID token in the header of RFC 9068'] = forge(
        { ...header, typ: 'at+jwt' },
        parts(idToken).payload,
        ownKey,
      )
    } else made['an access token'] = tokens.access_token
    if (entry === 'the admin API') made['an access token for a client'] = tokens.access_token
    if (entry === 'userinfo') made['an access token for the admin API'] = adminToken
    expect(await notRefused(entry, made)).toEqual([])
  })
})

describe('elsewhere', () => {
  it('SEC-041 request objects are refused unread, and SEC-042 none is fetched', async () => {
    const payload = { iss: client.id, aud: broker.issuer, client_id: client.id, redirect_uri: 'https://evil.example/' }
    const made = forgeries({
      header: { alg: 'RS256', kid: 'client-1' },
      payload,
      key: keyed.jwk,
      listener: listening(),
    })
    for (const [name, request] of [...Object.entries(made), ['genuine', forge({ alg: 'RS256' }, payload, keyed.key)]]) {
      const { url } = broker.authorizationUrl(client, { request: request ?? '' })
      const answer = await fetch(url, { redirect: 'manual' })
      const location = new URL(answer.headers.get('location') ?? '/', broker.issuer)
      expect(location.origin, name).toBe('https://app.example')
      expect(location.searchParams.get('error'), name).toBe('request_not_supported')
    }
    const { url } = broker.authorizationUrl(client, { request_uri: `${listening()}/request.jwt` })
    const answer = await fetch(url, { redirect: 'manual' })
    expect(answer.headers.get('location')).toContain('error=request_uri_not_supported')
    expect(heard).toEqual([])
  })

  it('SEC-043 an access or ID token is no refresh token, no code and no password', async () => {
    for (const token of [tokens.access_token, tokens.id_token]) {
      expect((await broker.refresh(client, token)).status).toBe(400)
      expect((await broker.redeem(client, token, 'x'.repeat(43))).status).toBe(400)
      expect(
        (await broker.post('/token', { grant_type: 'client_credentials' }, basic({ ...client, secret: token }))).status,
      ).toBe(401)
    }
  })

  it('SEC-041 what all of these were made from is believed at each place', async () => {
    for (const entry of names.filter((name) => name !== 'revocation')) {
      const { header, payload } = genuineFor(entry)
      expect(await entries[entry](forge(header, payload, keyFor(entry))), entry).toBe('believed')
    }
    expect(await entries.revocation(tokens.access_token)).toBe('believed')
  })
})
