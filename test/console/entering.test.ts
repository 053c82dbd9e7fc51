import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn, send, walk } from '../support/pages.ts'
import { createVisitor } from '../support/visitor.ts'

let broker: TestBroker
beforeAll(async () => {
  // The library that issues tokens reads the machine's own clock.
  vi.useFakeTimers({ toFake: ['Date'] })
  broker = await startTestBroker()
})
afterAll(async () => {
  vi.useRealTimers()
  await broker[Symbol.asyncDispose]()
})

const minutes = 60_000
const passphrase = 'a long enough passphrase'

const addUser = (username: string, roles: readonly string[]) =>
  broker.created('users', {
    username,
    password: passphrase,
    roles: roles.map((name) => ({ name, client: 'gatehouse' })),
  })

describe('signing in to the console', () => {
  it('goes through the broker itself, and leads to the page that was asked for', async () => {
    const { page } = await enterConsole(broker, '/admin/sources?q=local')
    expect([page.status, page.url.pathname + page.url.search, headingIn(page)]).toEqual([
      200,
      '/admin/sources?q=local',
      'Authentication Sources',
    ])
    expect(page.text).toContain('Gatehouse account')
  })

  it('leaves the admin API where it is', async () => {
    const answer = await fetch(`${broker.config.issuer}/admin/api/v1/authentication-sources`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([401, 'application/problem+json'])
  })

  it('tells somebody without a role so, with ways out and no loop', async () => {
    await addUser('nora', [])
    const { page, open } = await enterConsole(broker, '/admin/', { username: 'nora', password: passphrase })
    expect([page.status, headingIn(page)]).toEqual([403, 'You cannot administer Gatehouse'])
    expect(page.text).toMatch(/href="[^"]*\/admin\/sign-in\?switch"/)
    expect(page.text).toMatch(/href="[^"]*\/logout"/)
    const again = await open('/admin/')
    expect([again.status, headingIn(again)]).toEqual([403, 'You cannot administer Gatehouse'])
  })

  it('shuts out whoever is disabled at the next click', async () => {
    const { id } = await addUser('eve', ['admin'])
    const { page, open } = await enterConsole(broker, '/admin/', { username: 'eve', password: passphrase })
    expect(headingIn(page)).toBe('Overview')
    expect((await broker.admin('PATCH', `users/${id}`, { enabled: false })).status).toBe(200)
    expect((await open('/admin/sources')).url.pathname).toContain('/login/')
  })

  it('goes on after the access token has expired', async () => {
    const { open } = await enterConsole(broker)
    vi.setSystemTime(Date.now() + 6 * minutes)
    const later = await open('/admin/sources')
    expect([later.statuses, headingIn(later)]).toEqual([[200], 'Authentication Sources'])
  })

  it('ends when nothing was done in it for too long', async () => {
    const { open } = await enterConsole(broker)
    vi.setSystemTime(Date.now() + 31 * minutes)
    expect((await open('/admin/sources')).url.pathname).toContain('/login/')
  })

  it('signs out here and in the broker', async () => {
    const { page, open, send } = await enterConsole(broker)
    const gone = await send(page, '/admin/sign-out')
    expect(gone.url.pathname).toBe('/logout/success')
    expect((await open('/admin/')).url.pathname).toContain('/login/')
  })

  it('takes no answer that another browser asked for', async () => {
    const other = createVisitor()
    const page = await walk(other, `${broker.config.issuer}/admin/`)
    const callback = await other.request(new URL(formTo(page, '/source/local').action, page.url), {
      method: 'POST',
      body: new URLSearchParams({
        ...formTo(page, '/source/local').fields,
        username: 'admin',
        password: 'correct horse battery staple',
      }),
    })
    const address = await other.travel(new URL(callback.headers.get('location') ?? '', page.url), ({ pathname }) =>
      pathname.endsWith('/admin/callback'),
    )
    const victim = createVisitor()
    expect((await walk(victim, address)).status, 'a browser that keeps no cookies').toBe(403)
    await walk(victim, `${broker.config.issuer}/admin/`)
    expect((await walk(victim, address)).url.pathname, 'a browser that asked something else').toContain('/login/')
    expect(victim.cookies(`${broker.config.issuer}/admin/`)).not.toContain('gatehouse_console=')
  })
})

describe('what is sensitive', () => {
  it('asks to sign in again when that was long ago, and loses nothing', async () => {
    const { id, alias } = await broker.created('authentication-sources', {
      alias: 'spare',
      name: 'Spare',
      type: 'local',
      hidden: true,
    })
    const { open, send: sendForm, visitor } = await enterConsole(broker)
    vi.setSystemTime(Date.now() + 11 * minutes)
    const page = await open(`/admin/sources/${id}/remove`)
    expect(headingIn(page)).toBe('Remove Spare')
    const asked = await sendForm(page, '/remove', { typed_name: String(alias) })
    expect(asked.url.pathname).toContain('/login/')
    const back = await send(visitor, asked, formTo(asked, '/source/local'), {
      username: 'admin',
      password: 'correct horse battery staple',
    })
    expect([headingIn(back), back.text.includes('You have signed in again')]).toEqual(['Remove Spare', true])
    const done = await sendForm(back, '/remove', { typed_name: String(alias) })
    expect([done.url.pathname, done.text.includes('Spare is removed.')]).toEqual(['/admin/sources', true])
  })
})
