/** What Redis can do to us, and what must not come of it (F7, F8, F9, F11, F13, F14, F15). */
import { copyFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { StartProblem, Unavailable } from '../../src/errors.ts'
import { newId } from '../../src/ids.ts'
import type { RedisStores } from '../../src/stores/redis/open.ts'
import { isLong } from '../faults/length.ts'
import { freePort } from '../support/broker.ts'
import { startCluster, startRedis, startReplicaOf, startSentinel, startTlsRedis, until } from '../support/redis.ts'
import { memoryLineage, openRedis } from './redis-world.ts'
import { aGrantIn, aSession, atOnce, minute } from './world.ts'

const later = () => Date.now() + 10 * minute
const living = () => aSession({ startedAt: Date.now(), idleUntil: later(), expiresAt: later() })
const saved = async ({ sessions, grants }: RedisStores) => {
  const session = living()
  await sessions.save(session)
  const grant = await grants.open(aGrantIn(session, { expiresAt: later() }))
  return { session, grant }
}
const problem = async ({ health: [health] }: RedisStores) =>
  health?.check().then(
    (found) => found.problem,
    (error: Error) => error.name,
  )
const answers = (stores: RedisStores) =>
  until(() =>
    stores.marks.blockedAt('client', 'x').then(
      () => true,
      () => false,
    ),
  )

describe('a Redis', () => {
  it('F15 that is down at the start is joined when it is there, and until then everything is refused at once', async () => {
    const port = await freePort()
    const begun = performance.now()
    await using stores = await openRedis(`redis://127.0.0.1:${port}`)
    expect(performance.now() - begun).toBeLessThan(2000)
    const asked = performance.now()
    await expect(stores.sessions.get('x')).rejects.toMatchObject({ name: 'Unavailable', who: 'store' })
    expect(performance.now() - asked).toBeLessThan(50)
    expect(await problem(stores)).toBe('Unavailable')
    await using _server = await startRedis({ port })
    const there = performance.now()
    await answers(stores)
    expect(performance.now() - there).toBeLessThan(5000)
    expect(await problem(stores)).toBeUndefined()
  })

  it('F11 that hangs costs nobody two seconds, and then nobody anything', async () => {
    await using server = await startRedis()
    await using stores = await openRedis(server.url)
    const { session } = await saved(stores)
    server.pause()
    const timed = async () => {
      const begun = performance.now()
      const outcome = await stores.sessions.get(session.id).catch((error) => error)
      return { outcome, took: performance.now() - begun }
    }
    const first = await Promise.all([timed(), delay(50).then(timed), delay(500).then(timed), delay(900).then(timed)])
    for (const { outcome, took } of first) {
      expect(outcome).toBeInstanceOf(Unavailable)
      expect(took).toBeLessThan(1500)
    }
    const next = await Promise.all(Array.from({ length: 200 }, timed))
    expect(Math.max(...next.map(({ took }) => took)), 'refused at once').toBeLessThan(500)
    server.resume()
    await answers(stores)
    expect(await stores.sessions.get(session.id)).toEqual(session)
  })

  it('F13 whose memory is full still answers what it knows, forgets no session, and refuses what is new', async () => {
    await using server = await startRedis({ 'maxmemory-policy': 'noeviction' })
    await using stores = await openRedis(server.url)
    const { session, grant } = await saved(stores)
    await server.command('config', 'set', 'maxmemory', 1)
    await expect(stores.sessions.save(living())).rejects.toMatchObject({ name: 'Unavailable' })
    await expect(stores.artifacts.consume('AuthorizationCode', 'x', 1)).resolves.toBe(false)
    expect(await stores.sessions.get(session.id)).toEqual(session)
    const question = { jti: newId(), clientId: grant.clientId, grantId: grant.id }
    expect(await stores.marks.liveness(question)).toMatchObject({ granted: true })
    await server.command('config', 'set', 'maxmemory', 0)
    await stores.sessions.save(living())
  })

  it('that may drop keys is not ready, and says what to set', async () => {
    await using server = await startRedis({ maxmemory: '100mb', 'maxmemory-policy': 'volatile-lru' })
    await using stores = await openRedis(server.url)
    expect(await problem(stores)).toMatch(/volatile-lru.*noeviction/)
    await server.command('config', 'set', 'maxmemory-policy', 'noeviction')
    expect(await problem(stores)).toBeUndefined()
    const { time } = (await stores.health[0]?.check()) ?? {}
    expect(Math.abs((time ?? 0) - Date.now())).toBeLessThan(1000)
  })

  it('whose password is wrong, whose address is none: the first is joined when it is mended', async () => {
    await using server = await startRedis({ requirepass: 'first' })
    await using stores = await openRedis(server.url.replace('//', '//:second@'))
    expect(await problem(stores)).toBe('Unavailable')
    await server.command('config', 'set', 'requirepass', 'second')
    await answers(stores)
    const hosts = [
      'redis+sentinel://h',
      'redis://',
      'redis+cluster://h/1',
      'redis://h/x',
      'redis://h:0',
      'redis://h:65536',
    ]
    const secrets = ['redis://:a/b@h', 'redis://:%zz@h']
    const options = ['redis://h?tls=true', 'redis+cluster://h?tls=yes', 'redis+cluster://h?sentinel_password=x']
    for (const url of [...hosts, ...secrets, ...options])
      await expect(openRedis(url), url).rejects.toThrow(StartProblem)
  })

  it('that speaks TLS is believed only under a certificate that is known', async () => {
    await using server = await startTlsRedis()
    await using stores = await openRedis(server.url)
    expect(await problem(stores)).toBe('Unavailable')
    const script = `
      import { openRedis } from '${import.meta.dirname}/redis-world.ts'
      const stores = await openRedis('${server.url}')
      // A busy machine may take longer than a start waits.
      for (let tries = 0; tries < 40; tries++) {
        if (await stores.attempts.read('key').then(() => true, () => false)) break
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      await stores.attempts.count('key', Date.now() + 60_000)
      console.log('counted', await stores.attempts.read('key'))
      await stores[Symbol.asyncDispose]()`
    const { execFile } = await import('node:child_process')
    const output = await new Promise<string>((done) => {
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: server.ca }
      execFile(process.execPath, ['--input-type=module', '-e', script], { env }, (_, out, err) => done(out + err))
    })
    expect(output).toContain('counted 1')
  })
})

describe('replicas', () => {
  it('F7 a failover that is heard of while the new primary is being looked for is followed like any other', async () => {
    await using primary = await startRedis()
    await using replica = await startReplicaOf(primary)
    await using sentinel = await startSentinel(primary)
    await until(async () =>
      String(await sentinel.command('sentinel', 'replicas', 'main')).includes(String(replica.port)),
    )
    await using proxy = await tellingThoseWhoAsk(sentinel.port)
    await using stores = await openRedis(`redis+sentinel://127.0.0.1:${proxy.port}/main`)
    await answers(stores)
    await delay(200)
    proxy.holds = true
    await primary.kill()
    await until(() => proxy.told > 0)
    await answers(stores)
  })

  it('F8 a primary that was demoted is left for the one of now at its first refusal', async () => {
    await using primary = await startRedis()
    await using stores = await openRedis(primary.url)
    await using other = await startRedis()
    await stores.attempts.count('key', later())
    await primary.command('replicaof', '127.0.0.1', other.port)
    await expect(stores.attempts.count('key', later())).rejects.toThrow(Unavailable)
    await primary.command('replicaof', 'no', 'one')
    await answers(stores)
    await stores.attempts.count('key', later())
  })

  it('F8 a demoted primary that stays up costs a second of errors, and writes that were refused are not repeated', async () => {
    await using primary = await startRedis()
    await using replica = await startReplicaOf(primary)
    await using sentinel = await startSentinel(primary)
    await until(async () =>
      String(await sentinel.command('sentinel', 'replicas', 'main')).includes(String(replica.port)),
    )
    await using stores = await openRedis(`redis+sentinel://127.0.0.1:${sentinel.port}/main`)
    await answers(stores)
    await delay(1200)
    let counted = 0
    const errors: number[] = []
    let going = true
    const writing = (async () => {
      while (going) {
        const outcome = await stores.attempts.count('key', later()).then(
          () => true,
          () => false,
        )
        if (outcome) counted++
        else errors.push(performance.now())
        await delay(10)
      }
    })()
    await delay(200)
    await sentinel.command('sentinel', 'failover', 'main')
    // It is a replica now, and answers as one.
    await until(async () => String(await primary.command('role')).startsWith('slave'))
    const enough = counted + 20
    await until(() => counted > enough)
    going = false
    await writing
    expect((errors.at(-1) ?? 0) - (errors[0] ?? 0)).toBeLessThan(isLong ? 1000 : 5000)
    // What got no answer may be there once. (What the old primary took in its last moments is lost, as is stated.)
    expect(await stores.attempts.read('key')).toBeLessThanOrEqual(counted + errors.length)
  })

  it('F9 nobody is told yes before a replica knows that a code was used, a token revoked, a session ended', async () => {
    await using primary = await startRedis()
    await using replica = await startReplicaOf(primary)
    await using stores = await openRedis(primary.url)
    const { session } = await saved(stores)
    await delay(1200)
    for (const id of ['a', 'b']) await stores.artifacts.put('AuthorizationCode', id, {}, later())
    expect(await stores.artifacts.consume('AuthorizationCode', 'a', 5)).toBe(true)
    expect(await replica.command('get', 'gh1:c:a')).toContain(' 5 ')

    replica.pause()
    const unconfirmed = [
      stores.artifacts.consume('AuthorizationCode', 'b', 5),
      stores.marks.revokeToken(newId(), later()),
      stores.marks.block('account', 'rene', 1, later()),
      stores.sessions.end(session.id),
    ]
    for (const outcome of await Promise.allSettled(unconfirmed)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'Unavailable' } })
    }
    // Nobody has had anything for it.
    expect(await stores.artifacts.get('AuthorizationCode', 'b')).toMatchObject({ consumedAt: null })
    await stores.sessions.save(living())
    replica.resume()
    await until(() =>
      stores.marks.revokeToken(newId(), later()).then(
        () => true,
        () => false,
      ),
    )
  })

  it('F7 a failover is followed within seconds, and no code is redeemed twice over it', async () => {
    await using primary = await startRedis()
    await using replica = await startReplicaOf(primary)
    await using sentinel = await startSentinel(primary)
    await until(async () =>
      String(await sentinel.command('sentinel', 'replicas', 'main')).includes(String(replica.port)),
    )
    await using stores = await openRedis(`redis+sentinel://127.0.0.1:${sentinel.port}/main`)
    await answers(stores)
    const { session } = await saved(stores)
    await delay(1200)
    const codes = Array.from({ length: 20 }, () => newId())
    for (const code of codes) await stores.artifacts.put('AuthorizationCode', code, {}, later())
    await delay(100)

    let told = 0
    const redeem = (code: string) => stores.artifacts.consume('AuthorizationCode', code, Date.now())
    const begun = codes.map((code, index) => delay(index * 5).then(() => redeem(code)))
    const first = Promise.allSettled(begun)
    await begun[0]
    await primary.kill()
    const outcomes = await first
    const killed = performance.now()
    await answers(stores)
    expect(performance.now() - killed, 'half a second until it is noticed, and an election').toBeLessThan(6000)
    expect(await stores.sessions.get(session.id)).toEqual(session)
    for (const [index, code] of codes.entries()) {
      const before = outcomes[index]
      const wasTold = before?.status === 'fulfilled' && before.value
      if (wasTold) told++
      const again = await redeem(code)
      expect(again && wasTold, `${code} was redeemed twice`).toBe(false)
    }
    expect(told).toBeGreaterThan(0)
  })
})

/** Stands before a Sentinel. That another server is primary now is told to those who are just asking which one is. */
async function tellingThoseWhoAsk(
  sentinel: number,
): Promise<AsyncDisposable & { readonly port: number; told: number; holds: boolean }> {
  const happened = Promise.withResolvers<void>()
  const port = await freePort()
  const open = new Set<Socket>()
  const listeners: (() => void)[] = []
  const server = createServer((client) => {
    const upstream = connect(sentinel, '127.0.0.1')
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', async (question) => {
      if (proxy.holds && question.includes('get-master-addr-by-name')) {
        await happened.promise
        for (const tell of listeners.splice(0)) tell()
        await delay(100)
      }
      upstream.write(question)
    })
    upstream.on('data', (answer) => {
      if (!answer.includes('switch-master') || !answer.includes('message')) return client.write(answer)
      listeners.push(() => {
        if (client.write(answer)) proxy.told++
      })
      happened.resolve()
    })
  }).listen(port, '127.0.0.1')
  const proxy = {
    port,
    told: 0,
    holds: false,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
  return proxy
}

describe('what was lost', () => {
  const alive = async ({ marks, sessions, artifacts }: RedisStores, known: Awaited<ReturnType<typeof saved>>) => ({
    session: (await sessions.get(known.session.id)) !== undefined,
    code: (await artifacts.get('AuthorizationCode', 'code')) !== undefined,
    granted: (await marks.liveness({ jti: 'j', clientId: known.grant.clientId, grantId: known.grant.id })).granted,
  })

  it('F14 a backup from before revives nothing, on no node, from the first answer on', async () => {
    await using server = await startRedis({ dbfilename: 'dump.rdb' })
    const lineage = memoryLineage()
    await using one = await openRedis(server.url, { lineage })
    await using other = await openRedis(server.url, { lineage })
    const known = await saved(one)
    await one.artifacts.put('AuthorizationCode', 'code', {}, later())
    await server.command('save')
    await copyFile(join(server.folder, 'dump.rdb'), join(server.folder, 'backup.rdb'))
    await one.sessions.end(known.session.id)
    await one.artifacts.consume('AuthorizationCode', 'code', 1)
    await one.marks.revokeToken('machine', later())
    await delay(6500)

    await server.kill()
    await copyFile(join(server.folder, 'backup.rdb'), join(server.folder, 'dump.rdb'))
    await server.start()
    const nothing = { session: false, code: false, granted: false }
    for (const stores of [one, other]) {
      await answers(stores)
      expect(await alive(stores, known)).toEqual(nothing)
      const machine = await stores.marks.liveness({ jti: 'machine', clientId: 'app' })
      expect(machine.forgottenAt, 'what a lost mark may have stood against is dead').toBeGreaterThan(0)
    }
    expect(lineage.state.generation).toBe(2)
    const again = await saved(one)
    expect(await other.sessions.get(again.session.id)).toEqual(again.session)
    // One that starts only now finds the same.
    await using third = await openRedis(server.url, { lineage })
    await answers(third)
    expect(await alive(third, known)).toEqual(nothing)
    expect(await third.sessions.get(again.session.id)).toEqual(again.session)
  })

  it('a restart that loses less than was stated costs nobody a session', async () => {
    await using server = await startRedis({ appendonly: 'yes', appendfsync: 'everysec' })
    const lineage = memoryLineage()
    await using stores = await openRedis(server.url, { lineage })
    const { session } = await saved(stores)
    await delay(2500)
    await server.restart()
    await answers(stores)
    expect(await stores.sessions.get(session.id)).toEqual(session)
    expect(lineage.state.generation).toBe(1)
  })

  it('F14 a flush ends tokens at once, and revives none that was revoked', async () => {
    await using server = await startRedis()
    const lineage = memoryLineage()
    await using stores = await openRedis(server.url, { lineage })
    const known = await saved(stores)
    await stores.marks.revokeToken('machine', later())
    await server.command('flushall')
    const machine = async () => stores.marks.liveness({ jti: 'machine', clientId: 'app' })
    const first = await machine().catch((error) => error)
    expect(first instanceof Unavailable || first.revoked || first.forgottenAt !== null).toBe(true)
    await answers(stores)
    expect(await alive(stores, known)).toEqual({ session: false, code: false, granted: false })
    expect((await machine()).forgottenAt).not.toBeNull()
  })
})

describe('a cluster', () => {
  it('F10 whose one server hangs fails those alone who are kept there, and not for long', async () => {
    await using cluster = await startCluster()
    await using stores = await openRedis(cluster.url)
    const sessions = await atOnce(30, async () => (await saved(stores)).session)
    cluster.nodes[1]?.pause()
    const timed = async (id: string) => {
      const begun = performance.now()
      const kept = await stores.sessions.get(id).then(
        () => true,
        () => false,
      )
      return { kept, took: performance.now() - begun }
    }
    const outcomes = await Promise.all(sessions.map(({ id }) => timed(id)))
    expect(Math.max(...outcomes.map(({ took }) => took))).toBeLessThan(2000)
    expect(outcomes.filter(({ kept }) => kept).length).toBeGreaterThan(5)
    expect(outcomes.filter(({ kept }) => !kept).length).toBeGreaterThan(2)
    cluster.nodes[1]?.resume()
    await until(async () => (await Promise.all(sessions.map(({ id }) => timed(id)))).every(({ kept }) => kept))
  })
})
