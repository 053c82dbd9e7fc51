/** A whole story against a real process, and every place where something of it is written: no secret is in any (row 117). */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { glob, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../support/broker.ts'
import { basic, createHands, type Hands, type TestClient } from '../support/hands.ts'
import type { Line } from '../support/log-lines.ts'
import { type Collector, startCollector } from '../support/otlp-collector.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { recordSecrets, type SecretRecorder } from '../support/secret-recorder.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const root = join(import.meta.dirname, '..', '..')
const unique = (what: string): string => `${what}-${randomBytes(12).toString('hex')}`

interface Kept extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>
  /** Passwords of the stores themselves. */
  readonly passwords: readonly string[]
  /** While it is done, what wants to write gets no answer. */
  withoutStore(work: () => Promise<void>): Promise<void>
  /** All that lies there, as text. */
  dump(): Promise<string>
}

const stores: Readonly<Record<string, () => Promise<Kept>>> = { SQLite: inSqlite, 'PostgreSQL and Redis': onServers }

describe.each(Object.entries(stores))('SEC-117 no secret reaches a sink, at any level, on %s', (_, openKept) => {
  const secretKey = randomBytes(32).toString('base64')
  const adminPassword = unique('Admin-password')
  const bootstrap = { id: 'automation', secret: unique('bootstrap-secret') }
  let kept: Kept
  let child: ChildProcess
  let said = ''
  let complained = ''
  let collector: Collector
  let upstream: Upstream
  let recorder: SecretRecorder
  let hands: Hands
  const sinks: Record<string, string> = {}

  beforeAll(async () => {
    kept = await openKept()
    collector = await startCollector()
    recorder = recordSecrets()
    upstream = await startUpstream({ users: { rene }, clientSecret: unique('upstream-secret') })
    const port = await freePort()
    child = spawn(process.execPath, [join(root, 'src', 'main.ts')], {
      env: {
        PATH: process.env.PATH,
        PORT: String(port),
        LOG_LEVEL: 'trace',
        ...kept.env,
        GATEHOUSE_SECRET_KEY: secretKey,
        GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: adminPassword,
        GATEHOUSE_BOOTSTRAP_CLIENT_ID: bootstrap.id,
        GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: bootstrap.secret,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child.stdout?.on('data', (chunk) => {
      said += chunk
    })
    child.stderr?.on('data', (chunk) => {
      complained += chunk
    })
    hands = createHands(`http://localhost:${port}`, bootstrap)
    while (!(await fetch(`${hands.issuer}/health/live`).catch(() => undefined))?.ok)
      await new Promise((done) => setTimeout(done, 20))
    recorder.add('secret key', secretKey)
    recorder.add('password', adminPassword)
    recorder.add('client_secret', bootstrap.secret)
    recorder.add('client_secret', upstream.config.client_secret)
    for (const password of kept.passwords) recorder.add('password', password)
    await everything()

    sinks.metrics = await (await fetch(`${hands.issuer}/metrics`)).text()
    sinks.traces = JSON.stringify((await hands.admin('GET', 'traces?limit=100')).body)
    sinks.audit = JSON.stringify((await hands.admin('GET', 'events?limit=100')).body)
    child.kill('SIGTERM')
    await once(child, 'exit')
    sinks.stdout = said
    sinks.stderr = complained
    sinks.spans = collector.bodies.join('\n')
    sinks.refusals = recorder.refusals.join('\n')
    sinks.stores = await kept.dump()
  }, 120_000)
  afterAll(async () => {
    recorder?.stop()
    child?.kill('SIGKILL')
    await upstream?.stop()
    await collector?.[Symbol.asyncDispose]()
    await kept?.[Symbol.asyncDispose]()
  })

  async function everything(): Promise<void> {
    const { issuer } = hands
    const params = () => ({ idp_hint: 'Okta', state: unique('state'), nonce: unique('nonce') })
    await hands.addSource(upstream)
    const client = await hands.addClient()
    // A brokered login and what tokens are for
    const visitor = createVisitor()
    const { tokens } = await hands.login(client, { visitor, params: params() })
    await hands.introspect(client, tokens.access_token)
    await hands.userinfo(tokens.access_token)
    const refreshed = (await (await hands.refresh(client, tokens.refresh_token)).json()) as { refresh_token: string }
    await visitor.request(`${issuer}/sessions`)
    await visitor.request(`${issuer}/logout?id_token_hint=${tokens.id_token}&state=${unique('state')}`)
    await hands.post('/revoke', { token: refreshed.refresh_token }, basic(client))
    await hands.refresh(client, refreshed.refresh_token)
    // Passwords, right and wrong, and a password in the field for the name
    await signInWithPassword(hands, createVisitor(), client, { username: 'admin', password: adminPassword })
    await signInWithPassword(hands, createVisitor(), client, { username: 'admin', password: unique('wrong-password') })
    const misplaced = recorder.add('typed as a name', unique('password-as-name'))
    await signInWithPassword(hands, createVisitor(), client, {
      username: misplaced,
      password: unique('wrong-password'),
    })
    // Codes used twice, tokens that are forged or misplaced
    const { verifier, answer } = await hands.authorize(createVisitor(), client, params())
    await hands.redeem(client, answer.code ?? '', verifier)
    await hands.redeem(client, answer.code ?? '', verifier)
    await hands.redeem(
      { ...client, secret: recorder.add('client_secret', unique('wrong-secret')) },
      unique('code'),
      'x',
    )
    await hands.userinfo(`${tokens.access_token.slice(0, -6)}AAAAAA`)
    await fetch(`${issuer}/userinfo?access_token=${tokens.access_token}`)
    await fetch(`${issuer}/nothing/here?code=${recorder.add('code', unique('code'))}`)
    await fetch(`${issuer}/broker/Okta/callback?code=${unique('code')}&state=${recorder.add('state', unique('state'))}`)
    await assertions()
    await apiKeys()
    // Administration, and mistakes in it
    await hands.admin('POST', 'authentication-sources', {
      alias: 'Broken',
      name: 'Broken',
      type: 'oidc',
      config: {
        issuer: 'nonsense',
        client_id: 'x',
        client_secret: [recorder.add('client_secret', unique('misplaced'))],
      },
    })
    const authorization = `Bearer ${await hands.adminToken()}`
    const malformed = `{"client_secret": "${recorder.add('client_secret', unique('malformed'))}`
    const json = { authorization, 'content-type': 'application/json' }
    await fetch(`${issuer}/admin/api/v1/clients`, { method: 'POST', headers: json, body: malformed })
    const password = recorder.add('password', unique('Users-password'))
    const user = await hands.created('users', { username: 'ada', name: 'Ada', password })
    await hands.admin(
      'PATCH',
      `users/${user.id}`,
      { password: recorder.add('password', unique('Changed-password')) },
      anyVersion,
    )
    await hands.admin('PATCH', `users/${user.id}`, { password: recorder.add('password', 'ada-aadaa') }, anyVersion)
    const [source] = (await hands.admin('GET', 'authentication-sources?q=Okta')).body.items as { id: string }[]
    const change = {
      config: { ...upstream.config, client_secret: recorder.add('client_secret', unique('new-secret')) },
    }
    await hands.admin('PATCH', `authentication-sources/${source?.id}`, change, anyVersion)
    await hands.admin('POST', `clients/${encodeURIComponent(client.id)}/rotate-secret`)
    // What the upstream now says no to; then it is away
    await hands.authorize(createVisitor(), client, params()).catch(() => {})
    upstream.misbehave({ down: 503 })
    await hands.authorize(createVisitor(), client, params()).catch(() => {})
    upstream.misbehave({})
    await storeAway(client)
  }

  const anyVersion = { 'if-match': '*' }

  async function assertions(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] }
    const { id } = await hands.addClient({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks,
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      token_endpoint_auth_signing_alg: 'ES256',
    })
    for (const audience of [hands.issuer, 'https://elsewhere.example']) {
      const client_assertion = await new SignJWT({ jti: unique('jti') })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(privateKey)
      const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
      await hands.post('/token', { grant_type: 'client_credentials', client_assertion_type, client_assertion })
    }
  }

  /** Where they belong, and where people put them by mistake. */
  async function apiKeys(): Promise<void> {
    const { id: api } = await hands.created('apis', { name: 'Patients', slug: 'patients' })
    const { id: application } = await hands.created('applications', { name: 'Patient App' })
    const path = `applications/${application}/api-keys`
    const made = await hands.created(path, { api_id: api })
    const rotated = await hands.created(`${path}/${made.id}/rotate`, { overlap_seconds: 60 })
    for (const { key } of [made, rotated]) {
      const value = String(key)
      await fetch(`${hands.issuer}/userinfo?api_key=${value}`, { headers: { 'x-api-key': value } })
      await hands.userinfo(value)
      await hands.admin('GET', `${path}/${value}`)
      await hands.admin('PATCH', `applications/${application}`, { name: 'Patient App', key: value }, anyVersion)
      // Now that it has been everything else as well.
      recorder.add('api key', value)
    }
  }

  async function storeAway(client: TestClient): Promise<void> {
    const { tokens } = await hands
      .login({ ...client, secret: await secretOf(client) }, { params: { idp_hint: 'local' } })
      .catch(() => ({ tokens: undefined }))
    await kept.withoutStore(async () => {
      await hands.refresh(client, tokens?.refresh_token ?? unique('refresh'))
      const door = await fetch(hands.authorizationUrl(client, { state: unique('state') }).url, { redirect: 'manual' })
      expect(door.status).toBeGreaterThanOrEqual(300)
    })
    while (!(await fetch(`${hands.issuer}/health/ready`)).ok) await new Promise((done) => setTimeout(done, 100))
  }

  const secretOf = async ({ secret }: TestClient) => secret

  it('SEC-117 the story met every kind of secret', () => {
    const kinds = new Set(recorder.secrets().map(({ kind }) => kind))
    expect([...kinds]).toEqual(
      expect.arrayContaining([
        'password',
        'code',
        'access_token',
        'refresh_token',
        'id_token',
        'client_secret',
        'cookie',
        'client_assertion',
        'state',
        'nonce',
        'code_verifier',
        'secret key',
        'authorization',
        'csrf',
        'api key',
      ]),
    )
    expect(recorder.secrets().length).toBeGreaterThan(60)
  })

  it('SEC-117 every sink has something in it', () => {
    const events = said
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => (JSON.parse(line) as Line).event)
    for (const event of [
      'login.succeeded',
      'login.refused',
      'token.issued',
      'token.refused',
      'session.ended',
      'logout.completed',
      'registry.changed',
      'grant.revoked',
      'revocation.done',
      'request.failed',
    ])
      expect(events, event).toContain(event)
    expect(sinks.stderr).not.toMatch(/\bat .*:\d+:\d+/)
    for (const sink of ['metrics', 'traces', 'audit', 'spans', 'refusals', 'stores'])
      expect(sinks[sink]?.length, sink).toBeGreaterThan(1000)
  })

  it.each(['stdout', 'stderr', 'metrics', 'traces', 'audit', 'spans', 'refusals', 'stores'])(
    'SEC-117 none of them is in: %s',
    (sink) => {
      const text = sinks[sink] ?? ''
      // A form comes again with its token, and live state keeps what a client wants to have back.
      const exempt: readonly string[] =
        sink === 'refusals' ? ['csrf', 'interaction', 'typed as a name'] : sink === 'stores' ? ['state', 'nonce'] : []
      const found = recorder.secrets().filter(({ kind, value }) => !exempt.includes(kind) && text.includes(value))
      expect(found.map(({ kind, value }) => `${kind} ${value.slice(0, 12)}… near ${near(text, value)}`)).toEqual([])
    },
  )
})

describe('SEC-117 a process that dies of a mistake', () => {
  it.each([
    ['that is thrown', 'throw error', false],
    ['SEC-119 that is a rejection nobody handles, and serves on', 'Promise.reject(error)', true],
  ])('SEC-117 says what and where, and nothing of what hangs on the error: %s', async (_, die, lives) => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-crash-'))
    const port = await freePort()
    const canaries = [unique('address'), unique('argument'), unique('cause'), unique('secret-key')]
    const [inAddress, asArgument, inCause, member] = canaries
    const saboteur = `process.on('SIGUSR2', () => {
      const cause = Object.assign(new Error('sent client_secret=${inCause}'), { body: '${member}' })
      const error = Object.assign(new Error('redis://:${inAddress}@redis:6379 said no', { cause }), {
        command: { name: 'auth', args: ['${asArgument}'] },
      })
      ${die}
    })`
    await writeFile(join(folder, 'saboteur.mjs'), saboteur)
    const child = spawn(process.execPath, ['--import', join(folder, 'saboteur.mjs'), join(root, 'src', 'main.ts')], {
      env: { PATH: process.env.PATH, PORT: String(port), DATABASE_URL: `sqlite:${join(folder, 'gatehouse.db')}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    let complained = ''
    child.stderr.on('data', (chunk) => {
      complained += chunk
    })
    await new Promise<void>((ready) =>
      child.stdout.on('data', (chunk) => {
        said += chunk
        if (said.includes('is ready')) ready()
      }),
    )
    child.kill('SIGUSR2')
    if (lives) {
      await expect.poll(() => complained, { timeout: 10_000 }).toContain('caused by')
      expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200)
      child.kill('SIGINT')
    }
    const [code] = await once(child, 'close')
    await rm(folder, { recursive: true })
    expect(code).toBe(lives ? 0 : 1)
    expect(complained).toMatch(/Error: redis:\/\/\[redacted\]@redis:6379 said no\n {4}at /)
    expect(complained).toContain('caused by Error: sent client_secret=[redacted]')
    for (const canary of canaries) expect(said + complained).not.toContain(canary)
  })
})

const near = (text: string, value: string): string => {
  const at = text.indexOf(value)
  return text.slice(Math.max(0, at - 120), at)
}

async function inSqlite(): Promise<Kept> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-canary-'))
  const file = join(folder, 'gatehouse.db')
  return {
    env: { DATABASE_URL: `sqlite:${file}` },
    passwords: [],
    async withoutStore(work) {
      using other = new DatabaseSync(file)
      other.exec('begin immediate')
      await work()
      other.exec('rollback')
    },
    async dump() {
      using database = new DatabaseSync(file, { readOnly: true })
      const tables = database.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[]
      return tables
        .map(({ name }) => `${name} ${JSON.stringify(database.prepare(`select * from "${name}"`).all())}`)
        .join('\n')
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

async function onServers(): Promise<Kept> {
  await using opened = new AsyncDisposableStack()
  const [inDatabase, inRedis] = [unique('database-password'), unique('redis-password')]
  const postgres: Postgres = opened.use(await startPostgres())
  const redis: RedisServer = opened.use(
    await startRedis({ requirepass: inRedis, appendonly: 'yes', 'maxmemory-policy': 'noeviction' }),
  )
  // It is this one whom the server asks for a password.
  await postgres.query(`create role locked superuser login password '${inDatabase}'`)
  const database = await postgres.fresh()
  const everything = opened.move()
  return {
    env: {
      DATABASE_URL: database.replace('//gatehouse@', `//locked:${inDatabase}@`),
      REDIS_URL: `redis://:${inRedis}@127.0.0.1:${redis.port}`,
    },
    passwords: [inDatabase, inRedis],
    async withoutStore(work) {
      redis.pause()
      await work()
      postgres.pause()
      await work()
      redis.resume()
      postgres.resume()
    },
    async dump() {
      // All that was ever written to Redis, also what is gone by now.
      const written = await Array.fromAsync(glob(join(redis.folder, 'appendonlydir', '*')), (file) =>
        readFile(file, 'latin1'),
      )
      expect(written.join('').length).toBeGreaterThan(1000)
      return [await postgres.dump(database), ...written].join('\n')
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  }
}
