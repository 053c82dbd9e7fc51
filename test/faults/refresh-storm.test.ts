/** Everybody refreshes at once after an outage (F35), and answers are lost on the way (F36): nobody is signed out. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { digest, newIdWithin, newSecret } from '../../src/ids.ts'
import { sessionIdOf } from '../../src/issuer/session-id.ts'
import { silent } from '../../src/log.ts'
import { openStores } from '../../src/stores/open.ts'
import { basic, type TestClient, type Tokens } from '../support/hands.ts'
import { type Nodes, startNodes } from '../support/nodes.ts'
import { rene } from '../support/people.ts'
import { type Servers, startServers } from '../support/servers.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'
import { isLong } from './length.ts'

const sessions = isLong ? 10_000 : 200
/** Connections of a crowd's: there are not as many as there may be people. */
const atOnce = 500
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

/** As a sign-in leaves them, one like the other, by the stores that the nodes have: signing in so often takes too long. */
async function manySessions(): Promise<string[]> {
  await using stores = await openStores({
    databaseUrl: servers.env.DATABASE_URL,
    redisUrl: servers.env.REDIS_URL,
    connections: 2,
    vault: createVault([Buffer.alloc(32)]),
    clock: Date.now,
    log: silent,
  })
  const { refresh_token } = await login()
  const found = await stores.artifacts.get('RefreshToken', digest(refresh_token))
  const { sessionUid, grantId, exp } = found?.payload ?? {}
  const session = await stores.sessions.get(sessionIdOf(String(sessionUid)))
  const grant = await stores.grants.get(String(grantId))
  if (!session || !grant) throw new Error('there is no session to be like')
  const another = async () => {
    const [uid, token] = [newSecret(), newSecret()]
    const own = { ...session, id: sessionIdOf(uid), upstream: null }
    await stores.sessions.save(own)
    const { id } = await stores.grants.open({ ...grant, id: newIdWithin(own.id), sessionId: own.id })
    const payload = { ...found?.payload, sessionUid: uid, grantId: id }
    await stores.artifacts.put('RefreshToken', digest(token), payload, Number(exp) * 1000)
    return token
  }
  const all: string[] = []
  while (all.length < sessions) all.push(...(await Promise.all(Array.from({ length: 100 }, another))))
  return all
}

/** All of them at once, as far as there are connections. */
async function crowd<T>(tokens: readonly string[], each: (token: string) => Promise<T>): Promise<T[]> {
  const answers: T[] = []
  const queue = tokens.entries()
  const one = async () => {
    for (const [index, token] of queue) answers[index] = await each(token)
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return answers
}

/** As a library does that keeps to `Retry-After`, only sooner. Answers how often it was told to come again. */
async function untilTold(token: string): Promise<{ status: number; body: Tokens; again: number }> {
  for (let again = 0; ; again++) {
    const answer = await broker.refresh(client, token)
    const body = (await answer.json()) as Tokens
    if (answer.status !== 503 || again > 1000) return { status: answer.status, body, again }
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    await delay(300)
  }
}

it('F35 every session lives that is refreshed in one moment, during an outage and right after it', async () => {
  const before = await manySessions()
  servers.redis.pause()
  const storm = crowd(before, untilTold)
  await delay(3000)
  const live = performance.now()
  const { status } = await fetch(`${broker.issuer}/health/live`).finally(() => servers.redis.resume())
  const took = performance.now() - live
  const answers = await storm
  expect(status, 'and the nodes are there for others').toBe(200)
  // Where others use the machine it may take them longer to get a turn at all.
  if (isLong) expect(took).toBeLessThan(1000)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(Math.max(...answers.map(({ again }) => again)), 'the outage was one').toBeGreaterThan(0)
  // Each has its own; all at once once more, with nothing in the way.
  const after = await crowd(
    answers.map(({ body }) => body.refresh_token),
    untilTold,
  )
  expect(new Set(after.map(({ status }) => status))).toEqual(new Set([200]))
  expect(new Set(after.map(({ body }) => body.refresh_token)).size).toBe(before.length)
}, 1_200_000)

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
