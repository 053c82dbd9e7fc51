/** What is kept of clients' secrets, how they are compared, and how one takes over from another. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { matchingSecret, secretDigest } from '../../src/clients/client-secret.ts'
import { createVault } from '../../src/config/secrets.ts'
import { clientSecretContext } from '../../src/stores/sql/registry/client-store.ts'
import { basic, type Json, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'

let folder: string
let file: string
let broker: TestBroker
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-client-secrets-'))
  file = join(folder, 'gatehouse.db')
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  broker = await startTestBroker({ database: `sqlite:${file}` })
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})

const machine = (more: Json = {}): Promise<TestClient> =>
  broker.addClient({ grant_types: ['client_credentials'], redirect_uris: [], post_logout_redirect_uris: [], ...more })
const token = (client: Pick<TestClient, 'id' | 'secret'>, form: Record<string, string> = {}) =>
  broker.post('/token', { grant_type: 'client_credentials', ...form }, basic(client))
/** In both ways: by the provider, and without it (decision 23). */
const statuses = async (client: Pick<TestClient, 'id' | 'secret'>) => [
  (await token(client)).status,
  (await token(client, { unknown: 'parameter' })).status,
]

describe('SEC-035 secrets of clients', () => {
  it('are nowhere in the database, and only as digests under the key', async () => {
    const client = await machine()
    const chosen = await machine({ client_id: 'chosen', client_secret: 'a-secret-somebody-chose-0001' })
    const bytes = Buffer.concat(
      await Promise.all(['', '-wal'].map((end) => readFile(file + end).catch(() => Buffer.alloc(0)))),
    )
    using database = new DatabaseSync(file, { readOnly: true })
    const rows = database.prepare('select id, secret from clients').all() as { id: string; secret: string | null }[]
    const vault = createVault(broker.keys)
    for (const { id, secret } of [client, chosen, { ...chosen, id: 'automation', secret: 'automation-secret' }]) {
      expect(bytes.includes(secret)).toBe(false)
      const sealed = rows.find((row) => row.id === id)?.secret ?? ''
      const opened = vault.open(sealed, clientSecretContext(id))
      expect(opened).toMatch(/^\[\{"digest":"sha256:[\w-]{43}",/)
      expect(opened).not.toContain(secret)
    }
    expect(await statuses(client)).toEqual([200, 200])
  })

  it('are not opened by what is kept of them, nor by a part of them', async () => {
    const client = await machine()
    for (const secret of [secretDigest(client.secret), client.secret.slice(0, -1), `${client.secret}x`, ' '])
      expect(await statuses({ ...client, secret })).toEqual([401, 401])
  })

  it('that an older version kept as they were are known, and become digests with the next change', async () => {
    const client = await machine()
    const vault = createVault(broker.keys)
    {
      using database = new DatabaseSync(file)
      const sealed = vault.seal('kept-by-an-older-version', clientSecretContext(client.id))
      database.prepare('update clients set secret = ? where id = ?').run(sealed, client.id)
      database.exec("update registry_meta set value = value + 1 where name = 'version'")
    }
    const old = { ...client, secret: 'kept-by-an-older-version' }
    await expect.poll(() => statuses(old), { timeout: 5000 }).toEqual([200, 200])
    await broker.admin('PATCH', `clients/${client.id}`, { client_name: 'Renamed' })
    using database = new DatabaseSync(file, { readOnly: true })
    const row = database.prepare('select secret from clients where id = ?').get(client.id)
    expect(vault.open(String(row?.secret), clientSecretContext(client.id))).toContain(secretDigest(old.secret))
    expect(await statuses(old)).toEqual([200, 200])
  })

  it('are compared as digests of one length, whatever was shown', () => {
    const kept = [{ digest: secretDigest('right'), createdAt: 0, expiresAt: null }]
    expect(matchingSecret(kept, 'right', 1)).toBe(kept[0])
    for (const shown of ['', 'righ', 'x'.repeat(100_000), 'ß']) expect(matchingSecret(kept, shown, 1)).toBeUndefined()
  })
})

describe('SEC-036 a client’s secret is replaced', () => {
  it('while both count, without one failure, and says when each was used last', async () => {
    const client = await machine()
    const rotated = await broker.admin('POST', `clients/${client.id}/secret`, { overlap_seconds: 3600 })
    const next = { ...client, secret: String(rotated.body.client_secret) }
    expect(rotated.status).toBe(200)
    expect(rotated.body.secrets).toMatchObject([{ expires_at: null }, { expires_at: expect.any(String) }])
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, index) => statuses(index % 2 === 0 ? client : next)),
    )
    expect(results.flat().filter((status) => status !== 200)).toEqual([])
    const shown = async () => (await broker.admin('GET', `clients/${client.id}`)).body.secrets as Json[]
    expect(JSON.stringify(await shown())).not.toContain('sha256')

    vi.advanceTimersByTime(3_600_001)
    expect(await statuses(client)).toEqual([401, 401])
    expect(await statuses(next)).toEqual([200, 200])
  })

  it('while it is in use: whoever takes the new one when it comes never fails', async () => {
    const client = await machine()
    let [secret, failures, tries, going] = [client.secret, 0, 0, true]
    const load = Array.from({ length: 4 }, async () => {
      while (going) {
        tries += 1
        if ((await token({ ...client, secret })).status !== 200) failures += 1
      }
    })
    for (let rotations = 0; rotations < 5; rotations++) {
      const { body } = await broker.admin('POST', `clients/${client.id}/secret`, { overlap_seconds: 60 })
      secret = String(body.client_secret)
    }
    going = false
    await Promise.all(load)
    expect(tries).toBeGreaterThan(10)
    expect(failures).toBe(0)
  })

  it('and counts at once on a node that was asked for it before there was any, or while there was another', async () => {
    const database = `sqlite:${file}`
    await using other = await startTestBroker({ database, keys: broker.keys })
    const asked = async (client: Pick<TestClient, 'id' | 'secret'>) =>
      (await other.post('/introspect', { token: 'a.b.c' }, basic(client))).status
    const secret = 'a-secret-somebody-chose-0002'
    const newcomer = { id: 'newcomer', secret }
    expect(await asked(newcomer)).toBe(401)
    await machine({ client_id: newcomer.id, client_secret: secret })
    expect(await asked(newcomer)).toBe(200)
    const { body } = await broker.admin('POST', 'clients/newcomer/secret')
    expect(await asked({ ...newcomer, secret: String(body.client_secret) })).toBe(200)
  })

  it('at once where nothing else was said, and two count at most', async () => {
    const client = await machine()
    const rotate = async (body?: Json) =>
      String((await broker.admin('POST', `clients/${client.id}/secret`, body)).body.client_secret)
    const second = await rotate({ overlap_seconds: 3600 })
    const third = await rotate({ overlap_seconds: 3600 })
    expect(await statuses(client)).toEqual([401, 401])
    for (const secret of [second, third]) expect(await statuses({ ...client, secret })).toEqual([200, 200])
    const fourth = await rotate()
    expect(await statuses({ ...client, secret: third })).toEqual([401, 401])
    expect(await statuses({ ...client, secret: fourth })).toEqual([200, 200])
    for (const wrong of [-1, 1.5, 90 * 86_400 + 1, 'a day'])
      expect((await broker.admin('POST', `clients/${client.id}/secret`, { overlap_seconds: wrong })).status).toBe(400)
  })

  it('and shows when each was used last, to the hour', async () => {
    const database = `sqlite:${join(folder, 'uses.db')}`
    const keys = broker.keys
    let client: TestClient
    {
      await using first = await startTestBroker({ database, keys })
      client = await first.addClient({
        grant_types: ['client_credentials'],
        redirect_uris: [],
        post_logout_redirect_uris: [],
      })
      await first.admin('POST', `clients/${client.id}/secret`, { overlap_seconds: 3600 })
      const answer = await first.post('/token', { grant_type: 'client_credentials' }, basic(client))
      expect(answer.status).toBe(200)
    }
    // What was noted is written when a node ends, and each minute.
    await using second = await startTestBroker({ database, keys })
    const { body } = await second.admin('GET', `clients/${client.id}`)
    const hour = new Date(Date.now() - (Date.now() % 3_600_000)).toISOString()
    const [current, former] = body.secrets as Json[]
    expect(current?.last_used_at).toBeNull()
    expect(former?.last_used_at).toBe([hour, String(former?.created_at)].toSorted().at(-1))
  })
})
