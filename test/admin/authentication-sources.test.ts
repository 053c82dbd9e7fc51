import { describe, expect, it } from 'vitest'
import { SourceProblem } from '../../src/connector.ts'
import { Unavailable } from '../../src/errors.ts'
import { okta, startAdmin } from './start-admin.ts'

const path = 'authentication-sources'

describe('an authentication source', () => {
  it('says everything the contract promises', async () => {
    await using admin = await startAdmin()
    const made = await admin.call('POST', path, { ...okta, domains: ['ACME.com', 'bücher.example', '@acme.com'] })
    expect(made.body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      alias: 'Okta',
      name: 'Corporate Okta',
      description: '',
      type: 'oidc',
      enabled: true,
      config: { issuer: 'https://acme.okta.com', client_id: 'broker', scopes: ['openid'] },
      mapping: { attributes: {}, groups: { claim: 'groups', filter: '.*' }, roles: [], trust_email: false },
      domains: ['acme.com', 'xn--bcher-kva.example'],
      hidden: false,
      callback_url: 'https://login.example.com/broker/Okta/callback',
      post_logout_url: 'https://login.example.com/broker/Okta/logged-out',
      backchannel_logout_url: 'https://login.example.com/broker/Okta/backchannel-logout',
      usage: { apis: [], portals: [] },
      status: { last_success: null, last_failure: null },
      created_at: '2026-02-03T04:05:06.000Z',
      updated_at: '2026-02-03T04:05:06.000Z',
    })
  })

  it('has addresses for an upstream only when browsers are sent to one', async () => {
    await using admin = await startAdmin()
    const { body } = await admin.call('POST', path, { alias: 'people', name: 'People', type: 'local' })
    expect(Object.keys(body).filter((name) => name.endsWith('_url'))).toEqual([])
  })

  it.each([
    [{ alias: '' }, 'alias'],
    [{ alias: '../x' }, 'alias'],
    [{ alias: '.hidden' }, 'alias'],
    [{ alias: 'a/b' }, 'alias'],
    [{ alias: 'x'.repeat(65) }, 'alias'],
    [{ name: ' ' }, 'name'],
    [{ type: 'kerberos' }, 'type'],
    [{ type: 'saml' }, 'type'],
    [{ config: { issuer: 'nonsense', client_id: 'x' } }, 'config.issuer'],
    [{ config: { ...okta.config, isuer: 'x' } }, 'config.isuer'],
    [{ mapping: { groups: { filter: '(' } } }, 'mapping.groups.filter'],
    [{ mapping: { roles: [{ rôle: 'x' }] } }, 'mapping.roles.0.role'],
    [{ mapping: { attributes: { sub: 'x' } } }, 'mapping.attributes.sub'],
    [{ domains: ['acme'] }, 'domains.0'],
    [{ domains: ['acme.com', 'a b.com'] }, 'domains.1'],
    [{ domains: ['*.acme.com'] }, 'domains.0'],
    [{ domains: ['10.0.0.1'] }, 'domains.0'],
  ])('is refused with %j', async (change, where) => {
    await using admin = await startAdmin()
    const { status, body } = await admin.call('POST', path, { ...okta, ...change })
    expect(status).toBe(400)
    expect(body.errors.map((problem: { path: string }) => problem.path)).toContain(where)
    expect((await admin.call('GET', path)).body.items).toEqual([])
  })

  it('keeps its alias and its type', async () => {
    await using admin = await startAdmin()
    const { id } = (await admin.call('POST', path, okta)).body
    for (const change of [{ alias: 'Okta2' }, { type: 'local', config: {} }]) {
      const { status, body } = await admin.call('PATCH', `${path}/${id}`, change)
      expect(status).toBe(400)
      expect(body.errors[0].path).toBe(Object.keys(change)[0])
    }
  })

  it('has its alias and its domains to itself', async () => {
    await using admin = await startAdmin()
    await admin.call('POST', path, { ...okta, domains: ['acme.com'] })
    const sameAlias = await admin.call('POST', path, okta)
    expect(sameAlias.status).toBe(409)
    expect(sameAlias.body).toMatchObject({ code: 'conflict', errors: [{ path: 'alias' }] })
    const second = { ...okta, alias: 'Entra', domains: ['example.com', 'ACME.COM'] }
    const sameDomain = await admin.call('POST', path, second)
    expect(sameDomain.status).toBe(409)
    expect(sameDomain.body.errors).toEqual([{ path: 'domains.1', message: 'acme.com belongs to the source Okta' }])
    const both = await admin.call('POST', path, { ...okta, domains: ['free.com', 'acme.com'] })
    expect(both.status).toBe(409)
    expect(both.body.errors).toEqual([
      { path: 'alias', message: 'is taken' },
      { path: 'domains.1', message: 'acme.com belongs to the source Okta' },
    ])
    const { id } = (await admin.call('POST', path, { ...second, domains: [] })).body
    expect((await admin.call('PATCH', `${path}/${id}`, { domains: ['acme.com'] })).status).toBe(409)
    expect((await admin.call('GET', `${path}/${id}`)).body.domains).toEqual([])
  })

  it('makes sure of the roles its mapping gives', async () => {
    await using admin = await startAdmin()
    const roles = [
      { when_group: 'Consultant', role: 'consultant' },
      { role: 'reader', client: 'patients' },
    ]
    const { body } = await admin.call('POST', path, { ...okta, mapping: { roles } })
    const listed = (await admin.call('GET', 'roles')).body.items
    expect(listed).toMatchObject([
      { name: 'consultant', client: null },
      { name: 'reader', client: 'patients' },
    ])
    const { status, body: refusal } = await admin.call('DELETE', `roles/${listed[0].id}`)
    expect(status).toBe(409)
    expect(JSON.stringify(refusal.errors)).toContain('Okta')
    await admin.call('DELETE', `${path}/${body.id}`)
    expect((await admin.call('DELETE', `roles/${listed[0].id}`)).status).toBe(204)
  })

  it('SEC-115 never shows its secret, and keeps it when it is omitted', async () => {
    await using admin = await startAdmin()
    const { call, stores } = admin
    const secretOf = async (id: string) => (await stores.sources.get(id))?.config.client_secret
    const { id } = (await call('POST', path, okta)).body
    const answers = [
      await call('GET', `${path}/${id}`),
      await call('GET', path),
      await call('PATCH', `${path}/${id}`, { name: 'Other', config: { scopes: ['openid', 'groups'] } }),
      await call('PUT', `${path}/${id}`, {
        ...okta,
        config: { issuer: 'https://acme.okta.com', client_id: 'broker2' },
      }),
    ]
    expect(await secretOf(id)).toBe('upstream-secret-1')
    answers.push(await call('PATCH', `${path}/${id}`, { config: { client_secret: 'upstream-secret-2' } }))
    expect(await secretOf(id)).toBe('upstream-secret-2')
    answers.push(await call('PATCH', `${path}/${id}`, { config: { client_secret: null } }))
    expect(await secretOf(id)).toBeUndefined()
    answers.push(await call('DELETE', `${path}/${id}`), await call('GET', 'events'))
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200, 204, 200])
    expect(JSON.stringify(answers.map(({ body }) => body))).not.toContain('upstream-secret')
    const events: { after: { config: { client_secret: string } } | null }[] = answers.at(-1)?.body.items
    expect(events.filter((event) => event.after?.config.client_secret === '******** (changed)')).toHaveLength(1)
  })

  it('SEC-116 cannot be removed while an API uses it: the answer names the API, and nothing changes', async () => {
    await using admin = await startAdmin()
    const { call } = admin
    const { id } = (await call('POST', path, okta)).body
    const api = (
      await call('POST', 'apis', { name: 'Patient API', slug: 'patients', authentication_sources: ['Okta'] })
    ).body
    expect((await call('GET', `${path}/${id}`)).body.usage).toEqual({
      apis: [{ id: api.id, name: 'Patient API' }],
      portals: [],
    })
    const session = await signedIn(admin, id)
    const { status, body } = await call('DELETE', `${path}/${id}`)
    expect(status).toBe(409)
    expect(body.code).toBe('in_use')
    expect(JSON.stringify(body.errors)).toContain('Patient API')
    expect(await admin.stores.sessions.get(session)).toBeDefined()
    expect(await sourceBlockedAt(admin)).toBeNull()
    await call('DELETE', `apis/${api.id}`)
    expect((await call('DELETE', `${path}/${id}`)).status).toBe(204)
    expect(await sourceBlockedAt(admin)).not.toBeNull()
  })

  it('is taken out of the clients that allow it by name, with an event for each, and opens them to nobody else', async () => {
    await using admin = await startAdmin()
    const { id } = (await admin.call('POST', path, okta)).body
    const client = {
      client_name: 'Patient App',
      redirect_uris: ['https://app.example/callback'],
      allowed_sources: ['Okta'],
    }
    const { client_id } = (await admin.call('POST', 'clients', client)).body
    expect((await admin.call('DELETE', `${path}/${id}`)).status).toBe(204)
    expect((await admin.call('GET', `clients/${client_id}`)).body).toMatchObject({ allowed_sources: [] })
    const { items } = await admin.stores.audit.list({ limit: 10 })
    expect(items.map(({ action }) => action).slice(0, 2)).toEqual(['source.removed', 'client.changed'])
  })

  it('shuts out at once whoever came through it when it is disabled, and changes nothing when it cannot', async () => {
    await using admin = await startAdmin()
    const { id } = (await admin.call('POST', path, okta)).body
    const session = await signedIn(admin, id)
    const working = admin.marks.block
    admin.marks.block = async () => {
      throw new Unavailable('store', 'down')
    }
    const events = (await admin.call('GET', 'events')).body.items.length
    expect((await admin.call('PATCH', `${path}/${id}`, { enabled: false })).status).toBe(503)
    expect((await admin.call('DELETE', `${path}/${id}`)).status).toBe(503)
    const unchanged = await admin.call('GET', `${path}/${id}`)
    expect(unchanged.body.enabled).toBe(true)
    expect(unchanged.headers.get('etag')).toBe('"1"')
    expect((await admin.call('GET', 'events')).body.items).toHaveLength(events)
    expect(await admin.stores.sessions.get(session)).toBeDefined()

    admin.marks.block = working
    expect((await admin.call('PATCH', `${path}/${id}`, { enabled: false })).status).toBe(200)
    expect(await admin.stores.sessions.get(session)).toBeUndefined()
    expect(await sourceBlockedAt(admin)).not.toBeNull()
  })

  it('opens its connector once per version and closes the one before', async () => {
    await using admin = await startAdmin()
    const { id } = (await admin.call('POST', path, okta)).body
    const first = await admin.sources.get(id)
    const connector = admin.sources.connector(first)
    expect(admin.sources.connector(await admin.sources.get(id))).toBe(connector)
    await admin.call('PATCH', `${path}/${id}`, { name: 'Other' })
    const second = admin.sources.connector(await admin.sources.get(id))
    expect(second).not.toBe(connector)
    expect(admin.sources.connector(first)).toBe(second)
    expect(admin.upstream).toMatchObject({ opened: 2, closed: 1 })
    await admin.call('DELETE', `${path}/${id}`)
    expect(admin.upstream).toMatchObject({ opened: 2, closed: 2 })
  })
})

describe('the test of a source', () => {
  it('says ok, or what is wrong, with status 200', async () => {
    await using admin = await startAdmin()
    const test = async (draft: object) => (await admin.call('POST', `${path}/test`, draft)).body
    expect(await test(okta)).toEqual({ ok: true })
    const wrong = { ...okta, config: { ...okta.config, client_secret: 'wrong' } }
    expect(await test(wrong)).toEqual({
      ok: false,
      problem: { code: 'REMOTE_HOST_RESPONDED_WITH_ERROR', detail: 'answered 401' },
    })
    const code = async (draft: object) => (await test(draft)).problem.code
    expect(await code({ type: 'oidc', config: { issuer: 'nonsense', client_id: 'x' } })).toBe('URL_INVALID')
    expect(await code({ type: 'oidc', config: { issuer: 'https://x.test' } })).toBe('COULD_NOT_PARSE_CONFIG')
    expect(await code({ type: 'saml', config: {} })).toBe('COULD_NOT_PARSE_CONFIG')
    expect(await code({ type: 'oidc', config: { issuer: 'https://x.test', client_id: 'x' } })).toBe('CONNECTION_FAILED')
    admin.upstream.check = async () => {
      throw new SourceProblem('UNKNOWN_HOST', 'acme.okta.com does not resolve')
    }
    expect(await code(okta)).toBe('UNKNOWN_HOST')
    expect((await admin.call('GET', path)).body.items).toEqual([])
    expect(admin.upstream.opened).toBe(admin.upstream.closed)
  })

  it('uses the stored secret where a draft of the same source omits it', async () => {
    await using admin = await startAdmin()
    const { id } = (await admin.call('POST', path, okta)).body
    const config = { issuer: 'https://acme.okta.com', client_id: 'broker' }
    expect((await admin.call('POST', `${path}/${id}/test`)).body).toEqual({ ok: true })
    expect((await admin.call('POST', `${path}/${id}/test`, { ...okta, config })).body).toEqual({ ok: true })
    expect((await admin.call('POST', `${path}/test`, { ...okta, config })).body).toEqual({ ok: true })
    expect((await admin.call('POST', `${path}/test`, { ...okta, alias: 'Else', config })).body.ok).toBe(false)
    const wrong = { config: { ...config, client_secret: 'wrong' } }
    expect((await admin.call('POST', `${path}/${id}/test`, wrong)).body.ok).toBe(false)
    // In part, as a PATCH would say it.
    const part = async (config: object) => (await admin.call('POST', `${path}/${id}/test`, { config })).body
    expect(await part({ scopes: ['openid', 'groups'] })).toEqual({ ok: true })
    expect(await part({ client_secret: 'wrong' })).toMatchObject({ problem: { detail: 'answered 401' } })
    expect((await part({ client_secret: null })).ok).toBe(false)
    expect((await part({ client_id: null })).problem.detail).toContain('config.client_id')
    expect((await admin.call('POST', `${path}/nothing/test`)).status).toBe(404)
    const nonsense = await admin.call('POST', `${path}/${id}/test`, { config: 'nonsense' })
    expect([nonsense.status, nonsense.body.errors]).toEqual([400, [expect.objectContaining({ path: 'config' })]])
  })
})

type Admin = Awaited<ReturnType<typeof startAdmin>>

async function signedIn({ stores }: Admin, sourceId: string): Promise<string> {
  const far = Date.parse('2030-01-01')
  await stores.sessions.save({
    id: 'session',
    accountId: 'account',
    sourceId,
    subject: 'x',
    upstream: null,
    startedAt: 0,
    idleUntil: far,
    expiresAt: far,
  })
  return 'session'
}

async function sourceBlockedAt({ stores }: Admin): Promise<number | null> {
  return (await stores.marks.liveness({ jti: 'x', clientId: 'x', sourceAlias: 'Okta' })).sourceBlockedAt
}
