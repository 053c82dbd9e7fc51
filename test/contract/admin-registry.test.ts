import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, basic, type Gatehouse, type Json, startGatehouse } from './gatehouse.ts'

let gatehouse: Gatehouse
beforeAll(async () => {
  gatehouse = await startGatehouse()
})
afterAll(() => gatehouse?.stop())

const admin: Gatehouse['admin'] = (...request) => gatehouse.admin(...request)

interface List {
  readonly items: readonly Json[]
  readonly next: string | null
}

const list = async (path: string) => (await admin<List>('GET', path)).body

async function made(path: string, body: Json): Promise<Json> {
  const answer = await admin('POST', path, body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}

/** RFC 9457, with what the contract adds. */
function problems({ headers, body }: Answer): readonly string[] {
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json/)
  expect(body).toMatchObject({ type: expect.any(String), title: expect.any(String), status: expect.any(Number) })
  return ((body.errors ?? []) as { path: string }[]).map(({ path }) => path)
}

describe('a client', () => {
  const redirect_uris = ['https://app.example.com/callback']

  it('shows its secret when it is made and never again; PUT of what GET gave keeps it', async () => {
    const client = await made('clients', {
      ...{ client_name: 'App', redirect_uris, grant_types: ['authorization_code', 'refresh_token'] },
      ...{ response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic', web_origins: [] },
      ...{
        first_party: true,
        allowed_sources: null,
        token_profile: 'broker',
        resource_server: null,
        require_pkce: true,
      },
    })
    const [id, secret] = [String(client.client_id), String(client.client_secret)]
    const works = async (candidate: string) =>
      (await gatehouse.post('/introspect', { token: 'x' }, basic(id, candidate))).status === 200
    const { body } = await admin('GET', `clients/${id}`)
    const changed = await admin('PUT', `clients/${id}`, { ...body, client_name: 'Renamed' })
    const patched = await admin('PATCH', `clients/${id}`, { client_uri: 'https://app.example.com' })
    for (const answer of [body, changed.body, patched.body, (await list('clients')).items])
      expect(JSON.stringify(answer)).not.toContain('client_secret"')
    expect(patched.body).toMatchObject({ client_name: 'Renamed', client_uri: 'https://app.example.com' })
    expect(await works(secret)).toBe(true)

    const rotated = await admin('POST', `clients/${id}/secret`)
    expect([await works(secret), await works(String(rotated.body.client_secret))]).toEqual([false, true])
    await admin('PATCH', `clients/${id}`, { client_secret: 'one-of-my-own-choice' })
    expect(await works('one-of-my-own-choice')).toBe(true)
  })

  it('may have an id with a colon, raw or encoded in addresses', async () => {
    const client_id = '6fcc0833-0ec2-4542-bc2c-4cd88286dfc8:OPENID'
    await made('clients', { client_id, redirect_uris })
    for (const id of [client_id, encodeURIComponent(client_id)])
      expect((await admin('GET', `clients/${id}`)).body.client_id).toBe(client_id)
    expect((await admin('POST', 'clients', { client_id, redirect_uris })).status).toBe(409)
    expect((await admin('DELETE', `clients/${client_id}`)).status).toBe(204)
  })

  const native = { application_type: 'native', token_endpoint_auth_method: 'none' }
  it.each<[string, Json]>([
    ['only where it may be sent to', { redirect_uris }],
    [
      'a single-page application',
      {
        token_endpoint_auth_method: 'none',
        redirect_uris: ['http://localhost:5173/'],
        web_origins: ['http://localhost:5173'],
      },
    ],
    [
      'a native application',
      { ...native, redirect_uris: ['com.example.app:/callback', 'http://127.0.0.1/callback', 'http://[::1]/callback'] },
    ],
    ['a service', { grant_types: ['client_credentials'] }],
    ['a resource server', { grant_types: ['client_credentials'], resource_server: { apis: '*' } }],
    ['a resource server without grants', { grant_types: [], response_types: [], resource_server: { apis: '*' } }],
    ['a third party', { redirect_uris, first_party: false, scope: 'openid profile email' }],
    ['a source by alias', { redirect_uris, allowed_sources: ['local'] }],
    ['a secret in the form', { redirect_uris, token_endpoint_auth_method: 'client_secret_post' }],
  ])('can be %s', async (_, client) => {
    await made('clients', client)
  })

  it.each<[string, Json]>([
    ['redirect_uris.0', { redirect_uris: ['https://*.example.com/'] }],
    ['redirect_uris.0', { redirect_uris: ['javascript:alert(1)'] }],
    ['redirect_uris.0', { redirect_uris: ['http://app.example.com/'] }],
    ['redirect_uris.0', { redirect_uris: ['com.example.app:/callback'] }],
    ['web_origins.0', { redirect_uris, web_origins: ['https://a.example/path'] }],
    ['token_profile', { redirect_uris, token_profile: 'keycloak' }],
    ['allowed_sources.0', { redirect_uris, allowed_sources: ['nowhere'] }],
    ['grant_types.0', { redirect_uris, grant_types: ['implicit'] }],
  ])('is refused for a wrong %s', async (path, client) => {
    const answer = await admin('POST', 'clients', client)
    expect(answer.status).toBe(400)
    expect(problems(answer)).toContain(path)
  })
})

describe('users and roles', () => {
  it.each<[string, Json]>([
    ['a name and a password', { username: 'u1', password: 'a-good-password' }],
    ['groups', { username: 'u2', password: 'a-good-password', email: 'u2@example.com', groups: ['Everyone', 'Staff'] }],
    [
      'names',
      {
        username: 'u3',
        password: 'a-good-password',
        given_name: 'A',
        family_name: 'B',
        name: 'A B',
        email_verified: true,
        email: 'a@b.example',
      },
    ],
    ['roles as words', { username: 'u4', password: 'a-good-password', roles: ['consultant'] }],
    [
      'roles of clients',
      {
        username: 'u5',
        password: 'a-good-password',
        roles: [
          { name: 'manage', client: 'broker' },
          { name: 'x', client: null },
        ],
      },
    ],
    ['nothing to sign in with', { username: 'u6' }],
    ['an address as the name', { username: 'u7@example.com', password: 'a-good-password', enabled: false }],
  ])('a user can be made of %s', async (_, user) => {
    const answer = await made('users', user)
    expect(JSON.stringify(answer)).not.toMatch(/a-good-password|argon2/)
    const { body } = await admin('GET', `users/${answer.id}`)
    expect(body).toMatchObject({ id: answer.id, username: user.username, enabled: user.enabled ?? true })
    expect((await admin('PUT', `users/${answer.id}`, body)).status).toBe(200)
    expect((await admin('POST', 'users', user)).status).toBe(409)
    expect((await admin('DELETE', `users/${answer.id}`)).status).toBe(204)
  })

  it.each<[string, Json]>([
    ['username', { password: 'a-good-password' }],
    ['password', { username: 'w1', password: 'short' }],
    ['shoe_size', { username: 'w2', password: 'a-good-password', shoe_size: 43 }],
  ])('a user is refused for a wrong %s', async (path, user) => {
    const answer = await admin('POST', 'users', user)
    expect(answer.status).toBe(400)
    expect(problems(answer)).toContain(path)
  })

  it('a role is of the realm or of a client, and stays while somebody has it', async () => {
    const role = await made('roles', { name: 'nurse', description: 'Cares' })
    await made('roles', { name: 'nurse', client: 'broker' })
    expect((await admin('POST', 'roles', { name: 'nurse' })).status).toBe(409)
    const user = await made('users', { username: 'florence', password: 'a-good-password', roles: ['nurse'] })
    expect((await admin('DELETE', `roles/${role.id}`)).status).toBe(409)
    await admin('PATCH', `users/${user.id}`, { roles: [] })
    expect((await admin('DELETE', `roles/${role.id}`)).status).toBe(204)
  })

  it('every change is in the audit, without secrets', async () => {
    const { client_id, client_secret } = await made('clients', { redirect_uris: ['https://audited.example/'] })
    const { items } = await list('events?limit=5')
    expect(items[0]).toMatchObject({ subject: { type: 'client', id: client_id }, actor: { id: 'automation' } })
    expect(JSON.stringify(items)).not.toContain(client_secret)
  })
})

describe('an application', () => {
  it('has a client of its own, keys that are shown once, and goes with both', async () => {
    const api = await made('apis', {
      ...{
        name: 'Ward API',
        slug: 'wards',
        hosts: ['api.example.com'],
        path_prefix: '/wards',
        audience: null,
        clients: [],
      },
      ...{ authentication_sources: ['local'], require_api_key: true, key_must_match_token: true },
      ...{ required_scopes: [], required_roles: [], required_groups: [], enforcement: 'enforce' },
      claims: [{ claim: 'department', match: 'any', values: ['R&D'] }],
      mask: [{ json_path: '$..ssn', unless_group: 'Staff', with: '#########' }],
    })
    const app = await made('applications', {
      ...{ name: 'Ward App', description: 'For wards', owner: { name: 'Ada', email: 'ada@example.com' } },
      ...{ redirect_uris: ['https://wards.example.com/callback'], public: true },
    })
    expect(app.client).toEqual({ client_id: `${app.id}:OPENID` })
    const keys = `applications/${app.id}/api-keys`
    const first = await made(keys, { api_id: api.id, expires_at: null })
    const second = await made(`${keys}/${first.id}/rotate`, { overlap_seconds: 86_400 })
    for (const { key, prefix } of [first, second]) expect(String(key).startsWith(`${prefix}`)).toBe(true)
    expect(second.key).not.toBe(first.key)
    const listed = (await list(keys)).items
    expect(listed.map(({ id }) => id)).toEqual([first.id, second.id])
    expect(JSON.stringify(listed)).not.toContain(String(first.key))

    const kept = await admin('DELETE', `apis/${api.id}`)
    expect([kept.status, problems(kept)]).toEqual([409, [first, second].map(({ id }) => `${keys}/${id}`)])
    const client = await admin('DELETE', `clients/${app.id}:OPENID`)
    expect([client.status, problems(client)]).toEqual([409, [`applications/${app.id}`]])
    expect((await admin('DELETE', `applications/${app.id}`)).status).toBe(204)
    expect((await admin('GET', `clients/${app.id}:OPENID`)).status).toBe(404)
    expect((await admin('DELETE', `apis/${api.id}`)).status).toBe(204)
  })
})

it('a portal keeps its source and its APIs', async () => {
  const source = await made('authentication-sources', { alias: 'portal-people', name: 'People', type: 'local' })
  const api = await made('apis', { name: 'Portal API', slug: 'portal-api' })
  const portal = await made('portals', {
    ...{ slug: 'developers', name: 'Developer portal', authentication_source: source.id, apis: [api.id] },
    required_roles: [],
  })
  for (const path of [`authentication-sources/${source.id}`, `apis/${api.id}`]) {
    const refused = await admin('DELETE', path)
    expect([refused.status, problems(refused)]).toEqual([409, [`portals/${portal.id}`]])
  }
  expect((await admin('DELETE', `portals/${portal.id}`)).status).toBe(204)
  expect((await admin('DELETE', `authentication-sources/${source.id}`)).status).toBe(204)
})
