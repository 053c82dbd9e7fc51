/**
 * F13 and F14 as somebody outside meets them, with PostgreSQL, Redis and two nodes: Redis is emptied, comes back from a
 * snapshot, or has no room left. What was revoked, ended or shut out stays so at both nodes, whatever it was.
 */
import { randomBytes } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { automation, basic } from '../support/broker.ts'
import type { TestClient, Tokens } from '../support/hands.ts'
import { type Nodes, startNodes } from '../support/nodes.ts'
import { signInWithPassword } from '../support/password.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const password = 'a machine that weaves'
let postgres: Postgres
let redis: RedisServer
let broker: Nodes
let local: string
beforeAll(async () => {
  ;[postgres, redis] = await Promise.all([
    startPostgres(),
    startRedis({ 'maxmemory-policy': 'noeviction', dbfilename: 'dump.rdb' }),
  ])
  broker = await startNodes({ env: { DATABASE_URL: await postgres.fresh(), REDIS_URL: redis.url } })
  // They answer for themselves, ready or not.
  broker.balancer.use(broker.nodes.map(({ url }) => url))
  const { body } = await broker.admin('GET', 'authentication-sources?q=local')
  local = (body.items as { id: string }[])[0]?.id ?? ''
}, 120_000)
afterAll(async () => {
  for (const one of [broker, redis, postgres]) await one?.[Symbol.asyncDispose]()
})

interface Stay {
  readonly client: TestClient
  readonly visitor: Visitor
  readonly tokens: Tokens
  readonly account: string
}

async function stay(): Promise<Stay> {
  const client = await broker.addClient()
  const username = `user-${randomBytes(4).toString('hex')}`
  const { id: account } = await broker.created('users', { username, password })
  const visitor = createVisitor()
  const login = await signInWithPassword(broker, visitor, client, { username, password })
  const tokens = (await (await broker.redeem(client, login.code ?? '', login.verifier)).json()) as Tokens
  return { client, visitor, tokens, account }
}

const revoke = ({ client }: Stay, token: string) => broker.post('/revoke', { token }, basic(client))
const patch = async (path: string, enabled: boolean) =>
  expect((await broker.admin('PATCH', path, { enabled })).status).toBe(200)

/** Each way to end something; accounts, clients and sources are switched on again: what was before stays dead. */
const endings: Readonly<Record<string, (stay: Stay) => Promise<unknown>>> = {
  'a revoked token': (one) => revoke(one, one.tokens.access_token),
  'a revoked grant': (one) => revoke(one, one.tokens.refresh_token),
  'an ended session': ({ tokens }) => broker.admin('DELETE', `sessions/${decodeJwt(tokens.access_token).sid}`),
  'a disabled account': async ({ account }) => {
    await patch(`users/${account}`, false)
    await patch(`users/${account}`, true)
  },
  'a disabled client': async ({ client }) => {
    await patch(`clients/${client.id}`, false)
    await patch(`clients/${client.id}`, true)
  },
}
const disableSource = async () => {
  await patch(`authentication-sources/${local}`, false)
  await patch(`authentication-sources/${local}`, true)
}

/** At both nodes; an answer that could not be had (503) is none, and is asked for again. */
async function answered(ask: () => Promise<Response>): Promise<number> {
  return vi.waitFor(
    async () => {
      const { status } = await ask()
      expect(status).not.toBe(503)
      return status
    },
    { timeout: 30_000, interval: 100 },
  )
}

async function isDead({ client, tokens }: Stay): Promise<boolean> {
  for (let node = 0; node < 2; node++) {
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    if ((await answered(() => fetch(`${broker.issuer}/userinfo`, { headers }))) === 200) return false
    const answer = await broker.introspect(client, tokens.access_token)
    if (answer.status === 200 && answer.body.active === true) return false
  }
  return true
}

const refreshes = async ({ client, tokens }: Stay) => answered(() => broker.refresh(client, tokens.refresh_token))

const forgetting: Readonly<Record<string, (endAll: () => Promise<void>) => Promise<void>>> = {
  'is emptied': async (endAll) => {
    await endAll()
    await redis.command('flushall')
  },
  'comes back from a snapshot of before': async (endAll) => {
    await redis.command('save')
    await copyFile(join(redis.folder, 'dump.rdb'), join(redis.folder, 'backup.rdb'))
    await endAll()
    // Longer than what a failover may lose.
    await delay(7000)
    await redis.kill()
    await copyFile(join(redis.folder, 'backup.rdb'), join(redis.folder, 'dump.rdb'))
    await redis.start()
  },
}

it.each(Object.entries(forgetting))(
  'F14 nothing that was over lives again at any node when Redis %s',
  async (_, forget) => {
    const over: Record<string, Stay> = { 'a disabled source': await stay() }
    for (const name of Object.keys(endings)) over[name] = await stay()
    const machine = await broker.adminToken()
    await forget(async () => {
      await disableSource()
      // What came after the source was back is ended each in its way.
      for (const [name, end] of Object.entries(endings)) {
        over[name] = await stay()
        await end(over[name])
      }
      expect((await broker.post('/revoke', { token: machine }, basic(automation))).status).toBe(200)
    })
    for (const [name, one] of Object.entries(over)) {
      expect(await isDead(one), name).toBe(true)
      expect(await refreshes(one), name).toBe(400)
    }
    const headers = { authorization: `Bearer ${machine}` }
    for (let node = 0; node < 2; node++)
      expect(await answered(() => fetch(`${broker.issuer}/admin/api/v1/roles`, { headers }))).toBe(401)
    // And it goes on: whoever signs in again is in, at both.
    const again = await vi.waitFor(stay, { timeout: 30_000, interval: 200 })
    for (let node = 0; node < 2; node++) expect(await isDead(again)).toBe(false)
  },
  240_000,
)

it('F13 with no room left tokens are checked, sessions end, sign-ins and refreshes are 503, and nothing is evicted', async () => {
  const [alive, leaving] = [await stay(), await stay()]
  const keys = async () => Number(await redis.command('dbsize'))
  await redis.command('config', 'set', 'maxmemory', 1)
  try {
    const before = await keys()
    expect((await broker.introspect(alive.client, alive.tokens.access_token)).body.active).toBe(true)
    expect((await broker.userinfo(alive.tokens.access_token)).status).toBe(200)
    const page = await createVisitor().request(broker.authorizationUrl(alive.client).url, {
      headers: { accept: 'text/html' },
    })
    expect(page.status).toBe(503)
    const refreshed = await broker.refresh(alive.client, alive.tokens.refresh_token)
    expect(refreshed.status).toBe(503)
    expect(Number(refreshed.headers.get('retry-after'))).toBeGreaterThan(0)
    const { sid } = decodeJwt(leaving.tokens.access_token)
    expect((await broker.admin('DELETE', `sessions/${sid}`)).status).toBe(204)
    expect(await isDead(leaving)).toBe(true)
    expect(before - (await keys()), 'only what was ended is gone').toBeLessThan(5)
  } finally {
    await redis.command('config', 'set', 'maxmemory', 0)
  }
  expect(await refreshes(alive)).toBe(200)
}, 120_000)
