/** Everything that happened is an event, and no value can forge one (row 118). */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Refusal } from '../../src/errors.ts'
import { createLog } from '../../src/log.ts'
import { type ReasonCode, reasons } from '../../src/reasons.ts'
import { openStores } from '../../src/stores/open.ts'
import { automation, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { type Line, recordLog } from '../support/log-lines.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { readMetrics } from '../support/prometheus.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

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
