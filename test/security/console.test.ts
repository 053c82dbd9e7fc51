import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn } from '../support/pages.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const passphrase = 'a long enough passphrase'
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>'{{7*7}}`
const secret = 'the-upstream-secret-that-nobody-sees'

type Entered = Awaited<ReturnType<typeof enterConsole>>

let broker: TestBroker
let upstream: Upstream
let source: string
let admin: Entered
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  upstream = await startUpstream({ users: {} })
  broker = await startTestBroker()
  source = (await broker.addSource(upstream, { name: hostile, description: hostile })).id
  for (const role of ['viewer', 'editor']) {
    const roles = [{ name: role, client: 'gatehouse' }]
    await broker.created('users', { username: role, password: passphrase, name: hostile, roles })
  }
  admin = await enterConsole(broker)
})
afterAll(async () => {
  vi.useRealTimers()
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const pages = () => [
  ...['/admin/', '/admin/sources', '/admin/sources/add', '/admin/sources/add/okta', '/admin/sources/add/okta/connect'],
  ...['', '/edit', '/mapping', '/disable', '/remove'].map((end) => `/admin/sources/${source}${end}`),
]

describe('the console', () => {
  it('SEC-010 says on every page what a browser may do with it: not frame it, run nothing foreign, tell nobody', async () => {
    for (const path of [...pages(), '/admin/sources/nothing', '/admin/nowhere', '/admin/no-entry', '/admin/callback']) {
      const { headers, text } = await admin.open(path)
      const policy = headers.get('content-security-policy') ?? ''
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
      ])
        expect(policy, path).toContain(part)
      expect(policy, path).not.toContain('unsafe')
      expect(headers.get('referrer-policy'), path).toBe('no-referrer')
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      expect(headers.get('cross-origin-opener-policy'), path).toBe('same-origin')
      expect(headers.get('cache-control'), path).toContain('no-store')
      expect(text, path).not.toMatch(/src="https?:/)
      // Names of attributes, whatever their values say.
      expect(text.replaceAll(/"[^"]*"/g, '""'), path).not.toMatch(/<(script|style)>|<[^>]*\s(on[a-z]+|style)=/)
    }
  })

  it('SEC-011 allows no other origin to read it', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await admin.visitor.request(`${broker.config.issuer}/admin/sources`, {
          method,
          headers: { origin, 'access-control-request-method': 'POST' },
        })
        expect(headers.get('access-control-allow-origin')).toBeNull()
      }
    }
  })

  it('SEC-015 takes no form that another site sent, or without its mark, or with somebody else’s', async () => {
    const page = await admin.open(`/admin/sources/${source}`)
    const form = formTo(page, '/check')
    const foreign = formTo((await enterConsole(broker)).page, '/sign-out').fields.csrf ?? ''
    const post = async (fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
      (
        await admin.visitor.request(broker.config.issuer + form.action, {
          ...{ method: 'POST', headers },
          body: new URLSearchParams(fields),
        })
      ).status
    expect(await post(form.fields)).toBe(200)
    expect(await post({})).toBe(403)
    expect(await post({ csrf: foreign })).toBe(403)
    expect(await post(form.fields, { origin: 'https://evil.example' })).toBe(403)
    expect(await post(form.fields, { 'sec-fetch-site': 'cross-site' })).toBe(403)
  })

  it('SEC-113 shows and does what the role allows, page by page', async () => {
    const allowed = {
      viewer: ['/admin/', '/admin/sources', `/admin/sources/${source}`],
      editor: pages(),
    }
    for (const [username, own] of Object.entries(allowed)) {
      const visit = await enterConsole(broker, '/admin/', { username, password: passphrase })
      for (const path of pages()) {
        const { status } = await visit.open(path)
        expect([username, path, status]).toEqual([username, path, own.includes(path) ? 200 : 403])
      }
      // By the address of a form that was never shown to them.
      const csrf = formTo(visit.page, '/sign-out').fields.csrf ?? ''
      const post = async (end: string, more: Readonly<Record<string, string>> = {}) =>
        (
          await visit.visitor.request(`${broker.config.issuer}/admin/sources/${source}${end}`, {
            method: 'POST',
            body: new URLSearchParams({ csrf, ...more }),
          })
        ).status
      expect(await post('/test-login'), username).toBe(403)
      if (username === 'viewer')
        for (const end of ['/edit', '/mapping', '/disable', '/enable', '/remove', '/check'])
          expect(await post(end), end).toBe(403)
    }
  })

  it('SEC-113 lets nobody become an administrator who is none: what opens administration needs the role admin', async () => {
    const { open, send } = await enterConsole(broker, '/admin/', { username: 'editor', password: passphrase })
    const mapping = await send(await open(`/admin/sources/${source}/mapping`), '/mapping', {
      ...{ 'mapping.groups.claim': 'groups', 'mapping.groups.filter': '.*' },
      ...{ 'mapping.roles.0.role': 'admin', 'mapping.roles.0.client': 'gatehouse' },
    })
    expect(mapping.status).toBe(403)
    const moved = await send(await open(`/admin/sources/${source}/edit`), '/edit', {
      name: 'Moved',
      'config.issuer': 'https://evil.example',
      'config.client_id': 'gatehouse',
    })
    expect(moved.status).toBe(403)
    const { body } = await broker.admin('GET', `authentication-sources/${source}`)
    expect(body).toMatchObject({ name: hostile, mapping: { roles: [] }, config: { issuer: upstream.config.issuer } })
  })

  it('SEC-114 keeps tokens on the server, and its cookie from scripts', async () => {
    const { page, visitor } = await enterConsole(broker)
    const set = await visitor.request(`${broker.config.issuer}/admin/sign-in`)
    for (const cookie of set.headers.getSetCookie()) expect(cookie).toMatch(/httponly/i)
    const jwt = /eyJ[\w-]+\.eyJ/
    expect(visitor.cookies(`${broker.config.issuer}/admin/`)).not.toMatch(jwt)
    for (const path of pages()) expect((await admin.open(path)).text, path).not.toMatch(jwt)
    expect(page.text).not.toMatch(jwt)
  })

  it('SEC-114 shows whatever others wrote as text, and never as markup', async () => {
    const viewer = await enterConsole(broker, '/admin/', { username: 'viewer', password: passphrase })
    for (const path of pages()) {
      for (const { text } of [await admin.open(path), await viewer.open(path)]) {
        expect(text, path).not.toContain('<script>alert')
        expect(text, path).not.toContain('<img')
      }
    }
    const found = await admin.open(`/admin/sources?q=${encodeURIComponent(hostile)}`)
    expect(found.text).not.toContain('<script>alert')
    expect(found.text).toContain('&#60;script&#62;alert')
  })

  it('SEC-114 asks for a new proof before what cannot be taken back easily', async () => {
    const { open, send } = await enterConsole(broker)
    vi.setSystemTime(Date.now() + 11 * 60_000)
    for (const end of ['/disable', '/remove']) {
      const asked = await send(await open(`/admin/sources/${source}${end}`), end)
      expect(asked.url.pathname, end).toContain('/login/')
    }
    expect((await broker.admin('GET', `authentication-sources/${source}`)).body.enabled).toBe(true)
  })

  it('SEC-114 asks for a new proof before a rule makes administrators', async () => {
    const { id } = await broker.created('authentication-sources', {
      alias: 'rules',
      name: 'Rules',
      type: 'local',
      hidden: true,
    })
    const { open, send } = await enterConsole(broker)
    vi.setSystemTime(Date.now() + 11 * 60_000)
    const rule = { 'mapping.roles.0.role': 'admin', 'mapping.roles.0.client': 'gatehouse' }
    const asked = await send(await open(`/admin/sources/${id}/mapping`), '/mapping', rule)
    expect(asked.url.pathname).toContain('/login/')
    expect((await broker.admin('GET', `authentication-sources/${id}`)).body).toMatchObject({ mapping: { roles: [] } })
  })

  it('SEC-115 never shows a secret, keeps it when it is omitted, and removes it only when told', async () => {
    const { id } = await broker.created('authentication-sources', {
      ...{ alias: 'kept', name: 'Kept', type: 'oidc', enabled: false },
      config: { issuer: 'https://id.example', client_id: 'gatehouse', client_secret: secret },
    })
    const { open, send } = await enterConsole(broker)
    for (const end of ['', '/edit', '/mapping', '/remove'])
      expect((await open(`/admin/sources/${id}${end}`)).text, end).not.toContain(secret)
    const form = await open(`/admin/sources/${id}/edit`)
    const entered = {
      name: 'Kept',
      'config.issuer': 'https://id.example',
      'config.client_id': 'gatehouse',
      'config.token_endpoint_auth_method': 'client_secret_basic',
      'config.client_secret': '',
    }
    expect((await send(form, '/edit', entered)).text).toContain('Kept is saved.')
    const removed = await send(await open(`/admin/sources/${id}/edit`), '/edit', {
      ...entered,
      'config.client_secret:remove': 'on',
    })
    // It was kept until now: without it the connector says what is missing.
    expect([removed.status, removed.text.includes('Required with token_endpoint_auth_method')]).toEqual([422, true])
  })

  it('SEC-116 loses no update, and says who changed what with secrets masked', async () => {
    const { id } = await broker.created('authentication-sources', {
      ...{ alias: 'shared', name: 'Shared', type: 'oidc', enabled: false },
      config: { issuer: 'https://id.example', client_id: 'gatehouse', client_secret: 'the first secret' },
    })
    const { open, send } = await enterConsole(broker)
    const [one, other] = [await open(`/admin/sources/${id}/edit`), await open(`/admin/sources/${id}/edit`)]
    const entered = (name: string) => ({
      name,
      'config.issuer': 'https://id.example',
      'config.client_id': 'gatehouse',
      'config.client_secret': 'another secret',
    })
    expect((await send(one, '/edit', entered('One'))).status).toBe(200)
    const late = await send(other, '/edit', entered('Other'))
    expect([late.status, late.text.includes('<bdi>One</bdi>')]).toEqual([412, true])
    expect((await broker.admin('GET', `authentication-sources/${id}`)).body.name).toBe('One')

    const { body } = await broker.admin('GET', `events?subject_id=${id}&action=source.changed`)
    const [event] = body.items as { readonly actor: { readonly kind: string } }[]
    expect(event?.actor.kind).toBe('account')
    expect(JSON.stringify(body.items)).not.toMatch(/the first secret|another secret/)
  })

  it('SEC-116 refuses to remove a source in use, with the list of who uses it, whatever the page said', async () => {
    const { id } = await broker.created('authentication-sources', {
      alias: 'used',
      name: 'Used',
      type: 'local',
      hidden: true,
    })
    const { open, send } = await enterConsole(broker)
    const page = await open(`/admin/sources/${id}/remove`)
    await broker.created('apis', {
      ...{ name: 'Patient API', slug: 'patients', audience: 'https://patients.example' },
      authentication_sources: [id],
    })
    const refused = await send(page, '/remove', { typed_name: 'used' })
    expect([refused.status, headingIn(refused)]).toEqual([409, 'Remove Used'])
    expect(refused.text).toContain('Patient API')
    expect((await broker.admin('GET', `authentication-sources/${id}`)).status).toBe(200)
  })
})
