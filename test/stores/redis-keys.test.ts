/** What is written to Redis: in one slot each, under the keys that docs/storage.md lists, and in how many bytes. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digest, newId, newSecret } from '../../src/ids.ts'
import type { ArtifactKind } from '../../src/issuer/artifact-store.ts'
import { pack, unpack } from '../../src/stores/redis/compact.ts'
import type { RedisStores } from '../../src/stores/redis/open.ts'
import { unpackGrant } from '../../src/stores/redis/session-record.ts'
import { type RedisServer, startRedis, startReplicaOf } from '../support/redis.ts'
import { openRedis } from './redis-world.ts'
import { aGrant, aGrantIn, aSession, atOnce, minute } from './world.ts'

// It has no types of its own.
const calculateSlot = createRequire(import.meta.url)('cluster-key-slot') as (key: string) => number

let server: RedisServer
let replica: RedisServer
let stores: RedisStores

beforeAll(async () => {
  server = await startRedis()
  replica = await startReplicaOf(server)
  stores = await openRedis(server.url)
  await delay(1200)
})

afterAll(async () => {
  await stores[Symbol.asyncDispose]()
  await replica[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const later = Date.now() + 60 * minute
const kinds: readonly ArtifactKind[] = [
  ...(['AuthorizationCode', 'RefreshToken', 'Interaction', 'Session'] as const),
  ...(['ReplayDetection', 'RotationAnswer', 'TestLogin', 'ExpiryNotice'] as const),
  ...(['ConsoleSession', 'ConsoleSeen', 'ConsoleForm'] as const),
]

/** Uses every operation of every store. `keep`: leaves everything in place. */
async function useAll(stores: RedisStores, keep: boolean): Promise<void> {
  const { sessions, grants, marks, artifacts, trips, departures, attempts, health } = stores
  const session = aSession({ startedAt: Date.now(), idleUntil: later, expiresAt: later })
  await sessions.save(session)
  await sessions.save({ ...session, sourceId: newId() })
  await sessions.touch(session.id, later)
  const grant = await grants.open(aGrantIn(session, { expiresAt: later }))
  await grants.open({ ...aGrantIn(session, { expiresAt: later, scopes: ['more'] }) })
  const offline = aGrant({ sessionId: null, expiresAt: later })
  await grants.addOffline(offline)
  await grants.ofSessions([session.id])
  for (const { id, clientId } of [grant, offline]) {
    await grants.get(id)
    await marks.liveness({ jti: newId(), grantId: id, clientId, accountId: 'a', sourceAlias: 'Okta' })
  }
  await marks.liveness({ jti: newId(), clientId: 'machine' })
  await marks.revokeToken(newId(), later)
  for (const kind of ['account', 'client', 'source'] as const) await marks.block(kind, '{x}', 1, later)
  for (const kind of kinds) {
    await artifacts.put(kind, digest(newId()), {}, later)
    const id = digest(newId())
    await artifacts.putOnce(kind, id, {}, later)
    await artifacts.get(kind, id)
    await artifacts.consume(kind, id, 1)
    await artifacts.release(kind, id)
    await artifacts.endGrace(kind, id)
    if (!keep) await artifacts.remove(kind, id)
  }
  const trip = {
    state: newSecret(),
    uid: 'u',
    sourceId: 's',
    departedAt: 1,
    forceLogin: false,
    memo: {},
    expiresAt: later,
  }
  const departure = { state: newSecret(), sourceAlias: 'Okta', returnTo: '/', expiresAt: later }
  await trips.save(trip)
  await trips.peek(trip.state)
  await departures.save(departure)
  await attempts.count('{key}', later)
  await attempts.read('{key}')
  await health[0]?.check()
  await sessions.list({ limit: 5 })
  await sessions.list({ limit: 5, sourceId: session.sourceId })
  await sessions.list({ limit: 5, accountId: session.accountId })
  await sessions.ofAccount(session.accountId)
  await sessions.ofUpstream(session.sourceId, { subject: session.subject })
  await sessions.ofUpstream(session.sourceId, { sid: 'over-there' })
  if (keep) return
  await trips.take(trip.state)
  await departures.take(departure.state)
  await attempts.forget('{key}')
  for (const one of [grant, offline]) await grants.remove(one.id)
  await grants.removeOfAccount(session.accountId, grant.clientId)
  await grants.removeOfAccount(session.accountId)
  await grants.removeOfClient(grant.clientId)
  await grants.removeOfSource(session.sourceId)
  await sessions.end(session.id)
  await sessions.endOfAccount(session.accountId)
  await sessions.endOfSource(session.sourceId)
}

const keyless = ['info', 'time', 'wait', 'ping', 'hello', 'client', 'auth', 'select']

/** The keys of one command as MONITOR shows it. */
function keysOf([name = '', ...args]: readonly string[]): readonly string[] {
  if (keyless.includes(name)) return []
  if (name === 'eval') return args.slice(2, 2 + Number(args[1]))
  return ['del', 'unlink'].includes(name) ? args : args.slice(0, 1)
}

/** ioredis takes what is told of a command in the same breath as `OK` for an answer to nothing, and gives up. */
async function monitor(watcher: Redis): Promise<Redis> {
  for (let tries = 0; ; tries++) {
    try {
      return await watcher.monitor()
    } catch (error) {
      if (tries > 20 || !(error instanceof Error && error.message.includes('queue state'))) throw error
    }
  }
}

/** All commands from now on. */
async function commandsOf(server: RedisServer) {
  const watcher = new Redis(server.port)
  const monitored = await monitor(watcher)
  const seen: (readonly string[])[] = []
  monitored.on('monitor', (_time: string, [name = '', ...words]: string[]) => seen.push([name.toLowerCase(), ...words]))
  return {
    called: (wanted: string) => seen.filter(([name]) => name === wanted),
    async [Symbol.asyncDispose]() {
      monitored.disconnect()
      watcher.disconnect()
    },
  }
}

describe('every command', () => {
  it('has all its keys in one slot of a cluster, and no script touches a key that it was not given', async () => {
    const watcher = new Redis(server.port)
    const monitored = await monitor(watcher)
    const seen: { readonly source: string; readonly command: readonly string[] }[] = []
    monitored.on('monitor', (_time: string, command: string[], source: string) =>
      seen.push({ source, command: [command[0]?.toLowerCase() ?? '', ...command.slice(1)] }),
    )
    await useAll(stores, false)
    await delay(200)
    monitored.disconnect()
    watcher.disconnect()

    const ours = seen.filter(({ command }) => command.some((word) => word.startsWith('gh1:')))
    expect(ours.length).toBeGreaterThan(150)
    expect(ours.filter(({ command }) => command[0] === 'eval').some(({ command }) => keysOf(command).length > 1)).toBe(
      true,
    )
    let given: readonly string[] = []
    for (const { source, command } of ours) {
      const keys = keysOf(command)
      expect(keys.length, command.join(' ')).toBeGreaterThan(0)
      expect(new Set(keys.map((key) => calculateSlot(key))).size, keys.join(' and ')).toBe(1)
      if (source === 'lua') expect(given).toEqual(expect.arrayContaining([...keys]))
      else given = keys
    }
    expect(
      seen.some(({ command }) => command[0] === 'wait'),
      'writes waited for the replica',
    ).toBe(true)
  })
})

describe('what is asked in one turn', () => {
  it('is asked with one command, and each is told what is its own', async () => {
    await using alone = await startRedis()
    await using used = await openRedis(alone.url)
    const ended = newId()
    await used.marks.revokeToken(ended, later)
    await using watched = await commandsOf(alone)
    const answers = await Promise.all(
      [newId(), ended, newId()].map((jti) => used.marks.liveness({ jti, clientId: 'machine' })),
    )
    expect(answers.map(({ revoked }) => revoked)).toEqual([false, true, false])
    await expect.poll(() => watched.called('mget').length).toBe(1)
    await used.marks.liveness({ jti: ended, clientId: 'machine' })
    await expect.poll(() => watched.called('mget').length).toBe(2)
  })

  it('is asked once, however many it is for', async () => {
    await using alone = await startRedis()
    await using used = await openRedis(alone.url)
    const [ended, gone] = [newId(), newId()]
    await used.marks.revokeToken(ended, later)
    await used.marks.block('client', gone, 1234, later)
    await using watched = await commandsOf(alone)
    const asked = [ended, newId(), ended].flatMap((jti) => [gone, 'machine'].map((clientId) => ({ jti, clientId })))
    const answers = await Promise.all(asked.map((question) => used.marks.liveness(question)))
    expect(answers.map(({ revoked }) => revoked)).toEqual([true, true, false, false, true, true])
    expect(answers.map(({ clientBlockedAt }) => clientBlockedAt)).toEqual([1234, null, 1234, null, 1234, null])
    // Two tokens, two clients, and the pulse.
    await expect.poll(() => watched.called('mget').map(([, ...keys]) => keys.length)).toEqual([5])
  })
})

describe('every key', () => {
  it('is in docs/storage.md, nothing else is there, and each goes by itself in its time, except the pulse', async () => {
    await using alone = await startRedis()
    await using used = await openRedis(alone.url)
    await useAll(used, true)
    const keys = (await alone.command('keys', '*')) as string[]
    const found = new Set(keys.map((key) => /^gh\d+:([a-z]+)/.exec(key)?.[1] ?? key))
    const text = await readFile(new URL('../../docs/storage.md', import.meta.url), 'utf8')
    const documented = [...text.matchAll(/^\| `gh1:([a-z]+)(?::[^`]*)?` +\|/gm)].map(([, name]) => name)
    expect(documented.toSorted()).toEqual([...found].toSorted())

    for (const key of keys.filter((name) => !name.includes(':pulse'))) {
      const left = Number(await alone.command('pttl', key))
      expect(left, key).toBeGreaterThan(0)
      expect(left, key).toBeLessThan(later - Date.now() + 61 * minute)
    }
  })

  it('SEC-045 holds nothing in a dump that could be used', async () => {
    await using alone = await startRedis({ dbfilename: 'dump.rdb', rdbcompression: 'no' })
    await using used = await openRedis(alone.url)
    const session = aSession({ upstream: { idToken: 'canary-token' }, idleUntil: later, expiresAt: later })
    await used.sessions.save(session)
    const secret = { state: 'canary-state', uid: 'canary-uid', memo: { verifier: 'canary-verifier' } }
    await used.trips.save({ ...secret, sourceId: 's', departedAt: 1, forceLogin: false, expiresAt: later })
    await alone.command('save')
    const dump = await readFile(`${alone.folder}/dump.rdb`)
    expect(dump.includes('gh1:a:')).toBe(true)
    expect(dump.includes('canary')).toBe(false)
    expect((await used.sessions.get(session.id))?.upstream?.idToken).toBe('canary-token')
  })
})

const oidc = {
  iat: 1_795_313_712,
  exp: 1_795_315_512,
  accountId: newId(),
  authTime: 1_795_313_712,
  sid: newId(),
  sourceId: newId(),
  acr: '1',
  amr: ['pwd'],
}
const refreshToken = {
  ...oidc,
  ...{ kind: 'RefreshToken', expiresWithSession: true, gty: 'authorization_code', nonce: 'the-nonce', rotations: 0 },
  ...{ resource: 'urn:gatehouse:client', scope: 'openid profile email groups', iiat: 1_795_313_712, clientId: newId() },
  ...{ grantId: newId(), sessionUid: newSecret() },
}

describe('a payload', () => {
  it.each([
    refreshToken,
    { kind: 'Session', uid: newSecret(), '~': '~a', '.dot': '~~', scope: ' openid  email ', A: 'A', sid: '~A' },
    { kind: 'Other', nested: { kind: 'RefreshToken', id: newId() }, list: [newId()], nothing: null, zero: 0 },
    { scope: 'read openid', acr: '=x' },
    {
      accountId: 'not-a-uuid',
      clientId: 'app:OPENID',
      exp: 5,
      iat: 9,
      authTime: 1.5,
      uid: 'with a space',
      rotations: 1,
    },
    { ...refreshToken, expiresWithSession: false, acr: '0', rotations: 3, resource: ['a', 'b'], sourceId: undefined },
    {},
  ])('comes out as it went in: %j', (payload) => {
    expect(unpack(pack(payload, 'RefreshToken'), 'RefreshToken')).toEqual(payload)
    expect(unpack(pack(payload, 'AuthorizationCode'), 'AuthorizationCode')).toEqual(payload)
  })

  it('is read as it was written before there was a text in front', () => {
    const before =
      '{"A":1795338550,"B":1795340350,"E":"~id1PcGXmRdyd3AA7ScFQtw","M":"1","N":["pwd"],"X":true,"U":"~D","S":"~E",' +
      '"V":0,"K":"~:ABCD","J":"iAjkHAfg4tz3yUbMiQo2z3GgmcJt5KRqZFF8-Zm8pRo","H":"~DItrHwAPSiuGJgYagJZVfg"}'
    expect(unpack(before, 'RefreshToken')).toEqual({
      ...{ kind: 'RefreshToken', iat: 1795338550, exp: 1795340350, acr: '1', amr: ['pwd'], expiresWithSession: true },
      ...{ accountId: '89dd4f70-65e6-45dc-9ddc-003b49c150b7', clientId: '0c8b6b1f-000f-4a2b-8626-061a8096557e' },
      ...{ gty: 'authorization_code', resource: 'urn:gatehouse:client', rotations: 0 },
      ...{ scope: 'openid profile email groups', sessionUid: 'iAjkHAfg4tz3yUbMiQo2z3GgmcJt5KRqZFF8-Zm8pRo' },
    })
    // And a grant that named its usual resource.
    const grant = unpackGrant('["5815f055","ABCD","mws7nfz4",{"urn:gatehouse:client":0}]', {
      ...{ sessionId: newId(), clientId: 'app', accountId: newId(), sourceId: newId() },
    })
    expect(grant.resources).toEqual({ 'urn:gatehouse:client': ['openid', 'profile', 'email', 'groups'] })
  })
})

it('a session with a grant, a cookie and a refresh token takes less memory than a plain adapter, two thirds or so', async () => {
  await using alone = await startRedis()
  await using measured = await openRedis(alone.url)
  const used = async () => Number(/used_memory:(\d+)/.exec(String(await alone.command('info', 'memory')))?.[1])
  const [sourceId, clientId] = [newId(), newId()]
  const add = async () => {
    const session = aSession({ sourceId, subject: newId(), upstream: null, idleUntil: later, expiresAt: later })
    await measured.sessions.save(session)
    const scopes = ['openid', 'profile', 'email', 'groups']
    const resources = { 'urn:gatehouse:client': scopes }
    await measured.grants.open(aGrantIn(session, { clientId, expiresAt: later, scopes, claims: [], resources }))
    const cookie = { ...oidc, kind: 'Session', uid: newSecret(), loginTs: oidc.iat }
    await measured.artifacts.put('Session', digest(newId()), cookie, later)
    // Its `sid` is made from the uid (issuer/consumable-adapter.ts).
    const { sid: _, ...kept } = refreshToken
    await measured.artifacts.put('RefreshToken', digest(newId()), kept, later)
  }
  await atOnce(50, add)
  const before = await used()
  const many = 1000
  for (let round = 0; round < many / 100; round++) await atOnce(100, add)
  const each = ((await used()) - before) / many
  expect(each).toBeLessThan(0.7 * 2550)
})
