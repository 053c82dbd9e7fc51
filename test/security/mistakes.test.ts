/** What anybody sees of a mistake of ours, wherever it is made: that there was one, and its reference. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStores } from '../../src/stores/open.ts'
import { version } from '../../src/version.ts'
import { basic, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const canary = 'kaboom at /srv/secret/place.ts'
/** Of ours; and of a package that wants its words to be shown, as those about HTTP do. */
const mistakes = {
  'a mistake': () => Object.assign(new TypeError(canary), { status: 200, sql: canary }),
  'a package’s error that may be exposed': () =>
    Object.assign(new Error(canary), { status: 400, statusCode: 400, expose: true, error_description: canary }),
}
let mistake: () => Error = mistakes['a mistake']
let armed = false
let broken: string[] = []
/** Every method of every store makes the same mistake, as long as it is armed. */
const mistaken = <T extends object>(name: string, store: T): T =>
  new Proxy(store, {
    get(target, member, receiver) {
      const found: unknown = Reflect.get(target, member, receiver)
      if (typeof found !== 'function' || typeof member !== 'string') return found
      return (...args: unknown[]) => {
        if (!armed) return found.apply(target, args)
        broken.push(`${name}.${member}`)
        throw mistake()
      }
    },
  })

let broker: TestBroker
let upstream: Upstream
let client: TestClient
let tokens: { admin: string; access: string; refresh: string }
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({
    parts: {
      async openStores(needs) {
        const stores = await openStores(needs)
        const all = Object.entries(stores).map(([name, store]) => [
          name,
          typeof store === 'object' && store !== null && !Array.isArray(store) ? mistaken(name, store) : store,
        ])
        const transact: typeof stores.transact = (work) => {
          if (armed) throw mistake()
          return stores.transact(work)
        }
        return { ...stores, ...(Object.fromEntries(all) as typeof stores), transact }
      },
    },
  })
  await broker.addSource(upstream)
  client = await broker.addClient()
  const { tokens: given } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  tokens = { admin: await broker.adminToken(), access: given.access_token, refresh: given.refresh_token }
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const asked: Record<string, () => Promise<Response>> = {
  authorize: () => fetch(broker.authorizationUrl(client).url, { redirect: 'manual', headers: { accept: 'text/html' } }),
  'a login page': () => fetch(`${broker.issuer}/login/abc`, { headers: { accept: 'text/html' } }),
  'a callback': () =>
    fetch(`${broker.issuer}/broker/Okta/callback?code=x&state=y`, { headers: { accept: 'text/html' } }),
  'a test login': () => fetch(`${broker.issuer}/test-login/a/b`, { headers: { accept: 'text/html' } }),
  code: () =>
    broker.post(
      '/token',
      { grant_type: 'authorization_code', code: 'x', redirect_uri: client.redirectUri },
      basic(client),
    ),
  refresh: () => broker.refresh(client, tokens.refresh),
  introspect: () => broker.post('/introspect', { token: tokens.access }, basic(client)),
  revoke: () => broker.post('/revoke', { token: tokens.refresh }, basic(client)),
  userinfo: () => broker.userinfo(tokens.access),
  'a gateway': () =>
    fetch(`${broker.issuer}/verify/nginx`, {
      headers: {
        authorization: `Bearer ${tokens.access}`,
        ...{ 'x-original-uri': '/patients', 'x-original-method': 'GET', 'x-original-host': 'api.example.com' },
      },
    }),
  ...Object.fromEntries(
    ['clients', 'authentication-sources', 'users', 'apis', 'sessions', 'traces', 'events', 'stats'].map((path) => [
      `admin ${path}`,
      () => fetch(`${broker.issuer}/admin/api/v1/${path}`, { headers: { authorization: `Bearer ${tokens.admin}` } }),
    ]),
  ),
}

describe.each(Object.entries(mistakes))('SEC-119 %s', (_name, made) => {
  beforeAll(() => {
    mistake = made
  })

  it.each(Object.keys(asked))(
    'opens nothing, tells nothing but a reference, and is over with the request: %s',
    async (what) => {
      armed = true
      broken = []
      const answer = await asked[what]?.().finally(() => {
        armed = false
      })
      const text = await answer?.text()
      expect(broken, 'nothing was asked of any store').not.toEqual([])
      const headers = JSON.stringify([...(answer?.headers ?? [])])
      expect(answer?.status, text).toBeGreaterThanOrEqual(400)
      for (const part of ['kaboom', '/srv/', '.ts:', 'node_modules', 'TypeError', ' at ', version])
        expect((text ?? '').replaceAll(/<style[\s\S]*?<\/style>/g, '') + headers, part).not.toContain(part)
      expect(headers.toLowerCase()).not.toMatch(/x-powered-by|"server"/)
      if (answer?.status === 500 && text) expect(text).toMatch(/[A-Z0-9]{3}-[A-Z0-9]{3}-[A-Z0-9]{3}|server_error/)
      expect((await fetch(`${broker.issuer}/health/live`)).status).toBe(200)
      expect((await broker.introspect(client, tokens.access)).body.active).toBe(true)
    },
  )
})

describe('SEC-119 what helps with mistakes', () => {
  it.each([
    '/debug',
    '/debug/pprof',
    '/status',
    '/env',
    '/.env',
    '/actuator',
    '/inspect',
    '/trace',
    '/admin/api/v1/debug',
  ])('cannot be looked for at %s', async (path) => {
    const answer = await fetch(broker.issuer + path, { headers: { accept: 'application/json' } })
    expect([401, 404]).toContain(answer.status)
    expect(await answer.text()).not.toContain(version)
  })
})
