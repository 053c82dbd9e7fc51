/** How clients authenticate (rows 32 to 34), against the real broker. */
import { createPublicKey, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { automation, basic, type Json, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const machine = { redirect_uris: [], grant_types: ['client_credentials'] }
const protectedPaths = ['/token', '/introspect', '/revoke']

let broker: TestBroker
let confidential: TestClient
let posting: TestClient
let open: TestClient
let keyed: TestClient
let privateKey: CryptoKey

beforeAll(async () => {
  broker = await startTestBroker()
  const pair = await generateKeyPair('RS256', { extractable: true })
  privateKey = pair.privateKey
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  confidential = await broker.addClient({ ...machine })
  posting = await broker.addClient({ ...machine, token_endpoint_auth_method: 'client_secret_post' })
  open = await broker.addClient({ client_id: `${randomUUID()}:OPENID`, token_endpoint_auth_method: 'none' })
  keyed = await broker.addClient({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } })
})
afterAll(() => broker?.[Symbol.asyncDispose]())

const formFor = (path: string): Record<string, string> =>
  path === '/token' ? { grant_type: 'client_credentials' } : { token: 'whatever' }
const ask = async (path: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
  const answer = await broker.post(path, { ...formFor(path), ...form }, headers)
  const text = await answer.text()
  return { status: answer.status, headers: answer.headers, body: (text ? JSON.parse(text) : {}) as Json }
}
const raw = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

const now = () => Math.floor(Date.now() / 1000)
const claims = (more: JWTPayload = {}): JWTPayload => ({
  iss: keyed.id,
  sub: keyed.id,
  aud: broker.issuer,
  jti: randomUUID(),
  iat: now(),
  exp: now() + 60,
  ...more,
})
const sign = (payload: JWTPayload, key: CryptoKey | Uint8Array = privateKey, header: Json = {}) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(key)
const assertion = (jwt: string) => ({ client_assertion: jwt, client_assertion_type: assertionType })

describe('who must authenticate', () => {
  it.each(protectedPaths)('SEC-032 answers 401 invalid_client at %s to whoever shows no credentials', async (path) => {
    const answer = await ask(path, {})
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect(answer.headers.get('cache-control')).toContain('no-store')
  })

  it.each(protectedPaths)('SEC-032 takes a confidential client for itself at %s only with its secret', async (path) => {
    const attempts = [
      ask(path, { client_id: confidential.id }),
      ask(path, {}, basic({ ...confidential, secret: 'wrong-secret' })),
      ask(path, {}, basic({ ...confidential, secret: '' })),
      ask(path, {}, basic({ id: 'nobody', secret: confidential.secret })),
      ask(path, {}, { authorization: 'Basic not*base64' }),
      ask(path, {}, { authorization: 'Bearer whatever' }),
      ask(path, { client_id: keyed.id }),
    ]
    for (const answer of await Promise.all(attempts)) {
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
      const challenge = answer.headers.get('www-authenticate') ?? ''
      expect(challenge.split(',')[0]).toBe(`Basic realm="${broker.issuer}"`)
    }
    const wrong = await ask(path, {}, basic({ ...confidential, secret: 'wrong-secret' }))
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /)
    expect((await ask(path, {}, basic(confidential))).status).toBe(200)
  })

  it('SEC-032 takes the credentials from the body only, never from the address', async () => {
    const query = new URLSearchParams({ client_id: posting.id, client_secret: posting.secret })
    const answer = await broker.post(`/token?${query}`, { grant_type: 'client_credentials' })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(await answer.json()).not.toHaveProperty('access_token')
  })
})

describe('the registered method', () => {
  it('SEC-033 is the only one that counts', async () => {
    const { id, secret } = confidential
    expect((await ask('/token', {}, basic(confidential))).status).toBe(200)
    expect((await ask('/token', { client_id: posting.id, client_secret: posting.secret })).status).toBe(200)
    const wrong = {
      'a secret in the body of a client for Basic': ask('/token', { client_id: id, client_secret: secret }),
      'Basic of a client for the body': ask('/token', {}, basic(posting)),
      'an assertion of a client with a secret': ask('/token', assertion(await sign(claims({ iss: id, sub: id })))),
      'a secret of a client with a key': ask('/token', {}, basic({ id: keyed.id, secret: 'whatever-it-is' })),
      'a secret of a client without one': ask('/token', {}, basic({ id: open.id, secret: 'whatever-it-is' })),
      'an assertion of a client without a key': ask(
        '/token',
        assertion(await sign(claims({ iss: open.id, sub: open.id }))),
      ),
    }
    for (const [name, attempt] of Object.entries(wrong)) {
      const { status, body, headers } = await attempt
      expect({ status, body }, name).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
      expect(headers.get('www-authenticate'), name).toContain(`Basic realm="${broker.issuer}"`)
    }
  })

  it('SEC-033 comes alone: two at once are refused, even when one of them is right', async () => {
    const { id, secret } = confidential
    const both = [
      ask('/token', { client_id: id, client_secret: secret }, basic(confidential)),
      ask('/token', { client_secret: secret }, raw(`${id}:`)),
      ask('/token', assertion(await sign(claims())), basic(confidential)),
      ask('/token', { ...assertion(await sign(claims())), client_id: keyed.id, client_secret: secret }),
      ask('/token', { client_id: keyed.id }, basic(confidential)),
    ]
    for (const answer of await Promise.all(both)) expect([400, 401]).toContain(answer.status)
    const [first] = await Promise.all(both)
    expect(first?.body.error).toBe('invalid_request')
  })

  it('SEC-033 is not satisfied by the presence of an assertion that proves nothing', async () => {
    const payload = claims({ iss: confidential.id, sub: confidential.id })
    const { privateKey: foreign } = await generateKeyPair('RS256')
    const fakes = ['x.y.z', new UnsecuredJWT(payload).encode(), await sign(payload, foreign)]
    for (const fake of fakes) {
      expect((await ask('/token', assertion(fake))).status).not.toBe(200)
      expect((await ask('/token', assertion(fake), basic(confidential))).status).not.toBe(200)
      expect((await ask('/token', { ...assertion(fake), client_id: confidential.id })).status).not.toBe(200)
    }
  })
})

describe('HTTP Basic', () => {
  const id = '6fcc0833-0ec2-4542-bc2c-4cd88286dfc8:OPENID'
  let colon: TestClient
  beforeAll(async () => {
    colon = await broker.addClient({ ...machine, client_id: id })
  })

  it('takes an id with a colon as it stands, or form-encoded', async () => {
    expect((await ask('/token', {}, basic(colon))).status).toBe(200)
    expect((await ask('/token', {}, raw(`${colon.id}:${colon.secret}`))).status).toBe(200)
    expect((await ask('/introspect', {}, raw(`${colon.id}:${colon.secret}`))).status).toBe(200)
    expect((await ask('/token', {}, raw(`${colon.id}:wrong`))).body.error).toBe('invalid_client')
    const lower = { authorization: basic(colon).authorization.replace('Basic', 'basic') }
    expect((await ask('/token', {}, lower)).status).toBe(200)
  })

  it('takes a secret with a colon', async () => {
    const secret = 'a:secret:with:colons:and:enough:characters'
    const app = await broker.addClient({ ...machine, client_secret: secret })
    expect((await ask('/token', {}, raw(`${app.id}:${secret}`))).status).toBe(200)
    expect((await ask('/token', {}, basic({ id: app.id, secret }))).status).toBe(200)
  })

  it('takes the id of a public client with an empty secret, and of nobody else', async () => {
    const form = { grant_type: 'refresh_token', refresh_token: 'unknown' }
    for (const headers of [raw(`${open.id}:`), raw(`${encodeURIComponent(open.id)}:`)]) {
      expect((await ask('/token', form, headers)).body.error).toBe('invalid_grant')
      expect((await ask('/token', { ...form, client_id: open.id }, headers)).body.error).toBe('invalid_grant')
    }
    expect((await ask('/token', form, raw(`${confidential.id}:`))).body.error).toBe('invalid_client')
    expect((await ask('/token', form, raw(`${colon.id}:`))).body.error).toBe('invalid_client')
  })

  it('looks few ids up however many colons there are', async () => {
    const started = performance.now()
    const answer = await ask('/token', {}, raw(`${'a:'.repeat(5000)}b`))
    expect(answer.status).toBe(401)
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('SEC-035 strangers', () => {
  const ways: Record<
    string,
    (id: string) => readonly [form: Record<string, string>, headers?: Record<string, string>]
  > = {
    'a wrong secret by Basic': (id) => [{}, basic({ id, secret: 'wrong' })],
    'a wrong secret by Basic, as it stands': (id) => [{}, raw(`${id}:wrong`)],
    'a wrong secret by Basic and the id once more': (id) => [{ client_id: id }, raw(`${id}:wrong`)],
    'no secret by Basic': (id) => [{}, raw(`${id}:`)],
    'a wrong secret in the body': (id) => [{ client_id: id, client_secret: 'wrong' }],
    'nothing but the id': (id) => [{ client_id: id }],
    'a wrong assertion': (id) => {
      const token = new UnsecuredJWT({ iss: id, sub: id, aud: broker.issuer, jti: randomUUID() }).encode()
      const forged = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${token.split('.')[1]}.c2lnbmF0dXJl`
      return [{ client_assertion_type: assertionType, client_assertion: forged }]
    },
  }

  it.each(Object.keys(ways))('do not find out which clients there are, by %s', async (way) => {
    const off = await broker.addClient({ ...machine, enabled: false })
    const app = await broker.created('applications', { name: 'App', redirect_uris: ['https://app.example/back'] })
    const there = { confidential, posting, keyed, off }
    for (const path of protectedPaths) {
      const answerFor = async (id: string) => {
        const { status, headers, body } = await ask(path, ...(ways[way]?.(id) ?? [{}]))
        const shown = [...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name))
        return JSON.stringify([status, shown, body]).replaceAll(id, 'ID')
      }
      const nobody = await answerFor(randomUUID())
      for (const [name, { id }] of Object.entries(there)) expect(await answerFor(id), `${path} ${name}`).toBe(nobody)
      const nobodys = await answerFor(`${randomUUID()}:OPENID`)
      expect(await answerFor(`${app.id}:OPENID`), path).toBe(nobodys)
    }
  })

  it('are told less than who knows the secret: that it is switched off, or registered for another way', async () => {
    const off = await broker.addClient({ ...machine, enabled: false })
    for (const path of protectedPaths) {
      expect((await ask(path, {}, basic(off))).body, path).toMatchObject({ reason: 'client_disabled' })
      expect((await ask(path, {}, basic(posting))).body, path).toMatchObject({
        error_description: 'the client is registered for client_secret_post',
      })
    }
  })
})

describe('private_key_jwt', () => {
  const status = async (jwt: string) => (await ask('/token', assertion(jwt))).status

  it('SEC-034 takes an assertion for the issuer, signed by the registered key, once', async () => {
    const jwt = await sign(claims())
    const first = await ask('/token', assertion(jwt))
    expect(first.status).toBe(200)
    expect(await ask('/token', assertion(jwt))).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(await status(await sign(claims({ jti: 'the-same' })))).toBe(200)
    expect(await status(await sign(claims({ jti: 'the-same', exp: now() + 90 })))).toBe(401)
  })

  it('SEC-034 takes one of fifty uses at once', async () => {
    const jwt = await sign(claims())
    const answers = await Promise.all(Array.from({ length: 50 }, () => status(jwt)))
    expect(answers.filter((one) => one === 200)).toHaveLength(1)
    expect(answers.filter((one) => one === 401)).toHaveLength(49)
  })

  it('SEC-034 knows a used one after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
    const database = `sqlite:${join(folder, 'gatehouse.db')}`
    try {
      const before = await startTestBroker({ database })
      const { keys } = before
      const jwks = { keys: [{ ...createPublicKey(await pem()).export({ format: 'jwk' }), kid: 'one' }] }
      const { id } = await before.addClient({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks })
      const jwt = await sign(claims({ iss: id, sub: id, aud: before.issuer }))
      const form = { grant_type: 'client_credentials', ...assertion(jwt) }
      expect((await before.post('/token', form)).status).toBe(200)
      await before[Symbol.asyncDispose]()
      await using after = await startTestBroker({ database, keys, port: Number(new URL(before.issuer).port) })
      expect((await after.post('/token', form)).status).toBe(401)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
  const pem = async () => ({ key: (await exportJWK(privateKey)) as never, format: 'jwk' as const })

  it.each<[string, () => JWTPayload]>([
    ['the token endpoint as audience', () => ({ aud: `${broker.issuer}/token` })],
    ['the introspection endpoint as audience', () => ({ aud: `${broker.issuer}/introspect` })],
    ['a list with the issuer as audience', () => ({ aud: [broker.issuer] })],
    ['a list with the issuer and somebody else', () => ({ aud: [broker.issuer, 'https://elsewhere.example'] })],
    ['another server as audience', () => ({ aud: 'https://elsewhere.example' })],
    ['the issuer with a slash', () => ({ aud: `${broker.issuer}/` })],
    ['no audience', () => ({ aud: undefined as never })],
    ['another issuer', () => ({ iss: 'somebody' })],
    ['another client as issuer', () => ({ iss: confidential.id })],
    ['no issuer', () => ({ iss: undefined as never })],
    ['another subject', () => ({ sub: 'somebody' })],
    ['no subject', () => ({ sub: undefined as never })],
    ['no jti', () => ({ jti: undefined as never })],
    ['a jti that is too long', () => ({ jti: 'x'.repeat(256) })],
    ['no exp', () => ({ exp: undefined as never })],
    ['an exp in the past', () => ({ iat: now() - 120, exp: now() - 60 })],
    ['an exp in more than five minutes', () => ({ exp: now() + 330 })],
    ['an exp in a year', () => ({ exp: now() + 31_536_000 })],
    ['an exp in milliseconds', () => ({ exp: Date.now() })],
    ['an nbf in 61 seconds', () => ({ nbf: now() + 63 })],
    ['an iat in 61 seconds', () => ({ iat: now() + 63, exp: now() + 120 })],
    ['an iat that is text', () => ({ iat: String(now()) as never })],
  ])('SEC-034 refuses an assertion with %s', async (_what, more) => {
    const answer = await ask('/token', assertion(await sign(claims(more()))))
    expect([400, 401]).toContain(answer.status)
    expect(answer.body).not.toHaveProperty('access_token')
  })

  it.each<[string, () => JWTPayload]>([
    ['nbf and iat 8 seconds ahead', () => ({ nbf: now() + 8, iat: now() + 8 })],
    ['an exp in five minutes', () => ({ exp: now() + 300 })],
    ['no iat', () => ({ iat: undefined as never })],
  ])('SEC-034 takes an assertion with %s', async (_what, more) => {
    expect(await status(await sign(claims(more())))).toBe(200)
  })

  it('SEC-034 refuses every key and algorithm but the registered', async () => {
    const { privateKey: foreign, publicKey } = await generateKeyPair('RS256')
    const { n = '' } = await exportJWK(privateKey)
    const spki = createPublicKey(await pem()).export({ type: 'spki', format: 'pem' })
    const forged = [
      await sign(claims(), foreign),
      await sign(claims(), foreign, { kid: 'two' }),
      await sign(claims(), foreign, { jwk: await exportJWK(publicKey) }),
      await sign(claims(), Buffer.from(spki), { alg: 'HS256' }),
      await sign(claims(), Buffer.from(n, 'base64url'), { alg: 'HS256' }),
      new UnsecuredJWT(claims()).encode(),
      `${(await sign(claims())).split('.').slice(0, 2).join('.')}.`,
    ]
    for (const jwt of forged) expect(await status(jwt)).not.toBe(200)
  })

  it('fetches no keys from within our own network, whatever a client registered', async () => {
    let connections = 0
    const inside = createServer().on('connection', (socket) => {
      connections += 1
      socket.destroy()
    })
    await new Promise<void>((done) => inside.listen(0, '127.0.0.1', done))
    try {
      const { port } = inside.address() as AddressInfo
      const jwks_uri = `https://127.0.0.1:${port}/keys`
      const { id } = await broker.addClient({ ...machine, token_endpoint_auth_method: 'private_key_jwt', jwks_uri })
      const answer = await ask('/token', assertion(await sign(claims({ iss: id, sub: id }))))
      expect(answer.status).not.toBe(200)
      expect(answer.status).toBeLessThan(500)
      expect(connections).toBe(0)
    } finally {
      inside.close()
    }
  })

  it('SEC-034 asks for the right assertion type', async () => {
    const jwt = await sign(claims())
    expect((await ask('/token', { client_assertion: jwt })).status).not.toBe(200)
    const saml = 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'
    expect((await ask('/token', { client_assertion: jwt, client_assertion_type: saml })).status).not.toBe(200)
  })
})

it('gives the bootstrap client its new secret at the next start, and takes the old one no more', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
  const database = `sqlite:${join(folder, 'gatehouse.db')}`
  try {
    const before = await startTestBroker({ database })
    const { keys } = before
    expect((await before.post('/token', { grant_type: 'client_credentials' }, basic(automation))).status).toBe(200)
    await before[Symbol.asyncDispose]()
    const renewed = { id: automation.id, secret: 'another8' }
    const warnings: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void warnings.push(line) })
    await using after = await startTestBroker({ database, keys, automation: renewed, parts: { log } })
    expect(warnings.join()).toContain('shorter than 32 characters')
    expect(warnings.join()).not.toContain(renewed.secret)
    expect((await after.post('/token', { grant_type: 'client_credentials' }, basic(renewed))).status).toBe(200)
    expect((await after.post('/token', { grant_type: 'client_credentials' }, basic(automation))).status).toBe(401)
  } finally {
    await rm(folder, { recursive: true })
  }
})
