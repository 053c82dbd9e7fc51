/** Two nodes on PostgreSQL, live state included; and what they do while it is away (fault F18, F32). */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { basic, freePort, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { type RoundRobin, startRoundRobin } from '../support/round-robin.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let server: Postgres
let upstream: Upstream
let proxy: RoundRobin
let nodes: readonly TestBroker[]
/** Both, in turn. */
let broker: TestBroker
let client: TestClient

beforeAll(async () => {
  server = await startPostgres()
  upstream = await startUpstream({ users: { rene } })
  const port = await freePort()
  proxy = await startRoundRobin(port)
  const shared = { issuer: `http://localhost:${port}`, database: await server.fresh(), keys: [randomBytes(32)] }
  // At once, on an empty database: one of them makes the schema, the administrator, the first key and the client.
  nodes = await Promise.all([startTestBroker(shared), startTestBroker(shared), startTestBroker(shared)])
  proxy.use(nodes.map(({ url }) => url))
  const [first] = nodes
  if (!first) throw new Error('there is no node')
  broker = first
  await broker.addSource(upstream)
  client = await broker.addClient()
})
afterAll(async () => {
  server?.resume()
  for (const one of [...(nodes ?? []), proxy, upstream, server]) await one?.[Symbol.asyncDispose]()
})

const html = { headers: { accept: 'text/html,*/*' } }
const publicDocuments = ['/.well-known/openid-configuration', '/jwks']

/** A request that waits for the database at all is answered within two seconds. */
async function within<T>(request: Promise<T>): Promise<T> {
  const began = performance.now()
  const answer = await request
  expect(performance.now() - began).toBeLessThan(2000)
  return answer
}

it('tells the whole story', async () => {
  expect((await broker.admin('GET', 'users')).body.items).toHaveLength(1)
  const { visitor, tokens, access } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  expect(access).toMatchObject({ name: 'Rene Klomp', groups: ['Everyone', 'Consultant'] })
  expect((await broker.login(client, { visitor })).access.sid).toBe(access.sid)
  for (let turn = 0; turn < 3; turn++)
    expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(true)
  const refreshed = await Promise.all(Array.from({ length: 6 }, () => broker.refresh(client, tokens.refresh_token)))
  expect(refreshed.map(({ status }) => status)).toEqual(Array(6).fill(200))
  const [rotated] = (await Promise.all(refreshed.map((one) => one.json()))) as Tokens[]
  const bye = `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`
  expect((await visitor.request(bye)).status).toBe(303)
  for (let turn = 0; turn < 3; turn++)
    expect((await broker.introspect(client, rotated?.access_token ?? '')).body).toEqual({ active: false })
})

it('signs many people in at once, each as one account', async () => {
  const logins = await Promise.all(
    Array.from({ length: 9 }, () => broker.login(client, { params: { idp_hint: 'Okta' } })),
  )
  expect(new Set(logins.map(({ access }) => access.sub)).size).toBe(1)
})

it('answers whatever is not there with a no, and no database error', async () => {
  const strange = 'a\0b'
  const { url } = broker.authorizationUrl({ ...client, id: strange })
  expect((await createVisitor().request(url, html)).status).toBe(400)
  const asked = await broker.post(
    '/token',
    { grant_type: 'client_credentials' },
    basic({ id: strange, secret: strange }),
  )
  expect(asked.status).toBeOneOf([400, 401])
  expect((await broker.refresh(client, strange)).status).toBe(400)
  expect((await broker.redeem(client, strange, 'verifier')).status).toBe(400)
  for (const path of ['users', 'clients', 'authentication-sources', 'roles'])
    expect((await broker.admin('GET', `${path}/a%00b`)).status, path).toBeOneOf([400, 404])
  expect((await broker.admin('GET', 'users?search=a%00b')).status).toBeOneOf([200, 400])
})

it.each(['kill', 'pause'] as const)(
  'F18 goes on from memory after a %s, and works again without a restart',
  async (way) => {
    const { visitor, tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const authorization = `Bearer ${await broker.adminToken()}`
    await server[way]()
    // Each node has noticed by its own look at the registry, once a second.
    await new Promise((resolve) => setTimeout(resolve, 100))

    for (const { url } of nodes)
      for (const path of publicDocuments) expect((await within(fetch(new URL(path, url)))).status, path).toBe(200)
    const write = await within(
      fetch(`${broker.issuer}/admin/api/v1/roles`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ name: `nurse-${way}` }),
      }),
    )
    expect(write.status).toBe(503)
    expect(Number(write.headers.get('retry-after'))).toBeGreaterThan(0)
    for (const of of [visitor, createVisitor()]) {
      const page = await within(of.request(broker.authorizationUrl(client, { idp_hint: 'Okta' }).url, html))
      expect(page.status).toBe(503)
      expect(page.headers.getSetCookie()).toEqual([])
      expect(await page.text()).toContain('<!doctype html>')
    }
    expect((await within(broker.refresh(client, tokens.refresh_token))).status).toBe(503)
    expect((await within(broker.post('/introspect', { token: tokens.access_token }, basic(client)))).status).toBe(503)
    expect((await within(broker.userinfo(tokens.access_token))).status).toBe(503)
    expect((await within(fetch(`${broker.issuer}/health/live`))).status).toBe(200)

    if (way === 'kill') await server.start()
    else server.resume()
    await vi.waitFor(
      async () => {
        for (const { url } of nodes) expect((await fetch(new URL('/health/ready', url))).status).toBe(200)
      },
      { timeout: 10_000, interval: 100 },
    )
    const { answer } = await broker.authorize(visitor, client, { prompt: 'none' })
    expect(answer.code, 'nobody was signed out').toBeDefined()
    expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(true)
    expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(200)
    expect((await broker.admin('POST', 'roles', { name: `nurse-${way}` })).status).toBe(201)
  },
)
