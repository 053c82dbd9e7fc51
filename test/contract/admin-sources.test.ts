import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, freePort, type Gatehouse, type Json, startGatehouse } from './gatehouse.ts'

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

/** As the contract prints it. */
const okta = (more: Json = {}, config: Json = {}) => ({
  alias: 'Okta',
  name: 'Corporate Okta',
  description: '…',
  type: 'oidc',
  enabled: true,
  config: {
    issuer: 'https://acme.okta.com',
    client_id: '…',
    client_secret: '…',
    scopes: ['openid', 'profile', 'email', 'groups'],
    allow_private_addresses: false,
    ...config,
  },
  mapping: {
    attributes: { preferred_username: 'preferred_username' },
    groups: { claim: 'groups', filter: '.*' },
    roles: [{ when_group: 'Consultant', role: 'consultant' }],
    trust_email: false,
  },
  domains: ['acme.com'],
  hidden: false,
  ...more,
})

describe('whoever asks the admin API', () => {
  const collections = ['authentication-sources', 'clients', 'applications', 'apis', 'portals', 'users', 'roles']
  it.each(collections)('needs a token for %s', async (path) => {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { authorization: 'Basic YTpi' }]) {
      const response = await fetch(`${gatehouse.issuer}/admin/api/v1/${path}`, { headers })
      expect(response.status).toBe(401)
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/)
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    }
  })

  it('may write the scheme in any case, and the token nowhere else', async () => {
    const token = await gatehouse.adminToken()
    const url = `${gatehouse.issuer}/admin/api/v1/clients`
    expect((await fetch(url, { headers: { authorization: `bearer ${token}` } })).status).toBe(200)
    expect((await fetch(`${url}?access_token=${token}`)).status).toBe(401)
  })

  it('may look with admin:read, and change nothing', async () => {
    const authorization = `Bearer ${await gatehouse.adminToken('admin:read')}`
    expect((await admin('GET', 'clients', undefined, { authorization })).status).toBe(200)
    for (const [method, path] of [
      ['POST', 'roles'],
      ['POST', 'authentication-sources/test'],
    ] as const) {
      const refused = await admin(method, path, { name: 'never' }, { authorization })
      expect(refused.status).toBe(403)
      problems(refused)
    }
  })

  it('gets problems in JSON whatever it accepts, with the methods that there are', async () => {
    const lost = await admin('GET', 'clients/nobody', undefined, { accept: 'text/html' })
    expect(lost.status).toBe(404)
    problems(lost)
    const wrong = await admin('DELETE', 'clients')
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('allow')).toContain('POST')
    problems(wrong)
    expect((await admin('POST', 'roles', '{not json')).status).toBe(400)
    expect((await admin('POST', 'roles', '{}', { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await admin('HEAD', 'clients')).status).toBe(200)
    expect((await admin('GET', 'clients/')).status).toBe(200)
  })
})

describe('an authentication source', () => {
  it('is kept as the contract prints it, and shown without its secret', async () => {
    const answer = await admin('POST', 'authentication-sources', okta())
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    const path = `authentication-sources/${answer.body.id}`
    expect(answer.headers.get('location')).toBe(`${gatehouse.issuer}/admin/api/v1/${path}`)
    const { body, headers } = await admin('GET', path)
    const { client_secret: _, ...config } = okta().config
    expect(headers.get('etag')).toBeTruthy()
    expect(body).toMatchObject({
      ...okta(),
      config,
      id: expect.any(String),
      callback_url: `${gatehouse.issuer}/broker/Okta/callback`,
      usage: { apis: [], portals: [] },
      created_at: expect.any(String),
      updated_at: expect.any(String),
    })
    expect(body.config).not.toHaveProperty('client_secret')
  })

  it('has an alias and domains of its own', async () => {
    const [alias, domain] = [okta({ domains: [] }), okta({ alias: 'Other' })]
    for (const body of [alias, domain]) {
      const taken = await admin('POST', 'authentication-sources', body)
      expect(taken.status).toBe(409)
      expect(problems(taken)).toHaveLength(1)
    }
  })

  it.each([
    ['colour', okta({ alias: 'x', domains: [], colour: 'red' })],
    ['config.tint', okta({ alias: 'x', domains: [] }, { tint: 1 })],
    ['config.issuer', okta({ alias: 'x', domains: [] }, { issuer: 'no url' })],
    ['mapping.groups.filter', okta({ alias: 'x', domains: [], mapping: { groups: { claim: 'groups', filter: '(' } } })],
    ['alias', okta({ alias: 'a/b', domains: [] })],
    ['type', okta({ alias: 'x', domains: [], type: 'carrier-pigeon' })],
  ])('is refused for a wrong %s, by that name', async (path, body) => {
    const answer = await admin('POST', 'authentication-sources', body)
    expect(answer.status).toBe(400)
    expect(problems(answer)).toContain(path)
  })

  it.each(['application/json', 'application/merge-patch+json', 'application/merge-patch+json; charset=utf-8'])(
    'is merged with a PATCH of type %s',
    async (type) => {
      const [source] = (await list('authentication-sources?q=okta')).items
      const patch = { description: type, config: { scopes: ['openid'] }, mapping: { trust_email: true } }
      const answer = await admin('PATCH', `authentication-sources/${source?.id}`, patch, { 'content-type': type })
      expect(answer.status, JSON.stringify(answer.body)).toBe(200)
      expect(answer.body).toMatchObject({
        description: type,
        config: { issuer: 'https://acme.okta.com', scopes: ['openid'] },
        mapping: { trust_email: true, groups: { claim: 'groups' }, roles: [{ role: 'consultant' }] },
      })
    },
  )

  it('is guarded by its ETag', async () => {
    const [source] = (await list('authentication-sources?q=okta')).items
    const path = `authentication-sources/${source?.id}`
    const { headers, body } = await admin('GET', path)
    const stale = { 'if-match': headers.get('etag') ?? '' }
    expect((await admin('PATCH', path, { name: 'A' }, stale)).status).toBe(200)
    for (const request of [
      ['PATCH', { name: 'B' }],
      ['PUT', body],
      ['DELETE', undefined],
    ] as const) {
      const answer = await admin(request[0], path, request[1], stale)
      expect(answer.status).toBe(412)
      problems(answer)
    }
    expect((await admin('PUT', path, body, { 'if-match': '*' })).body.name).toBe('Corporate Okta')
  })

  it('cannot go while an API uses it, which is named; afterwards it can', async () => {
    const { id } = await made('authentication-sources', okta({ alias: 'used', domains: [] }))
    const path = `authentication-sources/${id}`
    const api = await made('apis', { name: 'Patient API', slug: 'patients', authentication_sources: [id] })
    expect((await admin('GET', path)).body.usage).toMatchObject({ apis: [{ id: api.id, name: 'Patient API' }] })
    const refused = await admin('DELETE', path)
    expect(refused.status).toBe(409)
    expect(problems(refused)).toEqual([`apis/${api.id}`])
    expect(JSON.stringify(refused.body)).toContain('Patient API')
    expect((await admin('PATCH', `apis/${api.id}`, { authentication_sources: [] })).status).toBe(200)
    expect((await admin('DELETE', path)).status).toBe(204)
    expect((await admin('GET', path)).status).toBe(404)
    expect((await admin('DELETE', path)).status).toBe(404)
  })
})

describe('the test of a source', () => {
  let upstream: Server
  let base: string
  beforeAll(async () => {
    upstream = createServer((request, response) => {
      const [, kind] = (request.url ?? '').split('/')
      if (kind === 'slow') return
      if (kind === 'broken') return response.writeHead(500).end()
      if (kind === 'html') return response.end('<!doctype html>')
      if (request.url?.endsWith('/jwks')) return response.end('{"keys":[]}')
      const issuer = `${base}/${kind}`
      const endpoints = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` }
      const jwks = kind === 'keyless' ? {} : { jwks_uri: `${issuer}/jwks` }
      return response.end(
        JSON.stringify({
          ...{ issuer, ...endpoints, ...jwks },
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
        }),
      )
    })
    await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done))
    base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  })
  afterAll(() => {
    upstream.closeAllConnections()
    upstream.close()
  })

  it.each([
    ['URL_INVALID', () => 'no url'],
    ['URL_INVALID', () => 'ftp://acme.okta.com'],
    ['UNKNOWN_HOST', () => 'https://acme.invalid'],
    ['REMOTE_HOST_RESPONDED_WITH_ERROR', () => `${base}/broken`],
    ['COULD_NOT_PARSE_CONFIG', () => `${base}/html`],
    ['MISSING_JWKS', () => `${base}/keyless`],
    ['MISSING_JWKS', () => `${base}/empty`],
    ['REQUEST_TIMEOUT', () => `${base}/slow`],
    ['CONNECTION_FAILED', async () => `http://127.0.0.1:${await freePort()}`],
  ])(
    'says %s',
    async (code, issuer) => {
      const draft = okta({}, { issuer: await issuer(), allow_private_addresses: true })
      const { status, body } = await admin('POST', 'authentication-sources/test', draft)
      expect(status).toBe(200)
      expect(body).toEqual({ ok: false, problem: { code, detail: expect.any(String) } })
    },
    15_000,
  )
})

describe('lists', () => {
  it('go on where the last page ended, and end', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await made('roles', { name: `list-${name}` })
    const seen: unknown[] = []
    let page = await list('roles?limit=2')
    for (; page.next !== null; page = await list(`roles?limit=2&after=${encodeURIComponent(page.next)}`)) {
      expect(page.items).toHaveLength(2)
      seen.push(...page.items.map(({ name }) => name))
    }
    seen.push(...page.items.map(({ name }) => name))
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toEqual(expect.arrayContaining(['list-a', 'list-b', 'list-c', 'list-d', 'list-e']))
  })

  it('search by what people know', async () => {
    await made('clients', { client_id: 'needle-id', client_name: 'Hay Stack', redirect_uris: ['https://a.example/'] })
    await made('users', { username: 'needle', password: 'a-good-password', email: 'n@hay.example', name: 'Ann' })
    for (const q of ['needle-ID', 'hay stack'])
      expect((await list(`clients?q=${encodeURIComponent(q)}`)).items).toHaveLength(1)
    for (const q of ['Needle', 'n@hay', 'ann'])
      expect((await list(`users?q=${encodeURIComponent(q)}`)).items).toHaveLength(1)
    expect((await list('users?q=%25')).items).toEqual([])
  })

  it.each(['limit=0', 'limit=x', 'after=nonsense', 'colour=red'])('refuse %s', async (query) => {
    const answer = await admin('GET', `roles?${query}`)
    expect(answer.status).toBe(400)
    expect(problems(answer)).toEqual([query.split('=')[0]])
  })
})
