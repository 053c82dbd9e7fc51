/** Everything that happened is an event, and no value can forge one (row 118). */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { type ReasonCode, reasons } from '../../src/reasons.ts'
import { openStores } from '../../src/stores/open.ts'
import { automation, basic, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { type Line, recordLog } from '../support/log-lines.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { readMetrics } from '../support/prometheus.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const root = join(import.meta.dirname, '..', '..')

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
    .filter((file) => !file.startsWith('src/reasons'))
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

describe('SEC-118 a refusal that somebody meets is an event, and counted', () => {
  const log = recordLog()
  let upstream: Upstream
  let broker: TestBroker
  let client: TestClient
  let source: string
  beforeAll(async () => {
    upstream = await startUpstream({ users: { rene } })
    broker = await startTestBroker({
      parts: { log: log.log },
      settings: { lifetimes: { refresh_grace: 0 }, sign_in: { max_attempts_per_user: 2 } },
    })
    source = (await broker.addSource(upstream)).id
    client = await broker.addClient()
  })
  afterAll(async () => {
    await broker?.[Symbol.asyncDispose]()
    await upstream?.stop()
  })

  const viaOkta = { idp_hint: 'Okta' }
  const admin = (path: string, init: RequestInit = {}) => fetch(`${broker.issuer}/admin/api/v1/${path}`, init)
  const bearer = async () => `Bearer ${await broker.adminToken()}`
  const wrongPassword = (username: string) =>
    signInWithPassword(broker, createVisitor(), client, { username, password: 'not-the-password' })
  const disabled = async (path: string, work: () => Promise<unknown>) => {
    await broker.admin('PATCH', path, { enabled: false }, { 'if-match': '*' })
    await work()
    await broker.admin('PATCH', path, { enabled: true }, { 'if-match': '*' })
  }
  /** A form of a sign-in, sent with or without what makes it the person's own. */
  async function atTheDoor(send: (page: URL, csrf: string, visitor: Visitor) => Promise<unknown>, params = {}) {
    const visitor = createVisitor()
    const { url } = broker.authorizationUrl(client, { idp_hint: 'local', ...params })
    const page = await visitor.travel(url, ({ pathname }) => /^\/login\/[^/]+(\/source\/local)?$/.test(pathname))
    const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await (await visitor.request(page)).text()) ?? []
    await send(page, csrf, visitor)
  }

  const met: Partial<Record<ReasonCode, () => Promise<unknown>>> = {
    not_found: () => fetch(`${broker.issuer}/nothing/here`),
    method_not_allowed: () => fetch(`${broker.issuer}/sessions`, { method: 'DELETE' }),
    not_signed_in: () => fetch(`${broker.issuer}/sessions`),
    token_missing: () => admin('clients'),
    token_malformed: () => broker.userinfo('nonsense'),
    async token_signature() {
      const { tokens } = await broker.login(client, { params: viaOkta })
      await broker.userinfo(`${tokens.access_token.slice(0, -8)}AAAAAAAA`)
    },
    async token_audience() {
      const { tokens } = await broker.login(client, { params: viaOkta })
      await admin('clients', { headers: { authorization: `Bearer ${tokens.access_token}` } })
    },
    async token_revoked() {
      const { tokens } = await broker.login(client, { params: viaOkta })
      await broker.post('/revoke', { token: tokens.access_token }, basic(client))
      await broker.userinfo(tokens.access_token)
    },
    invalid_input: () => broker.admin('POST', 'clients', { client_name: 7 }),
    conflict: () =>
      broker.admin('POST', 'clients', { client_id: client.id, redirect_uris: ['https://other.example/'] }),
    changed_meanwhile: () => broker.admin('PATCH', `clients/${client.id}`, {}, { 'if-match': '"77"' }),
    async in_use() {
      await broker.created('apis', { name: 'Patients', slug: 'patients', authentication_sources: [source] })
      await broker.admin('DELETE', `authentication-sources/${source}`, undefined, { 'if-match': '*' })
    },
    async unsupported_media_type() {
      const headers = { authorization: await bearer(), 'content-type': 'text/plain' }
      await admin('clients', { method: 'POST', headers, body: 'x' })
    },
    async too_large() {
      const headers = { authorization: await bearer(), 'content-type': 'application/json' }
      await admin('clients', { method: 'POST', headers, body: `"${'x'.repeat(2 ** 20)}"` })
    },
    signing_key_too_new: () => broker.admin('POST', 'signing-keys/rotate'),
    bad_credentials: () => wrongPassword('admin'),
    async too_many_attempts() {
      for (let attempt = 0; attempt < 3; attempt++) await wrongPassword('somebody')
    },
    interaction_lost: () => createVisitor().request(`${broker.issuer}/login/long-gone`),
    trip_unknown: () => createVisitor().request(`${broker.issuer}/broker/Okta/callback?code=x&state=unknown`),
    forged_form: () =>
      atTheDoor((page, _, visitor) =>
        visitor.request(`${page.href.replace(/\/source\/local$/, '')}/source/local`, {
          method: 'POST',
          body: new URLSearchParams({ username: 'x', password: 'y' }),
        }),
      ),
    sign_in_abandoned: () =>
      atTheDoor((page, csrf, visitor) =>
        visitor.request(`${page.href.replace(/\/source\/local$/, '')}/back`, {
          method: 'POST',
          body: new URLSearchParams({ csrf }),
        }),
      ),
    async upstream_refused() {
      upstream.refuse('access_denied')
      await broker.authorize(createVisitor(), client, viaOkta).catch(() => {})
      upstream.signInAs('rene')
    },
    async upstream_unavailable() {
      const other = await startUpstream({ users: { rene } })
      await broker.addSource(other, { alias: 'Gone', name: 'Gone' })
      await other.stop()
      await broker.authorize(createVisitor(), client, { idp_hint: 'Gone' }).catch(() => {})
    },
    async code_reused() {
      const { verifier, answer } = await broker.authorize(createVisitor(), client, viaOkta)
      for (const _ of [1, 2]) await broker.redeem(client, answer.code ?? '', verifier)
    },
    async refresh_token_reused() {
      const { tokens } = await broker.login(client, { params: viaOkta })
      for (const _ of [1, 2]) await broker.refresh(client, tokens.refresh_token)
    },
    async source_disabled() {
      const { tokens } = await broker.login(client, { params: viaOkta })
      await disabled(`authentication-sources/${source}`, () => broker.userinfo(tokens.access_token))
    },
    async account_disabled() {
      const { access } = await broker.login(client, { params: viaOkta })
      await disabled(`users/${access.sub}`, () => broker.login(client, { params: viaOkta }).catch(() => {}))
    },
    // The last, because tokens that the client gets in this second are dead with those from before.
    client_disabled: () =>
      disabled(`clients/${client.id}`, () => broker.authorize(createVisitor(), client, viaOkta).catch(() => {})),
  }

  it.each(Object.entries(met))('SEC-118 %s', async (reason, act) => {
    const counted = async () =>
      readMetrics(await (await fetch(`${broker.issuer}/metrics`)).text()).value('gatehouse_refusals_total', { reason })
    const before = await counted()
    log.clear()
    await act?.()
    const told = log.lines().filter((line) => line.reason === reason && line.event !== 'request.answered')
    expect(told.map(({ event }) => event)).toContainEqual(
      expect.stringMatching(/\.(refused|unanswered|answered|failed|revoked)$/),
    )
    for (const line of told) expect(line.request_id, String(line.event)).toMatch(/^[\da-f-]{36}$/)
    expect(await counted()).toBeGreaterThan(before)
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
