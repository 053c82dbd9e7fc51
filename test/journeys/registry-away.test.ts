/** The database is away, the live state is not (F18): who is in stays in, nobody is let in who is out, nothing changes. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { breakableStores } from '../support/breakable.ts'
import { basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const stores = breakableStores()
// Past what is kept for a moment only, without waiting for it.
let passed = 0
let upstream: Upstream
let broker: TestBroker
let client: TestClient
let gateway: TestClient
let admin: string

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  const clock = () => Date.now() + passed
  broker = await startTestBroker({ parts: { openStores: stores.open, clock } })
  await broker.addSource(upstream)
  client = await broker.addClient()
  gateway = await broker.addClient({ client_name: 'Gateway', resource_server: { apis: '*' } })
  await broker.created('apis', { name: 'Patients', slug: 'patients', clients: [client.id] })
  admin = await broker.adminToken()
})
afterEach(stores.mend)
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const isActive = async (tokens: Tokens) => {
  const { status, body } = await broker.introspect(gateway, tokens.access_token)
  expect(status).toBe(200)
  return body.active
}

it('checks tokens by what it knew and by the marks of now, publishes its keys, and changes nothing', async () => {
  const login = () => broker.login(client, { params: { idp_hint: 'Okta' } })
  const [one, two, three] = [await login(), await login(), await login()]
  for (const { tokens } of [one, two, three]) expect(await isActive(tokens)).toBe(true)
  expect((await broker.admin('GET', 'clients')).status).toBe(200)

  stores.cutRegistry()
  passed += 60_000
  for (const { tokens } of [one, two, three]) expect(await isActive(tokens), 'who is in stays in').toBe(true)
  expect((await fetch(`${broker.issuer}/jwks`)).status).toBe(200)
  expect((await fetch(`${broker.issuer}/.well-known/openid-configuration`)).status).toBe(200)

  const revoked = await broker.post('/revoke', { token: one.tokens.access_token }, basic(client))
  expect(revoked.status).toBe(200)
  expect(await isActive(one.tokens), 'a revoked token').toBe(false)
  await two.visitor
    .travel(
      `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: two.tokens.id_token })}`,
      ({ pathname, hostname }) => pathname.startsWith('/logout/success') || hostname !== 'localhost',
    )
    .catch(() => {}) // Where it leads afterwards needs the registry; the session has ended before.
  expect(await isActive(two.tokens), 'an ended session').toBe(false)
  expect(await isActive(three.tokens)).toBe(true)

  const write = await fetch(`${broker.issuer}/admin/api/v1/roles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'nurse' }),
  })
  expect(write.status).toBe(503)
  expect(Number(write.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await broker.refresh(client, three.tokens.refresh_token)).status, 'nothing is made from old knowledge').toBe(
    503,
  )

  stores.mend()
  const refreshed = await broker.refresh(client, three.tokens.refresh_token)
  expect(refreshed.status, 'and nothing was lost by asking').toBe(200)
})
