import { describe, expect, it } from 'vitest'
import { adminPath } from '../../src/admin/admin.ts'
import { okta, startAdmin, webApp } from './start-admin.ts'

const administrators = [{ role: 'admin', client: 'gatehouse' }]

/** What every kind of caller is answered, by method and address. The order of the columns is that of `callers`. */
const callers = [
  'machine',
  'machine~read',
  'admin',
  'admin~read',
  'editor',
  'viewer',
  'nobody',
  'admin~openid',
] as const
const view = [1, 1, 1, 1, 1, 1, 0, 0]
const edit = [1, 0, 1, 0, 1, 0, 0, 0]
const administer = [1, 0, 1, 0, 0, 0, 0, 0]

// Without the secret, which is taken from what is there.
const movedOkta = { issuer: 'https://evil.test', client_id: okta.config.client_id }

const rows: [string, string, unknown, number[]][] = [
  ['GET', 'authentication-sources', undefined, view],
  ['GET', 'clients', undefined, view],
  ['GET', 'users', undefined, view],
  ['GET', 'roles', undefined, view],
  ['GET', 'apis', undefined, view],
  ['GET', 'events', undefined, view],
  ['GET', 'traces', undefined, view],
  ['POST', 'authentication-sources', okta, edit],
  ['POST', 'authentication-sources/test', okta, edit],
  ['POST', 'authentication-sources/test', { ...okta, alias: 'existing' }, edit],
  ['POST', 'authentication-sources/test', { ...okta, alias: 'existing', config: movedOkta }, administer],
  ['POST', 'authentication-sources/existing/test', undefined, edit],
  ['POST', 'authentication-sources/existing/test', { config: { ...movedOkta, client_secret: 'mine' } }, edit],
  ['POST', 'authentication-sources/existing/test', { config: movedOkta }, administer],
  ['POST', 'authentication-sources', { ...okta, mapping: { roles: administrators } }, administer],
  ['PATCH', 'authentication-sources/existing', { name: 'Other' }, edit],
  ['PATCH', 'authentication-sources/existing', { enabled: false }, edit],
  ['PATCH', 'authentication-sources/existing', { config: { issuer: 'https://evil.test' } }, administer],
  ['PATCH', 'authentication-sources/existing', { config: { client_secret: 'other' } }, administer],
  ['PATCH', 'authentication-sources/existing', { mapping: { roles: administrators } }, administer],
  ['DELETE', 'authentication-sources/existing', undefined, edit],
  ['POST', 'clients', webApp, edit],
  ['POST', 'clients', { ...webApp, scope: 'openid admin' }, administer],
  ['POST', 'clients', { ...webApp, scope: 'admin:read' }, administer],
  ['PATCH', 'clients/plain', { scope: 'admin' }, administer],
  ['PATCH', 'clients/plain', { client_name: 'x' }, edit],
  ['POST', 'clients/plain/secret', undefined, edit],
  ['PATCH', 'clients/powerful', { redirect_uris: ['https://evil.test/'] }, administer],
  ['POST', 'clients/powerful/secret', undefined, administer],
  ['DELETE', 'clients/powerful', undefined, administer],
  ['POST', 'users', { username: 'eve', authentication_source: 'people' }, administer],
  ['PATCH', 'users/somebody', { enabled: false }, administer],
  ['DELETE', 'users/somebody', undefined, administer],
  ['POST', 'roles', { name: 'x' }, edit],
  ['POST', 'apis', { name: 'P', slug: 'p' }, edit],
  ['GET', 'applications', undefined, view],
  ['GET', 'applications/registered/api-keys', undefined, view],
  ['GET', 'applications/registered/api-keys/given', undefined, view],
  ['GET', 'portals', undefined, view],
  ['POST', 'applications', { name: 'A', redirect_uris: ['https://a.test/'] }, edit],
  ['PATCH', 'applications/registered', { disabled_by_publisher: true }, edit],
  ['DELETE', 'applications/registered', undefined, edit],
  ['PATCH', 'applications/ruling', { redirect_uris: ['https://evil.test/'] }, administer],
  ['DELETE', 'applications/ruling', undefined, administer],
  ['POST', 'applications/registered/api-keys', { api_id: 'some-api' }, edit],
  ['POST', 'applications/registered/api-keys/given/rotate', undefined, edit],
  ['DELETE', 'applications/registered/api-keys/given', undefined, edit],
  ['POST', 'portals', { name: 'P', slug: 'p', authentication_source: 'people' }, edit],
]

async function start() {
  const admin = await startAdmin()
  const { call } = admin
  await call('POST', 'authentication-sources', { alias: 'people', name: 'People', type: 'local' })
  const existing = (await call('POST', 'authentication-sources', { ...okta, alias: 'existing' })).body.id
  await call('POST', 'clients', { ...webApp, client_id: 'plain' })
  await call('POST', 'clients', { ...webApp, client_id: 'powerful', scope: 'openid admin' })
  const somebody = (await call('POST', 'users', { username: 'ada', authentication_source: 'people' })).body.id
  const application = { name: 'A', redirect_uris: ['https://a.test/'] }
  const registered = (await call('POST', 'applications', application)).body.id
  const ruling = (await call('POST', 'applications', application)).body.id
  await call('PATCH', `clients/${ruling}:OPENID`, { scope: 'openid admin' })
  const api = (await call('POST', 'apis', { name: 'Some', slug: 'some' })).body.id
  const given = (await call('POST', `applications/${registered}/api-keys`, { api_id: api })).body.id
  const ids = { existing, somebody, registered, ruling, given }
  const resolve = (path: string) =>
    Object.entries(ids).reduce((resolved, [name, id]) => resolved.replace(`/${name}`, `/${id}`), path)
  const resolveBody = (body: unknown) =>
    body === undefined ? undefined : JSON.parse(JSON.stringify(body).replace('some-api', api))
  return { ...admin, resolve, resolveBody }
}

describe('SEC-113 who may do what', () => {
  it.each(rows)('%s %s %j', async (method, path, body, expected) => {
    // Only a change that was made makes it another registry for the next caller.
    let admin = await start()
    for (const [index, caller] of callers.entries()) {
      const { status, headers } = await admin.callAs(caller)(method, admin.resolve(path), admin.resolveBody(body))
      const allowed = expected[index] === 1
      expect(allowed ? status < 300 : status === 403, `${caller} was answered ${status}`).toBe(true)
      const challenged = headers.get('www-authenticate')?.startsWith('Bearer error="insufficient_scope"') ?? false
      expect(challenged).toBe(!allowed && caller.includes('~'))
      if (!allowed || method === 'GET') continue
      await admin[Symbol.asyncDispose]()
      admin = await start()
    }
    await admin[Symbol.asyncDispose]()
  })
})

describe('a bearer token', () => {
  it('is required, and taken from the Authorization header only', async () => {
    await using admin = await startAdmin()
    const url = `${admin.server.url}${adminPath}/clients`
    for (const answer of [
      await fetch(url),
      await fetch(`${url}?access_token=machine`),
      await fetch(url, { headers: { authorization: 'Basic bWFjaGluZQ==' } }),
      await fetch(url, { headers: { authorization: 'Bearer' } }),
      await fetch(url, { headers: { authorization: 'Bearer a b' } }),
      await fetch(url, { headers: { cookie: 'access_token=machine' } }),
      await fetch(url, { method: 'POST', body: new URLSearchParams({ access_token: 'machine' }) }),
    ]) {
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(await answer.json()).toMatchObject({ code: 'token_missing' })
    }
    expect((await fetch(url, { headers: { authorization: 'bearer machine' } })).status).toBe(200)
  })

  it('is refused with the reason when it is no good, and never for an outage', async () => {
    await using admin = await startAdmin()
    const expired = await admin.callAs('expired')('GET', 'clients')
    expect(expired.status).toBe(401)
    expect(expired.headers.get('www-authenticate')).toBe(
      'Bearer error="invalid_token", error_description="token_expired"',
    )
    const shutOut = await admin.callAs('shut-out')('GET', 'clients')
    expect([shutOut.status, shutOut.body.code, shutOut.body.status]).toEqual([401, 'account_disabled', 401])
    const elsewhere = await admin.callAs('elsewhere')('GET', 'clients')
    expect(elsewhere.status).toBe(401)
    expect(elsewhere.body.code).toBe('token_audience')
    const outage = await admin.callAs('unavailable')('GET', 'clients')
    expect(outage.status).toBe(503)
    expect(outage.headers.get('www-authenticate')).toBeNull()
  })

  it('SEC-081 makes no administrator of somebody whose realm, or another client, has a role admin', async () => {
    await using admin = await startAdmin()
    const { status, body } = await admin.callAs('nobody')('GET', 'clients')
    expect(status).toBe(403)
    expect(body.code).toBe('not_an_administrator')
  })

  it('names the person in the audit', async () => {
    await using admin = await startAdmin()
    await admin.callAs('admin')('POST', 'roles', { name: 'x' })
    expect((await admin.call('GET', 'events')).body.items[0].actor).toEqual({ kind: 'account', id: 'account of admin' })
  })

  it('is no use to pages of other origins', async () => {
    await using admin = await startAdmin()
    const headers = { origin: 'https://evil.test', authorization: 'Bearer machine' }
    const { headers: answer } = await fetch(`${admin.server.url}${adminPath}/clients`, { headers })
    expect([...answer.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})
