/** What becomes of an access token wherever it is shown: introspection, revocation, userinfo, the admin API. */
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { basic, type Json, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'
import { type Forgery, forgeries } from './forgeries.ts'

const machine = { redirect_uris: [], grant_types: ['client_credentials'] }
const inactive = { status: 200, body: { active: false } }
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

let folder: string
let database: string
let upstream: Upstream
let broker: TestBroker
let visitor: Visitor
let client: TestClient
let modern: TestClient
let other: TestClient
let gateway: TestClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
  database = `sqlite:${join(folder, 'gatehouse.db')}`
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ database, keys: [randomBytes(32)] })
  await broker.addSource(upstream)
  client = await broker.addClient({ web_origins: ['https://spa.example'] })
  modern = await broker.addClient({ token_profile: 'rfc9068' })
  other = await broker.addClient(machine)
  gateway = await broker.addClient({ ...machine, resource_server: { apis: '*' } })
  visitor = createVisitor()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
  await rm(folder, { recursive: true })
})

const signIn = (who = client, params: Record<string, string> = {}) =>
  broker.login(who, { visitor, params: { idp_hint: 'Okta', ...params } })
const json = async (answer: Response) => ({ status: answer.status, body: (await answer.json()) as Json & Tokens })
const grant = async (who: TestClient, more: Record<string, string> = {}) =>
  json(await broker.post('/token', { grant_type: 'client_credentials', ...more }, basic(who)))
const revoke = async (who: TestClient, token: string, more: Record<string, string> = {}) =>
  (await broker.post('/revoke', { token, ...more }, basic(who))).status
const adminApi = (token: string) =>
  fetch(`${broker.issuer}/admin/api/v1/clients`, { headers: { authorization: `Bearer ${token}` } })
const isAlive = async (token: string, who = client) => (await broker.introspect(who, token)).body.active === true
async function signingKey() {
  await using stores = await openSqlStores({
    url: database,
    vault: createVault(broker.keys),
    clock: Date.now,
    log: silent,
  })
  const key = (await stores.keys.list()).find(({ state }) => state === 'active')
  if (!key) throw new Error('no active key')
  return { ...key.privateJwk, kid: key.kid }
}

describe('forgeries', () => {
  let corpus: readonly Forgery[]
  beforeAll(async () => {
    const genuine = (await signIn()).tokens.access_token
    corpus = forgeries({
      header: { ...decodeProtectedHeader(genuine) },
      payload: decodeJwt(genuine),
      key: await signingKey(),
    })
  })

  it('are exactly inactive at introspection', async () => {
    for (const { name, token } of corpus) {
      expect(await broker.introspect(client, token), name).toEqual(inactive)
      expect(await broker.introspect(gateway, token), name).toEqual(inactive)
    }
  })

  it('are an invalid token at userinfo and at the admin API', async () => {
    for (const { name, token } of corpus) {
      if (/[^\w.~+/=-]/.test(token) || token.length > 15_000) continue // No header can carry these.
      const userinfo = await broker.userinfo(token)
      expect(userinfo.status, name).toBe(401)
      expect(userinfo.headers.get('www-authenticate'), name).toMatch(/^Bearer .*error="invalid_token"/)
      const admin = await adminApi(token)
      expect(admin.status, name).toBe(401)
      expect(admin.headers.get('www-authenticate'), name).toMatch(/^Bearer .*error="invalid_token"/)
    }
  })

  it('revoke nothing, and are answered with 200', async () => {
    const { tokens } = await signIn()
    for (const { name, token } of corpus) expect(await revoke(client, token), name).toBe(200)
    expect(await isAlive(tokens.access_token)).toBe(true)
  })
})

describe('one kind of token instead of another', () => {
  it('refuses an ID token as an access token', async () => {
    const { id_token } = (await signIn()).tokens
    expect(await broker.introspect(client, id_token)).toEqual(inactive)
    expect((await json(await broker.userinfo(id_token))).body).toMatchObject({
      error: 'invalid_token',
      reason: 'token_type',
    })
    expect((await adminApi(id_token)).status).toBe(401)
  })

  it('refuses an access token as id_token_hint', async () => {
    const { access_token } = (await signIn()).tokens
    const { answer } = await broker.authorize(visitor, client, { prompt: 'none', id_token_hint: access_token })
    expect(answer.error).toBe('invalid_request')
    const logout = await visitor.request(
      `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: access_token })}`,
    )
    expect(logout.status).toBe(400)
    expect(await isAlive(access_token)).toBe(true)
  })

  it('refuses a refresh token at userinfo and at the admin API', async () => {
    const { refresh_token } = (await signIn()).tokens
    expect((await broker.userinfo(refresh_token)).status).toBe(401)
    expect((await adminApi(refresh_token)).status).toBe(401)
  })
})

describe('who may see a token', () => {
  it('shows a client its own, of either profile, of people and of machines', async () => {
    for (const who of [client, modern]) {
      const { tokens, access } = await signIn(who)
      const { body } = await broker.introspect(who, tokens.access_token)
      expect(body).toMatchObject({
        active: true,
        client_id: who.id,
        token_type: 'Bearer',
        aud: who.id,
        iss: broker.issuer,
      })
      for (const name of ['jti', 'sub', 'iat', 'exp', 'scope', 'sid', 'groups', 'acr', 'auth_time', 'client_session'])
        expect(body[name], name).toEqual(access[name])
      const refresh = await broker.introspect(who, tokens.refresh_token)
      expect(refresh.body).toMatchObject({ active: true, client_id: who.id })
    }
    for (const token_profile of ['broker', 'rfc9068']) {
      const robot = await broker.addClient({ ...machine, token_profile })
      const { access_token } = (await grant(robot)).body
      const { body } = await broker.introspect(robot, access_token)
      expect(body).toMatchObject({ active: true, client_id: robot.id, sub: robot.id, jti: decodeJwt(access_token).jti })
    }
  })

  it("shows nobody another client's", async () => {
    const { tokens } = await signIn()
    for (const token of [tokens.access_token, tokens.refresh_token, (await grant(other)).body.access_token]) {
      expect(await broker.introspect(modern, token)).toEqual(inactive)
      expect(await broker.introspect(gateway, token), 'no API accepts it').toEqual(inactive)
    }
  })

  it('shows a resource server what its APIs accept, by audience or by entitled client', async () => {
    const audience = `https://api.example/${randomUUID()}`
    const named = await broker.created('apis', { name: 'Named', slug: `a${randomUUID()}`, audience })
    const entitled = await broker.created('apis', { name: 'Entitled', slug: `a${randomUUID()}`, clients: [client.id] })
    const seesNamed = await broker.addClient({ ...machine, resource_server: { apis: [named.id] } })
    const seesEntitled = await broker.addClient({ ...machine, resource_server: { apis: [entitled.id] } })

    const own = (await signIn()).tokens
    const forApi = (await signIn(client, { resource: audience })).tokens.access_token
    const ofOther = (await signIn(modern)).tokens.access_token
    const byMachine = (await grant(other, { resource: audience })).body.access_token
    const sees = async (who: TestClient, token: string) => (await broker.introspect(who, token)).body.active

    expect(decodeJwt(forApi).aud).toBe(audience)
    expect(await sees(gateway, forApi)).toBe(true)
    expect(await sees(gateway, own.access_token)).toBe(true)
    expect(await sees(gateway, byMachine)).toBe(true)
    expect(await broker.introspect(gateway, ofOther)).toEqual(inactive)
    expect(await broker.introspect(gateway, own.refresh_token), 'nobody but its client sees one').toEqual(inactive)

    expect(await sees(seesNamed, forApi)).toBe(true)
    expect(await sees(seesNamed, byMachine)).toBe(true)
    expect(await broker.introspect(seesNamed, own.access_token)).toEqual(inactive)
    expect(await sees(seesEntitled, own.access_token)).toBe(true)
    expect(await sees(seesEntitled, forApi), "the token's client is entitled").toBe(true)
    expect(await broker.introspect(seesEntitled, byMachine)).toEqual(inactive)

    expect((await json(await broker.userinfo(forApi))).body.error, 'userinfo takes tokens for the client').toBe(
      'invalid_token',
    )
    expect((await adminApi(forApi)).status).toBe(401)
    expect((await adminApi(own.access_token)).status).toBe(401)
  })

  it('writes nothing when it is asked', async () => {
    const { tokens } = await signIn()
    const before = await broker.introspect(client, tokens.access_token)
    const again = await Promise.all(Array.from({ length: 20 }, () => broker.introspect(client, tokens.access_token)))
    for (const one of again) expect(one).toEqual(before)
  })
})

describe('revocation (RFC 7009)', () => {
  it('of an access token ends that token and no other', async () => {
    for (const who of [client, modern]) {
      const one = (await signIn(who)).tokens
      const two = (await signIn(who)).tokens
      expect(await revoke(who, one.access_token)).toBe(200)
      expect(await isAlive(one.access_token, who)).toBe(false)
      expect((await json(await broker.userinfo(one.access_token))).body.reason).toBe('token_revoked')
      expect(await isAlive(two.access_token, who)).toBe(true)
      expect((await broker.refresh(who, one.refresh_token)).status).toBe(200)
    }
  })

  it('of a machine’s token ends that token and no other', async () => {
    const robot = await broker.addClient(machine)
    const [one, two] = [(await grant(robot)).body.access_token, (await grant(robot)).body.access_token]
    expect(await revoke(robot, one, { token_type_hint: 'access_token' })).toBe(200)
    expect(await isAlive(one, robot)).toBe(false)
    expect(await isAlive(two, robot)).toBe(true)
  })

  it('of a refresh token ends its grant with all its tokens, whatever the hint says', async () => {
    for (const token_type_hint of ['refresh_token', 'access_token', 'nonsense']) {
      const { tokens } = await signIn()
      const next = (await json(await broker.refresh(client, tokens.refresh_token))).body
      expect(await revoke(client, next.refresh_token, { token_type_hint })).toBe(200)
      expect(await isAlive(tokens.access_token)).toBe(false)
      expect(await isAlive(next.access_token)).toBe(false)
      expect((await broker.refresh(client, next.refresh_token)).status).toBe(400)
    }
  })

  it("of another client's token is answered with 200, and has no effect", async () => {
    const { tokens } = await signIn()
    expect(await revoke(modern, tokens.access_token)).toBe(200)
    expect(await revoke(modern, tokens.refresh_token)).toBe(200)
    expect(await revoke(gateway, tokens.access_token)).toBe(200)
    expect(await revoke(client, 'garbage')).toBe(200)
    expect(await isAlive(tokens.access_token)).toBe(true)
    expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(200)
  })
})

describe('what a token says', () => {
  it('names nothing of a person or a session when a client speaks for itself', async () => {
    for (const token_profile of ['broker', 'rfc9068']) {
      const robot = await broker.addClient({ ...machine, token_profile, web_origins: ['https://spa.example'] })
      const { access_token } = (await grant(robot)).body
      const claims = decodeJwt(access_token)
      const common = ['aud', 'client_id', 'exp', 'iat', 'iss', 'jti', 'sub']
      const ofBroker = ['allowed-origins', 'azp', 'nbf', 'typ']
      expect(Object.keys(claims).sort()).toEqual(
        (token_profile === 'broker' ? [...common, ...ofBroker] : common).sort(),
      )
      expect(claims).toMatchObject({
        sub: robot.id,
        aud: robot.id,
        iss: broker.issuer,
        jti: expect.stringMatching(uuid),
      })
      expect(decodeProtectedHeader(access_token).typ).toBe(token_profile === 'broker' ? 'JWT' : 'at+jwt')
    }
  })

  it('follows RFC 9068 where the client wants that', async () => {
    const { tokens, access } = await signIn(modern)
    expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' })
    expect(access).toMatchObject({
      iss: broker.issuer,
      aud: modern.id,
      client_id: modern.id,
      sub: expect.stringMatching(uuid),
      jti: expect.stringMatching(uuid),
      scope: 'openid profile email groups',
      groups: ['Everyone', 'Consultant'],
      roles: [],
    })
    for (const name of ['typ', 'azp', 'nbf', 'realm_access']) expect(access).not.toHaveProperty(name)
    expect((await json(await broker.userinfo(tokens.access_token))).body).toMatchObject({
      sub: access.sub,
      name: 'Rene Klomp',
    })
  })

  it('names the client’s web origins, and answers scripts from there', async () => {
    const { access } = await signIn()
    expect(access['allowed-origins']).toEqual(['https://spa.example'])
    const token = { grant_type: 'refresh_token', refresh_token: 'unknown' }
    const from = async (origin: string) =>
      (await broker.post('/token', token, { ...basic(client), origin })).headers.get('access-control-allow-origin')
    expect(await from('https://spa.example')).toBe('https://spa.example')
    expect(await from('https://elsewhere.example')).toBeNull()
    expect(await from('null')).toBeNull()
  })

  it('is refused rather than cut when it would be too large', async () => {
    const groups = Array.from({ length: 600 }, (_, index) => `department-${index}-of-the-organisation`)
    upstream.change('rene', { groups })
    try {
      const own = createVisitor()
      const { verifier, answer } = await broker.authorize(own, client, { idp_hint: 'Okta' })
      const refused = await json(await broker.redeem(client, answer.code ?? '', verifier))
      expect(refused).toMatchObject({ status: 400, body: { error: 'token_too_large', reason: 'token_too_large' } })
      expect(refused.body).not.toHaveProperty('access_token')
    } finally {
      upstream.change('rene', { groups: rene.groups })
      await signIn(client, { prompt: 'login' })
    }
  })

  it('has the size it was measured by, to the byte', async () => {
    const size = 3000
    await using small = await startTestBroker({ settings: { tokens: { max_bytes: size } } })
    const lengthWith = async (padding: number) => {
      const robot = await small.addClient({ ...machine, web_origins: [`https://${'x'.repeat(padding)}.example`] })
      const answer = await json(await small.post('/token', { grant_type: 'client_credentials' }, basic(robot)))
      if (answer.status !== 200) expect(answer.body.error).toBe('token_too_large')
      return answer.status === 200 ? answer.body.access_token.length : undefined
    }
    let [fits, tooLarge] = [1, 1900]
    while (tooLarge - fits > 1) {
      const padding = Math.floor((fits + tooLarge) / 2)
      if (await lengthWith(padding)) fits = padding
      else tooLarge = padding
    }
    // One byte more is one or two characters of base64 more.
    expect([size - 1, size]).toContain(await lengthWith(fits))
  })

  it('takes userinfo by any spelling of Bearer, and in the body, but never from the address', async () => {
    const { tokens } = await signIn()
    const lower = { headers: { authorization: `bearer ${tokens.access_token}` } }
    expect((await fetch(`${broker.issuer}/userinfo`, lower)).status).toBe(200)
    expect((await broker.post('/userinfo', { access_token: tokens.access_token })).status).toBe(200)
    const address = `${broker.issuer}/userinfo?access_token=${tokens.access_token}`
    expect((await fetch(address)).status).toBe(400)
    expect((await fetch(address, lower)).status).toBe(400)
    const admin = `${broker.issuer}/admin/api/v1/clients?access_token=${await broker.adminToken()}`
    expect((await fetch(admin)).status).toBe(401)
    const none = await fetch(`${broker.issuer}/userinfo`)
    expect(none.status).toBe(401)
    expect(none.headers.get('www-authenticate')).toMatch(/^Bearer /)
  })
})
