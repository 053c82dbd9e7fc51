/** Whoever sends the gateway JWTs that nobody should believe, in the name of an issuer that everybody does. */
import { createHmac, createPublicKey, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bearer, type GatewayWorld, startGateway } from '../gateway/start-gateway.ts'
import type { Json } from '../support/broker.ts'
import { ambiguous, type Claims, forge, forgeries, strangeKids, strangerEc, strangerRsa } from '../support/forgeries.ts'
import { type IssuerKey, newKey, signJwt, startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts'

let world: GatewayWorld
let issuer: TokenIssuer
let ahead = 0
const now = () => Date.now() + ahead
const secret = 'a shared secret that is longer than sixty-four bytes, which is what HS512 asks for'
const rsa = newKey('rsa-1')
const second = newKey('rsa-2')
const keys: Readonly<Record<string, IssuerKey>> = {
  rsa,
  ES256: newKey('p256', 'P-256'),
  ES384: newKey('p384', 'P-384'),
  ES512: newKey('p521', 'P-521'),
  EdDSA: newKey('ed25519', 'ed25519'),
}
const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const keyFor = (alg: string): IssuerKey => keys[alg] ?? rsa
const hosts: Record<string, string> = {}
let number = 0
const heard: string[] = []
const listener = createServer((request, response) => {
  heard.push(String(request.url))
  response.end('{}')
})

beforeAll(async () => {
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
  issuer = await startTokenIssuer({ now })
  issuer.publish([...Object.values(keys), second])
  world = await startGateway({ parts: { clock: now } })
  hosts.all = await hostFor({ algorithms: asymmetric })
  hosts.rs256 = await hostFor({})
  hosts.secret = await hostFor({ shared_secret: secret, algorithms: ['HS256', 'HS384', 'HS512'] })
}, 60_000)
afterAll(async () => {
  listener.close()
  await world?.[Symbol.asyncDispose]()
  await issuer?.[Symbol.asyncDispose]()
})
beforeEach(() => {
  ahead = 0
  issuer.heard()
})

/** Of an API that lists a source with these settings. */
async function hostFor(config: Json): Promise<string> {
  number += 1
  const alias = `Issuer-${number}`
  const source = { alias, name: alias, type: 'jwt', config: { ...issuer.config, ...config } }
  await world.broker.created('authentication-sources', source)
  return (await world.addApi({ clients: [], authentication_sources: [alias] })).host
}

// The check as nginx asks it, which has no other words for a refusal than 401 and 403.
const ask = (host: string | undefined, token: string) =>
  world.ask({ dialect: 'nginx', host: host ?? '', headers: bearer(token) })

const token = (claims: Claims = {}, header: Claims = {}, key: KeyObject | string = rsa.privateKey) =>
  signJwt({ alg: 'RS256', kid: 'rsa-1', ...header }, issuer.claims(claims), key)

/** Into the head of a request, which has room for 16 KiB of ASCII. */
const fits = (text: string): boolean => text.length < 15_000 && /^[\x21-\x7e]+$/.test(text)

describe('SEC-041 the algorithm is the settings’, and the key’s', () => {
  it.each(asymmetric)('%s passes where it is allowed, and only there', async (alg) => {
    const { kid, privateKey } = keyFor(alg)
    const good = token({}, { alg, kid }, privateKey)
    expect((await ask(hosts.all, good)).status).toBe(200)
    expect((await ask(hosts.rs256, good)).status).toBe(alg === 'RS256' ? 200 : 401)
    expect(await ask(hosts.secret, good)).toMatchObject({ status: 401, reason: 'token_algorithm' })
  })

  it.each(['HS256', 'HS384', 'HS512'])('%s passes with the shared secret only', async (alg) => {
    const good = token({}, { alg, kid: undefined }, secret)
    expect((await ask(hosts.secret, good)).status).toBe(200)
    expect((await ask(hosts.secret, token({}, { alg, kid: 'any' }, secret))).status).toBe(200)
    expect(await ask(hosts.all, good)).toMatchObject({ status: 401, reason: 'token_algorithm' })
    expect(await ask(hosts.secret, token({}, { alg }, `${secret}!`))).toMatchObject({ reason: 'token_signature' })
    expect(await ask(hosts.secret, token({}, { alg }, 'x'))).toMatchObject({ reason: 'token_signature' })
  })

  it('no forgery passes, and no address in a token is called (SEC-042)', async () => {
    const { port } = listener.address() as AddressInfo
    const genuine = { header: { alg: 'RS256', typ: 'JWT', kid: 'rsa-1' }, payload: issuer.claims() }
    const key = { ...rsa.privateKey.export({ format: 'jwk' }) }
    const bad = forgeries({ ...genuine, key, listener: `http://127.0.0.1:${port}` })
    expect((await ask(hosts.rs256, forge(genuine.header, genuine.payload, rsa.privateKey))).status).toBe(200)
    for (const [name, forged] of Object.entries(bad)) {
      const answer = await ask(hosts.rs256, forged)
      expect(answer.status, name).toBe(401)
      expect(answer.headers['x-auth-subject'], name).toBeUndefined()
    }
    expect(heard).toEqual([])
  })

  it('no MAC passes that is made with what everybody knows, where signatures are expected or where MACs are', async () => {
    const pem = String(createPublicKey(rsa.privateKey).export({ format: 'pem', type: 'spki' }))
    const fixed = await hostFor({ public_key: pem, algorithms: ['RS256', 'PS256', 'ES256'] })
    expect((await ask(fixed, token())).status).toBe(200)
    for (const alg of ['HS256', 'RS256']) {
      const [head, body] = token({}, { alg }).split('.')
      const mac = createHmac('sha256', pem).update(`${head}.${body}`).digest('base64url')
      for (const host of [fixed, hosts.all, hosts.secret])
        expect((await ask(host, `${head}.${body}.${mac}`)).status).toBe(401)
    }
  })

  it('a key is for the algorithm that it is published for', async () => {
    const bound = newKey('only-ps', 'rsa', { alg: 'PS256' })
    const sealed = newKey('for-encryption', 'rsa', { use: 'enc' })
    const wrapping = newKey('for-wrapping', 'rsa', { use: undefined, key_ops: ['wrapKey'] })
    const keySet = { keys: [bound.jwk, sealed.jwk, wrapping.jwk] }
    const host = await hostFor({ jwks: keySet, algorithms: ['RS256', 'PS256'] })
    expect((await ask(host, token({}, { alg: 'PS256', kid: bound.kid }, bound.privateKey))).status).toBe(200)
    for (const { kid, privateKey } of [bound, sealed, wrapping])
      expect(await ask(host, token({}, { kid }, privateKey))).toMatchObject({ reason: 'token_key_unknown' })
  })
})

describe('SEC-042 what a token says of its key', () => {
  it('jku, jwk, x5u and x5c are not looked at: the published key decides', async () => {
    const { port } = listener.address() as AddressInfo
    const theirs = strangerRsa.publicKey.export({ format: 'jwk' })
    const lures = { jku: `http://127.0.0.1:${port}/`, x5u: `http://127.0.0.1:${port}/`, jwk: theirs, x5c: ['AAAA'] }
    expect((await ask(hosts.rs256, token({}, lures))).status).toBe(200)
    expect((await ask(hosts.rs256, token({}, lures, strangerRsa.privateKey))).reason).toBe('token_signature')
    expect(heard).toEqual([])
  })

  it('no strange kid is looked up anywhere, and none breaks anything', async () => {
    for (const kid of strangeKids) {
      const strange = token({}, { kid })
      if (fits(strange)) expect((await ask(hosts.rs256, strange)).status, JSON.stringify(kid)).toBe(401)
    }
    expect((await ask(hosts.rs256, token())).status).toBe(200)
    expect(issuer.heard().filter((call) => !/^GET \/(keys|\.well-known\/openid-configuration)$/.test(call))).toEqual([])
  })

  it('without a kid, any key of the kind may have signed; with the kid of another, only that one', async () => {
    expect((await ask(hosts.rs256, token({}, { kid: undefined }))).status).toBe(200)
    expect((await ask(hosts.rs256, token({}, { kid: undefined }, second.privateKey))).status).toBe(200)
    expect(await ask(hosts.rs256, token({}, { kid: undefined }, strangerRsa.privateKey))).toMatchObject({
      reason: 'token_signature',
    })
    expect(await ask(hosts.rs256, token({}, { kid: 'rsa-2' }))).toMatchObject({ reason: 'token_signature' })
    const { privateKey } = keyFor('ES256')
    expect((await ask(hosts.all, token({}, { alg: 'ES256', kid: undefined }, privateKey))).status).toBe(200)
  })

  it('without a kid, not so many keys are tried as somebody publishes', async () => {
    const many = [rsa, second, newKey('rsa-3'), newKey('rsa-4'), newKey('rsa-5')]
    const host = await hostFor({ jwks: { keys: many.map(({ jwk }) => jwk) } })
    expect((await ask(host, token())).status).toBe(200)
    expect(await ask(host, token({}, { kid: undefined }))).toMatchObject({ reason: 'token_key_unknown' })
  })

  it('keys without a name are for tokens with any, or none', async () => {
    const pem = String(createPublicKey(rsa.privateKey).export({ format: 'pem', type: 'spki' }))
    const host = await hostFor({ public_key: pem })
    for (const kid of [undefined, 'rsa-1', 'another'])
      expect((await ask(host, token({}, { kid }))).status, kid).toBe(200)
  })

  it('an extension that is critical is unknown, whatever it is called', async () => {
    for (const crit of [['exp'], ['b64'], [], 'exp', null])
      expect(await ask(hosts.rs256, token({}, { crit, exp: 1, b64: true }))).toMatchObject({
        reason: 'token_algorithm',
      })
  })
})

describe('SEC-043 the kind', () => {
  it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt'])('typ %s passes', async (typ) => {
    expect((await ask(hosts.rs256, token({}, { typ }))).status).toBe(200)
  })

  it.each<[string, Claims, Claims]>([
    ['an ID token by its nonce', { nonce: 'n' }, {}],
    ['an ID token by at_hash', { at_hash: 'x' }, { typ: 'JWT' }],
    ['an ID token by c_hash', { c_hash: 'x' }, {}],
    ['an ID token by its typ claim', { typ: 'ID' }, {}],
    ['an ID token by its typ claim under at+jwt', { typ: 'ID' }, { typ: 'at+jwt' }],
    ['an ID token by its use', { token_use: 'id' }, {}],
    ['what says its kind as nobody does', { typ: ['Bearer'] }, {}],
    ['what says its use as nobody does', { token_use: 1 }, { typ: 'at+jwt' }],
    ['a refresh token by its typ claim', { typ: 'Refresh' }, {}],
    ['an offline token by its typ claim', { typ: 'Offline' }, {}],
    ['a logout token', { events: {} }, {}],
    ['a logout token by its header', {}, { typ: 'logout+jwt' }],
    ['an ID token by its header', {}, { typ: 'id_token+jwt' }],
    ['an assertion of ours by its header', {}, { typ: 'gatehouse-assertion+jwt' }],
    ['a security event', {}, { typ: 'secevent+jwt' }],
    ['a proof of possession', {}, { typ: 'dpop+jwt' }],
  ])('%s is refused', async (_, claims, header) => {
    expect(await ask(hosts.rs256, token(claims, header))).toMatchObject({ status: 401, reason: 'token_type' })
  })

  it('an access token with a nonce passes when it says that it is one', async () => {
    expect((await ask(hosts.rs256, token({ nonce: 'n', typ: 'Bearer' }))).status).toBe(200)
    expect((await ask(hosts.rs256, token({ nonce: 'n' }, { typ: 'at+jwt' }))).status).toBe(200)
    for (const nonce of [undefined, 'n'])
      expect((await ask(hosts.rs256, token({ nonce, token_use: 'access' }))).status).toBe(200)
  })

  it('SEC-105 a token that is bound to a key is not taken for one that anybody may carry', async () => {
    for (const cnf of [{ jwk: {} }, { 'x5t#S256': 'x', jkt: 'x' }, { 'x5t#S256': 1 }, { jkt: ['x'] }, {}, null])
      expect(await ask(hosts.rs256, token({ cnf }))).toMatchObject({ status: 401, reason: 'token_bound' })
    for (const cnf of [{ 'x5t#S256': 'x' }, { jkt: 'x' }])
      expect(await ask(hosts.rs256, token({ cnf }))).toMatchObject({ status: 401, reason: 'token_binding_unproven' })
  })

  it('a token that the issuer meant for somebody with our address in it is none of ours', async () => {
    const own = { iss: world.broker.issuer }
    expect((await ask(hosts.rs256, token(own))).status).toBe(401)
  })
})

describe('SEC-044 issuer, audience and times', () => {
  const at = (seconds: number) => Math.floor(now() / 1000) + seconds

  it.each<[string, () => Claims, string]>([
    ['another issuer', () => ({ iss: 'https://elsewhere.example' }), 'token_issuer'],
    ['the issuer with a slash', () => ({ iss: `${issuer.issuer}/` }), 'token_issuer'],
    ['a list of issuers', () => ({ iss: [issuer.issuer] }), 'token_issuer'],
    ['no issuer', () => ({ iss: undefined }), 'token_issuer'],
    ['another audience', () => ({ aud: 'api://other' }), 'token_audience'],
    ['other audiences', () => ({ aud: ['api://other', 'api://defaul'] }), 'token_audience'],
    ['an audience in other capitals', () => ({ aud: 'API://default' }), 'token_audience'],
    ['no audience', () => ({ aud: undefined }), 'token_audience'],
    ['an audience that is an object', () => ({ aud: { 'api://default': true } }), 'token_malformed'],
    ['nobody', () => ({ sub: undefined }), 'token_malformed'],
    ['an empty name', () => ({ sub: '' }), 'token_malformed'],
    ['a list of names', () => ({ sub: ['user-1'] }), 'token_malformed'],
    ['a long name', () => ({ sub: 'x'.repeat(256) }), 'token_malformed'],
    ['no end', () => ({ exp: undefined }), 'token_malformed'],
    ['an end in words', () => ({ exp: `${at(300)}` }), 'token_malformed'],
    ['an end that is over', () => ({ exp: at(-60) }), 'token_expired'],
    ['a beginning to come', () => ({ nbf: at(60) }), 'token_not_yet_valid'],
    ['a beginning in words', () => ({ nbf: '0' }), 'token_malformed'],
    ['a birth to come', () => ({ iat: at(60) }), 'token_not_yet_valid'],
  ])('%s is refused', async (_, claims, reason) => {
    expect(await ask(hosts.rs256, token(claims()))).toMatchObject({ status: 401, reason })
  })

  it('one audience of several is enough, on either side', async () => {
    const host = await hostFor({ audiences: ['api://a', 'api://b'] })
    expect((await ask(host, token({ aud: ['x', 'api://b'] }))).status).toBe(200)
    expect((await ask(host, token({ aud: 'api://a' }))).status).toBe(200)
  })

  it('the tolerance of the source counts to the second, for tokens that are known too', async () => {
    const host = await hostFor({ clock_tolerance: 30 })
    // In the middle of a second, so that the clock stays in it.
    ahead = 500 - (Date.now() % 1000)
    const second = Math.floor(now() / 1000)
    const old = token({ exp: second - 29 })
    expect((await ask(host, old)).status).toBe(200)
    expect((await ask(host, token({ nbf: second + 30, iat: second + 30 }))).status).toBe(200)
    expect(await ask(host, token({ exp: second - 31 }))).toMatchObject({ reason: 'token_expired' })
    expect(await ask(host, token({ nbf: second + 33 }))).toMatchObject({ reason: 'token_not_yet_valid' })
    ahead += 2000
    expect(await ask(host, old)).toMatchObject({ reason: 'token_expired' })
    const none = await hostFor({ clock_tolerance: 0 })
    expect(await ask(none, token({ exp: Math.floor(now() / 1000) }))).toMatchObject({ reason: 'token_expired' })
  })

  it('what two parsers could read differently is no token', async () => {
    const header = { alg: 'RS256', kid: 'rsa-1' }
    const spellings = Object.entries(ambiguous(header, issuer.claims(), rsa.privateKey)).filter(([, spelt]) =>
      fits(spelt),
    )
    expect(spellings.length).toBeGreaterThan(8)
    for (const [name, spelt] of spellings) expect((await ask(hosts.rs256, spelt)).status, name).toBe(401)
  })

  it('one of more than 8 KB passes, one that no head has room for does not, nor one within another', async () => {
    const large = token({ groups: Array.from({ length: 500 }, (_, i) => `group-${i}`), filler: 'x'.repeat(1000) })
    expect(large.length).toBeGreaterThan(8192)
    expect((await ask(hosts.rs256, large)).status).toBe(200)
    expect((await ask(hosts.rs256, token({ filler: 'x'.repeat(12_500) }))).status).toBe(431)
    const [head, , tail] = token({}, { cty: 'JWT' }).split('.')
    const nested = `${head}.${Buffer.from(token()).toString('base64url')}.${tail}`
    expect(await ask(hosts.rs256, nested)).toMatchObject({ status: 401, reason: 'token_malformed' })
    expect((await ask(hosts.rs256, `${token()}.a.b`)).status, 'encrypted').toBe(401)
  })

  it('claims that look like parts of a program are claims', async () => {
    const { headers, status } = await ask(
      hosts.rs256,
      token({ preferred_username: 'x\r\nX-Auth-Roles: admin', groups: ['a,b', '__proto__', 'ä'], constructor: 'x' }),
    )
    expect(status).toBe(200)
    expect(headers['x-auth-user']).toBe('x%0D%0AX-Auth-Roles%3A%20admin'.replaceAll('%3A', ':'))
    expect(headers['x-auth-groups']).toBe('a%2Cb,__proto__,%C3%A4')
  })
})

it('SEC-042 a curve is not taken for another, nor a signature for one of the other kind', async () => {
  const forged = token({}, { alg: 'ES256', kid: 'p256' }, strangerEc.privateKey)
  expect(await ask(hosts.all, forged)).toMatchObject({ reason: 'token_signature' })
  const { privateKey } = keyFor('ES384')
  expect(
    (await ask(hosts.all, signJwt({ alg: 'ES256', kid: 'p384' }, issuer.claims(), privateKey, 'ES384'))).status,
  ).toBe(401)
  const empty = `${token({}, { alg: 'ES256', kid: 'p256' }, privateKey).split('.').slice(0, 2).join('.')}.${Buffer.alloc(64).toString('base64url')}`
  expect(await ask(hosts.all, empty)).toMatchObject({ reason: 'token_signature' })
})
