/** What operators see: everything that happened (row 118), and nothing that is a secret (row 117). */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { type ReasonCode, reasons } from '../../src/reasons.ts'
import { openStores } from '../../src/stores/open.ts'
import { automation, freePort, startTestBroker, type TestBroker } from '../support/broker.ts'
import { basic, createHands, type Hands, type TestClient } from '../support/hands.ts'
import { type Line, recordLog } from '../support/log-lines.ts'
import { type Collector, startCollector } from '../support/otlp-collector.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { readMetrics } from '../support/prometheus.ts'
import { recordSecrets, type SecretRecorder } from '../support/secret-recorder.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const root = join(import.meta.dirname, '..', '..')
const unique = (what: string): string => `${what}-${randomBytes(12).toString('hex')}`

describe('SEC-117 no secret reaches a sink, at any level', () => {
  const secretKey = randomBytes(32).toString('base64')
  const adminPassword = unique('Admin-password')
  const bootstrap = { id: 'automation', secret: unique('bootstrap-secret') }
  let folder: string
  let child: ChildProcess
  let said = ''
  let complained = ''
  let collector: Collector
  let upstream: Upstream
  let recorder: SecretRecorder
  let hands: Hands
  const sinks: Record<string, string> = {}

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-canary-'))
    collector = await startCollector()
    recorder = recordSecrets()
    upstream = await startUpstream({ users: { rene }, clientSecret: unique('upstream-secret') })
    const port = await freePort()
    child = spawn(process.execPath, [join(root, 'src', 'main.ts')], {
      env: {
        PATH: process.env.PATH,
        PORT: String(port),
        LOG_LEVEL: 'trace',
        DATABASE_URL: `sqlite:${join(folder, 'gatehouse.db')}`,
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
    sinks.database = dump(join(folder, 'gatehouse.db'))
  }, 90_000)
  afterAll(async () => {
    recorder?.stop()
    child?.kill('SIGKILL')
    await upstream?.stop()
    await collector?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
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

  /** Somebody else holds the database: what wants to write gets no answer. */
  async function storeAway(client: TestClient): Promise<void> {
    const { tokens } = await hands
      .login({ ...client, secret: await secretOf(client) }, { params: { idp_hint: 'local' } })
      .catch(() => ({ tokens: undefined }))
    const other = new DatabaseSync(join(folder, 'gatehouse.db'))
    other.exec('begin immediate')
    await hands.refresh(client, tokens?.refresh_token ?? unique('refresh'))
    const door = await fetch(hands.authorizationUrl(client, { state: unique('state') }).url, { redirect: 'manual' })
    expect(door.status).toBeGreaterThanOrEqual(300)
    other.exec('rollback')
    other.close()
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
    for (const sink of ['metrics', 'traces', 'audit', 'spans', 'refusals', 'database'])
      expect(sinks[sink]?.length, sink).toBeGreaterThan(1000)
  })

  it.each(['stdout', 'stderr', 'metrics', 'traces', 'audit', 'spans', 'refusals', 'database'])(
    'SEC-117 none of them is in: %s',
    (sink) => {
      const text = sinks[sink] ?? ''
      // A form comes again with its token, and live state keeps what a client wants to have back.
      const exempt: readonly string[] =
        sink === 'refusals' ? ['csrf', 'interaction', 'typed as a name'] : sink === 'database' ? ['state', 'nonce'] : []
      const found = recorder.secrets().filter(({ kind, value }) => !exempt.includes(kind) && text.includes(value))
      expect(found.map(({ kind, value }) => `${kind} ${value.slice(0, 12)}… near ${near(text, value)}`)).toEqual([])
    },
  )
})

const near = (text: string, value: string): string => {
  const at = text.indexOf(value)
  return text.slice(Math.max(0, at - 120), at)
}

/** Every column of every table, as text. */
function dump(file: string): string {
  using database = new DatabaseSync(file, { readOnly: true })
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all() as { name: string }[]
  return tables
    .map(({ name }) => `${name} ${JSON.stringify(database.prepare(`select * from "${name}"`).all())}`)
    .join('\n')
}

describe('SEC-118 every success and every refusal is an event', () => {
  let refusing: ReasonCode | undefined
  const log = recordLog()
  let broker: TestBroker
  beforeAll(async () => {
    broker = await startTestBroker({
      parts: {
        log: log.log,
        openStores: async (needs) => {
          const stores = await openStores(needs)
          const list: typeof stores.roles.list = async (query) => {
            if (refusing) throw new Refusal(refusing)
            return stores.roles.list(query)
          }
          return { ...stores, roles: { ...stores.roles, list } }
        },
      },
    })
  })
  afterAll(() => broker?.[Symbol.asyncDispose]())

  const sources = globSync('src/**/*.ts', { cwd: root })
    .filter((file) => file !== 'src/reasons.ts')
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')

  it.each(Object.keys(reasons) as ReasonCode[])(
    'SEC-118 %s is raised somewhere, and told and counted by its name',
    async (code) => {
      expect(sources).toMatch(new RegExp(String.raw`['\x60]${code}['\x60]|\breasons\.${code}\b`))
      log.clear()
      const before = await counted(code)
      refusing = code
      const { headers, body } = await broker.admin('GET', 'roles')
      refusing = undefined
      const [event] = log.events('request.refused')
      expect(event).toMatchObject({ reason: code, reference: body.reference, request_id: headers.get('x-request-id') })
      expect(log.events('request.answered').at(-1)).toMatchObject({ reason: code, endpoint: '/admin/api/v1/roles' })
      expect((await counted(code)) - before).toBe(1)
    },
  )

  const counted = async (reason: string) =>
    readMetrics(await (await fetch(`${broker.issuer}/metrics`)).text()).value('gatehouse_refusals_total', {
      reason,
      endpoint: '/admin/api/v1/roles',
    })

  it('SEC-118 says who changed what, once it is committed', async () => {
    log.clear()
    const client = await broker.addClient()
    expect(log.events('registry.changed')).toMatchObject([
      {
        action: 'client.created',
        actor: { kind: 'client', id: automation.id },
        subject: { type: 'client', id: client.id },
      },
    ])
    log.clear()
    await broker.admin('POST', 'clients', { client_id: client.id, client_name: 'Taken' })
    expect(log.events('registry.changed')).toEqual([])
  })
})

describe('SEC-118 no value can forge an event', () => {
  const nasty: Readonly<Record<string, string>> = {
    'a line of its own': 'ada\r\n{"level":30,"event":"login.succeeded","account":"forged"}',
    'the end of a JSON string': 'ada","event":"login.succeeded","x":"',
    'a colour': 'ada\u001b[31m\u001b[2J\u001b]0;title\u0007',
    'an eight-bit escape': 'ada\u009b31m\u0085next',
    'line separators of Unicode': 'ada\u2028forged\u2029forged',
    'another writing direction': 'ada\u202egpj.exe',
    'a formula': "=cmd|' /C calc'!A0",
    'another formula': "@SUM(1+1)*cmd|' /C calc'!A0",
    'a zero': 'ada\u0000forged',
  }
  const log = recordLog()
  let upstream: Upstream
  let broker: TestBroker
  beforeAll(async () => {
    upstream = await startUpstream({ users: { rene } })
    broker = await startTestBroker({ parts: { log: log.log } })
    await broker.addSource(upstream)
  })
  afterAll(async () => {
    await broker?.[Symbol.asyncDispose]()
    await upstream?.stop()
  })

  function expectHarmless(raw: readonly string[]): void {
    for (const line of raw) {
      expect(line.endsWith('\n')).toBe(true)
      expect(line.startsWith('{')).toBe(true)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the question
      expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/)
      expect((JSON.parse(line) as Line).account).not.toBe('forged')
    }
  }

  it.each(Object.entries(nasty))('SEC-118 in a member of a line: %s', (_, value) => {
    const raw: string[] = []
    const plain = createLog('trace', { write: (line) => void raw.push(line) })
    plain.info({ name: value, nested: { [value]: [value] } }, value)
    expect(raw).toHaveLength(1)
    expectHarmless(raw)
    expect(JSON.parse(raw[0] ?? '')).toMatchObject({ name: value, nested: { [value]: [value] }, msg: value })
  })

  it.each(Object.entries(nasty))('SEC-118 in names of users, claims, clients and browsers: %s', async (_, value) => {
    log.clear()
    const { body } = await broker.admin('POST', 'clients', {
      client_name: value,
      redirect_uris: ['https://app.example/callback'],
    })
    const client: TestClient = body.client_id
      ? { id: String(body.client_id), secret: String(body.client_secret), redirectUri: 'https://app.example/callback' }
      : await broker.addClient()
    await signInWithPassword(broker, createVisitor(), client, { username: value, password: 'not-the-password' })
    upstream.change('rene', { name: value, preferred_username: value, groups: [value] })
    await broker.login(client, { params: { idp_hint: 'Okta', login_hint: value, state: value } }).catch(() => {})
    upstream.refuse('access_denied', value.replace(/[^\x20-\x7e]/g, ''))
    await broker.authorize(createVisitor(), client, { idp_hint: 'Okta' }).catch(() => {})
    upstream.signInAs('rene')
    const printable = value.replace(/[^\u0020-\u00ff]/g, ' ').trim()
    await fetch(`${broker.issuer}/${encodeURIComponent(value)}`, {
      headers: { 'user-agent': printable, 'x-request-id': printable },
    })
    await broker.post('/token', { grant_type: value, client_id: value })
    expect(log.raw.length).toBeGreaterThan(10)
    expectHarmless(log.raw)
    expect(log.lines().some(({ event }) => event === 'login.refused')).toBe(true)
  })
})
