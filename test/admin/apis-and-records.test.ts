import { describe, expect, it } from 'vitest'
import { mergePatch } from '../../src/admin/merge-patch.ts'
import { okta, startAdmin, webApp } from './start-admin.ts'

const patients = { name: 'Patient API', slug: 'patients', audience: 'https://api.example.com/patients' }

describe('an API', () => {
  it('says everything this version knows', async () => {
    await using admin = await startAdmin()
    const { id: source } = (await admin.call('POST', 'authentication-sources', okta)).body
    const { client_id } = (await admin.call('POST', 'clients', webApp)).body
    const made = await admin.call('POST', 'apis', {
      ...patients,
      clients: [client_id],
      authentication_sources: ['Okta', source],
    })
    expect(made.body).toEqual({
      id: expect.any(String),
      ...patients,
      hosts: [],
      path_prefix: '/',
      clients: [client_id],
      authentication_sources: [source],
      require_api_key: false,
      key_must_match_token: false,
      required_scopes: [],
      required_roles: [],
      required_groups: [],
      claims: [],
      mask: [],
      sender_constraint: null,
      required_acr: [],
      max_auth_age: null,
      rate_limit: null,
      identity_headers: null,
      enforcement: 'enforce',
      created_at: expect.any(String),
      updated_at: expect.any(String),
    })
  })

  it.each([
    [{ slug: 'Patients' }, 'slug'],
    [{ slug: '-x' }, 'slug'],
    [{ audience: 'patients' }, 'audience'],
    [{ audience: 'https://api.example.com/#x' }, 'audience'],
    [{ audience: 'https://login.example.com/admin/api' }, 'audience'],
    [{ audience: 'https://login.example.com/admin/api/' }, 'audience'],
    [{ audience: 'urn:gatehouse:client' }, 'audience'],
    [{ clients: ['nobody'] }, 'clients.0'],
    [{ authentication_sources: ['nothing'] }, 'authentication_sources.0'],
  ])('is refused with %j', async (change, where) => {
    await using admin = await startAdmin()
    const { status, body } = await admin.call('POST', 'apis', { ...patients, ...change })
    expect(status).toBe(400)
    expect(body.errors.map((problem: { path: string }) => problem.path)).toEqual([where])
  })

  it('has its slug and its audience to itself', async () => {
    await using admin = await startAdmin()
    await admin.call('POST', 'apis', patients)
    const sameSlug = await admin.call('POST', 'apis', { ...patients, audience: null })
    expect([sameSlug.status, sameSlug.body.errors[0].path]).toEqual([409, 'slug'])
    const sameAudience = await admin.call('POST', 'apis', { ...patients, slug: 'other' })
    expect([sameAudience.status, sameAudience.body.errors[0].path]).toEqual([409, 'audience'])
  })

  it('keeps the clients it names, an application’s own too, which are told of by 409, and takes on no unknown one', async () => {
    await using admin = await startAdmin()
    const { client_id } = (await admin.call('POST', 'clients', webApp)).body
    const application = (await admin.call('POST', 'applications', { name: 'Patient App' })).body
    const clients = [client_id, application.client.client_id]
    const { id } = (await admin.call('POST', 'apis', { ...patients, clients })).body
    const errors = [{ path: `apis/${id}`, message: 'is used by the API Patient API' }]
    for (const path of [`clients/${client_id}`, `applications/${application.id}`]) {
      const { status, body } = await admin.call('DELETE', path)
      expect([status, body.code, body.errors]).toEqual([409, 'in_use', errors])
      expect((await admin.call('GET', path)).status).toBe(200)
    }
    expect((await admin.call('PATCH', `apis/${id}`, { clients: [client_id, 'nobody'] })).status).toBe(400)
    expect((await admin.call('PATCH', `apis/${id}`, { clients: [] })).status).toBe(200)
    expect((await admin.call('DELETE', `clients/${client_id}`)).status).toBe(204)
    expect((await admin.call('DELETE', `applications/${application.id}`)).status).toBe(204)
  })

  it('and a portal keep the roles they name, which are told of by 409', async () => {
    await using admin = await startAdmin()
    const role = (await admin.call('POST', 'roles', { name: 'nurse' })).body
    await admin.call('POST', 'authentication-sources', { alias: 'people', name: 'People', type: 'local' })
    const gives = { source: 'people', roles: [{ when_group: 'Staff', role: 'nurse' }], sunset: null }
    const api = (await admin.call('POST', 'apis', { ...patients, authentication_sources: [gives] })).body
    const ask = { slug: 'developers', name: 'Developers', authentication_source: 'people', required_roles: ['nurse'] }
    const portal = (await admin.call('POST', 'portals', ask)).body
    const refused = async () => {
      const { status, body } = await admin.call('DELETE', `roles/${role.id}`)
      return [status, body.code, ...(body.errors ?? []).map(({ path }: { path: string }) => path)]
    }
    expect(await refused()).toEqual([409, 'in_use', `apis/${api.id}`, `portals/${portal.id}`])
    await admin.call('PATCH', `apis/${api.id}`, { authentication_sources: ['people'], required_roles: ['nurse'] })
    await admin.call('DELETE', `portals/${portal.id}`)
    expect(await refused()).toEqual([409, 'in_use', `apis/${api.id}`])
    await admin.call('DELETE', `apis/${api.id}`)
    expect((await admin.call('DELETE', `roles/${role.id}`)).status).toBe(204)
  })

  it('is kept by a client that introspects for it, an application’s own too, and either lets go of the other', async () => {
    await using admin = await startAdmin()
    const application = (await admin.call('POST', 'applications', { name: 'Patient App' })).body.client.client_id
    const { client_id } = (await admin.call('POST', 'clients', webApp)).body
    const clients = [client_id, application]
    const { id } = (await admin.call('POST', 'apis', { ...patients, clients })).body
    for (const client of clients)
      await admin.call('PATCH', `clients/${client}`, { resource_server: { apis: [id, id] } })
    const { status, body } = await admin.call('DELETE', `apis/${id}`)
    expect([status, body.code, body.errors]).toEqual([
      ...[409, 'in_use'],
      [
        { path: `clients/${application}`, message: 'is used by the client Patient App' },
        { path: `clients/${client_id}`, message: `is used by the client ${webApp.client_name}` },
      ],
    ])
    expect((await admin.call('DELETE', `clients/${client_id}`)).body.errors).toMatchObject([{ path: `apis/${id}` }])

    await admin.call('PATCH', `apis/${id}`, { clients: [application] })
    expect((await admin.call('DELETE', `clients/${client_id}`)).status).toBe(204)
    await admin.call('PATCH', `clients/${application}`, { resource_server: { apis: '*' } })
    expect((await admin.call('DELETE', `apis/${id}`)).status).toBe(204)
    const unknown = { resource_server: { apis: [id] } }
    expect((await admin.call('PATCH', `clients/${application}`, unknown)).body.errors).toMatchObject([
      { path: 'resource_server.apis.0' },
    ])
  })
})

it('what is known already is not shown again, unless it shows more than what its version stands for', async () => {
  await using admin = await startAdmin()
  const paths = { roles: { name: 'nurse' }, apis: { name: 'A', slug: 'a' } }
  for (const [path, input] of Object.entries(paths)) {
    const made = await admin.call('POST', path, input)
    const at = `${path}/${made.body.id}`
    const tag = String(made.headers.get('etag'))
    const ask = (known: string) => admin.call('GET', at, undefined, { 'if-none-match': known })
    for (const known of [tag, `W/${tag}`, `"7", ${tag}`, '*']) expect((await ask(known)).status, known).toBe(304)
    expect((await ask('"7"')).status).toBe(200)
  }
  const source = await admin.call('POST', 'authentication-sources', { alias: 'p', name: 'P', type: 'local' })
  const tag = { 'if-none-match': String(source.headers.get('etag')) }
  expect((await admin.call('GET', `authentication-sources/${source.body.id}`, undefined, tag)).status).toBe(200)
})

describe('a role', () => {
  it('keeps its name, which is taken for its client only', async () => {
    await using admin = await startAdmin()
    const { id } = (await admin.call('POST', 'roles', { name: 'reader' })).body
    expect((await admin.call('POST', 'roles', { name: 'reader' })).status).toBe(409)
    expect((await admin.call('POST', 'roles', { name: 'reader', client: 'patients' })).status).toBe(201)
    const { status, body } = await admin.call('PATCH', `roles/${id}`, { name: 'writer' })
    expect([status, body.errors[0].path]).toEqual([400, 'name'])
  })
})

describe('records', () => {
  it('show a login trace by its reference, explained', async () => {
    await using admin = await startAdmin()
    const at = Date.parse('2026-02-03T04:05:06Z')
    await admin.stores.traces.append('7K3-QF2-M9A', {
      startedAt: at,
      clientId: 'app',
      outcome: 'refused',
      reason: 'source_disabled',
      steps: [{ at, what: 'refused', detail: { source: 'Okta' } }],
    })
    const trace = await admin.call('GET', 'traces/7k3-qf2-m9a')
    expect(trace.body).toMatchObject({
      reference: '7K3-QF2-M9A',
      started_at: '2026-02-03T04:05:06.000Z',
      client_id: 'app',
      outcome: 'refused',
      reason: { code: 'source_disabled', title: 'This way of signing in is switched off' },
      steps: [{ at: '2026-02-03T04:05:06.000Z', what: 'refused', detail: { source: 'Okta' } }],
    })
    expect((await admin.call('GET', 'traces')).body.items).toEqual([trace.body])
    for (const typed of ['7K3QF2M9A', '7k3 qf2 m9a', '7k3-qf2-m9a'].map(encodeURIComponent)) {
      expect((await admin.call('GET', `traces/${typed}`)).body).toEqual(trace.body)
      expect((await admin.call('GET', `traces?reference=${typed}`)).body.items).toEqual([trace.body])
    }
    const missing = await admin.call('GET', 'traces/AAA-AAA-AAA')
    expect(missing.status).toBe(404)
    expect(missing.body).toMatchObject({ detail: expect.stringContaining('in the log only') })
  })

  it('say that they cannot be searched, rather than show everything', async () => {
    await using admin = await startAdmin()
    for (const path of ['traces', 'events', 'sessions']) {
      const { status, body } = await admin.call('GET', `${path}?q=ada`)
      expect([status, body.errors]).toEqual([400, [{ path: 'q', message: 'is not a known member' }]])
    }
  })

  it('cannot be written', async () => {
    await using admin = await startAdmin()
    for (const path of ['traces', 'events']) expect((await admin.call('POST', path, {})).status).toBe(405)
  })
})

describe('a merge patch', () => {
  // RFC 7396, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of %j with %j is %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result)
  })
})
