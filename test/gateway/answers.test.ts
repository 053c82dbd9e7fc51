/** How each kind of gateway asks, and what it is told. */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, type Tokens } from '../support/broker.ts'
import { bearer, type GatewayWorld, secret, startGateway } from './start-gateway.ts'

let world: GatewayWorld
let tokens: Tokens
let api: Awaited<ReturnType<GatewayWorld['addApi']>>

beforeAll(async () => {
  world = await startGateway()
  tokens = await world.login('rene')
  api = await world.addApi({ path_prefix: '/patients', required_scopes: ['email'] })
})
afterAll(async () => world?.[Symbol.asyncDispose]())

const names = [
  ...['subject', 'user', 'email', 'groups', 'roles', 'source', 'client', 'application', 'scopes', 'assertion'],
  'mask',
]
const identityOf = (headers: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-auth-')))

describe.each(['nginx', 'forwarded', 'envoy'] as const)('%s', (dialect) => {
  const ask = (headers: readonly string[] = [], target = '/patients/1?x=/../a%2f') =>
    world.ask({ dialect, host: api.host, target, headers })

  it('SEC-101 is told who calls, in every header that is ours, whatever the caller wrote there', async () => {
    const { status, headers } = await ask([
      ...bearer(tokens.access_token),
      'X-Auth-Subject',
      'admin',
      'X-Auth-Roles',
      'x',
    ])
    expect(status).toBe(200)
    expect(identityOf(headers)).toEqual({
      'x-auth-subject': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-auth-user': 'rene@acme.test',
      'x-auth-email': 'rene@acme.test',
      'x-auth-groups': 'Everyone,Consultant',
      'x-auth-roles': '',
      'x-auth-source': 'Okta',
      'x-auth-client': world.client.id,
      'x-auth-application': '',
      'x-auth-scopes': 'openid,profile,email,groups',
      'x-auth-assertion': '',
      'x-auth-mask': '[]',
    })
    expect(Object.keys(identityOf(headers)).sort()).toEqual(names.map((name) => `x-auth-${name}`).sort())
    expect(headers['x-gatehouse-reference']).toMatch(/^\w{3}-\w{3}-\w{3}$/)
    expect(headers['cache-control']).toBe('no-store')
  })

  it('is told the same of a request with a body, which is answered another way', async () => {
    const withBody = ['Transfer-Encoding', 'chunked']
    const varying = ['date', 'connection', 'keep-alive', 'x-request-id', 'x-gatehouse-reference', 'transfer-encoding']
    const settled = ({ status, headers, body: { reference: _, ...body } }: Awaited<ReturnType<typeof ask>>) => ({
      status,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !varying.includes(name))),
      body,
    })
    for (const credentials of [bearer(tokens.access_token), bearer(tokens.id_token), []]) {
      expect(settled(await ask([...credentials, ...withBody]))).toEqual(settled(await ask(credentials)))
    }
  })

  it('says nothing to browsers in the name of the API', async () => {
    for (const credentials of [bearer(tokens.access_token), []]) {
      const said = Object.keys((await ask(credentials)).headers)
      expect(said).toContain('x-content-type-options')
      expect(said.filter((name) => /^(content-security|strict-transport|cross-origin|permissions)/.test(name))).toEqual(
        [],
      )
    }
  })

  it('asks for a token where there is none, and says where to get one (RFC 6750, RFC 9728)', async () => {
    const answer = await ask()
    expect(answer).toMatchObject({ status: 401, reason: 'token_missing', body: { code: 'token_missing' } })
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer realm="${api.slug}", scope="email", resource_metadata="${world.broker.issuer}/.well-known/oauth-protected-resource/${api.slug}"`,
    )
    expect(answer.body.reference).toBe(answer.headers['x-gatehouse-reference'])
  })

  it('SEC-106 tells a bad token from a token that may not', async () => {
    const bad = await ask(bearer(tokens.id_token))
    expect(bad).toMatchObject({ status: 401, reason: 'token_type' })
    expect(bad.headers['www-authenticate']).toContain('error="invalid_token"')

    const narrow = await world.login('rene', world.client, { scope: 'openid' })
    const refused = await ask(bearer(narrow.access_token))
    expect(refused).toMatchObject({ status: 403, reason: 'insufficient_scope' })
    expect(refused.headers['www-authenticate']).toMatch(/error="insufficient_scope".* scope="email"/)
  })

  it('is refused for addresses that nobody owns and for questions that are none', async () => {
    expect(await ask(bearer(tokens.access_token), '/elsewhere')).toMatchObject({
      status: 403,
      reason: 'address_unknown',
    })
    expect(await world.ask({ dialect, host: 'other.example', target: '/patients' })).toMatchObject({
      status: 403,
      reason: 'address_unknown',
    })
    const bare = await world.send(`/verify/${dialect}`, 'GET', ['Host', api.host])
    expect(bare).toMatchObject({ status: 403, reason: 'question_incomplete' })
  })
})

it('reads the method and the path of Envoy as they came, whatever they are', async () => {
  const { host } = api
  const headers = bearer(tokens.access_token)
  for (const method of ['POST', 'DELETE', 'PROPFIND'])
    expect(await world.ask({ dialect: 'envoy', host, target: '/patients/1', method, headers })).toMatchObject({
      status: 200,
    })
  expect(await world.ask({ dialect: 'envoy', host, target: '/patients/%2e%2e/x', headers })).toMatchObject({
    reason: 'address_ambiguous',
  })
})

it('knows no other dialect', async () => {
  expect((await world.send('/verify/apache', 'GET', ['Host', 'gatehouse'])).status).toBe(404)
})

it('spells what a header cannot carry, and what separates items, with percent signs', async () => {
  world.upstream.change('john', { groups: ['Médecins, Nord', '100%', 'a b', 'R&D'], preferred_username: 'jöhn' })
  const { access_token } = await world.login('john')
  const { headers } = await world.ask({ host: (await world.addApi()).host, headers: bearer(access_token) })
  expect(headers['x-auth-groups']).toBe('M%C3%A9decins%2C%20Nord,100%25,a%20b,R&D')
  expect(String(headers['x-auth-groups']).split(',').map(decodeURIComponent)).toEqual([
    'Médecins, Nord',
    '100%',
    'a b',
    'R&D',
  ])
  expect(headers['x-auth-user']).toBe('j%C3%B6hn')
})

describe('a gateway that proves itself', () => {
  const proof = ['X-Gatehouse-Gateway', secret]
  const askFor = (host: string, headers: readonly string[]) => world.ask({ host, headers })

  it('is given the same signed, for the API and a minute, and nobody of ours takes it for a token', async () => {
    const audience = 'https://api.example/signed'
    const { host } = await world.addApi({ audience })
    const { access_token } = await world.login('rene', world.client, { resource: audience })
    const { headers } = await askFor(host, [...bearer(access_token), ...proof])
    const assertion = String(headers['x-auth-assertion'])

    const keys = (await (await fetch(`${world.broker.issuer}/jwks`)).json()) as JSONWebKeySet
    const { payload, protectedHeader } = await jwtVerify(assertion, createLocalJWKSet(keys), {
      issuer: world.broker.issuer,
      audience,
      typ: 'gatehouse-assertion+jwt',
    })
    expect(protectedHeader.alg).toBe('RS256')
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60)
    expect(payload).toMatchObject({
      sub: headers['x-auth-subject'],
      preferred_username: 'rene@acme.test',
      groups: ['Everyone', 'Consultant'],
      client_id: world.client.id,
      identity_provider_alias: 'Okta',
    })

    expect((await world.broker.userinfo(assertion)).status).toBe(401)
    expect((await world.broker.introspect(world.client, assertion)).body).toEqual({ active: false })
    expect(await askFor(host, bearer(assertion))).toMatchObject({ status: 401, reason: 'token_type' })
    const authorization = `Bearer ${assertion}`
    expect((await fetch(`${world.broker.issuer}/admin/api/v1/roles`, { headers: { authorization } })).status).toBe(401)
    const { url } = world.broker.authorizationUrl(world.client, { prompt: 'none', id_token_hint: assertion })
    expect((await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '').not.toContain('code=')
    const exchange = { grant_type: 'refresh_token', refresh_token: assertion }
    expect((await world.broker.post('/token', exchange, basic(world.client))).status).toBe(400)
  })

  it.each([
    ['nothing', []],
    ['another secret', ['X-Gatehouse-Gateway', `${secret}!`]],
    ['an empty one', ['X-Gatehouse-Gateway', '']],
    ['two', ['X-Gatehouse-Gateway', secret, 'X-Gatehouse-Gateway', secret]],
  ])('does not by showing %s', async (_, headers) => {
    const { status, headers: said } = await askFor((await world.addApi()).host, [
      ...bearer(tokens.access_token),
      ...headers,
    ])
    expect(status).toBe(200)
    expect(said['x-auth-assertion']).toBe('')
  })

  it('is not given more than the API hands on', async () => {
    const { host } = await world.addApi({ identity_headers: ['subject', 'assertion'] })
    const { headers } = await askFor(host, [...bearer(tokens.access_token), ...proof])
    const payload = JSON.parse(
      Buffer.from(String(headers['x-auth-assertion']).split('.')[1] ?? '', 'base64url').toString(),
    )
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sub'])
    expect(headers).toMatchObject({ 'x-auth-user': '', 'x-auth-groups': '', 'x-auth-client': '' })

    const none = await world.addApi({ identity_headers: ['user'] })
    const answer = await askFor(none.host, [...bearer(tokens.access_token), ...proof])
    expect(answer.headers).toMatchObject({
      'x-auth-user': 'rene@acme.test',
      'x-auth-subject': '',
      'x-auth-assertion': '',
    })
  })
})

describe('/.well-known/oauth-protected-resource/{slug}', () => {
  const read = (slug: string) => fetch(`${world.broker.issuer}/.well-known/oauth-protected-resource/${slug}`)

  it('says where to get a token for the API (RFC 9728)', async () => {
    const answer = await read(api.slug)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(await answer.json()).toEqual({
      resource: `https://${api.host}/patients`,
      resource_name: api.slug,
      authorization_servers: [world.broker.issuer],
      bearer_methods_supported: ['header'],
      scopes_supported: ['email'],
      dpop_signing_alg_values_supported: ['ES256', 'PS256', 'EdDSA', 'Ed25519'],
    })
    const named = await world.addApi({ audience: 'urn:example:named' })
    expect(await (await read(named.slug)).json()).toMatchObject({ resource: 'urn:example:named' })
  })

  it('is not there for an API that is nowhere', async () => {
    expect((await read('no-such-api')).status).toBe(404)
    const nowhere = await world.addApi({ hosts: [] })
    expect((await read(nowhere.slug)).status).toBe(404)
  })
})

it('SEC-102 answers no peer that is not trusted', async () => {
  await using strangers = await startGateway({ settings: { trusted_proxies: ['192.0.2.1'] } })
  const { host } = await strangers.addApi()
  const { access_token } = await strangers.login('rene')
  for (const dialect of ['nginx', 'forwarded', 'envoy'] as const) {
    const headers = [...bearer(access_token), 'X-Forwarded-For', '192.0.2.1', 'X-Gatehouse-Gateway', secret]
    const answer = await strangers.ask({ dialect, host, headers })
    expect(answer).toMatchObject({ status: 403, body: { code: 'gateway_not_trusted' } })
    expect(identityOf(answer.headers)).toEqual({})
  }
})

it('works below an issuer with a path', async () => {
  await using below = await startGateway({ path: '/auth' })
  const { host } = await below.addApi()
  const headers = bearer((await below.login('rene')).access_token)
  for (const dialect of ['nginx', 'forwarded', 'envoy'] as const)
    expect((await below.ask({ dialect, host, target: '/x', headers })).status, dialect).toBe(200)
})
