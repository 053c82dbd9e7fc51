/** F18: the database is killed, or keeps silent, and Redis serves on: who is in stays in, and nothing else happens. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { automation, basic, type Tokens } from '../support/broker.ts'
import { type Nodes, startNodes } from '../support/nodes.ts'
import { rene } from '../support/people.ts'
import { type Servers, startServers } from '../support/servers.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const params = { idp_hint: 'Okta' }
const html = { headers: { accept: 'text/html,*/*' } }
let servers: Servers
let upstream: Upstream
let broker: Nodes
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  servers = await startServers()
  broker = await startNodes({ env: servers.env })
  // Every node, whether it says that it is ready or not: here it is seen what they still do.
  broker.balancer.use(broker.nodes.map(({ url }) => url))
  await broker.addSource(upstream)
}, 60_000)
afterAll(async () => {
  servers?.postgres.resume()
  for (const one of [broker, upstream, servers]) await one?.[Symbol.asyncDispose]()
})

async function within<T>(request: Promise<T>, milliseconds = 2500): Promise<T> {
  const began = performance.now()
  const answer = await request
  expect(performance.now() - began).toBeLessThan(milliseconds)
  return answer
}

it.each(['kill', 'pause'] as const)('F18 after a %s', { timeout: 90_000 }, async (way) => {
  const client = await broker.addClient()
  const login = () => broker.login(client, { params })
  const [one, two, three] = [await login(), await login(), await login()]
  const admin = await broker.adminToken()
  // Each node has met each of them, as where requests go round.
  let tokens: Tokens = one.tokens
  for (let turn = 0; turn < 3; turn++) {
    tokens = (await (await broker.refresh(client, tokens.refresh_token)).json()) as Tokens
    for (const stay of [two, three]) {
      expect((await broker.introspect(client, stay.tokens.access_token)).body.active).toBe(true)
    }
  }

  await servers.postgres[way]()
  for (let turn = 0; turn < 4; turn++) {
    for (const path of ['/jwks', '/.well-known/openid-configuration', '/health/live'])
      expect((await within(fetch(broker.issuer + path))).status, path).toBe(200)
    expect((await within(broker.introspect(client, two.tokens.access_token))).body.active).toBe(true)
    expect((await within(broker.userinfo(tokens.access_token))).status).toBe(200)
    const refreshed = await within(broker.refresh(client, tokens.refresh_token))
    expect(refreshed.status, 'a refresh').toBe(200)
    tokens = (await refreshed.json()) as Tokens
    expect((await within(broker.introspect(client, tokens.access_token))).body.active).toBe(true)
  }

  // Revocation and logout are heard at both nodes.
  expect((await within(broker.post('/revoke', { token: two.tokens.refresh_token }, basic(client)))).status).toBe(200)
  const bye = `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: three.tokens.id_token })}`
  await within(three.visitor.request(bye, html), 6000)
  for (const { tokens: gone } of [two, three]) {
    for (let turn = 0; turn < 2; turn++) {
      expect((await within(broker.introspect(client, gone.access_token))).body).toEqual({ active: false })
      expect((await within(broker.refresh(client, gone.refresh_token))).status).toBe(400)
    }
  }

  // Nobody comes in, nothing is changed; and nobody is told that they may not.
  for (const visitor of [one.visitor, createVisitor()]) {
    const page = await within(visitor.request(broker.authorizationUrl(client, params).url, html))
    expect(page.status).toBe(503)
    expect(page.headers.getSetCookie()).toEqual([])
    expect(await page.text()).toContain('<!doctype html>')
  }
  const own = { grant_type: 'client_credentials', scope: 'admin' }
  expect((await within(broker.post('/token', own, basic(automation)))).status).toBe(503)
  const write = await within(
    fetch(`${broker.issuer}/admin/api/v1/roles`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: `nurse-${way}` }),
    }),
  )
  expect(write.status).toBe(503)
  expect(Number(write.headers.get('retry-after'))).toBeGreaterThan(0)

  if (way === 'kill') await servers.postgres.start()
  else servers.postgres.resume()
  await vi.waitFor(
    async () => {
      for (const { url } of broker.nodes) expect((await fetch(new URL('/health/ready', url))).status).toBe(200)
    },
    { timeout: 15_000, interval: 100 },
  )
  expect((await broker.authorize(one.visitor, client, { prompt: 'none' })).answer.code, 'still in').toBeDefined()
  expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(200)
  expect((await broker.admin('POST', 'roles', { name: `nurse-${way}` })).status).toBe(201)
})
