/** The story with live state in Redis: on one server, on a cluster, and on two nodes that share both stores. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { basic, freePort, type Json, startTestBroker, type TestBroker } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { type RedisCluster, type RedisServer, startCluster, startRedis } from '../support/redis.ts'
import { startRoundRobin } from '../support/round-robin.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let single: RedisServer
let cluster: RedisCluster
let upstream: Upstream
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-journey-'))
  ;[single, cluster, upstream] = await Promise.all([startRedis(), startCluster(), startUpstream({ users: { rene } })])
})

afterAll(async () => {
  for (const server of [single, cluster, upstream]) await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

it.each(['a server', 'a cluster'])('signs in, refreshes, answers gateways and signs out over %s', async (kind) => {
  await using broker = await startTestBroker({
    settings: { redis_url: kind === 'a server' ? single.url : cluster.url },
  })
  await broker.addSource(upstream)
  await wholeStory(broker)
})

it('goes on at another node at every step', async () => {
  const port = await freePort()
  await using proxy = await startRoundRobin(port)
  const shared = {
    issuer: `http://localhost:${port}`,
    database: `sqlite:${join(folder, 'gatehouse.db')}`,
    keys: [randomBytes(32)],
    settings: { redis_url: single.url },
  }
  await using one = await startTestBroker(shared)
  await using other = await startTestBroker(shared)
  proxy.use([one.url, other.url])
  await one.addSource(upstream)
  await wholeStory(one)
  expect(proxy.turns.every((turns) => turns > 10)).toBe(true)
})

async function wholeStory(broker: TestBroker): Promise<void> {
  const client = await broker.addClient()
  const visitor = createVisitor()
  const params = { idp_hint: 'Okta' }
  const { tokens, access } = await broker.login(client, { visitor, params })
  expect(access).toMatchObject({ groups: ['Everyone', 'Consultant'] })
  const again = await broker.login(client, { visitor, params })
  expect(again.access.client_session, 'one grant for one client in one session').toBe(access.client_session)

  const active = async (token: string) => (await broker.introspect(client, token)).body.active
  expect(await active(tokens.access_token)).toBe(true)
  const refreshed = await broker.refresh(client, tokens.refresh_token)
  expect(refreshed.status).toBe(200)
  const { access_token: newer, refresh_token: next } = (await refreshed.json()) as typeof tokens
  expect(await active(newer)).toBe(true)

  expect((await broker.post('/revoke', { token: newer }, basic(client))).status).toBe(200)
  expect(await active(newer)).toBe(false)
  expect(await active(tokens.access_token)).toBe(true)
  const sessions = (await broker.admin('GET', 'sessions')).body.items as Json[]
  expect(sessions.map(({ id }) => id)).toContain(access.sid)
  expect((await broker.admin('DELETE', `sessions/${String(access.sid)}`)).status).toBe(204)
  expect(await active(tokens.access_token)).toBe(false)
  expect((await broker.refresh(client, next)).status).toBe(400)
}
