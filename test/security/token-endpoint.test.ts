/** What the token endpoint refuses, in which words, at what cost; and what tokens are for (rows 27, 29 and 30). */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  automation,
  basic,
  type Json,
  startTestBroker,
  type TestBroker,
  type TestClient,
  type Tokens,
} from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const machine = { redirect_uris: [], grant_types: ['client_credentials'] }
const audience = 'https://api.example/patients'

let upstream: Upstream
let broker: TestBroker
let client: TestClient
let robot: TestClient
let visitor: Visitor

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  await broker.addSource(upstream)
  client = await broker.addClient({ grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] })
  robot = await broker.addClient(machine)
  await broker.created('apis', { name: 'Patients', slug: 'patients', audience })
  visitor = createVisitor()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const json = async (answer: Response) => ({
  status: answer.status,
  headers: answer.headers,
  body: (await answer.json()) as Json & Tokens,
})
const ask = async (form: Record<string, string>, who: TestClient | typeof automation = client) =>
  json(await broker.post('/token', form, basic(who)))
const grant = (more: Record<string, string> = {}, who: TestClient | typeof automation = robot) =>
  ask({ grant_type: 'client_credentials', ...more }, who)
const signIn = (params: Record<string, string> = {}, who = client) =>
  broker.login(who, { visitor, params: { idp_hint: 'Okta', ...params } })

it('tells what is wrong with a form in characters that RFC 6749 §5.2 has', async () => {
  const twice = new URLSearchParams([
    ['"\\é', '1'],
    ['"\\é', '2'],
  ])
  const answer = await fetch(`${broker.issuer}/token`, { method: 'POST', body: twice })
  expect([answer.status, await answer.json()]).toEqual([
    400,
    { error: 'invalid_request', error_description: "'?? must be given once" },
  ])
})

describe('grant types', () => {
  it('SEC-027 knows no password grant, whatever the client is and says', async () => {
    const form = {
      grant_type: 'password',
      username: 'admin',
      password: 'correct horse battery staple',
      scope: 'openid',
    }
    const open = await broker.addClient({ token_endpoint_auth_method: 'none' })
    const attempts = [
      ask(form),
      ask(form, robot),
      ask(form, automation),
      json(await broker.post('/token', { ...form, client_id: open.id })),
      ask({ ...form, grant_type: 'PASSWORD' }),
    ]
    for (const { status, body } of await Promise.all(attempts))
      expect([status, body.error]).toEqual([400, 'unsupported_grant_type'])
    const wanted = await broker.admin('POST', 'clients', { ...machine, grant_types: ['password'] })
    expect(wanted.status).toBe(400)
    const metadata = (await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).json()) as Json
    expect([...(metadata.grant_types_supported as string[])].sort()).toEqual([
      'authorization_code',
      'client_credentials',
      'refresh_token',
    ])
  })

  it('SEC-030 answers each mistake with its own code, and no-store', async () => {
    const wrong: [Record<string, string>, number, string][] = [
      [{}, 400, 'invalid_request'],
      [{ grant_type: '' }, 400, 'invalid_request'],
      [{ grant_type: 'urn:ietf:params:oauth:grant-type:device_code' }, 400, 'unsupported_grant_type'],
      [{ grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange' }, 400, 'unsupported_grant_type'],
      [{ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }, 400, 'unsupported_grant_type'],
      [{ grant_type: 'implicit' }, 400, 'unsupported_grant_type'],
      [{ grant_type: 'authorization_code' }, 400, 'invalid_request'],
      [{ grant_type: 'authorization_code', code: 'x', redirect_uri: client.redirectUri }, 400, 'invalid_grant'],
      [{ grant_type: 'refresh_token' }, 400, 'invalid_request'],
      [{ grant_type: 'refresh_token', refresh_token: 'x' }, 400, 'invalid_grant'],
      [{ grant_type: 'client_credentials', scope: 'a"b' }, 400, 'invalid_scope'],
      [{ grant_type: 'client_credentials', scope: 'admin' }, 400, 'invalid_scope'],
      [{ grant_type: 'client_credentials', scope: 'nonsense' }, 400, 'invalid_scope'],
      [{ grant_type: 'client_credentials', scope: 'nonsense', resource: audience }, 400, 'invalid_scope'],
      [{ grant_type: 'client_credentials', resource: 'https://nobody.example' }, 400, 'invalid_target'],
      [{ grant_type: 'client_credentials', resource: 'no-uri' }, 400, 'invalid_target'],
      [{ grant_type: 'client_credentials', resource: `${audience}#part` }, 400, 'invalid_target'],
    ]
    for (const [form, status, error] of wrong) {
      const answer = await ask(form)
      expect([answer.status, answer.body.error], JSON.stringify(form)).toEqual([status, error])
      expect(answer.headers.get('cache-control'), JSON.stringify(form)).toContain('no-store')
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    }
    const other = await ask({ grant_type: 'authorization_code', code: 'x', redirect_uri: 'x' }, robot)
    expect([other.status, other.body.error]).toEqual([400, 'unauthorized_client'])
    expect(other.headers.get('cache-control')).toContain('no-store')
  })

  it('SEC-030 answers programs in JSON, whatever their HTTP client prefers', async () => {
    // The default of Java's HttpURLConnection.
    const accept = 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2'
    const wrong = { grant_type: 'refresh_token', refresh_token: 'x' }
    const answers: [Response, number, string][] = [
      [await broker.post('/token', wrong, { ...basic(client), accept }), 400, 'invalid_grant'],
      [await broker.post('/introspect', {}, { ...basic(client), accept }), 400, 'invalid_request'],
      [await broker.post('/revoke', {}, { ...basic(client), accept }), 400, 'invalid_request'],
      [await broker.post('/userinfo', { access_token: 'x' }, { accept }), 401, 'invalid_token'],
      [await fetch(`${broker.issuer}/userinfo`, { headers: { accept } }), 401, 'invalid_token'],
    ]
    for (const [answer, status, error] of answers) {
      expect(answer.headers.get('content-type'), answer.url).toMatch(/^application\/json/)
      expect(await json(answer), answer.url).toMatchObject({ status, body: { error } })
    }
  })

  it('SEC-030 sends tokens with no-store, and takes and gives none in addresses', async () => {
    const good = await grant()
    expect(good.headers.get('cache-control')).toContain('no-store')
    expect(good.body).toMatchObject({ token_type: 'Bearer', expires_in: 300 })
    const query = `${broker.issuer}/userinfo?${new URLSearchParams({ access_token: (await signIn()).tokens.access_token })}`
    expect((await fetch(query)).status).toBe(400)
    const get = await fetch(`${broker.issuer}/token?grant_type=client_credentials`, { headers: basic(robot) })
    expect(get.status).toBeGreaterThanOrEqual(404)
    const doubled = `grant_type=client_credentials&scope=openid&scope=admin`
    const answer = await json(
      await fetch(`${broker.issuer}/token`, {
        method: 'POST',
        headers: { ...basic(robot), 'content-type': 'application/x-www-form-urlencoded' },
        body: doubled,
      }),
    )
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    const unreadable = await fetch(`${broker.issuer}/token`, {
      method: 'POST',
      headers: { ...basic(robot), 'content-type': 'application/json' },
      body: JSON.stringify({ grant_type: 'client_credentials' }),
    })
    expect((await json(unreadable)).body.error).toBe('invalid_request')
  })

  it('SEC-030 challenges whoever shows a bad bearer token', async () => {
    for (const [authorization, error] of [
      ['Bearer nonsense', 'invalid_token'],
      [undefined, undefined],
    ]) {
      const answer = await fetch(`${broker.issuer}/userinfo`, authorization ? { headers: { authorization } } : {})
      expect(answer.status).toBe(401)
      const challenge = answer.headers.get('www-authenticate') ?? ''
      expect(challenge).toMatch(/^Bearer realm=/)
      expect(challenge.includes('error=')).toBe(error !== undefined)
      expect(answer.headers.get('cache-control')).toContain('no-store')
    }
    const { refresh_token } = (await signIn()).tokens
    const narrow = (await json(await broker.refresh(client, refresh_token, { scope: 'profile' }))).body.access_token
    const answer = await broker.userinfo(narrow)
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toMatch(/error="insufficient_scope".*scope="openid"/)
  })
})

describe('scopes and audiences', () => {
  it('SEC-029 drops scopes nobody knows, and repeats none', async () => {
    const { tokens, access } = await signIn({ scope: 'openid openid unknown profile profile nonsense' })
    expect(String(access.scope).split(' ').sort()).toEqual(['openid', 'profile'])
    expect(tokens.scope).toBe(access.scope)
    // Without `scope` an answer would say that all of it was granted (RFC 6749 §5.1).
    expect(await grant({ scope: 'unknown nonsense' })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
    const { body } = await grant({})
    expect(body.scope).toBeUndefined()
    expect(decodeJwt(body.access_token)).not.toHaveProperty('scope')
  })

  it('SEC-029 answers 10,000 scopes in time', async () => {
    const many = (count: number, name: (index: number) => string) =>
      Array.from({ length: count }, (_, i) => name(i)).join(' ')
    for (const scope of [
      many(10_000, (i) => `s${i}`.slice(0, 4)),
      many(10_000, () => 'admin'),
      many(8_000, (i) => `${i}`),
    ]) {
      const times: number[] = []
      for (let round = 0; round < 10; round++) {
        const started = performance.now()
        const answer = await grant({ scope })
        times.push(performance.now() - started)
        expect([200, 400, 413]).toContain(answer.status)
      }
      expect(times.sort((a, b) => a - b)[Math.floor(times.length / 2)]).toBeLessThan(150)
    }
  })

  it('SEC-029 names the API that is asked for as the audience, a string, and nobody else', async () => {
    expect((await signIn()).access.aud).toBe(client.id)
    expect((await signIn({ resource: audience })).access).toMatchObject({ aud: audience, azp: client.id })
    expect(decodeJwt((await grant({ resource: audience })).body.access_token).aud).toBe(audience)
    expect(decodeJwt((await grant()).body.access_token).aud).toBe(robot.id)

    const { tokens } = await signIn({ resource: audience })
    const again = await json(await broker.refresh(client, tokens.refresh_token))
    expect(decodeJwt(again.body.access_token).aud, 'a refresh keeps it').toBe(audience)
    expect(decodeJwt(again.body.id_token).aud).toBe(client.id)

    const unknown = await broker.authorize(visitor, client, { resource: 'https://nobody.example', prompt: 'none' })
    expect(unknown.answer.error).toBe('invalid_target')
  })

  it('SEC-029 gives one token one audience, and no more than was granted', async () => {
    const second = 'https://api.example/second'
    await broker.created('apis', { name: 'Second', slug: 'second', audience: second })
    const { tokens } = await signIn({ resource: audience })
    const other = await json(await broker.refresh(client, tokens.refresh_token, { resource: second }))
    expect(other.body.error).toBe('invalid_target')
    const both = await fetch(`${broker.issuer}/token`, {
      method: 'POST',
      headers: basic(robot),
      body: new URLSearchParams([
        ['grant_type', 'client_credentials'],
        ['resource', audience],
        ['resource', second],
      ]),
    })
    expect((await json(both)).body.error).toBe('invalid_target')
  })

  it('SEC-029 gives tokens for an API that names clients to those alone', async () => {
    const closed = 'https://api.example/closed'
    await broker.created('apis', { name: 'Closed', slug: 'closed', audience: closed, clients: [robot.id] })
    expect((await grant({ resource: closed })).status).toBe(200)
    expect((await grant({ resource: closed }, client)).body.error).toBe('invalid_target')
  })
})

describe('the scope admin', () => {
  it('needs a client that is entitled by its registered scope', async () => {
    expect((await grant({ scope: 'admin' })).body.error).toBe('invalid_scope')
    expect((await grant({ scope: 'admin:read' })).body.error).toBe('invalid_scope')
    expect((await grant({ resource: `${broker.issuer}/admin/api` })).body.error).toBe('invalid_scope')
    const { body } = await grant({ scope: 'admin' }, automation)
    expect(decodeJwt(body.access_token)).toMatchObject({ aud: `${broker.issuer}/admin/api`, scope: 'admin' })
    const reader = await broker.addClient({ ...machine, scope: 'admin:read' })
    expect((await grant({ scope: 'admin' }, reader)).body.error).toBe('invalid_scope')
    const token = (await grant({ scope: 'admin:read' }, reader)).body.access_token
    const call = (method: string) =>
      fetch(`${broker.issuer}/admin/api/v1/roles`, { method, headers: { authorization: `Bearer ${token}` } })
    expect((await call('GET')).status).toBe(200)
    const change = await call('POST')
    expect(change.status).toBe(403)
    expect(change.headers.get('www-authenticate')).toContain('insufficient_scope')
    const plain = (await grant({}, automation)).body.access_token
    const answer = await fetch(`${broker.issuer}/admin/api/v1/roles`, { headers: { authorization: `Bearer ${plain}` } })
    expect(answer.status, 'without the scope it is no token for the admin API').toBe(401)
  })

  it('needs, for people, an administrator’s role of gatehouse', async () => {
    const app = await broker.addClient({ scope: 'openid profile email groups admin admin:read' })
    const { verifier, answer } = await broker.authorize(visitor, app, { scope: 'openid admin', idp_hint: 'Okta' })
    const refused = await json(await broker.redeem(app, answer.code ?? '', verifier))
    expect(refused).toMatchObject({ status: 400, body: { error: 'access_denied', reason: 'not_an_administrator' } })

    const { sub } = (await signIn({}, app)).access
    const { headers } = await broker.admin('GET', `users/${sub}`)
    const roles = [{ name: 'viewer', client: 'gatehouse' }]
    const changed = await broker.admin('PATCH', `users/${sub}`, { roles }, { 'if-match': headers.get('etag') ?? '' })
    expect(changed.status).toBe(200)
    const { tokens, access } = await signIn({ scope: 'openid admin' }, app)
    expect(access).toMatchObject({ aud: `${broker.issuer}/admin/api`, scope: 'openid admin' })
    const call = (method: string) =>
      fetch(`${broker.issuer}/admin/api/v1/roles`, {
        method,
        headers: { authorization: `Bearer ${tokens.access_token}` },
      })
    expect((await call('GET')).status).toBe(200)
    expect((await call('POST')).status, 'a viewer looks').toBe(403)
  })
})
