/** Two brokers, each of which is a source of the other: a logout goes all the way, once, and comes to rest. */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { freePort, type Json, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { type RelyingParty, startRelyingParty } from '../support/relying-party.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

interface Side {
  readonly broker: TestBroker
  readonly app: RelyingParty
  /** The application at this broker. */
  readonly client: TestClient
  /** This broker as a client of the other one. */
  readonly there: string
}
let one: Side
let two: Side

const password = 'a machine that weaves'

beforeAll(async () => {
  const settings = { backchannel_logout: { private_hosts: ['localhost', '127.0.0.1'], attempts: 2, retry_after: 0.02 } }
  const port = await freePort()
  const apps = await Promise.all([startRelyingParty(), startRelyingParty()])
  const brokers = await Promise.all([
    startTestBroker({ settings }),
    // Another host, so that a browser keeps their cookies apart.
    startTestBroker({ settings, port, issuer: `http://127.0.0.1:${port}` }),
  ])
  const clients = await Promise.all(
    brokers.map((broker, side) => broker.addClient({ backchannel_logout_uri: apps[side]?.logoutUri })),
  )
  const [a, b] = brokers
  const names = [await introduce(a, b, 'Two'), await introduce(b, a, 'One')]
  for (const broker of brokers) await broker.created('users', { username: 'ada', password })
  const sides = [0, 1].map((side) => ({
    broker: brokers[side],
    app: apps[side],
    client: clients[side],
    there: names[side],
  }))
  ;[one, two] = sides as [Side, Side]
})
beforeEach(() => {
  one.app.forget()
  two.app.forget()
})
afterAll(async () => {
  for (const { broker, app } of [one, two]) {
    await broker[Symbol.asyncDispose]()
    await app[Symbol.asyncDispose]()
  }
})

/** The second becomes a source of the first, and the first a client of the second, told of logouts. */
async function introduce(here: TestBroker, over: TestBroker, alias: string): Promise<string> {
  const id = `broker-${alias}`
  const secret = 'a-secret-between-the-two-of-them'
  const source = await here.created('authentication-sources', {
    alias,
    name: alias,
    type: 'oidc',
    config: { issuer: over.issuer, client_id: id, client_secret: secret, allow_private_addresses: true },
  })
  await over.created('clients', {
    client_id: id,
    client_secret: secret,
    redirect_uris: [source.callback_url],
    post_logout_redirect_uris: [source.post_logout_url],
    backchannel_logout_uri: source.backchannel_logout_url,
    backchannel_logout_session_required: true,
  })
  return id
}

/** Signs in at an application through these sources, one after the other, and with a password at the last. */
async function signIn({ broker, client }: Side, visitor: Visitor, way: readonly string[]) {
  const { url, verifier } = broker.authorizationUrl(client)
  let next = url
  const left = [...way]
  for (let step = 0; step < 40; step++) {
    if (next.href.startsWith(client.redirectUri)) break
    const answer = await visitor.request(next)
    const location = answer.headers.get('location')
    next = new URL(location ?? (await fill(visitor, next, left)), next)
  }
  const code = next.searchParams.get('code')
  if (!code) throw new Error(`It ended at ${next.href}`)
  const tokens = (await (await broker.redeem(client, code, verifier)).json()) as {
    access_token: string
    id_token: string
  }
  return { visitor, tokens }
}

/** Chooses the next source, or types the password where there is none left. */
async function fill(visitor: Visitor, door: URL, left: string[]): Promise<string> {
  const source = left.shift()
  const address = `${door.origin}${door.pathname}/source/${source ?? 'local'}`
  const page = await visitor.request(address)
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await page.text()) ?? []
  const body = new URLSearchParams({ username: 'ada', password, csrf })
  const answer = source === undefined ? await visitor.request(address, { method: 'POST', body }) : page
  const location = answer.headers.get('location')
  if (!location) throw new Error(`${address} answered ${answer.status}`)
  return location
}

const isAlive = async ({ broker, client }: Side, token: string) =>
  (await broker.introspect(client, token)).body.active === true

/** What `side` has told `clientId`, by what came of it. */
const told = async ({ broker }: Side, clientId: string) => {
  const { items } = (await broker.admin('GET', `traces?client_id=${clientId}&limit=200`)).body
  return (items as Json[])
    .filter(({ steps }) => JSON.stringify(steps).includes('session_ended'))
    .map((each) => each.outcome)
}

describe.each([
  ['the first', () => [one, two] as const, 'Two'],
  ['the second', () => [two, one] as const, 'One'],
])('a person who is signed in at %s through the other', (_, sides, alias) => {
  let here: Side
  let there: Side
  let before: readonly unknown[]
  beforeEach(async () => {
    ;[here, there] = sides()
    before = await told(there, here.there)
  })

  it('and signs out here is out at both, and comes back; what the other one then says changes nothing', async () => {
    const { visitor, tokens } = await signIn(here, createVisitor(), [alias])
    expect(await isAlive(here, tokens.access_token)).toBe(true)
    const params = { id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://app.example/bye', state: 'x' }
    const seen: string[] = []
    const end = await visitor.travel(`${here.broker.issuer}/logout?${new URLSearchParams(params)}`, (url) => {
      seen.push(url.host + url.pathname)
      return url.hostname === 'app.example'
    })
    expect(end.href).toBe('https://app.example/bye?state=x')
    expect(seen).toHaveLength(4) // Here, there, back here, the application.
    expect(await isAlive(here, tokens.access_token)).toBe(false)
    expect((await visitor.request(`${there.broker.issuer}/sessions`)).status).toBe(403)
    await vi.waitFor(async () => expect(await told(there, here.there)).toHaveLength(before.length + 1))
    await vi.waitFor(async () => expect((await told(there, here.there))[0]).toBe('signed_out'))
    await vi.waitFor(() => expect(here.app.notices).toHaveLength(1))
    await pause(100)
    expect([here.app.notices.length, there.app.notices.length]).toEqual([1, 0])
    expect(await told(here, there.there)).not.toContain('open')
  })

  it('and signs out there is out here, whose application is told', async () => {
    const { visitor, tokens } = await signIn(here, createVisitor(), [alias])
    const page = await (await visitor.request(`${there.broker.issuer}/logout`)).text()
    const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? []
    const confirmed = await visitor.request(`${there.broker.issuer}/logout/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    })
    expect(confirmed.status).toBe(303)
    await vi.waitFor(() => expect(here.app.notices).toHaveLength(1))
    expect(await isAlive(here, tokens.access_token)).toBe(false)
    await pause(100)
    expect([here.app.notices.length, there.app.notices.length]).toEqual([1, 0])
    expect(await told(there, here.there)).toHaveLength(before.length + 1)
  })
})

it('a person who goes round in a circle comes out of it, and the news of it comes to rest', async () => {
  const news = async () => [await told(one, two.there), await told(two, one.there)]
  const before = await news()
  const { visitor, tokens } = await signIn(one, createVisitor(), ['Two', 'One'])
  // The stay they came with was another person's, as far as the first broker knows, and has ended for this one; what
  // stood on it has ended too, all the way round.
  await vi.waitFor(async () => expect(await isAlive(one, tokens.access_token)).toBe(false))
  await vi.waitFor(async () => {
    const after = await news()
    expect(after.map(({ length }, side) => length - (before[side]?.length ?? 0))).toEqual([1, 1])
    expect(after.flat()).not.toContain('open')
  })
  await pause(200)
  expect((await news()).map(({ length }, side) => length - (before[side]?.length ?? 0))).toEqual([1, 1])
  const end = await visitor.travel(
    `${one.broker.issuer}/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`,
    ({ pathname }) => pathname === '/logout/success',
  )
  expect(end.origin).toBe(one.broker.issuer)
})
