/**
 * F14 and F44 where there are a PostgreSQL, a Redis and two nodes: a backup comes back, by the procedure of
 * docs/operations/backup.md, and nothing comes back to life with it; not even with a Redis that should have been empty.
 */
import { randomBytes } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aPlace } from '../cli/run.ts'
import { automation, basic, freePort, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import type { Tokens } from '../support/hands.ts'
import { signInWithPassword } from '../support/password.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { folderOf } from '../support/program.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { startRoundRobin } from '../support/round-robin.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'
import { isLong } from './length.ts'

const password = 'a machine that weaves'
const keys = [randomBytes(32)]
let postgres: Postgres
let tools: string
beforeAll(async () => {
  postgres = await startPostgres()
  tools = await folderOf('postgres')
}, 60_000)
afterAll(() => postgres?.[Symbol.asyncDispose]())

/** Two nodes behind one address. */
async function startNodes(port: number, database: string, redis: RedisServer) {
  await using opened = new AsyncDisposableStack()
  const balancer = opened.use(await startRoundRobin(port))
  const shared = { issuer: `http://localhost:${port}`, database, keys, settings: { redis_url: redis.url } }
  const one = opened.use(await startTestBroker(shared))
  const two = opened.use(await startTestBroker(shared))
  balancer.use([one.url, two.url].map((url) => new URL(url)))
  const all = opened.move()
  return { broker: one, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

interface Stay {
  readonly client: TestClient
  readonly visitor: Visitor
  readonly tokens: Tokens
  readonly account: string
  readonly username: string
}

async function stay(broker: TestBroker): Promise<Stay> {
  const client = await broker.addClient()
  const username = `user-${randomBytes(4).toString('hex')}`
  const { id: account } = await broker.created('users', { username, password })
  const visitor = createVisitor()
  const login = await signInWithPassword(broker, visitor, client, { username, password })
  const tokens = (await (await broker.redeem(client, login.code ?? '', login.verifier)).json()) as Tokens
  return { client, visitor, tokens, account, username }
}

const revoke = (broker: TestBroker, { client }: Stay, token: string) => broker.post('/revoke', { token }, basic(client))
const endSession = (broker: TestBroker, { tokens }: Stay) =>
  broker.admin('DELETE', `sessions/${decodeJwt(tokens.access_token).sid}`)
const disable = (broker: TestBroker, { account }: Stay) => broker.admin('PATCH', `users/${account}`, { enabled: false })

/** What of a stay is alive, at either node. */
async function alive(broker: TestBroker, { client, tokens, visitor }: Stay) {
  const found: string[] = []
  for (let node = 0; node < 2; node++) {
    if ((await broker.introspect(client, tokens.access_token)).body.active) found.push('access token')
    if ((await broker.userinfo(tokens.access_token)).status === 200) found.push('userinfo')
    // A client that is not known any more is told nothing.
    const again = await broker.authorize(visitor, client, { prompt: 'none' }).catch(() => undefined)
    if (again?.answer.code) found.push('session')
  }
  for (let node = 0; node < 2; node++)
    if ((await broker.refresh(client, tokens.refresh_token)).status === 200) found.push('refresh token')
  return found
}

async function canSignIn(broker: TestBroker, { client, username }: Stay): Promise<boolean> {
  const { code, verifier } = await signInWithPassword(broker, createVisitor(), client, { username, password })
  return code !== undefined && (await broker.redeem(client, code, verifier)).status === 200
}

const redises = ['empty, as it should be', 'from a backup of the same hour', 'as it was left'] as const

it.each(isLong ? redises : redises.slice(0, 2))(
  'F14 a restored backup of PostgreSQL brings nobody back to life, with a Redis that is %s',
  async (which) => {
    const port = await freePort()
    await using place = await aPlace()
    await using redis = await startRedis({ dbfilename: 'dump.rdb' })
    await using another = await startRedis()
    const database = await postgres.fresh()
    const elsewhere = await postgres.fresh()
    const folder = join(place.folder, 'backup')
    const environment = {
      GATEHOUSE_ISSUER: `http://localhost:${port}`,
      GATEHOUSE_SECRET_KEY: keys.map((key) => key.toString('base64')).join(','),
      GATEHOUSE_POSTGRES_TOOLS: tools,
    }

    const before: Record<string, Stay> = {}
    const all: Stay[] = []
    let machine: string
    {
      await using nodes = await startNodes(port, database, redis)
      const { broker } = nodes
      const make = async (name: string) => {
        const made = await stay(broker)
        all.push(made)
        before[name] = made
        return made
      }
      machine = await broker.adminToken()
      await make('alive')
      await revoke(broker, await make('token revoked before'), all.at(-1)?.tokens.access_token ?? '')
      await revoke(broker, await make('grant revoked before'), all.at(-1)?.tokens.refresh_token ?? '')
      await endSession(broker, await make('ended before'))
      await disable(broker, await make('disabled before'))
      const tokenAfter = await make('token revoked after')
      const grantAfter = await make('grant revoked after')
      const endedAfter = await make('ended after')
      const disabledAfter = await make('disabled after')

      const backedUp = await place.run(['backup', folder], { ...environment, DATABASE_URL: database })
      expect(backedUp, backedUp.err).toMatchObject({ code: 0 })
      if (which.startsWith('from a backup')) {
        await redis.command('save')
        await copyFile(join(redis.folder, 'dump.rdb'), join(redis.folder, 'backup.rdb'))
      }

      await revoke(broker, tokenAfter, tokenAfter.tokens.access_token)
      await revoke(broker, grantAfter, grantAfter.tokens.refresh_token)
      await endSession(broker, endedAfter)
      await disable(broker, disabledAfter)
      expect((await broker.post('/revoke', { token: machine }, basic(automation))).status).toBe(200)
      await make('since then')
    }

    const live = which.startsWith('empty') ? another : redis
    if (which.startsWith('from a backup')) {
      await redis.kill()
      await copyFile(join(redis.folder, 'backup.rdb'), join(redis.folder, 'dump.rdb'))
      await redis.start()
    }
    const restored = await place.run(['restore', folder], { ...environment, DATABASE_URL: elsewhere })
    expect(restored, restored.err).toMatchObject({ code: 0 })

    await using nodes = await startNodes(port, elsewhere, live)
    const { broker } = nodes
    for (const [name, one] of Object.entries(before)) expect(await alive(broker, one), name).toEqual([])
    // Of no grant and no session: only that something was lost can end it.
    const withIt = await fetch(`${broker.issuer}/admin/api/v1/roles`, {
      headers: { authorization: `Bearer ${machine}` },
    })
    expect(withIt.status).toBe(401)
    // A token of the very second in which it was found out is dead with those before.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    // Who was shut out before the backup is; who is known may come in anew, and it counts.
    const { alive: known, 'disabled before': out } = before
    if (!known || !out) throw new Error('nobody was there')
    expect(await canSignIn(broker, out)).toBe(false)
    expect(await canSignIn(broker, known)).toBe(true)
    const fresh = await stay(broker)
    expect(await alive(broker, fresh)).toContain('session')
  },
  300_000,
)
