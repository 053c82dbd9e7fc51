/** What was read a moment ago is not read again, and nothing that anybody changed since is overlooked. */
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import type { RedisStores } from '../../src/stores/redis/open.ts'
import { freePort } from '../support/broker.ts'
import { type RedisServer, startRedis, startReplicaOf, startSentinel, until } from '../support/redis.ts'
import { memoryLineage, openRedis } from './redis-world.ts'
import { aGrantIn, aSession, minute } from './world.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

const later = () => Date.now() + 10 * minute

/** As of a token that was shown before: the same object each time. */
const machine = () => ({ jti: newId(), clientId: newId(), comesAgain: true }) as const

async function person(stores: RedisStores) {
  const session = aSession({ startedAt: Date.now(), idleUntil: later(), expiresAt: later() })
  await stores.sessions.save(session)
  const grant = await stores.grants.open(aGrantIn(session, { expiresAt: later() }))
  const question = { ...machine(), clientId: grant.clientId, grantId: grant.id, accountId: grant.accountId }
  return { session, grant, question }
}

/** How often the server was asked for what tokens depend on, and whether there is news. */
async function asked(of: RedisServer = server) {
  const told = String(await of.command('info', 'commandstats'))
  const calls = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(told)?.[1] ?? 0)
  return { reads: calls('mget') + calls('hmget'), news: calls('ping') }
}

/** Shows it until the server need not be asked for it again. */
async function remembered(stores: RedisStores, question: ReturnType<typeof machine>, of: RedisServer = server) {
  await until(async () => {
    await stores.marks.liveness(question)
    const before = await asked(of)
    await stores.marks.liveness(question)
    return (await asked(of)).reads === before.reads
  })
}

describe('what was read of a token', () => {
  it('is not read again within a second: it is asked whether there is news, once for all who ask at once', async () => {
    await using stores = await openRedis(server.url)
    const { question } = await person(stores)
    await remembered(stores, question)
    await stores.marks.liveness(question)
    const before = await asked()
    const all = await Promise.all(Array.from({ length: 50 }, () => stores.marks.liveness(question)))
    expect(all.every(({ granted, revoked }) => granted && !revoked)).toBe(true)
    const after = await asked()
    expect({ reads: after.reads - before.reads, news: after.news - before.news }).toEqual({ reads: 0, news: 1 })
    await delay(1000)
    await stores.marks.liveness(question)
    expect((await asked()).reads).toBe(after.reads + 2)
  })

  it('is read each time of one that is shown for the first time', async () => {
    await using stores = await openRedis(server.url)
    await remembered(stores, machine())
    const before = await asked()
    const { comesAgain: _, ...stranger } = machine()
    await stores.marks.liveness(stranger)
    await stores.marks.liveness(stranger)
    expect((await asked()).reads).toBe(before.reads + 2)
  })

  it.each<[string, (stores: RedisStores, of: Awaited<ReturnType<typeof person>>) => Promise<unknown>, object]>([
    ['a revoked token', ({ marks }, { question }) => marks.revokeToken(question.jti, later()), { revoked: true }],
    [
      'a person shut out',
      ({ marks }, { question }) => marks.block('account', question.accountId, 7, later()),
      { accountBlockedAt: 7 },
    ],
    [
      'a client shut out',
      ({ marks }, { question }) => marks.block('client', question.clientId, 8, later()),
      { clientBlockedAt: 8 },
    ],
    ['a session that ended', ({ sessions }, { session }) => sessions.end(session.id), { granted: false }],
    ['a grant taken away', ({ grants }, { grant }) => grants.remove(grant.id), { granted: false }],
  ])('is out at once with %s at another node, in the midst of being asked', async (_name, change, expected) => {
    const lineage = memoryLineage()
    await using stores = await openRedis(server.url, { lineage })
    await using other = await openRedis(server.url, { lineage })
    for (let round = 0; round < 20; round++) {
      const of = await person(stores)
      await remembered(stores, of.question)
      let isOver = false
      const asking = (async () => {
        while (!isOver) await Promise.all([stores.marks.liveness(of.question), stores.marks.liveness(of.question)])
      })()
      await change(other, of)
      expect(await stores.marks.liveness(of.question)).toMatchObject(expected)
      isOver = true
      await asking
    }
  })

  it('is out when the connection that tells of changes is lost, and is heard of again with the next one', async () => {
    await using stores = await openRedis(server.url)
    const question = machine()
    await remembered(stores, question)
    await server.command('client', 'kill', 'type', 'pubsub')
    await stores.marks.revokeToken(question.jti, later())
    expect(await stores.marks.liveness(question)).toMatchObject({ revoked: true })
    await remembered(stores, machine())
  })

  it('is out when Redis is emptied, and what comes then is remembered again', async () => {
    await using own = await startRedis()
    await using stores = await openRedis(own.url)
    const { question } = await person(stores)
    const machines = machine()
    await remembered(stores, question, own)
    await remembered(stores, machines, own)
    await own.command('flushall')
    expect((await stores.marks.liveness(question)).granted).toBe(false)
    await expect(stores.marks.liveness(machines)).rejects.toMatchObject({ name: 'Unavailable' })
    const isBack = async () => (await stores.marks.liveness(machines)).forgottenAt !== null
    await until(() => isBack().catch(() => false))
    await remembered(stores, machine(), own)
  })
})

describe('a Redis', () => {
  it('that may not be asked for changes is asked for each token, and the log says so', async () => {
    await using own = await startRedis()
    await own.command('acl', 'setuser', 'narrow', 'on', '>pass', '~*', '&*', '+@all', '-client|tracking')
    const told: string[] = []
    const note = (_about: unknown, text: string) => void told.push(text)
    const log = { debug: note, info: note, warn: note, error: note, level: 'info' } as never
    await using stores = await openRedis(own.url.replace('//', '//narrow:pass@'), { log })
    await until(async () => told.some((text) => text.includes('does not tell what is changed')))
    const question = machine()
    await stores.marks.liveness(question)
    await stores.marks.revokeToken(question.jti, later())
    expect(await stores.marks.liveness(question)).toMatchObject({ revoked: true })
  })

  it('that leaves the question for news without an answer is asked for the token itself', async () => {
    await using between = await startBetween(server.port)
    await using stores = await openRedis(`redis://127.0.0.1:${between.port}`)
    const question = machine()
    await remembered(stores, question)
    between.holdListeners()
    await server.command('set', 'gh1:unrelated', 1)
    const begun = performance.now()
    expect(await stores.marks.liveness(question)).toMatchObject({ revoked: false })
    expect(performance.now() - begun).toBeLessThan(1500)
    await stores.marks.revokeToken(question.jti, later())
    expect(await stores.marks.liveness(question)).toMatchObject({ revoked: true })
  })

  it('is asked anew for whoever comes while it is being asked', async () => {
    await using between = await startBetween(server.port)
    const lineage = memoryLineage()
    await using stores = await openRedis(`redis://127.0.0.1:${between.port}`, { lineage })
    await using other = await openRedis(server.url, { lineage })
    const question = machine()
    await remembered(stores, question)
    const held = between.holdListeners()
    const before = stores.marks.liveness(question)
    await until(async () => held.length > 0)
    await other.marks.revokeToken(question.jti, later())
    const after = stores.marks.liveness(question)
    await between.letListenersHear(held)
    await before
    expect(await after).toMatchObject({ revoked: true })
  })

  it('that is another one than all else is asked of is not believed', async () => {
    await using stranger = await startRedis()
    await using between = await startBetween(server.port)
    await using stores = await openRedis(`redis://127.0.0.1:${between.port}`)
    await remembered(stores, machine())
    between.passTo(stranger.port)
    await server.command('client', 'kill', 'type', 'pubsub')
    await until(async () => String(await stranger.command('client', 'list')).includes('name=gatehouse'))
    for (let round = 0; round < 20; round++) {
      const question = machine()
      await stores.marks.liveness(question)
      await stores.marks.revokeToken(question.jti, later())
      expect(await stores.marks.liveness(question)).toMatchObject({ revoked: true })
      await delay(20)
    }
  })

  it('that takes over is the one that is listened to', async () => {
    await using primary = await startRedis()
    await using replica = await startReplicaOf(primary)
    await using sentinel = await startSentinel(primary)
    const lineage = memoryLineage()
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/main`
    await using stores = await openRedis(url, { lineage })
    await using other = await openRedis(url, { lineage })
    await remembered(stores, machine(), primary)
    await until(async () => String(await sentinel.command('sentinel', 'failover', 'main').catch(String)) === 'OK')
    await until(async () => String(await replica.command('info', 'replication')).includes('role:master'))
    const question = machine()
    const succeeds = (work: () => Promise<unknown>) =>
      until(() =>
        work().then(
          () => true,
          () => false,
        ),
      )
    await succeeds(() => remembered(stores, question, replica))
    await succeeds(() => other.marks.revokeToken(question.jti, later()))
    expect(await stores.marks.liveness(question)).toMatchObject({ revoked: true })
  })
})

/** Passes everything on, until those who listen are to hear nothing more. */
async function startBetween(first: number) {
  let to = first
  const port = await freePort()
  const sockets = new Set<Socket>()
  const listeners = new Set<Socket>()
  /** What is not told them yet. */
  let held: { readonly near: Socket; readonly chunk: Buffer }[] | undefined
  const between = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => [near, far].map((one) => one.destroy()))
    }
    near.on('data', (chunk) => {
      if (chunk.includes('subscribe')) listeners.add(far)
      far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (held && listeners.has(far)) held.push({ near, chunk })
      else near.write(chunk)
    })
  })
  await new Promise<void>((resolve) => between.listen(port, '127.0.0.1', resolve))
  return {
    port,
    /** Whoever comes from now on. */
    passTo(other: number) {
      to = other
    },
    holdListeners() {
      held = []
      return held
    },
    /** One after the other. */
    async letListenersHear(all: NonNullable<typeof held>) {
      for (let next = all.shift(); next; next = all.shift()) {
        next.near.write(next.chunk)
        await delay(30)
      }
      held = undefined
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      between.close()
    },
  }
}
