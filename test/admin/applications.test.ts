import { describe, expect, it } from 'vitest'
import { startAdmin } from './start-admin.ts'

const redirect_uris = ['https://app.example.com/callback']
const patientApp = {
  name: 'Patient App',
  description: 'For nurses',
  owner: { name: 'Ada Lovelace', email: 'ada@example.com' },
  redirect_uris,
  post_logout_redirect_uris: ['https://app.example.com/'],
  web_origins: ['https://app.example.com'],
}

type Admin = Awaited<ReturnType<typeof startAdmin>>

async function made(admin: Admin, body: object = patientApp) {
  const answer = await admin.call('POST', 'applications', body)
  expect(answer.status, JSON.stringify(answer.body)).toBe(201)
  return answer.body
}

describe('an application', () => {
  it('is made together with its OpenID client, whose secret is shown this once', async () => {
    await using admin = await startAdmin()
    const { client, ...application } = await made(admin)
    expect(application).toEqual({
      ...patientApp,
      id: expect.any(String),
      slug: null,
      public: false,
      application_type: 'web',
      disabled_by_publisher: false,
      disabled_by_consumer: false,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    })
    expect(client).toEqual({
      client_id: `${application.id}:OPENID`,
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
    })
    const read = (await admin.call('GET', `applications/${application.id}`)).body
    expect(read.client).toEqual({ client_id: client.client_id })
    const listed = (await admin.call('GET', 'clients')).body.items
    expect(listed).toMatchObject([
      {
        client_id: client.client_id,
        client_name: 'Patient App',
        redirect_uris,
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'client_secret_basic',
        enabled: true,
      },
    ])
    const events = JSON.stringify((await admin.call('GET', 'events')).body)
    expect(events).not.toContain(client.client_secret)
  })

  it('that is public has a client without a secret; one without addresses acts for itself', async () => {
    await using admin = await startAdmin()
    const open = await made(admin, {
      name: 'Phone',
      public: true,
      application_type: 'native',
      redirect_uris: ['com.example.app:/cb'],
    })
    expect(open.client).toEqual({ client_id: `${open.id}:OPENID` })
    const robot = await made(admin, { name: 'Robot' })
    expect(robot.client).toHaveProperty('client_secret')
    const clientOf = async (id: string) => (await admin.call('GET', `clients/${id}:OPENID`)).body
    expect(await clientOf(open.id)).toMatchObject({ token_endpoint_auth_method: 'none', require_pkce: true })
    expect(await clientOf(robot.id)).toMatchObject({ grant_types: ['client_credentials'], response_types: [] })
  })

  it('that becomes public loses its secret, and gets another when it is confidential again', async () => {
    await using admin = await startAdmin()
    const { id, client } = await made(admin)
    const opened = await admin.call('PATCH', `applications/${id}`, { public: true })
    expect(opened.body).toMatchObject({ public: true, client: { client_id: client.client_id } })
    expect(opened.body.client).not.toHaveProperty('client_secret')
    const closed = await admin.call('PATCH', `applications/${id}`, { public: false })
    expect(closed.body.client.client_secret).toMatch(/^[\w-]{43}$/)
    expect(closed.body.client.client_secret).not.toBe(client.client_secret)
  })

  it('leads: its client follows, and keeps what else was set there', async () => {
    await using admin = await startAdmin()
    const { id } = await made(admin)
    const client = `clients/${id}:OPENID`
    expect(
      (await admin.call('PATCH', client, { first_party: false, logo_uri: 'https://app.example.com/l.png' })).status,
    ).toBe(200)
    const grants = ['authorization_code', 'refresh_token', 'client_credentials']
    expect((await admin.call('PATCH', client, { grant_types: grants })).status).toBe(200)
    const renamed = { name: 'Renamed', redirect_uris: ['https://other.example.com/cb'], web_origins: [] }
    expect((await admin.call('PATCH', `applications/${id}`, renamed)).body).toMatchObject(renamed)
    expect((await admin.call('GET', client)).body).toMatchObject({
      client_name: 'Renamed',
      redirect_uris: renamed.redirect_uris,
      web_origins: [],
      grant_types: grants,
      first_party: false,
      logo_uri: 'https://app.example.com/l.png',
    })
  })

  it.each([
    [{ client_name: 'x' }, 'client_name'],
    [{ redirect_uris: ['https://evil.test/'] }, 'redirect_uris'],
    [{ post_logout_redirect_uris: [] }, 'post_logout_redirect_uris'],
    [{ web_origins: [] }, 'web_origins'],
    [{ enabled: false }, 'enabled'],
    [{ token_endpoint_auth_method: 'none', require_pkce: true }, 'token_endpoint_auth_method'],
  ])('is where %j of its client is changed', async (change, path) => {
    await using admin = await startAdmin()
    const { id } = await made(admin)
    const { status, body } = await admin.call('PATCH', `clients/${id}:OPENID`, change)
    expect(status).toBe(400)
    expect(body.errors).toEqual([
      { path, message: `belongs to the application Patient App: change it at applications/${id}` },
    ])
  })

  it('goes with its client, which does not go without it', async () => {
    await using admin = await startAdmin()
    const { id } = await made(admin)
    const refused = await admin.call('DELETE', `clients/${id}:OPENID`)
    expect(refused.status).toBe(409)
    expect(refused.body).toMatchObject({ code: 'in_use', errors: [{ path: `applications/${id}` }] })
    expect((await admin.call('DELETE', `applications/${id}`)).status).toBe(204)
    expect((await admin.call('GET', `clients/${id}:OPENID`)).status).toBe(404)
  })

  it('is off when either side switches it off, and its client with it', async () => {
    await using admin = await startAdmin()
    const { id } = await made(admin)
    const enabled = async () => (await admin.call('GET', `clients/${id}:OPENID`)).body.enabled
    const marked = () => admin.stores.marks.blockedAt('client', `${id}:OPENID`)
    const say = (flags: object) => admin.call('PATCH', `applications/${id}`, flags)
    expect([await enabled(), await marked()]).toEqual([true, null])
    await say({ disabled_by_consumer: true })
    expect([await enabled(), await marked()]).toEqual([false, expect.any(Number)])
    await say({ disabled_by_publisher: true })
    await say({ disabled_by_consumer: false })
    expect(await enabled()).toBe(false)
    expect((await say({ disabled_by_publisher: false })).body).toMatchObject({ disabled_by_consumer: false })
    expect(await enabled()).toBe(true)
  })

  it('is not switched off when its mark cannot be written', async () => {
    await using admin = await startAdmin()
    const { id } = await made(admin)
    admin.marks.block = () => Promise.reject(new Error('the store is away'))
    expect((await admin.call('PATCH', `applications/${id}`, { disabled_by_publisher: true })).status).toBe(500)
    expect((await admin.call('GET', `applications/${id}`)).body.disabled_by_publisher).toBe(false)
    expect((await admin.call('DELETE', `applications/${id}`)).status).toBe(500)
    expect((await admin.call('GET', `clients/${id}:OPENID`)).body.enabled).toBe(true)
  })

  it.each([
    [{ name: '' }, 'name'],
    [{ owner: { name: 'Ada' } }, 'owner.email'],
    [{ owner: { name: 'Ada', email: 'nobody' } }, 'owner.email'],
    [{ redirect_uris: ['http://app.example.com/'] }, 'redirect_uris.0'],
    [{ redirect_uris: [redirect_uris[0], 'com.example.app:/cb'] }, 'redirect_uris.1'],
    [{ public: true, redirect_uris: [] }, 'redirect_uris'],
    [{ web_origins: ['https://app.example.com/x'] }, 'web_origins.0'],
    [{ disabled: true }, 'disabled'],
  ])('is refused with %j', async (change, path) => {
    await using admin = await startAdmin()
    const { status, body } = await admin.call('POST', 'applications', { ...patientApp, ...change })
    expect([status, body.errors.map((problem: { path: string }) => problem.path)]).toEqual([400, [path]])
    expect((await admin.call('GET', 'clients')).body.items).toEqual([])
  })
})

describe('a portal', () => {
  it('keeps its source and its APIs, which say so, and has its slug to itself', async () => {
    await using admin = await startAdmin()
    const source = (
      await admin.call('POST', 'authentication-sources', { alias: 'people', name: 'People', type: 'local' })
    ).body.id
    const api = (await admin.call('POST', 'apis', { name: 'Patient API', slug: 'patients' })).body.id
    const portal = {
      slug: 'developers',
      name: 'Developers',
      authentication_source: 'people',
      apis: [api, api],
      required_roles: ['developer'],
    }
    const { id, ...body } = (await admin.call('POST', 'portals', portal)).body
    expect(body).toMatchObject({ ...portal, authentication_source: source, apis: [api] })
    expect((await admin.call('GET', `authentication-sources/${source}`)).body.usage).toEqual({
      apis: [],
      portals: [{ id, name: 'Developers' }],
    })
    for (const path of [`authentication-sources/${source}`, `apis/${api}`]) {
      const refused = await admin.call('DELETE', path)
      expect(refused.status, path).toBe(409)
      expect(refused.body.errors).toEqual([{ path: `portals/${id}`, message: 'is used by the portal Developers' }])
    }
    expect((await admin.call('POST', 'portals', portal)).body.errors).toMatchObject([{ path: 'slug' }])
    for (const [change, path] of [
      [{ authentication_source: 'nothing' }, 'authentication_source'],
      [{ apis: [api, 'nothing'] }, 'apis.1'],
      [{ slug: 'A' }, 'slug'],
    ] as const) {
      const refused = await admin.call('PATCH', `portals/${id}`, change)
      expect([refused.status, refused.body.errors[0].path]).toEqual([400, path])
    }
    expect((await admin.call('DELETE', `portals/${id}`)).status).toBe(204)
    expect((await admin.call('DELETE', `apis/${api}`)).status).toBe(204)
    expect((await admin.call('DELETE', `authentication-sources/${source}`)).status).toBe(204)
  })
})
