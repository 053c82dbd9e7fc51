import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { Refusal, Unavailable } from '../../src/errors.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores, type SqlStores } from '../../src/stores/sql/open.ts'
import { sqlStoresContracts } from './contracts.ts'
import {
  aClient,
  aGrant,
  anAccount,
  anIdentity,
  aSession,
  aSource,
  atOnce,
  beginning,
  minute,
  type World,
} from './world.ts'

const vault = createVault([Buffer.alloc(32, 7)])

interface SqliteWorld extends World<SqlStores> {
  readonly file: string
}

async function open(): Promise<SqliteWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-stores-'))
  const file = join(folder, 'data', 'gatehouse.db')
  let time = beginning
  const opened: SqlStores[] = []
  const another = async () => {
    const stores = await openSqlStores({ url: `sqlite:${file}`, vault, clock: () => time, log: silent })
    opened.push(stores)
    return stores
  }
  return {
    file,
    stores: await another(),
    another,
    now: () => time,
    pass(milliseconds) {
      time += milliseconds
    },
    async [Symbol.asyncDispose]() {
      for (const stores of opened) await stores[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

sqlStoresContracts('SQLite', open)

describe('The SQLite database', () => {
  it('loses nothing in a restart', async () => {
    await using world = await open()
    const [source, client, account, session] = [aSource(), aClient(), anAccount(), aSession()]
    await world.stores.sources.add(source)
    await world.stores.clients.add(client)
    await world.stores.accounts.add(account)
    await world.stores.accounts.link(anIdentity({ accountId: account.id, sourceId: source.id }))
    await world.stores.sessions.save(session)
    const grant = await world.stores.grants.open(aGrant({ sessionId: session.id }))
    await world.stores.artifacts.put('RefreshToken', 'id', { a: 1 }, beginning + minute)
    await world.stores.artifacts.consume('RefreshToken', 'id', 5)
    await world.stores[Symbol.asyncDispose]()

    const restarted = await world.another()
    expect(await restarted.sources.get(source.id)).toEqual(source)
    expect(await restarted.clients.get(client.id)).toEqual(client)
    expect((await restarted.accounts.identity(source.id, '00u1'))?.accountId).toBe(account.id)
    expect(await restarted.sessions.get(session.id)).toEqual(session)
    expect(await restarted.grants.get(grant.id)).toEqual(grant)
    expect(await restarted.artifacts.get('RefreshToken', 'id')).toEqual({ payload: { a: 1 }, consumedAt: 5 })
  })

  it('can be opened by several processes at once for the first time', async () => {
    await using world = await open()
    const fresh = `${world.file}-fresh`
    const script = `
      import { openSqlStores } from ${JSON.stringify(new URL('../../src/stores/sql/open.ts', import.meta.url).href)}
      import { createVault } from ${JSON.stringify(new URL('../../src/config/secrets.ts', import.meta.url).href)}
      import { silent } from ${JSON.stringify(new URL('../../src/log.ts', import.meta.url).href)}
      const stores = await openSqlStores({ url: process.argv[1], vault: createVault([Buffer.alloc(32)]), clock: Date.now, log: silent })
      for (let i = 0; i < 50; i++) await stores.attempts.count('key', Date.now() + 60000)
      await stores[Symbol.asyncDispose]()`
    const codes = await atOnce(3, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, `sqlite:${fresh}`], {
        stdio: 'inherit',
      })
      const [code] = await once(child, 'exit')
      return code
    })
    expect(codes).toEqual([0, 0, 0])
    await using stores = await openSqlStores({ url: `sqlite:${fresh}`, vault, clock: Date.now, log: silent })
    expect(await stores.attempts.read('key')).toBe(150)
  })

  it('can be opened by several nodes in one process at once for the first time', async () => {
    await using world = await open()
    const url = `sqlite:${world.file}-fresh`
    const nodes = await atOnce(4, () => openSqlStores({ url, vault, clock: Date.now, log: silent }))
    await Promise.all(nodes.map(({ roles }) => roles.ensure({ name: 'nurse', client: null }, 1)))
    for (const node of nodes) await node[Symbol.asyncDispose]()
  })

  it('lets what other stores do inside a transaction join it, as a part that can fail by itself', async () => {
    await using world = await open()
    const [inside, joined, refusedOne] = [aSource(), aSource(), aSource({ domains: ['acme.test'] })]
    await world.stores.sources.add(aSource({ domains: ['acme.test'] }))
    const failing = world.stores.transact(async ({ sources }) => {
      await sources.add(inside)
      await world.stores.sources.add(joined)
      throw new Error('the plug was pulled')
    })
    await expect(failing).rejects.toThrow('the plug was pulled')
    expect(await world.stores.sources.get(joined.id)).toBeUndefined()
    await world.stores.transact(async ({ sources }) => {
      await sources.add(inside)
      await expect(world.stores.sources.add(refusedOne)).rejects.toThrow(Refusal)
      await world.stores.sources.add(joined)
    })
    expect(await world.stores.sources.get(inside.id)).toEqual(inside)
    expect(await world.stores.sources.get(joined.id)).toEqual(joined)
    expect(await world.stores.sources.get(refusedOne.id)).toBeUndefined()
  })

  it('lives in memory when asked to, apart from any other', async () => {
    const inMemory = () => openSqlStores({ url: 'sqlite::memory:', vault, clock: Date.now, log: silent })
    await using one = await inMemory()
    await using other = await inMemory()
    const source = aSource()
    await one.sources.add(source)
    expect(await one.sources.get(source.id)).toEqual(source)
    expect(await other.sources.get(source.id)).toBeUndefined()
  })

  it('refuses an engine that is not known, without telling the password in its address', async () => {
    const url = 'mysql://gatehouse:hunter2@db/gatehouse'
    const refusal = await openSqlStores({ url, vault, clock: Date.now, log: silent }).catch((error: Error) => error)
    expect(refusal).toMatchObject({ message: expect.stringMatching(/sqlite:PATH or postgres.*mysql/) })
    expect(String(refusal)).not.toContain('hunter2')
  })

  it('waits for another process’s transaction, and could not tell when that never ends', async () => {
    await using world = await open()
    using foreigner = new DatabaseSync(world.file)
    foreigner.exec('begin immediate')
    setTimeout(() => foreigner.exec('commit'), 100)
    await world.stores.attempts.count('key', beginning + minute)

    foreigner.exec('begin immediate')
    let ticks = 0
    const ticking = setInterval(() => ticks++, 10)
    const write = world.stores.transact(({ sources }) => sources.add(aSource()))
    await expect(write).rejects.toThrow(Unavailable)
    clearInterval(ticking)
    expect(ticks, 'the process went on meanwhile').toBeGreaterThan(100)
    expect(await world.stores.attempts.read('key'), 'readers are not kept waiting').toBe(1)
    foreigner.exec('rollback')
    expect(await world.stores.attempts.count('key', beginning + minute)).toBe(2)
  })

  it('could not tell once it is closed, or when its file is no database', async () => {
    await using world = await open()
    await world.stores[Symbol.asyncDispose]()
    await expect(world.stores.sources.get('x')).rejects.toMatchObject({ name: 'Unavailable', who: 'store' })
    await expect(world.stores.transact(async () => {})).rejects.toThrow(Unavailable)
    const url = `sqlite:${import.meta.filename}`
    await expect(openSqlStores({ url, vault, clock: Date.now, log: silent })).rejects.toThrow(Unavailable)
  })

  it('tells the version of the registry at once, unless a transaction is under way or it is closed', async () => {
    await using world = await open()
    const { stores } = world
    expect(stores.versionAtOnce()).toBe(await stores.registryVersion())
    await stores.transact(async ({ sources }) => {
      await sources.add(aSource())
      expect(stores.versionAtOnce()).toBeUndefined()
    })
    expect(stores.versionAtOnce()).toBe(await stores.registryVersion())
    await stores[Symbol.asyncDispose]()
    expect(stores.versionAtOnce()).toBeUndefined()
  })

  it('answers what was asked of it before it closes', async () => {
    await using world = await open()
    const { stores } = world
    const asked = [stores.clients.add(aClient()), stores.clients.list({ limit: 9 })]
    await stores[Symbol.asyncDispose]()
    expect(await Promise.allSettled(asked)).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }])
  })

  it('finishes the transaction that is under way before it closes', async () => {
    await using world = await open()
    const source = aSource()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const work = world.stores.transact(async ({ sources }) => {
      begin()
      await new Promise((resolve) => setTimeout(resolve, 20))
      await sources.add(source)
    })
    await begun
    await Promise.all([work, world.stores[Symbol.asyncDispose]()])
    expect(await (await world.another()).sources.get(source.id)).toEqual(source)
  })

  it('sweeps away what has expired and nothing else, many rows at a time', async () => {
    await using world = await open()
    const { sessions, grants, marks, artifacts, trips, departures, attempts, sweep } = world.stores
    const [short, long] = [beginning + minute, beginning + 600 * minute]
    for (const [end, name] of [
      [short, 'short'],
      [long, 'long'],
    ] as const) {
      const session = aSession({ id: name, idleUntil: end })
      await sessions.save(session)
      await grants.open(aGrant({ id: `in ${name}`, sessionId: name }))
      await grants.addOffline(aGrant({ id: `offline ${name}`, sessionId: null, expiresAt: end }))
      await marks.block('client', name, 1, end)
      await artifacts.put('Interaction', name, {}, end)
      await trips.save({
        state: name,
        uid: 'u',
        sourceId: 's',
        departedAt: 1,
        forceLogin: false,
        memo: {},
        expiresAt: end,
      })
      await departures.save({ state: name, sourceAlias: 'Okta', returnTo: '/', expiresAt: end })
      await attempts.count(name, end)
    }
    for (let index = 0; index < 1200; index++) await artifacts.put('ReplayDetection', `${index}`, {}, short)
    expect(await sweep()).toBe(0)
    world.pass(minute)

    const rows = () => {
      using database = new DatabaseSync(world.file, { readOnly: true })
      return liveTables.map((table) => database.prepare(`select count(*) as count from ${table}`).get()?.count)
    }
    expect(rows()).toEqual([2, 4, 1202, 2, 2, 2, 2])
    expect(await sweep(), 'the session took its grant with it').toBe(1207)
    expect(rows()).toEqual([1, 2, 1, 1, 1, 1, 1])
    expect(await grants.get('in long')).toBeDefined()
    expect(await sweep()).toBe(0)
  })

  it('SEC-045 shows none of the secrets in a dump of its files', async () => {
    await using world = await open()
    const source = aSource({ config: { client_secret: 'canary-source', deep: 1 }, secretNames: ['client_secret'] })
    const client = aClient({ secrets: [{ digest: 'canary-client', createdAt: 1, expiresAt: null }] })
    const session = aSession({ upstream: { sid: 's', idToken: 'canary-token' } })
    const key = {
      kid: 'k',
      alg: 'RS256',
      state: 'active',
      privateJwk: { kty: 'RSA', n: 'public', d: 'canary-key' },
      createdAt: 1,
      activatedAt: 1,
      retiredAt: null,
    } as const
    await world.stores.sources.add(source)
    await world.stores.clients.add(client)
    await world.stores.sessions.save(session)
    await world.stores.keys.add(key)
    await world.stores.trips.save({
      state: 'canary-state',
      uid: 'u',
      sourceId: 's',
      departedAt: 1,
      forceLogin: false,
      memo: {},
      expiresAt: 1,
    })
    expect(await world.stores.sources.get(source.id)).toEqual(source)
    expect(await world.stores.keys.list()).toEqual([key])

    const folder = join(world.file, '..')
    const dump = Buffer.concat(await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name)))))
    expect(dump.includes(source.id), 'the dump holds the rows').toBe(true)
    expect(dump.includes('canary')).toBe(false)
  })

  it('does not open secrets with another key, or moved to another row', async () => {
    await using world = await open()
    const [one, two] = [aClient(), aClient()]
    for (const client of [one, two]) await world.stores.clients.add(client)
    using database = new DatabaseSync(world.file)
    database
      .prepare('update clients set secret = (select secret from clients where id = ?) where id = ?')
      .run(one.id, two.id)
    await expect(world.stores.clients.get(two.id)).rejects.toThrow('altered or belongs elsewhere')
    expect(await world.stores.clients.get(one.id)).toEqual(one)
    const stranger = createVault([Buffer.alloc(32, 9)])
    await using other = await openSqlStores({
      url: `sqlite:${world.file}`,
      vault: stranger,
      clock: Date.now,
      log: silent,
    })
    await expect(other.clients.get(one.id)).rejects.toThrow('not configured')
  })
})

const liveTables = ['sessions', 'grants', 'artifacts', 'marks', 'trips', 'departures', 'attempts']
