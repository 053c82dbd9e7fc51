import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { launchBrowser } from '../support/chromium.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import type { Visitor } from '../support/visitor.ts'

type Json = Record<string, unknown>

let upstream: Upstream
let broker: TestBroker
let client: TestClient
let sourceId: string

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene, john } })
  broker = await startTestBroker()
  sourceId = (await broker.addSource(upstream)).id
  client = await broker.addClient({ client_uri: 'https://app.example/' })
})
beforeEach(async () => {
  for (const { id } of await listed()) await broker.admin('DELETE', `sessions/${id}`)
  upstream.signInAs('rene')
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const login = (visitor?: Visitor, as = client) =>
  broker.login(as, { params: { idp_hint: 'Okta' }, ...(visitor && { visitor }) })

async function listed(query = ''): Promise<readonly (Json & { id: string })[]> {
  const { status, body } = await broker.admin('GET', `sessions${query}`)
  expect(status).toBe(200)
  return body.items as (Json & { id: string })[]
}

const isAlive = async (token: string, as = client) => (await broker.introspect(as, token)).body.active

describe('an administrator', () => {
  it('SEC-099 sees who is signed in, since when, through what and where to', async () => {
    const one = await login()
    const other = await broker.addClient({ client_name: 'Rota' })
    await login(one.visitor, other)
    upstream.signInAs('john')
    const two = await login()

    const [newest, oldest] = await listed()
    expect([newest?.id, oldest?.id]).toEqual([two.access.sid, one.access.sid])
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const view = {
      id: one.access.sid,
      user: { id: one.access.sub, name: 'Rene Klomp' },
      authentication_source: { id: sourceId, alias: 'Okta' },
      clients: [client.id, other.id].sort(),
      ...{ started_at: time, idle_until: time, expires_at: time },
    }
    expect(oldest).toEqual(view)
    expect((await broker.admin('GET', `sessions/${one.access.sid}`)).body).toEqual(view)

    expect((await listed(`?user=${two.access.sub}`)).map(({ id }) => id)).toEqual([two.access.sid])
    for (const source of [sourceId, 'Okta']) expect(await listed(`?source=${source}`)).toHaveLength(2)
    expect(await listed(`?user=${two.access.sub}&source=local`)).toEqual([])
    const first = await broker.admin('GET', 'sessions?limit=1')
    expect((first.body.items as Json[]).map(({ id }) => id)).toEqual([two.access.sid])
    const second = await broker.admin('GET', `sessions?limit=1&after=${first.body.next}`)
    expect(second.body).toMatchObject({ items: [{ id: one.access.sid }], next: null })
    for (const query of ['limit=0', 'after=x', 'q=rene', 'users=x']) {
      expect((await broker.admin('GET', `sessions?${query}`)).status, query).toBe(400)
    }
  })

  it('SEC-099 ends one: tokens and grants are dead at the next call, others are not, and the event says who did it', async () => {
    const [one, two] = [await login(), await login()]
    const ended = await broker.admin('DELETE', `sessions/${one.access.sid}`)
    expect(ended.status).toBe(204)
    expect(await isAlive(one.tokens.access_token)).toBe(false)
    expect((await broker.refresh(client, one.tokens.refresh_token)).status).toBe(400)
    expect(await isAlive(two.tokens.access_token)).toBe(true)
    expect((await broker.admin('GET', `sessions/${one.access.sid}`)).status).toBe(404)
    expect((await broker.admin('DELETE', `sessions/${one.access.sid}`)).status).toBe(404)
    const { body } = await broker.admin('GET', 'events?limit=1')
    expect(body.items).toMatchObject([
      {
        action: 'session.ended',
        actor: { kind: 'client', id: 'automation' },
        subject: { type: 'session', id: one.access.sid },
        before: { account: one.access.sub, authentication_source: sourceId },
        after: null,
      },
    ])
  })

  it('SEC-099 must be one: a viewer looks, nobody else even that', async () => {
    const { tokens, access } = await login()
    const ask = (method: string, token: string, path = 'sessions') =>
      fetch(`${broker.issuer}/admin/api/v1/${path}`, { method, headers: { authorization: `Bearer ${token}` } })
    expect((await ask('GET', tokens.access_token)).status).toBe(401)
    const grant = { grant_type: 'client_credentials', scope: 'admin:read' }
    const reader = await broker.created('clients', {
      client_name: 'Reader',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope: 'admin:read',
    })
    const credentials = { id: String(reader.client_id), secret: String(reader.client_secret) }
    const { access_token: token } = (await (await broker.post('/token', grant, basic(credentials))).json()) as Tokens
    expect((await ask('GET', token)).status).toBe(200)
    expect((await ask('DELETE', token, `sessions/${access.sid}`)).status).toBe(403)
    expect(await isAlive(tokens.access_token)).toBe(true)
  })
})

describe('the person', () => {
  const page = async (visitor: Visitor) => (await visitor.request(`${broker.issuer}/sessions`)).text()
  const csrfOf = (text: string) => /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? ''
  const post = (
    visitor: Visitor,
    action: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ) =>
    visitor.request(`${broker.issuer}/sessions/${action}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers,
    })

  it('SEC-099 sees their own sessions and nobody else’s', async () => {
    const [one, two] = [await login(), await login()]
    upstream.signInAs('john')
    const stranger = await login()
    const text = await page(one.visitor)
    expect(text).toContain('You are signed in as <strong><bdi>Rene Klomp</bdi></strong>')
    expect(text).toContain(String(one.access.sid))
    expect(text).toContain(String(two.access.sid))
    expect(text).not.toContain(String(stranger.access.sid))
    expect(text).toContain('<bdi>Patient App</bdi>')
    expect(text.match(/In this browser/g)).toHaveLength(1)
  })

  it('SEC-099 cannot end what is not theirs', async () => {
    const mine = await login()
    upstream.signInAs('john')
    const stranger = await login()
    const csrf = csrfOf(await page(mine.visitor))
    const answer = await post(mine.visitor, 'end', { csrf, session: String(stranger.access.sid) })
    expect(answer.status).toBe(303)
    expect(await isAlive(stranger.tokens.access_token)).toBe(true)
    expect(await isAlive(mine.tokens.access_token)).toBe(true)
  })

  it('SEC-099 cannot be made to end anything by another site, or with a form of another session', async () => {
    const [one, two] = [await login(), await login()]
    const csrf = csrfOf(await page(one.visitor))
    const session = String(one.access.sid)
    for (const action of ['end', 'end-others', 'withdraw']) {
      const tries = [
        await post(one.visitor, action, { session }),
        await post(one.visitor, action, { session, csrf: `${csrf.slice(0, -2)}xx` }),
        await post(two.visitor, action, { session, csrf }),
        await post(one.visitor, action, { session, csrf }, { origin: 'https://evil.example' }),
        await post(one.visitor, action, { session, csrf }, { 'sec-fetch-site': 'cross-site' }),
      ]
      expect(tries.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403])
    }
    expect(await isAlive(one.tokens.access_token)).toBe(true)
    expect(await isAlive(two.tokens.access_token)).toBe(true)
  })

  it('SEC-099 who is not signed in is told so', async () => {
    const answer = await fetch(`${broker.issuer}/sessions`, { headers: { accept: 'text/html' } })
    expect(answer.status).toBe(403)
    expect(await answer.text()).toContain('Nobody is signed in here')
  })
})

describe.each([true, false])('in a browser (scripts: %s)', (javaScriptEnabled) => {
  let browser: Browser & AsyncDisposable
  const application = createServer((_, res) => void res.end('the application'))
  beforeAll(async () => {
    browser = await launchBrowser()
    await new Promise<void>((done) => application.listen(0, '127.0.0.1', done))
  }, 60_000)
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    application.closeAllConnections()
    application.close()
  })

  it('SEC-099 the person ends another session, then all others, then this one', { timeout: 60_000 }, async () => {
    const context = await browser.newContext({ javaScriptEnabled, viewport: { width: 320, height: 700 } })
    const tab = await context.newPage()
    const { port } = application.address() as AddressInfo
    const local = await broker.addClient({ redirect_uris: [`http://127.0.0.1:${port}/callback`] })
    await tab.goto(broker.authorizationUrl(local, { idp_hint: 'Okta' }).url.href)
    expect(await tab.textContent('body')).toBe('the application')
    const others = [await login(), await login(), await login()]
    await tab.goto(`${broker.issuer}/sessions`)
    expect(await tab.locator('button').filter({ hasText: 'End session' }).count()).toBe(3)
    if (javaScriptEnabled) expect((await new AxeBuilder({ page: tab }).analyze()).violations).toEqual([])

    await tab.click('#end-1')
    await tab.waitForURL(`${broker.issuer}/sessions`)
    expect(await tab.locator('button').filter({ hasText: 'End session' }).count()).toBe(2)
    const alive = () => Promise.all(others.map(({ tokens }) => isAlive(tokens.access_token)))
    expect((await alive()).filter(Boolean)).toHaveLength(2)

    await tab.click('#end-others')
    await tab.getByText('You are signed in nowhere else.').waitFor()
    expect(await alive()).toEqual([false, false, false])

    await tab.click('#end-0')
    await tab.waitForURL(`${broker.issuer}/logout/success`)
    expect(await tab.textContent('h1')).toBe('You are signed out')
    expect(await listed()).toEqual([])
    const answer = await tab.goto(`${broker.issuer}/sessions`)
    expect(answer?.status()).toBe(403)
    await context.close()
  })
})
