/** Tokens of other issuers at the gateway: through which source they come, who their callers are, and what they may. */
import { createPublicKey } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Json } from '../support/broker.ts'
import { signJwt, startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts'
import { createVisitor } from '../support/visitor.ts'
import { bearer, type GatewayWorld, startGateway } from './start-gateway.ts'

let world: GatewayWorld
let issuer: TokenIssuer
/** Milliseconds that the broker, and the issuer with it, is ahead. */
let ahead = 0
const now = () => Date.now() + ahead
let number = 0

beforeAll(async () => {
  issuer = await startTokenIssuer({ now })
  world = await startGateway({ parts: { clock: now } })
})
afterAll(async () => {
  await world?.[Symbol.asyncDispose]()
  await issuer?.[Symbol.asyncDispose]()
})
afterEach(() => issuer.misbehave(undefined))

async function addSource(config: Json = {}, more: Json = {}) {
  number += 1
  const alias = `Tokens-${number}`
  const all = { alias, name: alias, type: 'jwt', config: { ...issuer.config, ...config }, ...more }
  return { alias, ...(await world.broker.created('authentication-sources', all)) }
}

const apiFor = (sources: readonly unknown[], rules: Json = {}) =>
  world.addApi({ clients: [], authentication_sources: sources, ...rules })

const ask = (host: string, token: string) => world.ask({ host, headers: bearer(token) })

async function change(method: string, address: string, body?: Json) {
  const etag = (await world.broker.admin('GET', address)).headers.get('etag') ?? '*'
  const answer = await world.broker.admin(method, address, body, { 'if-match': etag })
  expect(answer.status).toBeLessThan(300)
}

describe('the caller', () => {
  it('is named by the user claim, has the groups for roles as well, and is nobody whom the broker knows', async () => {
    const source = await addSource({}, { mapping: { groups: { filter: 'Staff|Nurses' } } })
    const { host } = await apiFor([source.alias])
    const token = issuer.token({
      preferred_username: 'rené',
      email: 'rene@acme.test',
      groups: ['Staff', 'Nurses', 'Everyone'],
      azp: world.client.id,
      scope: 'read write',
    })
    const people = await world.broker.admin('GET', 'users')
    const answer = await ask(host, token)
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'x-auth-subject': 'user-1',
      'x-auth-user': 'ren%C3%A9',
      'x-auth-email': 'rene@acme.test',
      'x-auth-groups': 'Staff,Nurses',
      'x-auth-roles': 'Staff,Nurses',
      'x-auth-source': source.alias,
      'x-auth-client': '',
      'x-auth-scopes': 'read,write',
    })
    expect((await world.broker.admin('GET', 'users')).body).toEqual(people.body)
  })

  it('is named by another claim where the settings say so, and by sub where there is none', async () => {
    const source = await addSource({ user_claim: 'ext.upn' })
    const { host } = await apiFor([source.alias])
    const user = async (claims: Json) => (await ask(host, issuer.token(claims))).headers['x-auth-user']
    expect(await user({ ext: { upn: 'john' }, preferred_username: 'rene' })).toBe('john')
    expect(await user({ preferred_username: 'rene' })).toBe('user-1')
    expect(await user({ ext: { upn: 7 } })).toBe('user-1')
  })

  it('has the roles that the mapping makes, and only those of the API where the API says so itself', async () => {
    const source = await addSource({}, { mapping: { roles: [{ when_group: 'Staff', role: 'nurse' }] } })
    const token = issuer.token({ groups: ['Staff'] })
    const roles = async (entry: unknown) => (await ask((await apiFor([entry])).host, token)).headers['x-auth-roles']
    expect(await roles(source.alias)).toBe('Staff,nurse')
    expect(await roles({ source: source.alias, roles: [{ when_group: 'Staff', role: 'doctor' }] })).toBe('doctor')
    expect(await roles({ source: source.alias, roles: [] })).toBe('')
  })

  it('keeps the rules of the API as everybody does', async () => {
    const source = await addSource()
    const { host } = await apiFor([source.alias], {
      required_roles: ['Staff'],
      required_scopes: ['read'],
      claims: [{ claim: 'azp', match: 'any', values: ['app-1'] }],
    })
    const good = { groups: ['Staff'], scp: ['read'], azp: 'app-1' }
    expect((await ask(host, issuer.token(good))).status).toBe(200)
    const reason = async (claims: Json) => (await ask(host, issuer.token({ ...good, ...claims }))).reason
    expect(await reason({ groups: ['Everyone'] })).toBe('role_missing')
    expect(await reason({ scp: [] })).toBe('insufficient_scope')
    expect(await reason({ azp: 'app-2' })).toBe('claim_mismatch')
  })

  it('is refused when the groups are elsewhere', async () => {
    const source = await addSource()
    const token = issuer.token({ _claim_names: { groups: 'src1' } })
    expect(await ask((await apiFor([source.alias])).host, token)).toMatchObject({
      status: 403,
      reason: 'groups_overage',
    })
  })

  it('is never the client of an application, whatever the token calls its own', async () => {
    const source = await addSource()
    const made = await world.broker.created('applications', { name: 'App', redirect_uris: ['https://app.example/cb'] })
    const api = await apiFor([source.alias], { require_api_key: true, key_must_match_token: true })
    const { key } = await world.broker.created(`applications/${made.id}/api-keys`, { api_id: api.id })
    const token = issuer.token({ azp: `${made.id}:OPENID`, client_id: `${made.id}:OPENID` })
    const answer = await world.ask({ host: api.host, headers: [...bearer(token), 'X-API-Key', String(key)] })
    expect(answer).toMatchObject({ status: 403, reason: 'api_key_not_of_client' })
  })
})

describe('who may accept a token', () => {
  it('an API that lists the source, and no other', async () => {
    const source = await addSource()
    const other = await world.addApi()
    expect((await ask((await apiFor([source.alias])).host, issuer.token())).status).toBe(200)
    expect(await ask(other.host, issuer.token())).toMatchObject({ status: 401, reason: 'token_issuer' })
    expect(await ask((await apiFor(['Okta'])).host, issuer.token())).toMatchObject({ reason: 'token_issuer' })
  })

  it('one that has an audience of its own, when the token names that too', async () => {
    const source = await addSource({ audiences: [] })
    const audience = `https://api.example/${number}`
    const { host } = await apiFor([source.alias], { audience })
    expect((await ask(host, issuer.token({ aud: ['x', audience] }))).status).toBe(200)
    expect(await ask(host, issuer.token({ aud: 'x' }))).toMatchObject({ reason: 'token_audience' })
    expect(await ask(host, issuer.token({ aud: undefined }))).toMatchObject({ reason: 'token_audience' })
    const both = await addSource()
    const strict = await apiFor([both.alias], { audience: `${audience}/strict` })
    expect(await ask(strict.host, issuer.token())).toMatchObject({ reason: 'token_audience' })
    expect(await ask(strict.host, issuer.token({ aud: `${audience}/strict` }))).toMatchObject({
      reason: 'token_audience',
    })
    expect((await ask(strict.host, issuer.token({ aud: ['api://default', `${audience}/strict`] }))).status).toBe(200)
  })

  it('nobody, where neither the API nor the source names an audience', async () => {
    const source = await addSource({ audiences: [] })
    expect(await ask((await apiFor([source.alias])).host, issuer.token())).toMatchObject({ reason: 'token_audience' })
  })

  it('none for a token of ours, which needs an API or a client of ours', async () => {
    const source = await addSource()
    const ours = (await world.login('rene')).access_token
    expect(await ask((await apiFor([source.alias])).host, ours)).toMatchObject({ reason: 'token_audience' })
    const both = await apiFor(['Okta', source.alias], { clients: [world.client.id] })
    expect((await ask(both.host, ours)).headers['x-auth-source']).toBe('Okta')
    expect((await ask(both.host, issuer.token())).headers['x-auth-source']).toBe(source.alias)
  })
})

it('clients are told where to get tokens that an API takes', async () => {
  const source = await addSource()
  const shared_secret = 'thirty-two bytes are what it takes'
  const names = await Promise.all(['acme', 'urn:acme'].map((issuer) => addSource({ issuer, shared_secret })))
  const servers = async (sources: readonly unknown[]) => {
    const { slug } = await apiFor(sources)
    const answer = await fetch(`${world.broker.issuer}/.well-known/oauth-protected-resource/${slug}`)
    return ((await answer.json()) as Json).authorization_servers
  }
  expect(await servers(['Okta', source.alias])).toEqual([world.broker.issuer, issuer.issuer])
  expect(await servers([source.alias, ...names.map(({ alias }) => alias)])).toEqual([issuer.issuer])
  expect(await servers([{ source: source.alias, sunset: new Date(now() - 1000).toISOString() }])).toEqual([
    world.broker.issuer,
  ])
})

describe('a source', () => {
  it('is the first in the order of the API whose audience the token names', async () => {
    const one = await addSource({ audiences: ['api://one'] })
    const two = await addSource({ audiences: ['api://two', 'api://three'] })
    const three = await addSource({ audiences: ['api://three'] })
    const { host } = await apiFor([one.alias, two.alias, three.alias])
    const through = async (aud: string) => (await ask(host, issuer.token({ aud }))).headers['x-auth-source']
    expect(await through('api://one')).toBe(one.alias)
    expect(await through('api://three')).toBe(two.alias)
    expect(await ask(host, issuer.token({ aud: 'api://four' }))).toMatchObject({ reason: 'token_audience' })
  })

  it('opens nothing at an API after its sunset there', async () => {
    const source = await addSource()
    const sunset = new Date(now() + 60_000).toISOString()
    const { host } = await apiFor([{ source: source.alias, sunset }])
    const token = issuer.token({ exp: Math.floor(now() / 1000) + 3600 })
    expect((await ask(host, token)).status).toBe(200)
    ahead += 60_000
    expect(await ask(host, token)).toMatchObject({ status: 403, reason: 'api_source_sunset' })
  })

  it('opens nothing at all while it is switched off, without being asked, and as before when it is switched on again', async () => {
    const source = await addSource()
    const { host } = await apiFor([source.alias])
    const token = issuer.token({ exp: Math.floor(now() / 1000) + 3600 })
    expect((await ask(host, token)).status).toBe(200)
    await change('PATCH', `authentication-sources/${source.id}`, { enabled: false })
    issuer.heard()
    expect(await ask(host, token)).toMatchObject({ status: 401, reason: 'source_disabled' })
    expect(await ask(host, issuer.token({ jti: 'never seen' }))).toMatchObject({ reason: 'source_disabled' })
    expect(issuer.heard()).toEqual([])
    await change('PATCH', `authentication-sources/${source.id}`, { enabled: true })
    expect((await ask(host, token)).status).toBe(200)
  })

  it('judges by its new settings at once, tokens that it knows too', async () => {
    const source = await addSource()
    const { host } = await apiFor([source.alias])
    const token = issuer.token()
    expect((await ask(host, token)).status).toBe(200)
    await change('PATCH', `authentication-sources/${source.id}`, { config: { audiences: ['api://other'] } })
    expect(await ask(host, token)).toMatchObject({ reason: 'token_audience' })
  })

  it('tells when it vouched last, at most once a minute', async () => {
    const source = await addSource()
    const { host } = await apiFor([source.alias])
    const status = async () => (await world.broker.admin('GET', `authentication-sources/${source.id}`)).body.status
    expect(await status()).toEqual({ last_success: null, last_failure: null })
    expect(await ask(host, issuer.token({ exp: 1 }))).toMatchObject({ reason: 'token_expired' })
    await ask(host, issuer.token())
    await expect
      .poll(status, { timeout: 10_000 })
      .toMatchObject({ last_success: expect.any(String), last_failure: null })
  })

  it('shows no secret of its own, and keeps what is left out', async () => {
    const secret = 'thirty-two bytes are what it takes, at least'
    const source = await addSource({ shared_secret: secret, issuer: 'urn:acme' })
    expect(JSON.stringify(source)).not.toContain(secret)
    expect((await world.broker.admin('GET', `authentication-sources/${source.id}`)).body.config).not.toHaveProperty(
      'shared_secret',
    )
    await change('PATCH', `authentication-sources/${source.id}`, { name: 'Renamed' })
    const { host } = await apiFor([source.alias])
    const token = signJwt({ alg: 'HS256' }, issuer.claims({ iss: 'urn:acme' }), secret)
    expect((await ask(host, token)).status).toBe(200)
  })
})

describe('nobody signs in through it', () => {
  it('so it is in no chooser, and no hint leads there', async () => {
    const source = await addSource()
    const visitor = createVisitor()
    const { url } = world.broker.authorizationUrl(world.client, { idp_hint: source.alias })
    const page = await visitor.travel(url, ({ pathname }) => pathname.startsWith('/login/'))
    const chooser = await (await visitor.request(page)).text()
    expect(chooser).toContain('Corporate Okta')
    expect(chooser).not.toContain(source.alias)
    expect((await visitor.request(`${page}/source/${source.alias}`)).status).not.toBe(200)
  })

  it('so portals, clients and e-mail domains cannot name it, and it has no test login', async () => {
    const source = await addSource()
    const problem = async (method: string, address: string, body: Json) => {
      const answer = await world.broker.admin(method, address, body)
      expect(answer.status).toBe(400)
      return answer.body.errors
    }
    const message = `${source.alias} is of type jwt: nobody signs in through it`
    expect(await problem('POST', 'portals', { slug: 'p', name: 'P', authentication_source: source.alias })).toEqual([
      { path: 'authentication_source', message },
    ])
    expect(
      await problem('POST', 'clients', { redirect_uris: ['https://x.example/'], allowed_sources: [source.alias] }),
    ).toEqual([{ path: 'allowed_sources.0', message }])
    const domains = { alias: 'D', name: 'D', type: 'jwt', config: issuer.config, domains: ['acme.com'] }
    expect(await problem('POST', 'authentication-sources', domains)).toEqual([
      { path: 'domains', message: 'nobody is sent to a source of type jwt to sign in' },
    ])
    const more = { ...domains, config: { ...issuer.config, unknown: 1 } }
    expect(await problem('POST', 'authentication-sources', more)).toMatchObject([
      { path: 'config.unknown' },
      { path: 'domains' },
    ])
    expect(await problem('POST', `authentication-sources/${source.id}/test-login`, {})).toEqual([
      { path: 'source.type', message: expect.any(String) },
    ])
  })
})

describe('tokens that are no JWTs', () => {
  beforeEach(() => void issuer.heard())

  it('are asked about at the issuer, once for half a minute, and stop when the issuer says so', async () => {
    const source = await addSource(issuer.introspection)
    const { host } = await apiFor([source.alias])
    const token = issuer.issue('opaque-1', { preferred_username: 'rene', groups: ['Staff'], exp: undefined })
    const answers = await Promise.all([1, 2, 3].map(() => ask(host, token)))
    expect(answers.map(({ headers }) => headers['x-auth-roles'])).toEqual(['Staff', 'Staff', 'Staff'])
    ahead += 29_000
    expect((await ask(host, token)).headers['x-auth-user']).toBe('rene')
    expect(issuer.heard()).toEqual(['POST /introspect'])
    issuer.revoke(token)
    ahead += 1000
    expect(await ask(host, token)).toMatchObject({ status: 401, reason: 'token_inactive' })
    expect(await ask(host, token)).toMatchObject({ status: 401, reason: 'token_inactive' })
    expect(issuer.heard()).toEqual(['POST /introspect'])
  })

  it('are not good a moment longer than they say', async () => {
    const source = await addSource({ ...issuer.introspection, clock_tolerance: 0 })
    const { host } = await apiFor([source.alias])
    const token = issuer.issue('opaque-2', { exp: Math.floor(now() / 1000) + 10 })
    expect((await ask(host, token)).status).toBe(200)
    ahead += 10_000
    issuer.misbehave('down')
    expect((await ask(host, token)).status).not.toBe(200)
  })

  it.each<[string, Json, string]>([
    ['another issuer', { iss: 'https://elsewhere.example' }, 'token_issuer'],
    ['another audience', { aud: 'api://other' }, 'token_audience'],
    ['no audience', { aud: undefined }, 'token_audience'],
    ['a refresh token by its kind', { token_type: 'refresh_token' }, 'token_type'],
    ['a refresh token by its claim', { typ: 'Refresh' }, 'token_type'],
    ['a refresh token by its use', { token_use: 'refresh_token' }, 'token_type'],
    ['a token for DPoP without a key', { token_type: 'DPoP' }, 'token_bound'],
    ['a key to be proven', { token_type: 'DPoP', cnf: { jkt: 'x' } }, 'token_binding_unproven'],
    ['a key that nobody can prove here', { cnf: { jwe: 'x' } }, 'token_bound'],
    ['nobody', { sub: undefined }, 'token_malformed'],
    ['a time that is over', { exp: 1 }, 'token_expired'],
    ['a time to come', { nbf: 9_999_999_999 }, 'token_not_yet_valid'],
  ])('are refused when the answer names %s', async (name, members, reason) => {
    const source = await addSource(issuer.introspection)
    const token = issuer.issue(`opaque-${name.replaceAll(' ', '-')}`, members)
    expect(await ask((await apiFor([source.alias])).host, token)).toMatchObject({ status: 401, reason })
  })

  it('SEC-106 cannot be told while the issuer does not answer, whatever is wrong with it, and pass again afterwards', async () => {
    const source = await addSource(issuer.introspection)
    const { host } = await apiFor([source.alias])
    for (const trouble of ['down', 'gone', 'rubbish'] as const) {
      issuer.misbehave(trouble)
      expect(await ask(host, issuer.issue(`opaque-${trouble}`)), trouble).toMatchObject({ status: 503 })
      issuer.misbehave(undefined)
      ahead += 1000
    }
    expect((await ask(host, 'opaque-down')).status).toBe(200)
    const wrong = await addSource({ ...issuer.introspection, introspection_client_secret: 'wrong' })
    expect(await ask((await apiFor([wrong.alias])).host, 'opaque-down')).toMatchObject({ status: 503 })
  })

  it('are none of ours where no source is asked, and never sent out of such an API', async () => {
    const source = await addSource()
    const { host } = await apiFor([source.alias, 'Okta'])
    expect(await ask(host, issuer.issue('opaque-3'))).toMatchObject({ status: 401, reason: 'token_malformed' })
    expect(issuer.heard()).toEqual([])
  })

  it('go to the second source when the first does not know them, or does not answer', async () => {
    await using other = await startTokenIssuer({ now })
    const one = await addSource({ ...other.config, ...other.introspection })
    const two = await addSource(issuer.introspection)
    const { host } = await apiFor([one.alias, two.alias])
    expect((await ask(host, issuer.issue('opaque-4'))).headers['x-auth-source']).toBe(two.alias)
    expect((await ask(host, other.issue('opaque-5'))).headers['x-auth-source']).toBe(one.alias)
    other.misbehave('down')
    expect((await ask(host, issuer.issue('opaque-6'))).headers['x-auth-source']).toBe(two.alias)
    ahead += 1000
    expect(await ask(host, 'nobody-knows-this')).toMatchObject({ status: 503 })
  })

  it('SEC-111 are never sent when they look like JWTs, or like nothing that is a token', async () => {
    const source = await addSource(issuer.introspection)
    const { host } = await apiFor([source.alias])
    for (const token of ['a.b.c', 'a.b.c.d.e', 'x'.repeat(5000), 'tok"en', 'tök'])
      expect((await ask(host, token)).status, token).toBe(401)
    expect(issuer.heard()).toEqual([])
  })
})

describe('the test of a source', () => {
  const test = async (config: Json) =>
    (await world.broker.admin('POST', 'authentication-sources/test', { type: 'jwt', config })).body

  it('passes when the keys and the introspection are there', async () => {
    expect(await test(issuer.config)).toEqual({ ok: true })
    expect(await test({ ...issuer.config, ...issuer.introspection })).toEqual({ ok: true })
    expect(await test({ ...issuer.config, jwks_uri: `${issuer.issuer}/keys` })).toEqual({ ok: true })
    const pem = createPublicKey(issuer.keys[0]?.privateKey ?? '').export({ format: 'pem', type: 'spki' })
    expect(await test({ issuer: 'x', public_key: pem })).toEqual({ ok: true })
  })

  it.each<[string, () => Json, () => void, string]>([
    ['no URL', () => ({ issuer: 'acme' }), () => {}, 'URL_INVALID'],
    ['a host that is nowhere', () => ({ issuer: 'https://nowhere.invalid' }), () => {}, 'UNKNOWN_HOST'],
    ['unknown members', () => ({ ...issuer.config, jwks_url: 'x' }), () => {}, 'COULD_NOT_PARSE_CONFIG'],
    [
      'a private address',
      () => ({ ...issuer.config, allow_private_addresses: false, issuer: 'https://127.0.0.1' }),
      () => {},
      'ADDRESS_NOT_ALLOWED',
    ],
    ['no discovery document', () => issuer.config, () => issuer.misbehave('rubbish'), 'COULD_NOT_PARSE_CONFIG'],
    ['a server error', () => issuer.config, () => issuer.misbehave('down'), 'REMOTE_HOST_RESPONDED_WITH_ERROR'],
    ['another issuer', () => issuer.config, () => issuer.discover({ issuer: 'https://x.example' }), 'ISSUER_MISMATCH'],
    ['no address of keys', () => issuer.config, () => issuer.discover({ jwks_uri: undefined }), 'MISSING_JWKS'],
    [
      'no key set',
      () => ({ ...issuer.config, jwks_uri: `${issuer.issuer}/introspect` }),
      () => {},
      'REMOTE_HOST_RESPONDED_WITH_ERROR',
    ],
    ['no key for the algorithm', () => ({ ...issuer.config, algorithms: ['ES384'] }), () => {}, 'MISSING_JWKS'],
    [
      'a wrong secret',
      () => ({ ...issuer.config, ...issuer.introspection, introspection_client_secret: 'x' }),
      () => {},
      'REMOTE_HOST_RESPONDED_WITH_ERROR',
    ],
  ])('says what is wrong: %s', async (_, config, prepare, code) => {
    prepare()
    const answer = await test(config())
    issuer.discover({})
    expect(answer).toMatchObject({ ok: false, problem: { code, detail: expect.any(String) } })
  })
})
