/**
 * How many times each request asks the live state and waits for the answer. Over a network each is a round trip, so
 * these are limits that may only fall (docs/decisions/0022-few-round-trips.md).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  administratorPassword,
  basic,
  startTestBroker,
  type TestBroker,
  type TestClient,
  type Tokens,
} from '../support/broker.ts'
import { type Counted, countingStores } from '../support/counting.ts'
import { createHolder } from '../support/dpop.ts'
import { formTo } from '../support/pages.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { startRedis } from '../support/redis.ts'
import { startTripMeter } from '../support/trip-meter.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const stores = countingStores()
let broker: TestBroker
let upstream: Upstream
let client: TestClient
let gateway: TestClient

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ parts: { openStores: stores.open } })
  await broker.addSource(upstream)
  client = await broker.addClient()
  gateway = await broker.addClient({ client_name: 'Gateway', resource_server: { apis: '*' } })
})

afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream.stop()
})

interface Journey {
  readonly visitor: Visitor
  readonly tokens: Tokens
  /** Each request of the journey to the broker, in order. */
  readonly requests: readonly { readonly what: string; readonly counted: Counted }[]
}

/** A whole sign-in, request by request. `prove`: what the person does where the broker shows a page. */
async function signIn(params: Readonly<Record<string, string>>, visitor = createVisitor()): Promise<Journey> {
  const requests: { what: string; counted: Counted }[] = []
  const send = async (what: string, work: () => Promise<Response>): Promise<Response> => {
    let answer: Response | undefined
    const counted = await stores.during(async () => {
      answer = await work()
    })
    requests.push({ what, counted })
    return answer as Response
  }

  const { url, verifier } = broker.authorizationUrl(client, params)
  let at = url
  let init: RequestInit = {}
  for (;;) {
    const here = at
    const ours = here.href.startsWith(broker.issuer)
    const step = `${init.method ?? 'GET'} ${here.pathname.replace(/[\w-]{40,}/, ':uid')}`
    const answer = ours ? await send(step, () => visitor.request(here, init)) : await visitor.request(here, init)
    init = {}
    const location = answer.headers.get('location')
    if (location) at = new URL(location, at)
    else {
      const { action, fields } = formTo({ text: await answer.text(), url: at }, '/source/local')
      init = {
        method: 'POST',
        body: new URLSearchParams({ ...fields, username: 'admin', password: administratorPassword }),
      }
      at = new URL(action, at)
    }
    if (at.href.startsWith(client.redirectUri)) break
  }
  const code = at.searchParams.get('code') ?? ''
  const redeemed = await send('POST /token', () => broker.redeem(client, code, verifier))
  expect(redeemed.status).toBe(200)
  return { visitor, tokens: (await redeemed.json()) as Tokens, requests }
}

const tripsOf = ({ requests }: Journey) => requests.map(({ what, counted }) => `${what}: ${counted.trips}`)

it('signs in with a password in eight trips, the page that asks for it included', async () => {
  const { requests, ...journey } = await signIn({ idp_hint: 'local' })
  expect(tripsOf({ requests, ...journey })).toEqual([
    'GET /authorize: 1',
    'GET /login/:uid: 1',
    'POST /login/:uid/source/local: 2',
    'GET /authorize/:uid: 2',
    'POST /token: 2',
  ])
})

it('signs in through an upstream in eight trips, three of which are coming back', async () => {
  expect(tripsOf(await signIn({ idp_hint: 'Okta' }))).toEqual([
    'GET /authorize: 1',
    'GET /broker/Okta/callback: 3',
    'GET /authorize/:uid: 2',
    'POST /token: 2',
  ])
})

it('takes a request by its page that would not fit into the head of one answer together with its consequences', async () => {
  const { requests } = await signIn({ idp_hint: 'Okta', nonce: 'n'.repeat(1200) })
  expect(requests.map(({ what }) => what)).toEqual([
    'GET /authorize',
    'GET /login/:uid',
    'GET /broker/Okta/callback',
    'GET /authorize/:uid',
    'POST /token',
  ])
})

it('signs in whoever is signed in already in five trips', async () => {
  const { visitor } = await signIn({ idp_hint: 'Okta' })
  expect(tripsOf(await signIn({}, visitor))).toEqual(['GET /authorize: 3', 'POST /token: 2'])
})

it('refreshes in three trips', async () => {
  const { tokens } = await signIn({ idp_hint: 'Okta' })
  expect((await stores.during(() => broker.refresh(client, tokens.refresh_token))).trips).toBe(3)
})

it('checks an access token in one trip, and asks the registry nothing once it knows it', async () => {
  const { tokens } = await signIn({ idp_hint: 'Okta' })
  const admin = await broker.adminToken()
  const checks = {
    introspection: () => broker.introspect(gateway, tokens.access_token),
    'the admin API': () =>
      fetch(`${broker.issuer}/admin/api/v1/traces?limit=1`, { headers: { authorization: `Bearer ${admin}` } }),
  }
  for (const [name, check] of Object.entries(checks)) {
    await check()
    expect(await stores.during(check), name).toMatchObject({ trips: 1, registryReads: [] })
  }
  expect((await stores.during(() => broker.userinfo(tokens.access_token))).trips).toBe(1)
})

it('checks a token at a gateway in one trip, and with a proof that its caller holds the key in two', async () => {
  const machine = await broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'] })
  const host = 'keyed.example'
  await broker.created('apis', { name: 'Keyed', slug: 'keyed', hosts: [host], clients: [machine.id] })
  const holder = createHolder()
  const tokenBy = async (headers: Readonly<Record<string, string>>) => {
    const answer = await broker.post('/token', { grant_type: 'client_credentials' }, { ...basic(machine), ...headers })
    return ((await answer.json()) as Tokens).access_token
  }
  const call = (headers: Readonly<Record<string, string>>) => {
    const asked = { 'x-forwarded-method': 'GET', 'x-forwarded-host': host, 'x-forwarded-uri': '/' }
    return fetch(`${broker.issuer}/verify/forwarded`, { headers: { ...asked, ...headers } })
  }
  const plain = await tokenBy({})
  const bound = await tokenBy({ dpop: holder.proof('POST', `${broker.issuer}/token`) })
  const proven = () => ({
    authorization: `DPoP ${bound}`,
    dpop: holder.proof('GET', `https://${host}/`, { token: bound }),
  })
  for (const [status, trips, headers] of [
    [200, 1, () => ({ authorization: `Bearer ${plain}` })],
    [200, 2, proven],
    // Whoever proves nothing leaves nothing behind.
    [401, 1, () => ({ ...proven(), dpop: createHolder().proof('GET', `https://${host}/`, { token: bound }) })],
  ] as const) {
    expect((await call(headers())).status).toBe(status)
    const sent = headers()
    expect(await stores.during(() => call(sent))).toMatchObject({ trips, registryReads: [] })
  }
})

it('gives a client a token of its own without a trip', async () => {
  await broker.adminToken()
  expect(await stores.during(() => broker.adminToken())).toMatchObject({ trips: 0, registryReads: [] })
})

/** From the first request to the tokens, the page included. */
async function withPassword(node: TestBroker, app: TestClient): Promise<void> {
  const admin = { username: 'admin', password: administratorPassword }
  const { code = '', verifier } = await signInWithPassword(node, createVisitor(), app, admin)
  expect((await node.redeem(app, code, verifier)).status).toBe(200)
}

describe('over Redis, on the wire', () => {
  it('keeps to the same limits', async () => {
    await using redis = await startRedis()
    await using meter = await startTripMeter(new URL(redis.url))
    await using node = await startTestBroker({ settings: { redis_url: meter.url } })
    await node.addSource(upstream)
    const app = await node.addClient()

    /** Now and then the node looks how the server is: the least of a few is what the request itself costs. */
    const holds = async (what: string, limit: number, work: () => Promise<unknown>) => {
      let least = Number.POSITIVE_INFINITY
      for (let tries = 0; tries < 10 && least > limit; tries += 1) least = Math.min(least, await meter.during(work))
      expect(least, what).toBeLessThanOrEqual(limit)
    }
    const session = { visitor: createVisitor() }
    const { tokens } = await node.login(app, { ...session, params: { idp_hint: 'Okta' } })
    await holds('through an upstream', 8, () => node.login(app, { params: { idp_hint: 'Okta' } }))
    await holds('signed in already', 5, () => node.login(app, session))
    let { refresh_token: token } = tokens
    await holds('a refresh', 3, async () => {
      token = ((await (await node.refresh(app, token)).json()) as Tokens).refresh_token
    })
    await holds('a check', 1, () => node.introspect(app, tokens.access_token))
    await holds('a password, from the first request to the tokens', 8, () => withPassword(node, app))
  })
})
