/** What an API asks of those who call it, one rule at a time. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestClient } from '../support/broker.ts'
import { recordLog } from '../support/log-lines.ts'
import { bearer, type GatewayWorld, startGateway } from './start-gateway.ts'

const log = recordLog()
let world: GatewayWorld
/** Milliseconds that the broker is ahead. */
let ahead = 0
let rene: string
let john: string
let machine: TestClient
let robot: string

beforeAll(async () => {
  world = await startGateway({ parts: { log: log.log, clock: () => Date.now() + ahead } })
  rene = (await world.login('rene')).access_token
  john = (await world.login('john')).access_token
  machine = await world.broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'] })
  robot = await world.machineToken(machine)
})
afterAll(async () => world?.[Symbol.asyncDispose]())

const call = async (rules: Record<string, unknown>, token: string) => {
  const { host } = await world.addApi(rules)
  return world.ask({ host, headers: bearer(token) })
}

describe('whose token it is', () => {
  it('an API without an audience takes those of clients that it names, and no others', async () => {
    expect((await call({}, rene)).status).toBe(200)
    expect(await call({ clients: [] }, rene)).toMatchObject({ status: 401, reason: 'token_audience' })
    expect(await call({ clients: [] }, robot)).toMatchObject({ status: 401, reason: 'token_audience' })
  })

  it('an API with an audience takes those that name it, and no others', async () => {
    const audience = 'https://api.example/orders'
    const { host } = await world.addApi({ audience })
    expect(await world.ask({ host, headers: bearer(rene) })).toMatchObject({ status: 401, reason: 'token_audience' })
    const { access_token } = await world.login('rene', world.client, { resource: audience })
    expect((await world.ask({ host, headers: bearer(access_token) })).status).toBe(200)
    expect(await call({}, access_token), 'of another API').toMatchObject({ status: 200 })
  })

  it('tells a client that acts for itself from a person', async () => {
    const answer = await call({ clients: [machine.id] }, robot)
    expect(answer.headers).toMatchObject({
      'x-auth-subject': machine.id,
      'x-auth-client': machine.id,
      'x-auth-user': '',
      'x-auth-source': '',
    })
  })

  it.each([
    ['no JWT', 'opaque', 'token_malformed'],
    ["another issuer's", `${btoa('{"alg":"RS256"}')}.${btoa('{"iss":"https://evil.example"}')}.c2ln`, 'token_issuer'],
  ])('refuses a token that is %s', async (_, token, reason) => {
    expect(await call({}, token.replaceAll('=', ''))).toMatchObject({ status: 401, reason })
  })

  it('refuses an altered token, and one that was revoked or has expired', async () => {
    const { access_token, refresh_token } = await world.login('rene')
    const [head, body, signature = ''] = access_token.split('.')
    const forged = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
    expect(await call({}, forged)).toMatchObject({ status: 401, reason: 'token_signature' })
    const { host } = await world.addApi()
    const headers = bearer(access_token)
    expect((await world.ask({ host, headers })).status).toBe(200)
    const authorization = `Basic ${btoa(`${encodeURIComponent(world.client.id)}:${world.client.secret}`)}`
    await world.broker.post('/revoke', { token: refresh_token }, { authorization })
    expect(await world.ask({ host, headers })).toMatchObject({ status: 401, reason: 'token_revoked' })
  })

  it('finds no token in the address, and takes the scheme in any case', async () => {
    const { host } = await world.addApi()
    expect(await world.ask({ host, target: `/?access_token=${rene}` })).toMatchObject({ reason: 'token_missing' })
    expect((await world.ask({ host, headers: ['Authorization', `bearer ${rene}`] })).status).toBe(200)
  })
})

describe('sources', () => {
  it('are those that the API names, when it names any; machines come from none', async () => {
    const { id } = await world.broker.created('authentication-sources', {
      alias: 'Other',
      name: 'Other',
      type: 'local',
    })
    expect((await call({ authentication_sources: [id, world.source.id] }, rene)).status).toBe(200)
    expect(await call({ authentication_sources: [id] }, rene)).toMatchObject({
      status: 403,
      reason: 'api_source_not_accepted',
    })
    const rules = { authentication_sources: ['Okta'], clients: [machine.id] }
    expect(await call(rules, robot)).toMatchObject({ status: 403, reason: 'api_source_not_accepted' })
  })

  it('count until their sunset', async () => {
    const sunset = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()
    const until = (seconds: number) => ({ authentication_sources: [{ source: 'Okta', sunset: sunset(seconds) }] })
    expect((await call(until(5), rene)).status).toBe(200)
    expect(await call(until(0), rene)).toMatchObject({ status: 403, reason: 'api_source_sunset' })
  })

  it('say what their people are here, in place of what they are elsewhere', async () => {
    const roles = [{ when_group: 'Consultant', role: 'auditor' }, { role: 'visitor' }]
    const rules = { authentication_sources: [{ source: 'Okta', roles }] }
    expect((await call(rules, rene)).headers['x-auth-roles']).toBe('auditor,visitor')
    expect((await call(rules, john)).headers['x-auth-roles']).toBe('visitor')
    expect((await call({ ...rules, required_roles: ['nurse'] }, john)).reason).toBe('role_missing')
  })
})

describe('rules', () => {
  it('ask for all scopes', async () => {
    expect((await call({ required_scopes: ['profile', 'email'] }, rene)).status).toBe(200)
    expect(await call({ required_scopes: ['profile', 'orders'] }, rene)).toMatchObject({ reason: 'insufficient_scope' })
  })

  it('ask for any of the roles, of the realm or of the API, in the words of the retired gateway', async () => {
    expect((await call({ required_roles: ['doctor', 'nurse'] }, john)).status).toBe(200)
    const refused = await call({ required_roles: ['doctor', 'nurse'] }, rene)
    expect(refused).toMatchObject({ status: 403, reason: 'role_missing' })
    expect(refused.body.detail).toBe(
      'No Role(s) are associated for user rene@acme.test to validate the current request.',
    )
    expect((await call({ required_roles: ['doctor'] }, john)).body.detail).toBe(
      'Role(s) nurse for user john@acme.test do not match the required role(s) for this request.',
    )
    expect(refused.headers['www-authenticate']).toBeUndefined()

    const audience = 'https://api.example/roles'
    const own = await world.addApi({ audience, required_roles: ['reader'] })
    const { access_token } = await world.login('rene', world.client, { resource: audience })
    expect((await world.ask({ host: own.host, headers: bearer(access_token) })).headers['x-auth-roles']).toBe('reader')
  })

  it('ask for any of the groups', async () => {
    expect((await call({ required_groups: ['Staff', 'Consultant'] }, rene)).status).toBe(200)
    expect(await call({ required_groups: ['Staff'] }, rene)).toMatchObject({ status: 403, reason: 'group_missing' })
  })

  it.each([
    ['any', ['Consultant', 'Staff'], true],
    ['any', ['Staff'], false],
    ['all', ['Consultant'], true],
    ['all', ['Consultant', 'Staff'], false],
    ['exact', ['Consultant', 'Everyone'], true],
    ['exact', ['Consultant'], false],
    ['exact', ['Consultant', 'Everyone', 'Staff'], false],
    ['none', ['Staff'], true],
    ['none', ['Staff', 'Consultant'], false],
  ])('have a claim hold %s of %j: %s', async (match, values, passes) => {
    const answer = await call({ claims: [{ claim: 'groups', match, values }] }, rene)
    expect(answer).toMatchObject(passes ? { status: 200 } : { status: 403, reason: 'claim_mismatch' })
  })

  it('compare claims with their type, look into objects, and take one that is absent for empty', async () => {
    const withClaim = (claim: string, values: unknown[], match = 'any') =>
      call({ claims: [{ claim, values, match }] }, rene)
    expect((await withClaim('email_verified', [false])).status).toBe(200)
    expect((await withClaim('email_verified', ['false'])).status).toBe(403)
    expect((await withClaim('realm_access.roles', ['x'], 'none')).status).toBe(200)
    expect((await withClaim('department', ['x'], 'none')).status).toBe(200)
    expect((await withClaim('department', ['x'])).status).toBe(403)
    expect((await withClaim('constructor.name', ['Object'])).status).toBe(403)
  })

  it('SEC-105 let no token pass that is not bound where the API wants one that is', async () => {
    expect(await call({ sender_constraint: 'either' }, rene)).toMatchObject({ status: 401, reason: 'token_not_bound' })
  })

  it('are those of now: the next question meets what was changed', async () => {
    const { id, host } = await world.addApi()
    const headers = bearer(rene)
    expect((await world.ask({ host, headers })).status).toBe(200)
    await world.broker.admin('PATCH', `apis/${id}`, { required_groups: ['Staff'] }, { 'if-match': '*' })
    expect(await world.ask({ host, headers })).toMatchObject({ status: 403, reason: 'group_missing' })
    const etag = (await world.broker.admin('GET', `apis/${id}`)).headers.get('etag') ?? ''
    await world.broker.admin('DELETE', `apis/${id}`, undefined, { 'if-match': etag })
    expect(await world.ask({ host, headers })).toMatchObject({ status: 403, reason: 'address_unknown' })
  })
})

describe('an API that only reports', () => {
  const rules = { enforcement: 'report', required_groups: ['Staff'] }

  it('lets everybody pass, and says who is to be refused and why', async () => {
    const { host, slug } = await world.addApi(rules)
    const answer = await world.ask({ host, headers: bearer(rene) })
    expect(answer).toMatchObject({ status: 200, headers: { 'x-auth-user': 'rene@acme.test' } })
    expect(log.events('gateway.would_refuse').at(-1)).toMatchObject({
      reason: 'group_missing',
      what: slug,
      client: world.client.id,
      reference: answer.headers['x-gatehouse-reference'],
    })
    expect((await world.ask({ host, headers: bearer(john) })).status).toBe(200)
    expect(log.events('gateway.allowed').at(-1)).toMatchObject({ what: slug, source: 'Okta' })
  })

  it('believes nobody who is not known: their headers are empty', async () => {
    const { host } = await world.addApi(rules)
    for (const headers of [[], bearer('opaque'), bearer((await world.login('rene')).id_token)]) {
      const answer = await world.ask({ host, headers: [...headers, 'X-Auth-User', 'john'] })
      expect(answer).toMatchObject({ status: 200, headers: { 'x-auth-user': '', 'x-auth-subject': '' } })
    }
  })

  it('is counted apart', async () => {
    const metrics = await (await fetch(`${world.broker.issuer}/metrics`)).text()
    expect(metrics).toMatch(/event="gateway\.would_refuse"\} [1-9]/)
    expect(metrics).toMatch(/endpoint="\/verify\/forwarded",reason="group_missing"\} [1-9]/)
  })
})

it('refuses a token when its time is over', async () => {
  const { host } = await world.addApi()
  const headers = bearer((await world.login('rene')).access_token)
  expect((await world.ask({ host, headers })).status).toBe(200)
  ahead = 301_000
  expect(await world.ask({ host, headers })).toMatchObject({ status: 401, reason: 'token_expired' })
})
