/** Drills with the keys that sign: rotation under load, by two at once, by one who dies; revocation; stores away. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { automation, basic, freePort, type Options, startTestBroker, type TestBroker } from '../support/broker.ts'
import { startServers } from '../support/servers.ts'

const keys = [randomBytes(32)]
let folder: string
let database: string
let nodes: TestBroker[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-signing-'))
  database = `sqlite:${join(folder, 'gatehouse.db')}`
  nodes = []
})
afterEach(async () => {
  vi.useRealTimers()
  for (const node of nodes) await node[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Two nodes over one database, which are one issuer: the first one's address. */
async function startTwo(options: Pick<Options, 'settings' | 'parts'> = {}): Promise<readonly [TestBroker, TestBroker]> {
  const one = await startTestBroker({ database, keys, ...options })
  nodes.push(one)
  const two = await startTestBroker({ database, keys, ...options, issuer: one.issuer })
  nodes.push(two)
  await vi.waitFor(
    async () => {
      for (const node of [one, two]) expect((await jwksOf(node)).keys).toHaveLength(2)
    },
    { timeout: 10_000, interval: 50 },
  )
  return [one, two]
}

/** Requests go to this very node, whoever is the issuer's address. */
const at = ({ url }: TestBroker, path: string) => new URL(path, url)

const jwksOf = async (node: TestBroker) => (await (await fetch(at(node, '/jwks'))).json()) as JSONWebKeySet
const kidsOf = async (node: TestBroker) => (await jwksOf(node)).keys.map(({ kid }) => kid)

async function tokenFrom(node: TestBroker): Promise<string> {
  const answer = await fetch(at(node, '/token'), {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'admin' }),
    headers: basic(automation),
  })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { access_token: string }).access_token
}

async function rotateAt(node: TestBroker) {
  const headers = { authorization: `Bearer ${await tokenFrom(node)}` }
  const answer = await fetch(at(node, '/admin/api/v1/signing-keys/rotate'), { method: 'POST', headers })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> }
}

async function storedKeys() {
  await using stores = await openSqlStores({ url: database, vault: createVault(keys), clock: Date.now, log: silent })
  return stores.keys.list()
}

describe('F29 rotation while tokens are issued and verified', () => {
  it('fails no verifier that keeps our keys for exactly as long as we say, wherever it had them from', async () => {
    let now = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now })
    const pass = (seconds: number) => {
      now += seconds * 1000
      vi.setSystemTime(now)
    }
    const schedule = { active_for: 7_776_000, published_before: 7200, retiring_for: 172_800 }
    const two = await startTwo({ settings: { signing_keys: schedule }, parts: { clock: () => now } })
    const { issuer } = two[0]

    /** Never asks before the time is over, not even when it meets a key that it does not know. */
    function verifier(node: TestBroker, begunAt: number) {
      let kept: { readonly until: number; readonly find: ReturnType<typeof createLocalJWKSet> } | undefined
      return async (token: string): Promise<boolean> => {
        if (now < begunAt) return true
        if (!kept || now >= kept.until) {
          const answer = await fetch(at(node, '/jwks'))
          const [, maxAge] = /\bmax-age=(\d+)/.exec(answer.headers.get('cache-control') ?? '') ?? []
          expect(maxAge).toBe('3600')
          kept = {
            find: createLocalJWKSet((await answer.json()) as JSONWebKeySet),
            until: now + Number(maxAge) * 1000,
          }
        }
        return jwtVerify(token, kept.find, { issuer, currentDate: new Date(now) }).then(
          () => true,
          () => false,
        )
      }
    }

    const verifiers = Array.from({ length: 8 }, (_, index) =>
      verifier(two[index % 2 === 0 ? 0 : 1], now + index * 450_000),
    )
    const seen = new Set<string | undefined>()
    const failed: string[] = []
    let verified = 0
    let older: readonly string[] = []

    async function checkAll(tokens: readonly string[]) {
      for (const token of tokens) {
        seen.add(decodeProtectedHeader(token).kid)
        const answers = await Promise.all(verifiers.map((believes) => believes(token)))
        verified += answers.length
        if (answers.includes(false)) failed.push(String(decodeProtectedHeader(token).kid))
      }
    }
    const issue = (count: number) =>
      Promise.all(Array.from({ length: count }, (_, index) => tokenFrom(two[index % 2 === 0 ? 0 : 1])))

    for (let rotation = 0; rotation < 3; rotation += 1) {
      for (let time = 0; time < schedule.published_before; time += 290, pass(290)) {
        const fresh = await issue(2)
        await checkAll([...older, ...fresh])
        older = fresh
      }
      const [inFlight, rotated] = await Promise.all([issue(24), rotateAt(two[rotation % 2 === 0 ? 0 : 1])])
      expect(rotated.status).toBe(200)
      await checkAll([...older, ...inFlight, ...(await issue(8))])
      older = []
      // The nodes follow by the real clock; the virtual one stands still for that, since its hours pass in seconds.
      const kids = (await storedKeys()).map(({ kid }) => kid).sort()
      await vi.waitFor(
        async () => {
          for (const node of two) expect((await kidsOf(node)).sort()).toEqual(kids)
        },
        { timeout: 10_000, interval: 20 },
      )
    }
    expect(seen.size).toBe(4)
    expect(verified).toBeGreaterThan(1500)
    expect(failed).toEqual([])
  }, 120_000)
})

describe('F30 rotation by two at once, and by one that dies', () => {
  it('makes one key, and tells whoever came too late when the next one may sign', async () => {
    const two = await startTwo({
      settings: { signing_keys: { active_for: 7_776_000, published_before: 1, retiring_for: 172_800 } },
    })
    const next = (await storedKeys()).find(({ state }) => state === 'next')
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan((next?.createdAt ?? 0) + 1000), { timeout: 5000 })
    const answers = await Promise.all([...two, ...two].map(rotateAt))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409])
    for (const { status, headers, body } of answers) {
      if (status === 200) continue
      expect(body).toMatchObject({ code: 'signing_key_too_new', detail: expect.stringMatching(/may sign from 20/) })
      expect(headers.get('retry-after')).toBe('1')
    }
    const stored = await storedKeys()
    expect(stored.map(({ state }) => state).sort()).toEqual(['active', 'next', 'retiring'])
    expect(stored.find(({ state }) => state === 'active')?.kid).toBe(next?.kid)
    const kids = stored.map(({ kid }) => kid).sort()
    await vi.waitFor(
      async () => {
        for (const node of two) {
          expect((await kidsOf(node)).sort()).toEqual(kids)
          expect(decodeProtectedHeader(await tokenFrom(node)).kid).toBe(next?.kid)
        }
      },
      { timeout: 10_000, interval: 50 },
    )
  })

  it('goes on where a node died in the middle of it', { timeout: 120_000 }, async () => {
    const settings = join(folder, 'settings.yaml')
    await writeFile(settings, 'signing_keys: { published_before: 1 }\n')
    const port = await freePort()
    const children: ChildProcess[] = []
    const issuer = `http://localhost:${port}`
    async function start() {
      const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'src', 'main.ts')], {
        env: {
          PATH: process.env.PATH,
          LOG_LEVEL: 'error',
          PORT: String(port),
          DATABASE_URL: database,
          GATEHOUSE_CONFIG: settings,
          GATEHOUSE_SECRET_KEY: keys[0]?.toString('base64'),
          GATEHOUSE_BOOTSTRAP_CLIENT_ID: automation.id,
          GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: automation.secret,
        },
        stdio: 'ignore',
      })
      children.push(child)
      await vi.waitFor(async () => expect((await fetch(`${issuer}/health/ready`)).status).toBe(200), {
        timeout: 20_000,
        interval: 50,
      })
      return child
    }
    async function rotate() {
      const form = new URLSearchParams({ grant_type: 'client_credentials', scope: 'admin' })
      const answer = await fetch(`${issuer}/token`, { method: 'POST', body: form, headers: basic(automation) })
      const { access_token } = (await answer.json()) as { access_token: string }
      const headers = { authorization: `Bearer ${access_token}` }
      return fetch(`${issuer}/admin/api/v1/signing-keys/rotate`, { method: 'POST', headers })
    }
    const rotated = () =>
      vi.waitFor(async () => expect((await rotate()).status).toBe(200), { timeout: 10_000, interval: 100 })

    try {
      for (const delay of [0, 100]) {
        const child = await start()
        await rotated()
        await wait(1100)
        const begun = rotate().catch(() => undefined)
        await wait(delay)
        child.kill('SIGKILL')
        await once(child, 'exit')
        await begun
        const states = (await storedKeys()).map(({ state }) => state).filter((state) => state !== 'retiring')
        expect(states.sort()).toEqual(['active', 'next'])
      }
      await start()
      await rotated()
    } finally {
      for (const child of children) child.kill('SIGKILL')
    }
  })
})

describe('F31 a key in the wrong hands', () => {
  it('is refused by every node within two seconds of its revocation, and another one signs', async () => {
    const two = await startTwo()
    const [old] = await Promise.all(two.map(tokenFrom))
    const revoked = String(decodeProtectedHeader(old ?? '').kid)
    const lookAtUsers = (node: TestBroker, token: string) =>
      fetch(at(node, '/admin/api/v1/users'), { headers: { authorization: `Bearer ${token}` } })
    for (const node of two) expect((await lookAtUsers(node, old ?? '')).status).toBe(200)

    const answer = await two[0].admin('POST', `signing-keys/${revoked}/revoke`)
    const answeredAt = performance.now()
    expect(answer.status).toBe(200)
    expect((await lookAtUsers(two[0], old ?? '')).status).toBe(401)
    // One small question at a time, so that what is measured is the node and not the machine.
    const there = async () => (await lookAtUsers(two[1], old ?? '')).status
    await vi.waitFor(async () => expect(await there()).toBe(401), { timeout: 5000, interval: 20 })
    expect(performance.now() - answeredAt).toBeLessThan(2000)
    for (const node of two) {
      expect(await kidsOf(node)).not.toContain(revoked)
      const fresh = await tokenFrom(node)
      expect(decodeProtectedHeader(fresh).kid).not.toBe(revoked)
      for (const other of two) expect((await lookAtUsers(other, fresh)).status).toBe(200)
    }
  })

  it('never makes a node refuse what another one has just begun to sign with', async () => {
    const two = await startTwo()
    for (let round = 0; round < 4; round += 1) {
      // Twice in a row: of the second key the other node cannot have heard in any way.
      for (const _ of ['the next key', 'a key made this moment']) {
        const kid = String(decodeProtectedHeader(await tokenFrom(two[0])).kid)
        expect((await two[0].admin('POST', `signing-keys/${kid}/revoke`)).status).toBe(200)
      }
      const fresh = await two[0].adminToken()
      const answer = await fetch(at(two[1], '/admin/api/v1/users'), { headers: { authorization: `Bearer ${fresh}` } })
      expect(answer.status).toBe(200)
    }
  })
})

describe('F32 our keys and metadata while the stores are away', () => {
  const places = ['/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']

  const asked = (node: TestBroker) =>
    Promise.all(
      places.map(async (place) => {
        const answer = await fetch(at(node, place))
        return { place, etag: answer.headers.get('etag') ?? '', text: await answer.text() }
      }),
    )

  /** Longer than a look at the registry, which fails now, and than two. Every single answer is the one from before. */
  async function isServed(node: TestBroker, before: Awaited<ReturnType<typeof asked>>): Promise<void> {
    const until = performance.now() + 2500
    while (performance.now() < until) {
      for (const { place, etag, text } of before) {
        const [whole, unchanged] = await Promise.all([
          fetch(at(node, place)),
          fetch(at(node, place), { headers: { 'if-none-match': etag } }),
        ])
        expect([whole.status, whole.headers.get('etag'), await whole.text()]).toEqual([200, etag, text])
        expect([unchanged.status, unchanged.headers.get('etag'), await unchanged.text()]).toEqual([304, etag, ''])
      }
    }
  }
  const ready = async (node: TestBroker) => (await fetch(at(node, '/health/ready'))).status

  it('are served to everybody, with an ETag that spares sending them again', async () => {
    const [node] = await startTwo()
    const before = await asked(node)
    const file = new DatabaseSync(join(folder, 'gatehouse.db'))
    file.exec('PRAGMA legacy_alter_table = ON')
    const tables = file
      .prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'",
      )
      .all()
    const rename = (from: string, to: string) => {
      for (const { name } of tables) file.exec(`ALTER TABLE "${from}${name}" RENAME TO "${to}${name}"`)
    }
    rename('', 'gone_')
    expect(await ready(node)).toBeGreaterThanOrEqual(500)
    await isServed(node, before)
    rename('gone_', '')
    file.close()
    await vi.waitFor(async () => expect(await ready(node)).toBe(200), { timeout: 10_000, interval: 50 })
    expect((await rotateAt(node)).status).toBe(409)
  })

  it('are served while PostgreSQL and Redis stand still, and while they are gone', { timeout: 120_000 }, async () => {
    await using servers = await startServers()
    const node = await startTestBroker({
      database: servers.env.DATABASE_URL,
      settings: { redis_url: servers.env.REDIS_URL },
      keys,
    })
    nodes.push(node)
    await vi.waitFor(async () => expect(await kidsOf(node)).toHaveLength(2), { timeout: 10_000, interval: 50 })
    const before = await asked(node)
    for (const server of [servers.postgres, servers.redis]) server.pause()
    await isServed(node, before)
    for (const server of [servers.postgres, servers.redis]) server.resume()
    await vi.waitFor(async () => expect(await ready(node)).toBe(200), { timeout: 20_000, interval: 100 })
    for (const server of [servers.postgres, servers.redis]) await server.kill()
    await isServed(node, before)
    for (const server of [servers.postgres, servers.redis]) await server.start()
    await vi.waitFor(async () => expect((await rotateAt(node)).status).toBe(409), { timeout: 20_000, interval: 100 })
  })
})
