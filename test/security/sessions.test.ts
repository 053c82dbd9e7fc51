import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startBroker } from '../../src/app.ts'
import { silent } from '../../src/log.ts'
import { basic, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

let now = Date.UTC(2026, 10, 21, 12)
const minute = 60_000

let upstream: Upstream
let broker: TestBroker
let client: TestClient
let sourceId: string

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now })
  upstream = await startUpstream({ users: { rene, john } })
  broker = await startTestBroker({ parts: { clock: () => now } })
  sourceId = (await broker.addSource(upstream)).id
  client = await broker.addClient()
})

afterEach(() => {
  upstream.signInAs('rene')
})

afterAll(async () => {
  vi.useRealTimers()
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

function pass(milliseconds: number): void {
  now += milliseconds
  vi.setSystemTime(now)
}

const login = (visitor?: Visitor, params: Readonly<Record<string, string>> = {}) =>
  broker.login(client, { params: { idp_hint: 'Okta', ...params }, ...(visitor && { visitor }) })

const sessionCookie = (visitor: Visitor) => visitor.cookie(broker.issuer, 'gatehouse') ?? ''

/** A browser that has nothing but this session cookie. */
function thief(from: Visitor): Visitor {
  const stolen = createVisitor()
  for (const name of ['gatehouse', 'gatehouse.sig'])
    stolen.plant(broker.issuer, name, from.cookie(broker.issuer, name) ?? '')
  return stolen
}

const isSignedIn = async (visitor: Visitor): Promise<boolean> => {
  const { answer } = await broker.authorize(visitor, client, { prompt: 'none' })
  expect(answer.code === undefined).toBe(answer.error === 'login_required')
  return answer.code !== undefined
}

const isAlive = async (token: string) => (await broker.introspect(client, token)).body.active

describe('the session’s cookie', () => {
  it('SEC-092 is another one after the login: whoever planted the one before gains nothing', async () => {
    const planted = createVisitor()
    await planted.request(`${broker.issuer}/logout`)
    const before = sessionCookie(planted)
    expect(before).toMatch(/^[\w-]{43}$/)
    const victim = thief(planted)

    const { visitor } = await login(victim)
    expect(sessionCookie(visitor)).toMatch(/^[\w-]{43}$/)
    expect(sessionCookie(visitor)).not.toBe(before)
    expect(await isSignedIn(planted)).toBe(false)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('SEC-092 is another one after each re-authentication, and the old one is dead', async () => {
    const { visitor, access } = await login()
    const old = thief(visitor)
    const again = await login(visitor, { prompt: 'login' })
    expect(again.access.sid).toBe(access.sid)
    expect(sessionCookie(visitor)).not.toBe(sessionCookie(old))
    expect(await isSignedIn(old)).toBe(false)
    expect(await isSignedIn(visitor)).toBe(true)
  })

  it('SEC-092 of one person is no good to the next at the same browser, whose login ends the stay before', async () => {
    const { visitor, tokens, access } = await login()
    const left = thief(visitor)
    upstream.endSessions()
    upstream.signInAs('john')
    const second = await login(visitor, { prompt: 'login' })
    expect(second.access).toMatchObject({ name: 'John Doe' })
    expect(second.access.sid).not.toBe(access.sid)
    expect(await isAlive(tokens.access_token)).toBe(false)
    expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(400)
    expect(await isSignedIn(left)).toBe(false)
    expect(await isAlive(second.tokens.access_token)).toBe(true)
  })

  it('SEC-093 counts only as it was made: altered, cut, exchanged or unsigned it is nobody’s', async () => {
    const { visitor } = await login()
    const value = sessionCookie(visitor)
    const signature = visitor.cookie(broker.issuer, 'gatehouse.sig') ?? ''
    const other = (await login()).visitor
    const altered = (text: string) => text.slice(0, -1) + (text.endsWith('x') ? 'y' : 'x')
    const pairs: readonly (readonly [string, string | undefined])[] = [
      [value, undefined],
      [value, ''],
      [value, altered(signature)],
      [altered(value), signature],
      [value.slice(0, 20), signature],
      [value, other.cookie(broker.issuer, 'gatehouse.sig')],
      [`${value}, ${value}`, signature],
    ]
    for (const [cookie, sig] of pairs) {
      const forged = createVisitor()
      forged.plant(broker.issuer, 'gatehouse', cookie)
      if (sig !== undefined) forged.plant(broker.issuer, 'gatehouse.sig', sig)
      expect(await isSignedIn(forged), `${cookie} ${sig}`).toBe(false)
      expect((await forged.request(`${broker.issuer}/sessions`)).status).toBe(403)
    }
    expect(await isSignedIn(visitor)).toBe(true)
  })
})

describe('the time of a session', () => {
  it('SEC-094 ends 30 minutes after it was last used, by the server’s clock', async () => {
    const { visitor, tokens } = await login()
    pass(29 * minute)
    expect(await isSignedIn(visitor)).toBe(true)
    // Refreshing is use as well.
    let refresh = tokens.refresh_token
    let access = ''
    for (let times = 0; times < 3; times += 1) {
      const answer = await broker.refresh(client, refresh)
      expect(answer.status).toBe(200)
      ;({ access_token: access, refresh_token: refresh } = (await answer.json()) as typeof tokens)
      pass(29 * minute)
    }
    expect(await isSignedIn(visitor)).toBe(true)
    pass(30 * minute)
    expect(await isSignedIn(visitor)).toBe(false)
    expect((await broker.refresh(client, refresh)).status).toBe(400)
    expect(await isAlive(access)).toBe(false)
    expect((await visitor.request(`${broker.issuer}/sessions`)).status).toBe(403)
  })

  it('SEC-094 ends 10 hours after it began, however much it is used, and takes its tokens with it', async () => {
    const { visitor, access } = await login()
    for (let minutes = 0; minutes < 599; minutes += 25) {
      expect(await isSignedIn(visitor), `after ${minutes} minutes`).toBe(true)
      pass(Math.min(25, 599 - minutes) * minute)
    }
    // A login just before the end does not move it.
    const last = await login(visitor, { prompt: 'login' })
    expect(last.access.sid).toBe(access.sid)
    expect(await isSignedIn(visitor)).toBe(true)
    pass(minute)
    expect(await isAlive(last.tokens.access_token)).toBe(false)
    expect((await broker.refresh(client, last.tokens.refresh_token)).status).toBe(400)
    expect(await isSignedIn(visitor)).toBe(false)
    const next = await login(visitor)
    expect(next.access.sid).not.toBe(access.sid)
  })
})

describe('what ends a session', () => {
  const patch = (path: string, body: Record<string, unknown>) => broker.admin('PATCH', path, body)

  const ends: Readonly<Record<string, (visit: Awaited<ReturnType<typeof login>>) => Promise<void>>> = {
    'a logout': async ({ visitor, tokens }) => {
      const bye = `${broker.issuer}/logout?id_token_hint=${tokens.id_token}`
      await visitor.travel(bye, ({ pathname }) => pathname === '/logout/success')
    },
    'an administrator who ends it': async ({ access }) => {
      expect((await broker.admin('DELETE', `sessions/${access.sid}`)).status).toBe(204)
    },
    'the person, from another browser': async ({ access }) => {
      const { visitor } = await login()
      const page = await (await visitor.request(`${broker.issuer}/sessions`)).text()
      const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
      const body = new URLSearchParams({ csrf, session: String(access.sid) })
      const answer = await visitor.request(`${broker.issuer}/sessions/end`, { method: 'POST', body })
      expect(answer.status).toBe(303)
    },
    'the user’s being disabled': async ({ access }) => {
      expect((await patch(`users/${access.sub}`, { enabled: false })).status).toBe(200)
      pass(1000)
      expect((await patch(`users/${access.sub}`, { enabled: true })).status).toBe(200)
    },
    'the source’s being disabled': async () => {
      expect((await patch(`authentication-sources/${sourceId}`, { enabled: false })).status).toBe(200)
      pass(1000)
      expect((await patch(`authentication-sources/${sourceId}`, { enabled: true })).status).toBe(200)
    },
  }

  it.each(Object.entries(ends))(
    'SEC-095 %s: cookie, refresh token and access token are dead at the next call, and stay so',
    async (_, end) => {
      const visit = await login()
      const { access_token: access, refresh_token: refresh } = visit.tokens
      const before = thief(visit.visitor)
      expect(await isAlive(access)).toBe(true)
      pass(1000)
      await end(visit)
      expect(await isAlive(access)).toBe(false)
      expect((await broker.userinfo(access)).status).toBe(401)
      expect((await broker.refresh(client, refresh)).status).toBe(400)
      expect((await broker.introspect(client, refresh)).body).toEqual({ active: false })
      expect(await isSignedIn(before)).toBe(false)
      expect((await before.request(`${broker.issuer}/sessions`)).status).toBe(403)
      pass(1000)
      expect((await login()).access.sub).toBe(visit.access.sub)
    },
  )

  it('SEC-095 is seen by every node at its next call', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nodes-'))
    try {
      await using one = await startTestBroker({ database: `sqlite:${join(folder, 'gatehouse.db')}` })
      const { config, keys, issuer } = one
      const elsewhere = { ...config, listen: { host: '127.0.0.1', port: 0 } }
      await using two = await startBroker(elsewhere, keys, { log: silent })
      await one.addSource(upstream)
      const app = await one.addClient()
      const there = async (path: string, form: Readonly<Record<string, string>>) => {
        const answer = await fetch(new URL(path, two.url), {
          method: 'POST',
          headers: basic(app),
          body: new URLSearchParams(form),
        })
        return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
      }
      const ends: Readonly<Record<string, (visit: Awaited<ReturnType<typeof login>>) => Promise<unknown>>> = {
        killed: ({ access }) => one.admin('DELETE', `sessions/${access.sid}`),
        'logged out': ({ visitor, tokens }) => visitor.request(`${issuer}/logout?id_token_hint=${tokens.id_token}`),
        disabled: ({ access }) => one.admin('PATCH', `users/${access.sub}`, { enabled: false }),
      }
      for (const [how, end] of Object.entries(ends)) {
        const visit = await one.login(app, { params: { idp_hint: 'Okta' } })
        const { access_token: token, refresh_token } = visit.tokens
        expect((await there('/introspect', { token })).body.active, how).toBe(true)
        await end(visit)
        expect((await there('/introspect', { token })).body, how).toEqual({ active: false })
        expect((await there('/token', { grant_type: 'refresh_token', refresh_token })).status, how).toBe(400)
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
