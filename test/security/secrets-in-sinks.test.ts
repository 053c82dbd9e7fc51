/** A whole story against a real process, and every place where something of it is written: no secret is in any (row 117). */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
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
