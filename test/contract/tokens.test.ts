import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import * as oidc from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { automation, basic, type Gatehouse, type Json, rawBasic, startGatehouse } from './gatehouse.ts'
import { type Application, application, createVisitor, fillIn } from './people.ts'

const callback = 'https://app.example.com/callback'
const password = 'a-password-of-everybody'
const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
let gatehouse: Gatehouse
let upstream: Upstream
let client: Client
let app: Application

interface Client {
  readonly id: string
  readonly secret: string
}

async function made(path: string, body: Json): Promise<Json> {
  const answer = await gatehouse.admin('POST', path, body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}

async function register(more: Json = {}): Promise<Client> {
  const { client_id, client_secret } = await made('clients', { redirect_uris: [callback], ...more })
  return { id: String(client_id), secret: String(client_secret) }
}

const applicationOf = ({ id, secret }: Client) => application(gatehouse.issuer, { id, secret, redirectUri: callback })

const resourceServer = (apis: unknown) =>
  register({ grant_types: ['client_credentials'], redirect_uris: [], resource_server: { apis } })

async function signIn(to: Application, username: string, params: Readonly<Record<string, string>> = {}) {
  const visitor = createVisitor()
  const { page, attempt } = await to.begin(visitor, { idp_hint: 'local', ...params })
  const arrived = await fillIn(visitor, page, username, password, callback)
  return to.finish(arrived, attempt)
}

const introspect = async ({ id, secret }: Client, token: string | undefined) =>
  (await gatehouse.post('/introspect', { token: token ?? '' }, basic(id, secret))).body

const refresh = ({ id, secret }: Client, token: string | undefined, more: Readonly<Record<string, string>> = {}) =>
  gatehouse.post('/token', { grant_type: 'refresh_token', refresh_token: token ?? '', ...more }, basic(id, secret))

const userinfo = async (token: string) =>
  (await fetch(`${gatehouse.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).status

const askAdmin = async (token: string) =>
  (await gatehouse.admin('GET', 'clients', undefined, { authorization: `Bearer ${token}` })).status

beforeAll(async () => {
  gatehouse = await startGatehouse()
  const names = { name: 'Rene Klomp', given_name: 'Rene', family_name: 'Klomp', preferred_username: 'rene@acme.com' }
  upstream = await startUpstream({
    users: {
      rene: { sub: '00u-rene', ...names, email: 'rene@acme.com', groups: ['Everyone', 'Consultant', 'Hidden'] },
    },
  })
  const source = await made('authentication-sources', {
    alias: 'Okta',
    name: 'Corporate Okta',
    type: 'oidc',
    config: { ...upstream.config, scopes: ['openid', 'profile', 'email', 'groups'] },
    mapping: {
      groups: { claim: 'groups', filter: 'Everyone|Consultant' },
      roles: [
        { when_group: 'Consultant', role: 'consultant' },
        { when_group: 'Everyone', role: 'read-token', client: 'broker' },
        { when_group: 'Hidden', role: 'never' },
      ],
    },
  })
  upstream.register({ callbackUrls: [String(source.callback_url)] })
  for (const username of ['lisa', 'marge', 'homer']) await made('users', { username, password, groups: ['Everyone'] })
  await made('users', { username: 'boss', password, roles: [{ name: 'admin', client: 'gatehouse' }] })
  client = await register({
    client_id: '6fcc0833-0ec2-4542-bc2c-4cd88286dfc8:OPENID',
    web_origins: ['https://app.example.com'],
  })
  app = await applicationOf(client)
})
afterAll(async () => {
  await gatehouse?.stop()
  await upstream?.stop()
})

describe('the tokens of somebody who came through an upstream', () => {
  it('verify with nothing but discovery, and say what the contract says', async () => {
    const { page, attempt } = await app.begin(createVisitor(), { idp_hint: 'Okta' })
    const tokens = await app.finish(page, attempt)
    const { jwks_uri = '', issuer } = app.config.serverMetadata()
    const { payload, protectedHeader } = await jwtVerify(tokens.access_token, createRemoteJWKSet(new URL(jwks_uri)), {
      ...{ issuer, audience: client.id, typ: 'JWT', algorithms: ['RS256'] },
    })
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'JWT', kid: expect.stringMatching(/^[\w-]{43}$/) })
    expect(payload).toMatchObject({
      ...{ jti: uuid, nbf: 0, iss: gatehouse.issuer, aud: client.id, azp: client.id, sub: uuid, typ: 'Bearer' },
      ...{ auth_time: expect.any(Number), acr: '1', session_state: uuid, sid: payload.session_state },
      ...{ client_session: uuid, 'allowed-origins': ['https://app.example.com'] },
      ...{ realm_access: { roles: ['consultant'] }, resource_access: { broker: { roles: ['read-token'] } } },
      ...{ groups: ['Everyone', 'Consultant'], name: 'Rene Klomp', given_name: 'Rene', family_name: 'Klomp' },
      ...{ preferred_username: 'rene@acme.com', email: 'rene@acme.com', email_verified: false, address: {} },
      ...{ identity_provider_alias: 'Okta', scope: 'openid profile email' },
    })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300)
    expect(decodeJwt(tokens.id_token ?? '')).toMatchObject({ typ: 'ID', sub: payload.sub, sid: payload.sid })
    const info = await oidc.fetchUserInfo(app.config, tokens.access_token, String(payload.sub))
    expect(info).toMatchObject({ name: 'Rene Klomp', groups: ['Everyone', 'Consultant'] })
  })

  it('have the shape of RFC 9068 for a client that wants it', async () => {
    const modern = await register({ token_profile: 'rfc9068' })
    const tokens = await signIn(await applicationOf(modern), 'lisa')
    expect(decodeProtectedHeader(tokens.access_token).typ).toBe('at+jwt')
    expect(decodeJwt(tokens.access_token)).toMatchObject({ client_id: modern.id, groups: ['Everyone'] })
    expect(await introspect(modern, tokens.access_token)).toMatchObject({ active: true })
  })
})

describe('a client', () => {
  it('may write its id raw or encoded in HTTP Basic, and only as it was registered', async () => {
    const form = { token: 'x' }
    const { id, secret } = client
    for (const headers of [rawBasic(id, secret), basic(id, secret)])
      expect((await gatehouse.post('/introspect', form, headers)).status).toBe(200)
    for (const headers of [rawBasic(id, 'wrong'), undefined, basic('nobody', secret)]) {
      const { status, body } = await gatehouse.post('/introspect', form, headers)
      expect([status, body.error]).toEqual([401, 'invalid_client'])
    }
    expect((await gatehouse.post('/introspect', { ...form, client_id: id, client_secret: secret })).status).toBe(401)
    expect((await gatehouse.post('/revoke', form, basic(id, secret))).status).toBe(200)
  })

  it('gets a token for itself, without anything of a person', async () => {
    const { id, secret } = automation
    const answer = await gatehouse.post('/token', { grant_type: 'client_credentials' }, basic(id, secret))
    const claims = decodeJwt(String(answer.body.access_token))
    expect(claims).toMatchObject({ sub: id, aud: id, azp: id, typ: 'Bearer' })
    for (const name of [
      'sid',
      'session_state',
      'client_session',
      'auth_time',
      'acr',
      'groups',
      'identity_provider_alias',
    ])
      expect(claims).not.toHaveProperty(name)
    expect(answer.body).not.toHaveProperty('refresh_token')
    const admin = decodeJwt(await gatehouse.adminToken())
    expect(admin).toMatchObject({ aud: `${gatehouse.issuer}/admin/api`, scope: 'admin', sub: id })
  })

  it('gets no admin token unless it is entitled, and a person none unless an administrator', async () => {
    const form = { grant_type: 'client_credentials', scope: 'admin' }
    const service = await register({ grant_types: ['client_credentials'], redirect_uris: [] })
    expect((await gatehouse.post('/token', form, basic(service.id, service.secret))).status).toBe(400)

    const entitled = await applicationOf(await register({ scope: 'openid admin' }))
    const boss = await signIn(entitled, 'boss', { scope: 'openid admin' })
    expect(await askAdmin(boss.access_token)).toBe(200)
    await expect(signIn(entitled, 'lisa', { scope: 'openid admin' })).rejects.toMatchObject({ error: 'access_denied' })
    const { page } = await app.begin(createVisitor(), { scope: 'openid admin' })
    expect(page.url.searchParams.get('error')).toBe('invalid_scope')
  })
})

describe('who may accept a token', () => {
  it('is the client itself for a token without a resource', async () => {
    const tokens = await signIn(app, 'lisa')
    expect(await introspect(client, tokens.access_token)).toMatchObject({ active: true })
    expect(await introspect(await register(), tokens.access_token)).toEqual({ active: false })
    expect(await introspect(await resourceServer('*'), tokens.access_token)).toEqual({ active: false })
    expect(await userinfo(tokens.access_token)).toBe(200)
    expect(await askAdmin(tokens.access_token)).toBe(401)
    // An ID token is signed by the same key for the same audience, and is no access token.
    expect(await introspect(client, tokens.id_token)).toEqual({ active: false })
    expect(await userinfo(tokens.id_token ?? '')).toBe(401)
  })

  it('is the API that was asked for with resource', async () => {
    const audience = 'https://api.example.com/patients'
    const api = await made('apis', { name: 'Patient API', slug: 'patients', audience })
    const tokens = await signIn(app, 'lisa', { resource: audience })
    expect(decodeJwt(tokens.access_token)).toMatchObject({ aud: audience, azp: client.id })
    for (const apis of ['*', [api.id]])
      expect(await introspect(await resourceServer(apis), tokens.access_token)).toMatchObject({ active: true })
    expect(await introspect(await resourceServer([]), tokens.access_token)).toEqual({ active: false })
    expect(await userinfo(tokens.access_token)).toBe(401)
    const { body } = await refresh(client, tokens.refresh_token)
    expect(decodeJwt(String(body.access_token)).aud).toBe(audience)
    const { page } = await app.begin(createVisitor(), { resource: 'https://api.example.com/unknown' })
    expect(page.url.searchParams.get('error')).toBe('invalid_target')
  })

  it('is an API without an audience for the clients that it names', async () => {
    const api = await made('apis', { name: 'Billing', slug: 'billing', audience: null, clients: [client.id] })
    const server = await resourceServer([api.id])
    const stranger = await applicationOf(await register())
    expect(await introspect(server, (await signIn(app, 'lisa')).access_token)).toMatchObject({ active: true })
    expect(await introspect(server, (await signIn(stranger, 'lisa')).access_token)).toEqual({ active: false })
    await gatehouse.admin('DELETE', `apis/${api.id}`)
  })
})

describe('what ends a token, at the next call', () => {
  it('revoking it', async () => {
    const tokens = await signIn(app, 'lisa')
    await oidc.tokenRevocation(app.config, tokens.access_token)
    expect(await introspect(client, tokens.access_token)).toEqual({ active: false })
    expect(await userinfo(tokens.access_token)).toBe(401)
    const next = await refresh(client, tokens.refresh_token)
    expect(next.status).toBe(200)

    await oidc.tokenRevocation(app.config, String(next.body.refresh_token))
    expect(await introspect(client, String(next.body.access_token))).toEqual({ active: false })
    expect((await refresh(client, String(next.body.refresh_token))).body.error).toBe('invalid_grant')
  })

  it('revoking by another client ends nothing', async () => {
    const tokens = await signIn(app, 'lisa')
    const { id, secret } = await register()
    for (const token of [tokens.access_token, tokens.refresh_token ?? '']) {
      await gatehouse.post('/revoke', { token }, basic(id, secret))
      expect(await introspect(client, token)).toMatchObject({ active: true })
    }
  })

  it.each([
    ['disabling', 'marge', (path: string) => gatehouse.admin('PATCH', path, { enabled: false })],
    ['removing', 'homer', (path: string) => gatehouse.admin('DELETE', path)],
  ])('%s the account', async (_, username, change) => {
    const tokens = await signIn(app, username)
    const { body } = await gatehouse.admin<{ items: Json[] }>('GET', `users?q=${username}`)
    expect((await change(`users/${body.items[0]?.id}`)).status).toBeLessThan(300)
    expect(await introspect(client, tokens.access_token)).toEqual({ active: false })
    expect(await userinfo(tokens.access_token)).toBe(401)
    expect((await refresh(client, tokens.refresh_token)).body.error).toBe('invalid_grant')
    await expect(signIn(app, username)).rejects.toThrow()
  })

  it.each([
    ['disabling', (path: string) => gatehouse.admin('PATCH', path, { enabled: false })],
    [
      'removing',
      async (path: string, api: string) => {
        // An API that names it keeps it.
        expect((await gatehouse.admin('DELETE', path)).status).toBe(409)
        await gatehouse.admin('PATCH', api, { clients: [] })
        return gatehouse.admin('DELETE', path)
      },
    ],
  ])('%s the client', async (_, change) => {
    const doomed = await register()
    const api = await made('apis', { name: `API of ${doomed.id}`, slug: `of-${doomed.id}`, clients: [doomed.id] })
    const [server, to] = [await resourceServer([api.id]), await applicationOf(doomed)]
    const tokens = await signIn(to, 'lisa')
    expect(await introspect(server, tokens.access_token)).toMatchObject({ active: true })
    expect(await userinfo(tokens.access_token)).toBe(200)
    expect((await change(`clients/${doomed.id}`, `apis/${api.id}`)).status).toBeLessThan(300)
    expect(await userinfo(tokens.access_token)).toBe(401)
    expect(await introspect(server, tokens.access_token)).toEqual({ active: false })
    expect((await refresh(doomed, tokens.refresh_token)).status).toBe(401)
    expect((await to.begin(createVisitor())).page.status).toBe(400)
  })
})

it('nothing that was printed meanwhile has a secret, a password or a token in it', () => {
  expect(gatehouse.output()).toContain('"event":"login.succeeded"')
  for (const secret of [password, automation.secret, client.secret, upstream.config.client_secret, 'eyJ'])
    expect(gatehouse.output()).not.toContain(secret)
})
