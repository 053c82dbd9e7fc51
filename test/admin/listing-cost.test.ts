import { StatementSync } from 'node:sqlite'
import { expect, it, vi } from 'vitest'
import { newId } from '../../src/ids.ts'
import { okta, startAdmin, webApp } from './start-admin.ts'

type Admin = Awaited<ReturnType<typeof startAdmin>>

async function make(admin: Admin, path: string, body: object): Promise<string> {
  const { status, body: made } = await admin.call('POST', path, body)
  expect(status, JSON.stringify(made)).toBe(201)
  return made.id ?? made.client_id
}

/** One more of each, with something that belongs to it. */
const more: Record<string, (admin: Admin, number: number) => Promise<unknown>> = {
  users: (admin, number) => make(admin, 'users', { username: `user-${number}`, authentication_source: 'people' }),
  'authentication-sources': async (admin, number) => {
    const source = await make(admin, 'authentication-sources', { ...okta, alias: `Okta-${number}` })
    await make(admin, 'apis', { name: 'API', slug: `api-${number}`, authentication_sources: [source] })
    await make(admin, 'portals', { name: 'Portal', slug: `portal-${number}`, authentication_source: source })
  },
  applications: (admin) => make(admin, 'applications', { name: 'App' }),
  portals: (admin, number) =>
    make(admin, 'portals', { name: 'P', slug: `p-${number}`, authentication_source: 'people' }),
  clients: (admin) => make(admin, 'clients', { ...webApp, allowed_sources: ['people'] }),
  sessions: async (admin, number) => {
    const { users, sessions, grants } = { users: await more.users?.(admin, number), ...admin.stores }
    const person = { accountId: String(users), sourceId: newId() }
    const [id, now] = [newId(), Date.parse('2026-02-03T04:05:06Z')]
    const stay = { startedAt: now, idleUntil: now + 60_000, expiresAt: now + 60_000 }
    await sessions.save({ ...person, ...stay, id, subject: 's', upstream: null })
    const grant = { ...person, id: newId(), sessionId: id, clientId: 'c', scopes: [], claims: [], resources: {} }
    await grants.open({ ...grant, expiresAt: now + 60_000 })
  },
}

it.each(Object.keys(more))('lists %s with as many queries for ten as for one', async (path) => {
  await using admin = await startAdmin()
  await make(admin, 'authentication-sources', { alias: 'people', name: 'People', type: 'local' })
  const ask = vi.spyOn(StatementSync.prototype, 'all')
  const listing = async () => {
    ask.mockClear()
    const { items } = (await admin.call('GET', path)).body
    return { shown: items.length, queries: ask.mock.calls.length }
  }
  try {
    await more[path]?.(admin, 0)
    const few = await listing()
    for (let number = 1; number < 10; number++) await more[path]?.(admin, number)
    const many = await listing()
    expect(many.shown).toBe(few.shown + 9)
    expect(few.queries).toBeGreaterThan(0)
    expect(many.queries).toBe(few.queries)
  } finally {
    ask.mockRestore()
  }
})
