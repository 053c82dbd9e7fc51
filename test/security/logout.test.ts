import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { forge, strangerRsa } from '../support/forgeries.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

let now = Date.UTC(2026, 10, 21, 12)
let upstream: Upstream
let broker: TestBroker
let client: TestClient
let other: TestClient
let sourceId: string
const bye = 'https://app.example/bye'

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now })
  upstream = await startUpstream({ users: { rene, john } })
  broker = await startTestBroker({ parts: { clock: () => now } })
  sourceId = (await broker.addSource(upstream)).id
  client = await broker.addClient({ client_uri: 'https://app.example/' })
  other = await broker.addClient({ client_name: 'Rota', redirect_uris: ['https://rota.example/callback'] })
})
afterEach(() => {
  upstream.misbehave({})
  upstream.signInAs('rene')
})
afterAll(async () => {
  vi.useRealTimers()
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const login = (visitor?: Visitor, as: TestClient = client) =>
  broker.login(as, { params: { idp_hint: 'Okta' }, ...(visitor && { visitor }) })

const logoutUrl = (params: Readonly<Record<string, string>> = {}) =>
  new URL(`${broker.issuer}/logout?${new URLSearchParams(params)}`)

const isAlive = async (token: string, as: TestClient = client) => (await broker.introspect(as, token)).body.active

async function isOver({ visitor, tokens }: Awaited<ReturnType<typeof login>>): Promise<boolean> {
  const answers = [
    await isAlive(tokens.access_token),
    (await broker.refresh(client, tokens.refresh_token)).status === 200,
    (await broker.userinfo(tokens.access_token)).status === 200,
    (await visitor.request(`${broker.issuer}/sessions`)).status === 200,
  ]
  expect(new Set(answers).size, 'all or nothing').toBe(1)
  return !answers[0]
}

const patchSource = async (body: Record<string, unknown>) => {
  const { status } = await broker.admin('PATCH', `authentication-sources/${sourceId}`, body)
  expect(status).toBe(200)
}

/** The page that asks, and pressing one of its buttons. */
async function press(visitor: Visitor, url: URL, answer: 'logout-yes' | 'logout-no'): Promise<string> {
  const page = await (await visitor.request(url)).text()
  expect(page).toContain('id="logout-yes" name="logout" value="yes"')
  expect(page).toContain('id="logout-no"')
  const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(page) ?? []
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? []
  const body = new URLSearchParams({ xsrf, ...(answer === 'logout-yes' && { logout: 'yes' }) })
  const done = await visitor.request(action, { method: 'POST', body })
  expect(done.status).toBe(303)
  return done.headers.get('location') ?? ''
}

describe('a logout that an application asks for', () => {
  it.each(['GET', 'POST'])(
    'SEC-095 with the ID token as a hint is done at once, at the upstream too (%s)',
    async (method) => {
      const visit = await login()
      const calls = upstream.calls.length
      const params = { id_token_hint: visit.tokens.id_token, post_logout_redirect_uri: bye, state: 'a b&c' }
      let start = logoutUrl(params)
      if (method === 'POST') {
        const body = new URLSearchParams(params)
        const answer = await visit.visitor.request(`${broker.issuer}/logout`, { method, body })
        expect(answer.status).toBe(303)
        start = new URL(answer.headers.get('location') ?? '', broker.issuer)
      }
      const seen: URL[] = []
      const arrived = await visit.visitor.travel(start, (url) => {
        seen.push(url)
        return url.hostname === 'app.example'
      })
      expect([arrived.origin + arrived.pathname, arrived.searchParams.get('state')]).toEqual([bye, 'a b&c'])
      const there = seen.find(({ origin }) => origin === upstream.issuer)
      expect(there?.searchParams.get('id_token_hint')).toMatch(/^eyJ/)
      expect(there?.searchParams.get('post_logout_redirect_uri')).toBe(`${broker.issuer}/broker/Okta/logged-out`)
      expect(upstream.calls.slice(calls).some((call) => call.startsWith('GET /session/end'))).toBe(true)
      expect(await isOver(visit)).toBe(true)
    },
  )

  it('SEC-095 is done at once with a hint that has expired', async () => {
    const visit = await login()
    now += 400_000
    vi.setSystemTime(now)
    const { visitor, tokens } = visit
    const url = logoutUrl({ id_token_hint: tokens.id_token, post_logout_redirect_uri: bye })
    expect((await visitor.travel(url, ({ hostname }) => hostname === 'app.example')).href).toBe(bye)
    expect(await isOver({ ...visit, tokens: { ...tokens } })).toBe(true)
  })

  it('SEC-096 without a hint, or with the hint of another person, asks first, and nothing has ended yet', async () => {
    const visit = await login()
    upstream.signInAs('john')
    const stranger = await login()
    const asked: readonly Record<string, string>[] = [
      {},
      { client_id: client.id },
      { id_token_hint: stranger.tokens.id_token },
    ]
    for (const params of asked) {
      const answer = await visit.visitor.request(logoutUrl({ ...params, post_logout_redirect_uri: bye }))
      expect(answer.status).toBe(200)
      expect(await answer.text()).toContain('id="logout-yes"')
    }
    expect(await isOver(visit)).toBe(false)
    expect(await isOver(stranger)).toBe(false)
  })

  it('SEC-096 with a hint from an earlier stay of the same person asks first: it may be anybody who kept it', async () => {
    const visitor = createVisitor()
    const before = await login(visitor)
    await visitor.travel(
      logoutUrl({ id_token_hint: before.tokens.id_token }),
      ({ pathname }) => pathname === '/logout/success',
    )
    const visit = await login(visitor)
    expect(visit.access.sub).toBe(before.access.sub)
    const answer = await visitor.request(
      logoutUrl({ id_token_hint: before.tokens.id_token, post_logout_redirect_uri: bye }),
    )
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('id="logout-yes"')
    expect(await isOver(visit)).toBe(false)
  })

  it('SEC-096 ends that session only: the same person’s in another browser goes on, and an offline grant too', async () => {
    const [visit, elsewhere] = [await login(), await login()]
    expect(elsewhere.access.sub).toBe(visit.access.sub)
    await visit.visitor.request(logoutUrl({ id_token_hint: visit.tokens.id_token }))
    expect(await isOver(visit)).toBe(true)
    expect(await isOver(elsewhere)).toBe(false)
    expect((await broker.refresh(client, elsewhere.tokens.refresh_token)).status).toBe(200)
  })

  it('SEC-096 with the hint of one client and the id of another is refused on a page, and nothing has ended', async () => {
    const visit = await login()
    const url = logoutUrl({ id_token_hint: visit.tokens.id_token, client_id: other.id, post_logout_redirect_uri: bye })
    const answer = await visit.visitor.request(url, { headers: { accept: 'text/html' } })
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    expect(await isOver(visit)).toBe(false)
    const right = logoutUrl({ id_token_hint: visit.tokens.id_token, client_id: client.id })
    expect((await visit.visitor.request(right)).status).toBe(303)
    expect(await isOver(visit)).toBe(true)
  })

  it('SEC-096 with a logout_hint knows no more than without, and asks', async () => {
    const visit = await login()
    for (const logout_hint of [String(visit.access.sid), rene.email, '<script>']) {
      const answer = await visit.visitor.request(logoutUrl({ logout_hint, client_id: client.id }))
      expect(answer.status).toBe(200)
      expect(await answer.text()).not.toContain(logout_hint)
    }
    expect(await isOver(visit)).toBe(false)
  })

  it('SEC-096 with a parameter that comes twice is refused, and nothing has ended', async () => {
    const visit = await login()
    const url = logoutUrl({ id_token_hint: visit.tokens.id_token, post_logout_redirect_uri: bye })
    url.searchParams.append('post_logout_redirect_uri', 'https://evil.example/')
    const answer = await visit.visitor.request(url)
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    expect(await isOver(visit)).toBe(false)
  })

  it('SEC-096 with a forged hint is refused on a page, and nothing has ended', async () => {
    const visit = await login()
    const header = { alg: 'RS256', kid: 'stranger' }
    const forged = forge(header, { ...visit.id }, strangerRsa.privateKey)
    const url = logoutUrl({ id_token_hint: forged, post_logout_redirect_uri: bye })
    const answer = await visit.visitor.request(url, { headers: { accept: 'text/html' } })
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(await isOver(visit)).toBe(false)
  })

  it.each([
    'https://evil.example/',
    `${bye}/`,
    `${bye}?x=1`,
    'https://app.example',
    'javascript:alert(1)',
    '//evil.example',
  ])('SEC-096 back to %s, which is not registered, is refused on a page, and nothing has ended', async (address) => {
    const visit = await login()
    const named: readonly Record<string, string>[] = [
      { id_token_hint: visit.tokens.id_token },
      { client_id: client.id },
    ]
    for (const params of named) {
      for (const visitor of [visit.visitor, createVisitor()]) {
        const answer = await visitor.request(logoutUrl({ ...params, post_logout_redirect_uri: address }))
        expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
      }
    }
    const nameless = await createVisitor().request(logoutUrl({ post_logout_redirect_uri: address }))
    expect(nameless.headers.get('location')).toBe(`${broker.issuer}/logout/success`)
    expect(await isOver(visit)).toBe(false)
  })

  it('SEC-096 with nobody signed in goes on at once, and without a script', async () => {
    const { tokens } = await login()
    const visitor = createVisitor()
    const plain = await visitor.request(logoutUrl())
    expect([plain.status, plain.headers.get('location')]).toEqual([303, `${broker.issuer}/logout/success`])
    const hinted = await visitor.request(
      logoutUrl({ id_token_hint: tokens.id_token, post_logout_redirect_uri: bye, state: 'x' }),
    )
    expect([hinted.status, hinted.headers.get('location')]).toEqual([303, `${bye}?state=x`])
    expect(await plain.text()).not.toContain('<script')
    // The hint alone ends nothing: the browser's cookie is the authority.
    expect(await isAlive(tokens.access_token)).toBe(true)
  })
})

describe('the person who is asked', () => {
  it('SEC-095 and says yes is out everywhere', async () => {
    const visit = await login()
    const elsewhere = await login(visit.visitor, other)
    const location = await press(
      visit.visitor,
      logoutUrl({ client_id: client.id, post_logout_redirect_uri: bye }),
      'logout-yes',
    )
    expect(new URL(location).origin).toBe(upstream.issuer)
    expect((await visit.visitor.travel(location, ({ hostname }) => hostname === 'app.example')).href).toBe(bye)
    expect(await isOver(visit)).toBe(true)
    expect(await isAlive(elsewhere.tokens.access_token, other)).toBe(false)
  })

  it('SEC-096 and says no loses the asking application’s share, and nothing else; the page says so', async () => {
    const visit = await login()
    const elsewhere = await login(visit.visitor, other)
    const location = await press(visit.visitor, logoutUrl({ client_id: client.id }), 'logout-no')
    const page = await (await visit.visitor.request(location)).text()
    expect(page).toContain('You are still signed in')
    expect(page).toContain('Patient App')
    expect(page).not.toContain('You are signed out')
    expect(await isAlive(visit.tokens.access_token)).toBe(false)
    expect((await broker.refresh(client, visit.tokens.refresh_token)).status).toBe(400)
    expect(await isAlive(elsewhere.tokens.access_token, other)).toBe(true)
    expect((await visit.visitor.request(`${broker.issuer}/sessions`)).status).toBe(200)
    const again = await broker.authorize(visit.visitor, client, { prompt: 'none' })
    expect(again.answer.code).toBeDefined()
  })

  it('SEC-096 and says no when nobody asked stays as they were', async () => {
    const visit = await login()
    const location = await press(visit.visitor, logoutUrl(), 'logout-no')
    expect(await (await visit.visitor.request(location)).text()).toContain('You are still signed in')
    expect(await isOver(visit)).toBe(false)
  })

  it('SEC-096 cannot be answered for by another site', async () => {
    const visit = await login()
    await visit.visitor.request(logoutUrl())
    for (const xsrf of ['', 'x'.repeat(48)]) {
      const body = new URLSearchParams({ xsrf, logout: 'yes' })
      const answer = await visit.visitor.request(`${broker.issuer}/logout/confirm`, { method: 'POST', body })
      expect(answer.status).toBe(400)
    }
    expect(await isOver(visit)).toBe(false)
  })
})

describe('the upstream', () => {
  const signedOutPage = async (visit: Awaited<ReturnType<typeof login>>): Promise<string> => {
    const done = await visit.visitor.travel(
      logoutUrl({ id_token_hint: visit.tokens.id_token }),
      ({ pathname }) => pathname === '/logout/success',
    )
    return (await visit.visitor.request(done)).text()
  }

  it('SEC-095 is signed out as well, and the page does not say otherwise', async () => {
    const visit = await login()
    const page = await signedOutPage(visit)
    expect(page).toContain('You are signed out')
    expect(page).not.toContain('still signed in at')
  })

  it('SEC-095 keeps its session where the source says so, and the page says that', async () => {
    const { body } = await broker.admin('GET', `authentication-sources/${sourceId}`)
    await patchSource({ config: { ...(body.config as object), upstream_logout: false } })
    const visit = await login()
    const calls = upstream.calls.length
    const page = await signedOutPage(visit)
    expect(page).toContain('You are still signed in at <bdi>Corporate Okta</bdi>')
    expect(upstream.calls).toHaveLength(calls)
    expect(await isOver(visit)).toBe(true)
    await patchSource({ config: { ...(body.config as object), upstream_logout: true } })
  })

  it('SEC-095 that is down keeps nobody signed in, and nobody waiting', async () => {
    const visit = await login()
    // The connection is opened anew, and finds nothing there.
    await patchSource({ name: 'Okta that is down' })
    upstream.misbehave({ down: 503 })
    const page = await signedOutPage(visit)
    expect(page).toContain('You are still signed in at <bdi>Okta that is down</bdi>')
    expect(await isOver(visit)).toBe(true)
    upstream.misbehave({})
    await patchSource({ name: 'Corporate Okta' })
  })

  it.each([
    ['is down', () => upstream.misbehave({ down: 503 })],
    ['is gone', () => upstream.misbehave({ down: 'gone' })],
    ['says nothing', () => upstream.misbehave({ down: 'silent' })],
  ])('SEC-095 that %s, although it was there a moment ago, does not swallow the browser', async (_, fail) => {
    const visit = await login()
    fail()
    const started = performance.now()
    const page = await signedOutPage(visit)
    expect(performance.now() - started).toBeLessThan(3000)
    expect(page).toContain('You are still signed in at <bdi>Corporate Okta</bdi>')
    expect(await isOver(visit)).toBe(true)
    upstream.misbehave({})
    const again = await login()
    fail()
    const url = logoutUrl({ id_token_hint: again.tokens.id_token, post_logout_redirect_uri: bye, state: 's' })
    expect((await again.visitor.travel(url, ({ hostname }) => hostname === 'app.example')).href).toBe(`${bye}?state=s`)
  })

  it('SEC-096 sends back only whom we sent: a stranger’s return leads to our own page', async () => {
    for (const state of ['', '?state=x', '?state=x&state=y', `?state=${'x'.repeat(43)}`]) {
      const answer = await fetch(`${broker.issuer}/broker/Okta/logged-out${state}`, { redirect: 'manual' })
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/logout/success'])
    }
  })
})
