import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createMetrics, mostLabels } from '../../src/operations/metrics.ts'
import { breakableStores } from '../support/breakable.ts'
import { automation, basic, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { readMetrics } from '../support/prometheus.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const stores = breakableStores()
let upstream: Upstream
let broker: TestBroker
let client: TestClient

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ parts: { openStores: stores.open } })
  await broker.addSource(upstream)
  client = await broker.addClient()
})
afterEach(stores.mend)
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const ask = (headers: Readonly<Record<string, string>> = {}, at = broker) => fetch(`${at.issuer}/metrics`, { headers })
async function scrape(at = broker) {
  const answer = await ask({}, at)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  return readMetrics(await answer.text())
}

describe('what is counted', () => {
  it('counts logins by source, client, outcome and reason', async () => {
    await broker.login(client, { params: { idp_hint: 'Okta' } })
    upstream.refuse('access_denied')
    await broker.authorize(createVisitor(), client, { idp_hint: 'Okta' }).catch(() => {})
    upstream.signInAs('rene')
    const { value } = await scrape()
    const of = { source: 'Okta', client: client.id }
    expect(value('gatehouse_logins_total', { ...of, outcome: 'success', reason: '' })).toBe(1)
    expect(value('gatehouse_logins_total', { ...of, outcome: 'refused', reason: 'upstream_refused' })).toBe(1)
  })

  it('counts wrong passwords, and how long passwords took', async () => {
    await signInWithPassword(broker, createVisitor(), client, { username: 'admin', password: 'not-the-password' })
    const { value } = await scrape()
    expect(
      value('gatehouse_logins_total', {
        source: 'local',
        client: client.id,
        outcome: 'refused',
        reason: 'bad_credentials',
      }),
    ).toBe(1)
    expect(
      value('gatehouse_refusals_total', { endpoint: '/login/:uid/source/:alias', reason: 'bad_credentials' }),
    ).toBe(1)
    expect(value('gatehouse_password_hash_duration_seconds_count', { outcome: 'done' })).toBeGreaterThan(0)
    expect(value('gatehouse_password_queue')).toBe(0)
  })

  it('counts token requests by grant type, client and outcome', async () => {
    const before = await scrape()
    await broker.adminToken()
    await broker.post('/token', { grant_type: 'client_credentials' }, basic({ ...automation, secret: 'wrong' }))
    await broker.post(
      '/token',
      { grant_type: 'authorization_code', code: 'x', redirect_uri: client.redirectUri },
      basic(client),
    )
    const after = await scrape()
    const grown = (labels: Readonly<Record<string, string>>) =>
      after.value('gatehouse_token_requests_total', labels) - before.value('gatehouse_token_requests_total', labels)
    const machine = { grant_type: 'client_credentials', client: automation.id }
    expect(grown({ ...machine, outcome: 'success' })).toBe(1)
    expect(grown({ ...machine, outcome: 'refused', reason: 'invalid_client' })).toBe(1)
    expect(grown({ grant_type: 'authorization_code', client: client.id, reason: 'invalid_grant' })).toBe(1)
  })

  it('counts token checks by endpoint and reason', async () => {
    const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    await broker.introspect(client, tokens.access_token)
    await broker.userinfo(`${tokens.access_token.slice(0, -8)}AAAAAAAA`)
    const { value } = await scrape()
    expect(value('gatehouse_token_checks_total', { endpoint: '/introspect', outcome: 'accepted' })).toBeGreaterThan(0)
    expect(value('gatehouse_token_checks_total', { endpoint: '/userinfo', reason: 'token_signature' })).toBeGreaterThan(
      0,
    )
  })

  it('measures requests by their route, and never by what stood in the address', async () => {
    await broker.admin('GET', 'clients/nobody-knows-this-one')
    await fetch(`${broker.issuer}/secret-looking-path?token=hunter2`, { method: 'PROPFIND' })
    const { series, text, value } = await scrape()
    const count = 'gatehouse_http_request_duration_seconds_count'
    expect(value(count, { endpoint: '/admin/api/v1/clients/:id', method: 'GET', status: '4xx' })).toBe(1)
    expect(value(count, { endpoint: '/broker/:alias/callback' })).toBeGreaterThan(0)
    expect(value(count, { endpoint: '/authorize/:uid' })).toBeGreaterThan(0)
    expect(value(count, { endpoint: '(none)', method: '(other)' })).toBe(1)
    expect(text).not.toMatch(/nobody-knows|secret-looking|hunter2/)
    const endpoints = new Set(series.flatMap(({ labels }) => labels.endpoint ?? []))
    for (const endpoint of endpoints) expect(endpoint).toMatch(/^$|^\(none\)$|^(\/(:?[\w.-]+)?)+$/)
  })

  it('measures calls to upstreams and stores, and what the process does', async () => {
    const { value, types } = await scrape()
    expect(
      value('gatehouse_upstream_request_duration_seconds_count', { source: 'Okta', outcome: '2xx' }),
    ).toBeGreaterThan(2)
    expect(
      value('gatehouse_store_duration_seconds_count', { engine: 'sqlite', operation: 'artifacts.put' }),
    ).toBeGreaterThan(0)
    expect(value('gatehouse_store_duration_seconds_count', { operation: 'registry.transaction' })).toBeGreaterThan(0)
    expect(value('gatehouse_audit_events_total', { action: 'client.created' })).toBeGreaterThan(0)
    expect(value('gatehouse_signing_keys', { state: 'active' })).toBe(1)
    const since = value('gatehouse_signing_key_activated_timestamp_seconds')
    expect(Math.abs(Date.now() / 1000 - since)).toBeLessThan(60)
    expect(value('gatehouse_signing_key_rotation_due_timestamp_seconds')).toBeCloseTo(
      since + broker.config.signing_keys.active_for,
      0,
    )
    for (const name of [
      'nodejs_eventloop_lag_p99_seconds',
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
    ])
      expect(types.has(name), name).toBe(true)
  })

  it('is there while a store is away, and counts what the store did not do', async () => {
    stores.cut()
    await broker.refresh(client, 'whatever-it-is')
    const { value } = await scrape()
    expect(value('gatehouse_store_errors_total', { engine: 'sqlite' })).toBeGreaterThan(0)
    expect(value('gatehouse_token_requests_total', { outcome: 'could_not_tell' })).toBeGreaterThan(0)
  })

  it('counts an upstream that does not answer', async () => {
    upstream.misbehave({ down: 503 })
    const answer = await broker.admin('POST', 'authentication-sources/test', {
      type: 'oidc',
      config: { ...upstream.config },
    })
    upstream.misbehave({})
    expect(answer.body.ok).toBe(false)
    const { value } = await scrape()
    expect(value('gatehouse_upstream_request_duration_seconds_count', { outcome: '5xx' })).toBeGreaterThan(0)
  })

  it('is there after a change of the registry, with all that was counted', async () => {
    const before = await scrape()
    await broker.addClient({ client_name: 'Another' })
    await new Promise((done) => setTimeout(done, 1100))
    const after = await scrape()
    for (const { name, labels, value } of before.series.filter((one) => /^gatehouse_.*_total$/.test(one.name)))
      expect(after.value(name, labels), `${name} ${JSON.stringify(labels)}`).toBeGreaterThanOrEqual(value)
  })
})

describe('labels', () => {
  it('never come from strangers: clients that nobody registered have none', async () => {
    for (let i = 0; i < 20; i++)
      await broker.post('/token', { grant_type: `made-up-${i}` }, basic({ id: `stranger-${i}`, secret: 'x' }))
    const { text } = await scrape()
    expect(text).not.toMatch(/stranger|made-up/)
  })

  it('are bounded even for those that are registered', () => {
    const { clientLabel } = createMetrics({
      version: '',
      passwords: () => ({ running: 0, waiting: 0 }),
      keys: () => undefined,
      expiries: () => [],
      droppedLines: () => 0,
      droppedSpans: () => 0,
    })
    const labels = new Set(Array.from({ length: 1000 }, (_, i) => clientLabel(`client-${i}`)))
    expect(labels.size).toBe(mostLabels + 1)
    expect(labels).toContain('(other)')
  })
})

describe('who may read', () => {
  it.each([
    ['X-Forwarded-For', '203.0.113.7'],
    ['X-Forwarded-For', '127.0.0.1'],
    ['Forwarded', 'for=203.0.113.7'],
    ['X-Real-IP', '203.0.113.7'],
    ['Via', '1.1 proxy'],
  ])('not whom a trusted proxy asks for (%s: %s)', async (name, value) => {
    const answer = await ask({ [name]: value })
    expect(answer.status).toBe(404)
    expect(await answer.text()).not.toContain('gatehouse_')
  })

  it('not a peer that is not trusted', async () => {
    await using other = await startTestBroker({ settings: { trusted_proxies: ['10.0.0.0/8'] } })
    expect((await ask({}, other)).status).toBe(404)
  })

  it('whoever has the token, where one is set, and nobody else', async () => {
    const token = 'a-token-for-the-scraper'
    await using other = await startTestBroker({ settings: { metrics: { token } } })
    expect((await ask({}, other)).status).toBe(404)
    expect((await ask({ authorization: 'Bearer another-token-altogether' }, other)).status).toBe(404)
    expect((await ask({ authorization: `Bearer ${token}`, 'x-forwarded-for': '203.0.113.7' }, other)).status).toBe(200)
  })

  it('nobody, where it is switched off', async () => {
    await using other = await startTestBroker({ settings: { metrics: { enabled: false } } })
    expect((await ask({}, other)).status).toBe(404)
  })
})

describe('docs/operations/metrics.md', async () => {
  const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'operations', 'metrics.md'), 'utf8')
  const rows = [
    ...page.matchAll(/^\| `(gatehouse_\w+)` *\| (\w+) *\| *([^|]*?) *\| *([^|]+?) *\| *([^|]+?) *\|$/gm),
  ].map(([, name = '', type = '', labels = '', meaning = '', watch = '']) => ({
    name,
    type,
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label = '']) => label),
    meaning,
    watch,
  }))

  it('lists every metric with its type and labels, and no other', async () => {
    const { types, series } = await scrape()
    const exposed = [...types].filter(([name]) => name.startsWith('gatehouse_'))
    expect(rows.map(({ name, type }) => [name, type]).sort()).toEqual(exposed.sort())
    for (const { name, labels } of rows) {
      const found = series.filter((one) => one.name.replace(/_(bucket|sum|count)$/, '') === name || one.name === name)
      const used = new Set(found.flatMap((one) => Object.keys(one.labels)).filter((label) => label !== 'le'))
      if (found.length > 0) expect([...used].sort(), name).toEqual([...labels].sort())
    }
  })

  it('has for each what it means and when to look', () => {
    for (const { name, meaning, watch } of rows) {
      expect(meaning.length, name).toBeGreaterThan(10)
      expect(watch.length, name).toBeGreaterThan(10)
    }
  })
})
