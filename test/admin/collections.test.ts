import { describe, expect, it } from 'vitest'
import { okta, startAdmin, webApp } from './start-admin.ts'

const person = { username: 'ada', password: 'correct horse battery', name: 'Ada', authentication_source: 'people' }
const people = { alias: 'people', name: 'People', type: 'local' }

const collections = [
  {
    path: 'authentication-sources',
    make: okta,
    change: { ...okta, name: 'Okta EU' },
    patch: { description: 'x' },
    key: 'id',
    named: 'source',
  },
  {
    path: 'clients',
    make: webApp,
    change: { ...webApp, client_name: 'Other' },
    patch: { first_party: false },
    key: 'client_id',
    named: 'client',
  },
  {
    path: 'roles',
    make: { name: 'consultant' },
    change: { name: 'consultant', description: 'y' },
    patch: { description: 'x' },
    key: 'id',
    named: 'role',
  },
  {
    path: 'apis',
    make: { name: 'Patients', slug: 'patients' },
    change: { name: 'P', slug: 'p' },
    patch: { audience: 'urn:p' },
    key: 'id',
    named: 'api',
  },
  {
    path: 'applications',
    make: { name: 'Web application', redirect_uris: ['https://app.example.com/callback'] },
    change: { name: 'Other' },
    patch: { description: 'x', disabled_by_consumer: true },
    key: 'id',
    named: 'application',
  },
  {
    path: 'portals',
    make: { name: 'Web portal', slug: 'developers', authentication_source: 'people' },
    change: { name: 'P', slug: 'p', authentication_source: 'people' },
    patch: { required_roles: ['developer'] },
    key: 'id',
    named: 'portal',
  },
  {
    path: 'users',
    make: person,
    change: { username: 'ada', name: 'Ada L' },
    patch: { email: 'ada@example.com' },
    key: 'id',
    named: 'user',
  },
] as const

async function start() {
  const admin = await startAdmin()
  await admin.call('POST', 'authentication-sources', people)
  return admin
}

describe.each(collections)('$path', ({ path, make, change, patch, key, named }) => {
  it('are made, read, replaced, patched and removed', async () => {
    await using admin = await start()
    const { call } = admin
    const made = await call('POST', path, make)
    expect(made.status, JSON.stringify(made.body)).toBe(201)
    expect(made.headers.get('etag')).toBe('"1"')
    const id = made.body[key]
    expect(made.headers.get('location')).toBe(`https://login.example.com/admin/api/v1/${path}/${id}`)

    const read = await call('GET', `${path}/${id}`)
    expect(read.status).toBe(200)
    expect(read.headers.get('etag')).toBe('"1"')
    expect(read.headers.get('cache-control')).toBe('no-store')
    expect(read.body.created_at).toBe('2026-02-03T04:05:06.000Z')

    admin.advance(1000)
    const replaced = await call('PUT', `${path}/${id}`, change, { 'if-match': '"1"' })
    expect(replaced.status, JSON.stringify(replaced.body)).toBe(200)
    expect(replaced.headers.get('etag')).toBe('"2"')
    expect(replaced.body.updated_at).toBe('2026-02-03T04:05:07.000Z')
    expect(replaced.body.created_at).toBe(read.body.created_at)

    const patched = await call('PATCH', `${path}/${id}`, patch)
    expect(patched.status, JSON.stringify(patched.body)).toBe(200)
    expect(patched.body).toMatchObject(patch)
    expect((await call('GET', `${path}/${id}`)).body).toEqual(patched.body)

    expect((await call('DELETE', `${path}/${id}`, undefined, { 'if-match': '"3"' })).status).toBe(204)
    expect((await call('GET', `${path}/${id}`)).status).toBe(404)
  })

  it('SEC-115 may be put back as they were read', async () => {
    await using admin = await start()
    const { [key]: id } = (await admin.call('POST', path, make)).body
    const read = (await admin.call('GET', `${path}/${id}`)).body
    const put = await admin.call('PUT', `${path}/${id}`, read)
    expect(put.status, JSON.stringify(put.body)).toBe(200)
    expect({ ...put.body, updated_at: '' }).toEqual({ ...read, updated_at: '' })
  })

  it('keep their version, and leave no event, when nothing of them changes', async () => {
    await using admin = await start()
    const { call } = admin
    const { [key]: id } = (await call('POST', path, make)).body
    const read = (await call('GET', `${path}/${id}`)).body
    const events = async () => (await call('GET', 'events?limit=200')).body.items.length
    const before = await events()
    admin.advance(1000)
    const { password: _, ...said } = { password: '', ...make }
    for (const [method, body] of [
      ['PATCH', {}],
      ['PATCH', said],
      ['PUT', said],
      ['PUT', read],
    ] as const) {
      const same = await call(method, `${path}/${id}`, body, { 'if-match': '"1"' })
      expect(same.status, JSON.stringify(same.body)).toBe(200)
      expect(same.headers.get('etag')).toBe('"1"')
      expect(same.body).toEqual(read)
    }
    expect(await events()).toBe(before)
    expect((await call('PATCH', `${path}/${id}`, {}, { 'if-match': '"2"' })).status).toBe(412)
    const changed = await call('PATCH', `${path}/${id}`, patch)
    expect(changed.headers.get('etag')).toBe('"2"')
  })

  it('refuse to be called by another id', async () => {
    await using admin = await start()
    const { call } = admin
    const { [key]: id } = (await call('POST', path, make)).body
    const read = (await call('GET', `${path}/${id}`)).body
    for (const other of key === 'id' ? ['another', '', null, 1] : ['another']) {
      for (const [method, body] of [
        ['PUT', { ...read, [key]: other }],
        ['PATCH', { ...patch, [key]: other }],
      ] as const) {
        const refused = await call(method, `${path}/${id}`, body)
        expect(refused.status).toBe(400)
        expect(refused.body.errors).toEqual([{ path: key, message: `cannot be changed; it is ${id}` }])
      }
    }
    expect((await call('GET', `${path}/${id}`)).headers.get('etag')).toBe('"1"')
    const same = await call('PATCH', `${path}/${id}`, { ...patch, [key]: id, created_at: read.created_at })
    expect(same.status, JSON.stringify(same.body)).toBe(200)
  })

  it('SEC-116 let one of two edits win, and change nothing for the other', async () => {
    await using admin = await start()
    const { [key]: id } = (await admin.call('POST', path, make)).body
    const edit = () => admin.call('PATCH', `${path}/${id}`, patch, { 'if-match': '"1"' })
    const statuses = (await Promise.all([edit(), edit()])).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 412])
    // Whoever lost the version that was read says an empty one.
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      for (const version of ['"1"', '', 'W/"2"']) {
        const late = await admin.call(method, `${path}/${id}`, method === 'DELETE' ? undefined : change, {
          'if-match': version,
        })
        expect(late.status).toBe(412)
        expect(late.body.code).toBe('changed_meanwhile')
      }
    expect((await admin.call('GET', `${path}/${id}`)).headers.get('etag')).toBe('"2"')
  })

  it('SEC-116 leave an audit event for each change, by whoever made it, and none for a refused one', async () => {
    await using admin = await start()
    const { call } = admin
    const before = (await call('GET', 'events')).body.items.length
    const { [key]: id } = (await call('POST', path, make)).body
    await call('PATCH', `${path}/${id}`, patch)
    await call('PATCH', `${path}/${id}`, { nonsense: 1 })
    await call('PATCH', `${path}/${id}`, patch, { 'if-match': '"7"' })
    await call('DELETE', `${path}/${id}`)
    const events = (await call('GET', 'events?limit=200')).body.items
    const mine = events.filter((event: { subject: { id: string } }) => event.subject.id === id)
    // An application's client comes, changes and goes with it.
    const withIts = events.filter((event: { subject: { id: string } }) => event.subject.id === `${id}:OPENID`)
    expect(events).toHaveLength(before + 3 + withIts.length)
    expect(withIts).toHaveLength(path === 'applications' ? 3 : 0)
    expect(mine.map((event: { action: string }) => event.action).sort()).toEqual([
      `${named}.changed`,
      `${named}.created`,
      `${named}.removed`,
    ])
    for (const event of mine) expect(event.actor).toEqual({ kind: 'client', id: 'automation' })
    const changed = mine.find((event: { action: string }) => event.action.endsWith('.changed'))
    expect(changed.after).toMatchObject(patch)
    expect(changed.before).not.toMatchObject(patch)
  })

  it('refuse what they do not know, naming it', async () => {
    await using admin = await start()
    const refused = await admin.call('POST', path, { ...make, nonsense: 1 })
    expect(refused.status).toBe(400)
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(refused.body).toMatchObject({ status: 400, code: 'invalid_input', errors: [{ path: 'nonsense' }] })
    expect((await admin.call('POST', path, [])).status).toBe(400)
    expect((await admin.call('POST', path, make, { 'content-type': 'text/plain' })).status).toBe(415)
    expect((await admin.call('GET', `${path}/nothing`)).status).toBe(404)
    expect((await admin.call('PUT', `${path}/nothing`, make)).status).toBe(404)
    const wrong = await admin.call('PATCH', path)
    expect(wrong.status).toBe(405)
    expect(wrong.headers.get('allow')).toContain('POST')
  })

  it('are listed page by page, and found by their names', async () => {
    await using admin = await start()
    const { [key]: id } = (await admin.call('POST', path, make)).body
    const all = (await admin.call('GET', path)).body
    expect(all.next).toBeNull()
    const seen: string[] = []
    let after = ''
    do {
      const page = (await admin.call('GET', `${path}?limit=1${after}`)).body
      expect(page.items).toHaveLength(1)
      seen.push(page.items[0][key])
      after = page.next ? `&after=${encodeURIComponent(page.next)}` : ''
    } while (after)
    expect(seen).toEqual(all.items.map((item: Record<string, string>) => item[key]))
    expect(seen).toContain(id)
    const word = JSON.stringify(make).includes('Okta')
      ? 'okta'
      : path === 'users'
        ? 'ada'
        : path === 'apis'
          ? 'patients'
          : path === 'roles'
            ? 'consult'
            : 'web'
    expect(
      (await admin.call('GET', `${path}?q=${word}`)).body.items.map((item: Record<string, string>) => item[key]),
    ).toEqual([id])
    for (const nothing of ['zzz', '%00', `${word}%00`])
      expect((await admin.call('GET', `${path}?q=${nothing}`)).body).toEqual({ items: [], next: null })
    for (const query of [
      'limit=0',
      'limit=201',
      'limit=x',
      'after=x',
      'access_token=x',
      'limit=1&limit=1',
      'q=a&q=b',
    ]) {
      expect((await admin.call('GET', `${path}?${query}`)).status, query).toBe(400)
    }
  })
})
