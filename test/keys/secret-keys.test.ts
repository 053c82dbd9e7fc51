/** Replacing GATEHOUSE_SECRET_KEY: the new key in front of the old one, wait, the new key alone. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { secretDigest } from '../../src/clients/client-secret.ts'
import { createVault } from '../../src/config/secrets.ts'
import { createLog, silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { aClient, aSource, atOnce } from '../stores/world.ts'
import { automation, freePort, startTestBroker, type TestBroker, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const [old, fresh] = [randomBytes(32), randomBytes(32)] as const
const idOf = (key: Buffer) => createVault([key]).keyIds[0] ?? ''

let postgres: Postgres
let upstream: Upstream
let folder: string
beforeAll(async () => {
  postgres = await startPostgres()
  upstream = await startUpstream({ users: { rene } })
})
afterAll(async () => {
  await upstream[Symbol.asyncDispose]()
  await postgres[Symbol.asyncDispose]()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-secret-keys-'))
})
afterEach(() => rm(folder, { recursive: true }))

const databases: Readonly<Record<string, () => Promise<string>>> = {
  SQLite: async () => `sqlite:${join(folder, 'gatehouse.db')}`,
  PostgreSQL: () => postgres.fresh(),
}

const openStores = (url: string, keys: readonly Buffer[]) =>
  openSqlStores({ url, vault: createVault(keys), clock: Date.now, log: silent })

async function valuesUnder(url: string, key: Buffer): Promise<number> {
  await using stores = await openStores(url, [key])
  return (await stores.secrets.count())[idOf(key)] ?? 0
}

/** Resolves once the broker says that nothing is left under the old key. */
const untilResealed = (broker: TestBroker) =>
  vi.waitFor(
    async () => {
      const { body } = await broker.admin('GET', 'secret-keys')
      expect(body.items).toContainEqual({ id: idOf(old), state: 'old', values: 0 })
      return body.items as { id: string; state: string; values: number }[]
    },
    { timeout: 20_000, interval: 50 },
  )

/** The tables of what lasts in which there is such a text, whatever column it is in: no sealed one is forgotten. */
async function tablesWith(text: string): Promise<readonly string[]> {
  using file = new DatabaseSync(join(folder, 'gatehouse.db'), { readOnly: true })
  const tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  // What sessions and open sign-ins hold is not sealed anew: it ends by itself.
  const lasting = tables
    .map((table) => String(table.name))
    .filter((table) => !['sessions', 'artifacts'].includes(table))
  return lasting.filter((table) => JSON.stringify(file.prepare(`SELECT * FROM "${table}"`).all()).includes(text))
}

/** What somebody sees who replaces a key: everything but what is sealed. */
async function registry(broker: TestBroker) {
  const lists = await Promise.all(
    ['clients', 'authentication-sources', 'events'].map(async (path) => {
      const items = (await broker.admin('GET', path)).body.items as Record<string, unknown>[]
      // When a source was last signed in through, and a secret used, is no part of what somebody has set.
      return items.map(({ status: _, secrets: __, ...item }) => item)
    }),
  )
  const tags = await Promise.all(
    (lists[0] ?? []).map(async ({ client_id }) =>
      (await broker.admin('GET', `clients/${String(client_id)}`)).headers.get('etag'),
    ),
  )
  return { lists, tags }
}

const kept = (secret: string) => [{ digest: secretDigest(secret), createdAt: 1, expiresAt: null }]

describe.each(Object.keys(databases))('The secret key on %s', (name) => {
  it('is replaced by a new one without losing anything: registry, sessions, refresh tokens, signing keys', {
    timeout: 60_000,
  }, async () => {
    const database = (await databases[name]?.()) ?? ''
    const port = await freePort()
    const lines: string[] = []
    const log = createLog('info', { write: (line: string) => void lines.push(line) })
    const start = (keys: readonly Buffer[]) => startTestBroker({ database, port, keys, parts: { log } })

    let broker = await start([old])
    const source = await broker.addSource(upstream)
    const client = await broker.addClient()
    const { visitor, tokens, access } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const before = await registry(broker)
    await broker[Symbol.asyncDispose]()
    const sealed = await valuesUnder(database, old)
    // Two clients, a source, and the keys that sign.
    expect(sealed).toBeGreaterThanOrEqual(5)

    broker = await start([fresh, old])
    const items = await untilResealed(broker)
    expect(items).toEqual([
      { id: idOf(fresh), state: 'first', values: sealed },
      { id: idOf(old), state: 'old', values: 0 },
    ])
    expect(await registry(broker)).toEqual(before)
    await vi.waitFor(() => expect(lines.join('')).toContain('can be taken out of GATEHOUSE_SECRET_KEY'), 5000)
    expect(lines.join('')).toContain(`"key_id":"${idOf(fresh)}"`)
    // Whoever was signed in under the old key is, and what is sealed of their stay still opens.
    const again = await broker.login(client, { visitor })
    expect(again.access.sid).toBe(access.sid)
    const refreshed = (await (await broker.refresh(client, tokens.refresh_token)).json()) as Tokens
    const later = await broker.login(client, { params: { idp_hint: 'Okta' } })
    await broker[Symbol.asyncDispose]()
    if (name === 'SQLite') expect(await tablesWith(`v1.${idOf(old)}.`)).toEqual([])

    broker = await start([fresh])
    expect((await broker.admin('GET', 'secret-keys')).body.items).toEqual([
      { id: idOf(fresh), state: 'first', values: sealed },
    ])
    expect(await registry(broker)).toEqual(before)
    // A stay that began under the new key goes on in its browser; one from before, only by its refresh token.
    const still = await broker.login(client, { visitor: later.visitor })
    expect(still.access.sid).toBe(later.access.sid)
    const last = (await (await broker.refresh(client, refreshed.refresh_token)).json()) as Tokens
    expect(decodeJwt(last.access_token).sid).toBe(access.sid)
    expect(decodeProtectedHeader(last.access_token).kid).toBe(decodeProtectedHeader(tokens.access_token).kid)
    expect((await broker.introspect(client, last.access_token)).body.active).toBe(true)
    const test = await broker.admin('POST', `authentication-sources/${source.id}/test`, {})
    expect(test.body).toEqual({ ok: true })
    const bye = new URLSearchParams({ id_token_hint: still.tokens.id_token })
    const left = await later.visitor.request(`${broker.issuer}/logout?${bye}`)
    expect(left.headers.get('location')).toContain(upstream.issuer)
    await broker[Symbol.asyncDispose]()
    expect(lines.join('')).not.toMatch(/"level":(50|60)/)
  })

  it('is replaced while administrators change secrets, and keeps each change', async () => {
    const database = (await databases[name]?.()) ?? ''
    const clients = Array.from({ length: 120 }, () => aClient({ secrets: kept('the first secret') }))
    const source = aSource({
      config: { client_secret: 'of Okta', other: 'also', plain: 1 },
      secretNames: ['client_secret', 'other'],
    })
    {
      await using before = await openStores(database, [old])
      for (const client of clients) await before.clients.add(client)
      await before.sources.add(source)
    }
    await using stores = await openStores(database, [fresh, old])
    await using another = await openStores(database, [fresh, old])
    const version = await stores.registryVersion()
    async function resealAll({ secrets }: typeof stores) {
      let resealed = 0
      for (let place: string | null = '0:'; place !== null; ) {
        const step = await secrets.resealSome(place)
        expect(step.broken).toEqual([])
        resealed += step.resealed
        place = step.next
      }
      return resealed
    }
    const changed = clients.filter((_, index) => index % 3 === 0)
    const [one, two] = await Promise.all([
      resealAll(stores),
      resealAll(another),
      atOnce(changed.length, async (index) => {
        const client = changed[index]
        if (client)
          await stores.clients.replace({ ...client, secrets: kept(`the second secret ${index}`) }, client.version)
      }),
    ])
    expect(one + two).toBeLessThanOrEqual(122)
    expect(await stores.registryVersion()).toBe(version + changed.length)
    expect(await stores.secrets.count()).toEqual({ [idOf(fresh)]: 122 })

    await using alone = await openStores(database, [fresh])
    for (const [index, client] of changed.entries())
      expect((await alone.clients.get(client.id))?.secrets).toEqual(kept(`the second secret ${index}`))
    for (const client of clients.filter((client) => !changed.includes(client)))
      expect(await alone.clients.get(client.id)).toEqual(client)
    expect(await alone.sources.get(source.id)).toEqual(source)
    await using outdated = await openStores(database, [old])
    await expect(outdated.sources.get(source.id)).rejects.toThrow('not configured')
  })

  // Where in the middle is chance, and sometimes it is the end.
  it('is replaced in the end by whoever is left, when a node dies in the middle of it', {
    timeout: 60_000,
    retry: 2,
  }, async () => {
    const database = (await databases[name]?.()) ?? ''
    const many = 800
    {
      await using before = await openStores(database, [old])
      await before.transact(async ({ clients }) => {
        for (let index = 0; index < many; index += 1) await clients.add(aClient({ secrets: kept(`secret ${index}`) }))
      })
    }
    const port = await freePort()
    const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'src', 'main.ts')], {
      env: {
        PATH: process.env.PATH,
        LOG_LEVEL: 'error',
        PORT: String(port),
        DATABASE_URL: database,
        GATEHOUSE_SECRET_KEY: [fresh, old].map((key) => key.toString('base64')).join(),
        GATEHOUSE_BOOTSTRAP_CLIENT_ID: automation.id,
        GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: automation.secret,
      },
      stdio: 'ignore',
    })
    try {
      await using onlooker = await openStores(database, [fresh, old])
      const left = async () => (await onlooker.secrets.count())[idOf(old)] ?? 0
      await vi.waitFor(async () => expect(await left()).toBeLessThan(many), { timeout: 20_000, interval: 5 })
      child.kill('SIGKILL')
      await once(child, 'exit')
      const half = await left()
      expect(half).toBeGreaterThan(0)
      expect(half).toBeLessThan(many)
    } finally {
      child.kill('SIGKILL')
    }
    await using broker = await startTestBroker({ database, keys: [fresh, old], parts: { log: silent } })
    await untilResealed(broker)
    await using alone = await openStores(database, [fresh])
    const { items } = await alone.clients.list({ limit: 200 })
    expect(items.every(({ secrets }) => secrets.length > 0)).toBe(true)
    expect(await alone.secrets.count()).toEqual({ [idOf(fresh)]: expect.any(Number) })
  })
})

describe('The secret keys', () => {
  it('are told apart when one is missed that something is sealed under, or a value was altered', async () => {
    const database = `sqlite:${join(folder, 'gatehouse.db')}`
    const client = aClient({ secrets: kept('sealed under a key that is gone') })
    {
      await using before = await openStores(database, [old])
      await before.clients.add(client)
    }
    const lines: string[] = []
    const log = createLog('info', { write: (line: string) => void lines.push(line) })
    await using broker = await startTestBroker({ database, keys: [fresh], parts: { log } })
    const { body } = await broker.admin('GET', 'secret-keys')
    expect(body.items).toContainEqual({ id: idOf(old), state: 'missing', values: 1 })
    await vi.waitFor(() => expect(lines.join('')).toContain('that is not in GATEHOUSE_SECRET_KEY'), 5000)
  })
})
