import { createPrivateKey, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { calculateJwkThumbprint, decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { createLog, type Log, silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import {
  administratorPassword,
  automation,
  basic,
  newVerifier,
  startTestBroker,
  type TestBroker,
  type TestClient,
  type Tokens,
} from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const keys = [randomBytes(32)]
let folder: string
let database: string
let upstream: Upstream

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-keys-'))
  database = `sqlite:${join(folder, 'gatehouse.db')}`
  upstream = await startUpstream({ users: { rene } })
})
afterEach(async () => {
  vi.useRealTimers()
  await upstream[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function storedKeys() {
  await using stores = await openSqlStores({ url: database, vault: createVault(keys), clock: Date.now, log: silent })
  return stores.keys.list()
}

/** Everything that lies on the disk, deleted rows and the log included. */
async function rawDump(): Promise<Buffer> {
  const files = await readdir(folder)
  expect(files).toContain('gatehouse.db')
  return Buffer.concat(await Promise.all(files.map((file) => readFile(join(folder, file)))))
}

/** As somebody would look for it in a dump: as it is, as bytes, in hexadecimal and in both kinds of base64. */
function occurrences(dump: Buffer, secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  const raw = /^[\w-]{40,}$/.test(secret) ? Buffer.from(secret, 'base64url') : bytes
  const spellings = {
    text: bytes,
    hex: Buffer.from(raw.toString('hex')),
    bytes: raw,
    base64: Buffer.from(bytes.toString('base64').slice(0, -4)),
  }
  return Object.entries(spellings).flatMap(([name, spelling]) =>
    spelling.length > 7 && dump.includes(spelling) ? [name] : [],
  )
}

const privateMembers = ({ d, p, q, dp, dq, qi }: JWK) => [d, p, q, dp, dq, qi].map(String)

/** The broker's own log at its lowest level. */
function listeningLog(): { readonly log: Log; text(): string } {
  const lines: string[] = []
  return { log: createLog('trace', { write: (line) => void lines.push(line) }), text: () => lines.join('') }
}

async function wholeStory(
  broker: TestBroker,
): Promise<{ client: TestClient; tokens: Tokens; secrets: Record<string, string> }> {
  await broker.addSource(upstream)
  const client = await broker.addClient()
  const visitor = createVisitor()
  const verifier = newVerifier()
  const { url } = broker.authorizationUrl(client, { idp_hint: 'Okta', state: 'a-state-of-the-application' }, verifier)
  const seen: URL[] = []
  const arrived = await visitor.travel(url, (next) => {
    seen.push(next)
    return next.href.startsWith(client.redirectUri)
  })
  const code = arrived.searchParams.get('code') ?? ''
  const tokens = (await (await broker.redeem(client, code, verifier)).json()) as Tokens
  const rotated = (await (await broker.refresh(client, tokens.refresh_token)).json()) as Tokens
  // A sign-in that stays open, in a browser with a session.
  const { url: again } = broker.authorizationUrl(client, { prompt: 'login', idp_hint: 'Okta' })
  const open = await visitor.travel(again, ({ origin }) => origin === upstream.issuer)
  const interaction = /\/(?:login|authorize)\/([\w-]+)/.exec(seen.map(({ href }) => href).join('\n'))?.[1] ?? ''
  const parameters = seen.flatMap(({ origin, searchParams }) =>
    origin === upstream.issuer ? [searchParams.get('state')] : [],
  )
  const cookie = (name: string) => visitor.cookie(broker.issuer, name) ?? ''
  const secrets = {
    'access token': tokens.access_token,
    'ID token': tokens.id_token,
    'refresh token': tokens.refresh_token,
    'newer refresh token': rotated.refresh_token,
    code,
    'code verifier': verifier,
    'session cookie': cookie('gatehouse'),
    'signature of the session cookie': cookie('gatehouse.sig'),
    'interaction cookie': interaction,
    'upstream state': parameters.find((state) => state) ?? '',
    'open upstream state': open.searchParams.get('state') ?? '',
    'upstream nonce': open.searchParams.get('nonce') ?? '',
    'state of the application': 'a-state-of-the-application',
    'client secret': client.secret,
    'upstream client secret': String(upstream.config.client_secret),
    'automation secret': automation.secret,
    'administrator’s password': administratorPassword,
  }
  for (const [name, secret] of Object.entries(secrets)) expect(secret.length, name).toBeGreaterThan(15)
  return { client, tokens, secrets }
}

/** What is published once the node has done what it does in the first moments after its start. */
async function publishedKeys({ issuer }: TestBroker, count: number): Promise<readonly JWK[]> {
  return vi.waitFor(
    async () => {
      const { keys: published } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: JWK[] }
      expect(published).toHaveLength(count)
      return published
    },
    { timeout: 10_000, interval: 50 },
  )
}

describe('What signs', () => {
  it('SEC-045 leaves by no way: not in JWKS, metadata or admin API, not in the log at its lowest level, not in a dump', async () => {
    const { log, text } = listeningLog()
    await using broker = await startTestBroker({ database, keys, parts: { log } })
    const { client, tokens } = await wholeStory(broker)
    await publishedKeys(broker, 2)
    const jwks = await (await fetch(`${broker.issuer}/jwks`)).text()
    const metadata = await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).text()
    const listed = await broker.admin('GET', 'signing-keys')
    const paths = ['clients', 'users', 'authentication-sources', 'events', 'traces', 'sessions', `clients/${client.id}`]
    const answers = await Promise.all(paths.map((path) => broker.admin('GET', path)))
    const said = [
      jwks,
      metadata,
      ...[listed, ...answers].map(({ body }) => JSON.stringify(body)),
      text(),
      JSON.stringify(tokens),
    ].join('\n')
    const dump = await rawDump()

    const stored = await storedKeys()
    expect(stored).toHaveLength(2)
    for (const { privateJwk } of stored) {
      for (const member of privateMembers(privateJwk)) {
        expect(member.length).toBeGreaterThan(100)
        expect(said).not.toContain(member)
        expect(occurrences(dump, member)).toEqual([])
      }
    }
    expect(said + dump.toString('latin1')).not.toMatch(/-----BEGIN [A-Z ]*PRIVATE KEY/)
    for (const key of (JSON.parse(jwks) as { keys: JWK[] }).keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
    }
    expect(listed.status).toBe(200)
    expect(listed.body).toEqual({
      next: null,
      items: stored.map(({ kid, alg, state, createdAt, activatedAt }) => ({
        ...{ kid, alg, state },
        created_at: new Date(createdAt).toISOString(),
        activated_at: activatedAt === null ? null : new Date(activatedAt).toISOString(),
        retired_at: null,
      })),
    })
    expect(text()).not.toContain(tokens.access_token)
  })

  it('SEC-045 has at least 2048 bits, and is of use only with the key that encrypts it', async () => {
    {
      await using _ = await startTestBroker({ database, keys })
    }
    for (const { privateJwk } of await storedKeys()) {
      const { asymmetricKeyDetails } = createPrivateKey({ key: privateJwk, format: 'jwk' })
      expect(asymmetricKeyDetails?.modulusLength).toBeGreaterThanOrEqual(2048)
    }
    await expect(startTestBroker({ database, keys: [randomBytes(32)] })).rejects.toThrow()
  })
})

describe('The key set', () => {
  it('SEC-046 is one, however many nodes begin at once on one database', async () => {
    const nodes = await Promise.all([1, 2, 3].map(() => startTestBroker({ database, keys })))
    try {
      const sets = await Promise.all(nodes.map((node) => publishedKeys(node, 2)))
      expect(sets[1]).toEqual(sets[0])
      expect(sets[2]).toEqual(sets[0])
      expect((await storedKeys()).map(({ state }) => state).sort()).toEqual(['active', 'next'])
      const kids = await Promise.all(nodes.map(async (node) => decodeProtectedHeader(await node.adminToken()).kid))
      expect(new Set(kids).size).toBe(1)
    } finally {
      for (const node of nodes) await node[Symbol.asyncDispose]()
    }
  })

  it('SEC-046 changes under way: what the old key signed stays good, what the new one signs was announced', async () => {
    let now = Date.now()
    const clock = () => now
    const begin = () => startTestBroker({ database, keys, port, parts: { clock } })
    let { port, broker } = await startTestBroker({ database, keys, parts: { clock } }).then((broker) => ({
      broker,
      port: Number(broker.url.port),
    }))
    const before = await publishedKeys(broker, 2)
    const client = await broker.addClient({ grant_types: ['client_credentials'] })
    const old = await broker.adminToken()
    await broker[Symbol.asyncDispose]()

    now += 90 * 24 * 3_600_000
    broker = await begin()
    try {
      const after = await publishedKeys(broker, 3)
      const fresh = await broker.adminToken()
      const { kid } = decodeProtectedHeader(fresh)
      expect(kid).not.toBe(decodeProtectedHeader(old).kid)
      expect(before.map((key) => key.kid)).toContain(kid)
      expect(after.map((key) => key.kid)).toContain(decodeProtectedHeader(old).kid)
      expect((await broker.introspect(client, fresh)).status).toBe(200)
    } finally {
      await broker[Symbol.asyncDispose]()
    }
  })

  it('SEC-048 has thumbprints for names, may be kept for less time than a key is published before use, and is served while the store is down', async () => {
    await using broker = await startTestBroker({ database, keys })
    await publishedKeys(broker, 2)
    const places = ['/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']
    const first = await Promise.all(places.map((place) => fetch(broker.issuer + place)))
    const [jwks] = (await Promise.all(first.map((answer) => answer.json()))) as { keys: JWK[] }[]
    const kids = (jwks?.keys ?? []).map(({ kid }) => kid)
    expect(new Set(kids).size).toBe(2)
    for (const key of jwks?.keys ?? []) expect(key.kid).toBe(await calculateJwkThumbprint(key))
    for (const { headers } of first) {
      const [, maxAge] = /^public, max-age=(\d+)$/.exec(headers.get('cache-control') ?? '') ?? []
      expect(Number(maxAge)).toBeGreaterThan(0)
      expect(Number(maxAge)).toBeLessThan(broker.config.signing_keys.published_before)
      expect(headers.get('access-control-allow-origin')).toBe('*')
    }

    const file = new DatabaseSync(join(folder, 'gatehouse.db'))
    file.exec('PRAGMA legacy_alter_table = ON')
    const tables = file
      .prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'",
      )
      .all()
    for (const { name } of tables) file.exec(`ALTER TABLE "${name}" RENAME TO "gone_${name}"`)
    file.close()
    expect((await fetch(`${broker.issuer}/health/ready`)).status).toBeGreaterThanOrEqual(500)
    for (const [index, place] of places.entries()) {
      const etag = first[index]?.headers.get('etag') ?? ''
      expect(etag).toMatch(/^"[\w-]{43}"$/)
      const again = await fetch(broker.issuer + place)
      expect([again.status, again.headers.get('etag')]).toEqual([200, etag])
      const unchanged = await fetch(broker.issuer + place, { headers: { 'if-none-match': etag } })
      expect([unchanged.status, await unchanged.text(), unchanged.headers.get('etag')]).toEqual([304, '', etag])
    }
    const head = await fetch(`${broker.issuer}/jwks`, { method: 'HEAD' })
    expect([head.status, head.headers.get('etag')]).toEqual([200, first[0]?.headers.get('etag')])
  })
})

describe('Secrets', () => {
  it('SEC-049 have 128 bits of chance or more, and no two are alike', async () => {
    await using broker = await startTestBroker({ database, keys })
    await broker.addSource(upstream)
    const client = await broker.addClient()
    const kinds: Record<string, string[]> = {}
    const keep = (kind: string, secret: string | null | undefined) => {
      kinds[kind] = [...(kinds[kind] ?? []), secret ?? '']
    }
    for (let times = 0; times < 12; times += 1) {
      const visitor = createVisitor()
      const { url, verifier } = broker.authorizationUrl(client, { idp_hint: 'Okta' })
      const arrived = await visitor.travel(url, (next) => {
        if (next.origin === upstream.issuer && next.searchParams.has('nonce')) {
          for (const name of ['state', 'nonce', 'code_challenge']) keep(`upstream ${name}`, next.searchParams.get(name))
        }
        const [, uid] = /\/(?:login|authorize)\/([\w-]+)$/.exec(next.pathname) ?? []
        if (uid) keep('interaction', uid)
        return next.href.startsWith(client.redirectUri)
      })
      keep('code', arrived.searchParams.get('code'))
      keep('session cookie', visitor.cookie(broker.issuer, 'gatehouse'))
      const tokens = (await (
        await broker.redeem(client, arrived.searchParams.get('code') ?? '', verifier)
      ).json()) as Tokens
      keep('refresh token', tokens.refresh_token)
      keep('access token’s jti', String(decodeJwt(tokens.access_token).jti).replaceAll('-', ''))
      const made = await broker.admin('POST', 'clients', {
        client_name: 'App',
        redirect_uris: ['https://app.example/callback'],
      })
      keep('client secret', String(made.body.client_secret))
    }
    expect(Object.keys(kinds)).toHaveLength(9)
    for (const [kind, secrets] of Object.entries(kinds)) {
      expect(secrets.length, kind).toBeGreaterThanOrEqual(12)
      expect(new Set(secrets).size, kind).toBe(secrets.length)
      const hex = kind.endsWith('jti')
      for (const secret of secrets) expect(secret, kind).toMatch(hex ? /^[0-9a-f]{32}$/ : /^[\w-]{43,}$/)
      // 12 × 43 characters of 64: each of them turns up, give or take; a counter or a clock would repeat itself.
      const characters = secrets.join('')
      const counts = Map.groupBy(characters, (character) => character)
      const most = Math.max(...[...counts.values()].map(({ length }) => length))
      expect(counts.size, kind).toBeGreaterThan(hex ? 15 : 50)
      expect(most / characters.length, kind).toBeLessThan(hex ? 0.2 : 0.08)
      for (let at = 0; at < 22 && !hex; at += 1) {
        expect(new Set(secrets.map((secret) => secret[at])).size, `${kind}, character ${at}`).toBeGreaterThan(3)
      }
    }
  })

  it('SEC-049 cannot be had from a dump: no token, cookie, code, state, secret or password lies in the file', async () => {
    const broker = await startTestBroker({ database, keys })
    const { secrets } = await wholeStory(broker)
    const open = await rawDump()
    await broker[Symbol.asyncDispose]()
    for (const dump of [open, await rawDump()]) {
      const found = Object.entries(secrets).flatMap(([name, secret]) =>
        occurrences(dump, secret).map((spelling) => `${name} as ${spelling}`),
      )
      expect(found).toEqual([])
      expect(dump.toString('latin1')).not.toMatch(/eyJ[\w-]{10,}\.eyJ[\w-]{10,}\./)
    }
    // That a dump is read at all: what is no secret is there.
    expect(occurrences(open, 'Rene Klomp')).toContain('text')
  })

  it('SEC-049 nothing that lies in a dump is taken for a token, a code or a secret', async () => {
    await using broker = await startTestBroker({ database, keys })
    const { client } = await wholeStory(broker)
    const text = (await rawDump()).toString('latin1')
    const words = [...new Set(text.match(/[\w-]{43}/g) ?? [])].slice(0, 60)
    expect(words.length).toBeGreaterThan(5)
    for (const word of words) {
      expect((await broker.refresh(client, word)).status, word).toBe(400)
      expect((await broker.redeem(client, word, newVerifier())).status, word).toBe(400)
      expect(
        (await broker.post('/token', { grant_type: 'client_credentials' }, basic({ ...client, secret: word }))).status,
      ).toBe(401)
    }
  })
})
