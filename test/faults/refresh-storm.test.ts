/** Everybody refreshes at once after an outage (F35), and answers are lost on the way (F36): nobody is signed out. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { basic, type TestClient, type Tokens } from '../support/hands.ts'
import { type Nodes, startNodes } from '../support/nodes.ts'
import { rene } from '../support/people.ts'
import { type Servers, startServers } from '../support/servers.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'
import { isLong } from './length.ts'

const sessions = isLong ? 1000 : 60
let servers: Servers
let upstream: Upstream
let broker: Nodes
let client: TestClient
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  servers = await startServers()
  broker = await startNodes({ env: servers.env })
  // They answer for themselves, ready or not.
  broker.balancer.use(broker.nodes.map(({ url }) => url))
  await broker.addSource(upstream)
  client = await broker.addClient()
}, 60_000)
afterAll(async () => {
  servers?.redis.resume()
  for (const one of [broker, upstream, servers]) await one?.[Symbol.asyncDispose]()
})

const login = async () =>
  (await broker.login(client, { visitor: createVisitor(), params: { idp_hint: 'Okta' } })).tokens

async function manyLogins(): Promise<Tokens[]> {
  const all: Tokens[] = []
  while (all.length < sessions) all.push(...(await Promise.all(Array.from({ length: 10 }, login))))
  return all
}

/** As a library does that keeps to `Retry-After`, only sooner. Answers how often it was told to come again. */
async function untilTold(token: string): Promise<{ status: number; body: Tokens; again: number }> {
  for (let again = 0; ; again++) {
    const answer = await broker.refresh(client, token)
    const body = (await answer.json()) as Tokens
    if (answer.status !== 503 || again > 100) return { status: answer.status, body, again }
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    await delay(300)
  }
}

it('F35 every session lives that is refreshed in one moment, during an outage and right after it', async () => {
  const before = await manyLogins()
  servers.redis.pause()
  const storm = Promise.all(before.map(({ refresh_token }) => untilTold(refresh_token)))
  await delay(3000)
  const live = performance.now()
  expect((await fetch(`${broker.issuer}/health/live`)).status, 'and the nodes are there for others').toBe(200)
  expect(performance.now() - live).toBeLessThan(1000)
  servers.redis.resume()
  const answers = await storm
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(Math.max(...answers.map(({ again }) => again)), 'the outage was one').toBeGreaterThan(0)
  // Each has its own; all at once once more, with nothing in the way.
  const after = await Promise.all(answers.map(({ body }) => untilTold(body.refresh_token)))
  expect(new Set(after.map(({ status }) => status))).toEqual(new Set([200]))
  expect(new Set(after.map(({ body }) => body.refresh_token)).size).toBe(before.length)
}, 300_000)

it('F36 a client that loses the answer asks again, gets what it lost, and the session goes on', async () => {
  let { refresh_token: token } = await login()
  for (let round = 0; round < (isLong ? 200 : 12); round++) {
    const lost = new AbortController()
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token })
    const request = { method: 'POST', body, headers: basic(client), signal: lost.signal }
    const first = fetch(`${broker.issuer}/token`, request).catch(() => undefined)
    // Before it arrives, while it is at work, after it was answered.
    await delay(round * 4)
    lost.abort()
    await first
    const again = await untilTold(token)
    expect(again.status).toBe(200)
    expect((await untilTold(token)).body, 'and the same as often as it asks').toEqual(again.body)
    token = again.body.refresh_token
  }
}, 120_000)
