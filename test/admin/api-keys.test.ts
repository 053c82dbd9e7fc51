import { describe, expect, it } from 'vitest'
import { startAdmin } from './start-admin.ts'

async function start() {
  const admin = await startAdmin()
  const { id: api } = (await admin.call('POST', 'apis', { name: 'Patient API', slug: 'patients' })).body
  const { id } = (await admin.call('POST', 'applications', { name: 'Patient App' })).body
  const { id: other } = (await admin.call('POST', 'applications', { name: 'Other' })).body
  return { ...admin, api, id, other, keys: `applications/${id}/api-keys` }
}

describe('the API keys of an application', () => {
  it('are shown once, when they are made, and never again', async () => {
    await using admin = await start()
    const made = await admin.call('POST', admin.keys, { api_id: admin.api, name: 'Production' })
    expect(made.status).toBe(201)
    const { key, ...shown } = made.body
    expect(shown).toEqual({
      id: expect.any(String),
      api_id: admin.api,
      name: 'Production',
      prefix: key.slice(0, 15),
      expires_at: null,
      last_used_at: null,
      created_at: '2026-02-03T04:05:06.000Z',
      updated_at: '2026-02-03T04:05:06.000Z',
    })
    const one = `${admin.keys}/${shown.id}`
    expect(made.headers.get('location')).toBe(`https://login.example.com/admin/api/v1/${one}`)
    expect((await admin.call('GET', one)).body).toEqual(shown)
    expect((await admin.call('GET', admin.keys)).body).toEqual({ items: [shown], next: null })
    const everywhere = await Promise.all(['events', 'applications', admin.keys].map((path) => admin.call('GET', path)))
    expect(JSON.stringify(everywhere)).not.toContain(key.slice(16))
    expect(made.headers.get('cache-control')).toBe('no-store')
  })

  it('are listed page by page and found by name, each under its application only', async () => {
    await using admin = await start()
    const made: string[] = []
    for (const name of ['One', 'Two', 'Three'])
      made.push((await admin.call('POST', admin.keys, { api_id: admin.api, name })).body.id)
    const first = (await admin.call('GET', `${admin.keys}?limit=2`)).body
    const second = (await admin.call('GET', `${admin.keys}?limit=2&after=${first.next}`)).body
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(made)
    expect(second.next).toBeNull()
    expect((await admin.call('GET', `${admin.keys}?q=two`)).body.items).toMatchObject([{ name: 'Two' }])
    const elsewhere = `applications/${admin.other}/api-keys`
    expect((await admin.call('GET', elsewhere)).body.items).toEqual([])
    for (const method of ['GET', 'DELETE'])
      expect((await admin.call(method, `${elsewhere}/${made[0]}`)).status).toBe(404)
    expect((await admin.call('POST', `${elsewhere}/${made[0]}/rotate`)).status).toBe(404)
    expect((await admin.call('GET', 'applications/nothing/api-keys')).status).toBe(404)
    expect((await admin.call('POST', 'applications/nothing/api-keys', { api_id: admin.api })).status).toBe(404)
  })

  it('rotate with an overlap: the one before expires, and another is shown', async () => {
    await using admin = await start()
    const { id, key } = (await admin.call('POST', admin.keys, { api_id: admin.api, name: 'Production' })).body
    const rotate = (body?: object, headers?: Record<string, string>) =>
      admin.call('POST', `${admin.keys}/${id}/rotate`, body, headers)
    expect((await rotate({ overlap_seconds: -1 })).body.errors).toMatchObject([{ path: 'overlap_seconds' }])
    expect((await rotate({ overlap: 1 })).body.errors).toMatchObject([{ path: 'overlap' }])
    expect((await rotate({}, { 'if-match': '"7"' })).status).toBe(412)
    const rotated = await rotate({ overlap_seconds: 3600 }, { 'if-match': '"1"' })
    expect(rotated.status).toBe(201)
    expect(rotated.body).toMatchObject({ api_id: admin.api, name: 'Production', expires_at: null })
    expect(rotated.body.id).not.toBe(id)
    expect(rotated.body.key).not.toBe(key)
    const before = await admin.call('GET', `${admin.keys}/${id}`)
    expect(before.body.expires_at).toBe('2026-02-03T05:05:06.000Z')
    expect(before.headers.get('etag')).toBe('"2"')
    const later = await admin.call('POST', `${admin.keys}/${rotated.body.id}/rotate`)
    expect(later.status, 'without a body: a day').toBe(201)
    expect((await admin.call('GET', `${admin.keys}/${rotated.body.id}`)).body.expires_at).toBe(
      '2026-02-04T04:05:06.000Z',
    )
  })

  it('leave an audit event for each change, which does not tell them', async () => {
    await using admin = await start()
    const made = (await admin.call('POST', admin.keys, { api_id: admin.api })).body
    const rotated = (await admin.call('POST', `${admin.keys}/${made.id}/rotate`)).body
    await admin.call('DELETE', `${admin.keys}/${made.id}`)
    const events = (await admin.call('GET', 'events')).body.items.filter(
      ({ subject }: { subject: { type: string } }) => subject.type === 'api_key',
    )
    const told = events.map(({ action, subject }: { action: string; subject: object }) => [action, subject])
    const subject = ({ id, prefix }: { id: string; prefix: string }) => ({ type: 'api_key', id, name: prefix })
    expect(told.toReversed()).toEqual([
      ['api_key.created', subject(made)],
      ['api_key.changed', subject(made)],
      ['api_key.created', subject(rotated)],
      ['api_key.removed', subject(made)],
    ])
    expect(JSON.stringify(events)).not.toMatch(/digest|gh_\w+_/)
  })

  it('keep their API, which names them, until they are revoked or have expired', async () => {
    await using admin = await start()
    const key = (await admin.call('POST', admin.keys, { api_id: admin.api, expires_at: '2026-02-03T05:05:06Z' })).body
    const kept = await admin.call('DELETE', `apis/${admin.api}`)
    expect(kept.status).toBe(409)
    expect(kept.body.errors).toEqual([
      { path: `${admin.keys}/${key.id}`, message: `is used by the key ${key.prefix} of Patient App` },
    ])
    admin.advance(3_600_000)
    expect((await admin.call('DELETE', `apis/${admin.api}`)).status).toBe(204)
    expect((await admin.call('GET', admin.keys)).body.items).toEqual([])
  })

  it('go with their application', async () => {
    await using admin = await start()
    await admin.call('POST', admin.keys, { api_id: admin.api })
    expect((await admin.call('DELETE', `applications/${admin.id}`)).status).toBe(204)
    expect((await admin.call('DELETE', `apis/${admin.api}`)).status).toBe(204)
  })

  it.each([
    [{}, 'api_id'],
    [{ api_id: 'nothing' }, 'api_id'],
    [{ expires_at: '2026-02-03T04:05:06Z' }, 'expires_at'],
    [{ expires_at: 'tomorrow' }, 'expires_at'],
    [{ key: 'gh_mine' }, 'key'],
  ])('are refused with %j', async (change, path) => {
    await using admin = await start()
    const body = 'api_id' in change || path === 'api_id' ? change : { api_id: admin.api, ...change }
    const refused = await admin.call('POST', admin.keys, body)
    expect([refused.status, refused.body.errors.map((problem: { path: string }) => problem.path)]).toEqual([
      400,
      [path],
    ])
  })
})
