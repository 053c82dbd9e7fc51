/** Traces, as a collector gets them. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { recordLog } from '../support/log-lines.ts'
import { type Collector, startCollector } from '../support/otlp-collector.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const log = recordLog('debug')
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
let collector: Collector
let upstream: Upstream
let broker: TestBroker
let client: TestClient

const tracing = (url: string | null) => ({ otlp_endpoint: url, headers: { 'x-collector-key': 'collector-key' } })

beforeAll(async () => {
  collector = await startCollector()
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ parts: { log: log.log }, settings: { tracing: tracing(collector.url) } })
  await broker.addSource(upstream)
  client = await broker.addClient()
  const headers = { traceparent: `00-${traceId}-${spanId}-01` }
  await fetch(`${broker.issuer}/login/nobody-knows?code=canary-code`, { headers })
  await fetch(`${broker.issuer}/login/somebody`, { headers: { traceparent: `00-${traceId}-${spanId}-00` } })
  await fetch(`${broker.issuer}/jwks`, { headers: { traceparent: `00-${'0'.repeat(32)}-${spanId}-01` } })
  await broker.login(client, { params: { idp_hint: 'Okta' } })
  upstream.misbehave({ down: 500 })
  await broker.admin('POST', 'authentication-sources/test', { type: 'oidc', config: { ...upstream.config } })
  // Delivers what is left.
  await broker[Symbol.asyncDispose]()
})
afterAll(async () => {
  await upstream?.stop()
  await collector?.[Symbol.asyncDispose]()
})

it('goes on with the trace that a trusted proxy began, and says on the log line which it is', () => {
  const span = collector.spans().find((one) => one.traceId === traceId && one.parentSpanId === spanId)
  expect(span).toMatchObject({ parentSpanId: spanId, name: 'GET /login/:uid', failed: false })
  expect(span?.attributes).toMatchObject({
    'http.request.method': 'GET',
    'http.route': '/login/:uid',
    'http.response.status_code': 400,
    'gatehouse.reason': 'interaction_lost',
  })
  const line = log.lines().find((one) => one.trace_id === traceId)
  expect(line?.request_id).toBe(span?.attributes['gatehouse.request_id'])
})

it('leaves out what the proxy decided not to trace, and begins a trace of its own where there is none', () => {
  expect(collector.spans().filter((one) => one.traceId === traceId && one.name === 'GET /login/:uid')).toHaveLength(1)
  const own = collector.spans().find(({ name }) => name === 'GET /jwks')
  expect(own?.traceId).not.toBe('0'.repeat(32))
  expect(own?.parentSpanId).toBe('')
})

it('has the calls to upstreams and stores below the request that made them', () => {
  const spans = collector.spans()
  const arrival = spans.find(({ name }) => name === 'GET /broker/:alias/callback')
  const below = spans.filter(({ parentSpanId }) => parentSpanId === arrival?.spanId)
  expect(below.map(({ name }) => name)).toContain('upstream Okta')
  expect(below.some(({ attributes }) => attributes['db.system.name'] === 'sqlite')).toBe(true)
  expect(below.every((one) => one.traceId === arrival?.traceId)).toBe(true)
})

it('says which call failed', () => {
  const call = collector.spans().findLast(({ name }) => name.startsWith('upstream'))
  expect(call).toMatchObject({ failed: true })
  expect(call?.attributes['gatehouse.outcome']).toBe('5xx')
})

it('sends the headers that the collector wants, and no query, path or cookie', () => {
  expect(collector.headers[0]).toMatchObject({ 'x-collector-key': 'collector-key' })
  const all = collector.bodies.join('')
  expect(all).toContain('"gatehouse"')
  expect(all).not.toMatch(/canary-code|nobody-knows|eyJ/)
  expect(log.raw.join('')).not.toContain('collector-key')
})

it('does not believe a stranger’s trace', async () => {
  await using own = await startCollector()
  const settings = { tracing: tracing(own.url), trusted_proxies: ['10.0.0.0/8'] }
  await using other = await startTestBroker({ settings })
  await fetch(`${other.issuer}/jwks`, { headers: { traceparent: `00-${traceId}-${spanId}-01` } })
  await other[Symbol.asyncDispose]()
  expect(own.spans().length).toBeGreaterThan(0)
  expect(own.spans().every((span) => span.traceId !== traceId)).toBe(true)
})

it('says once that a collector takes nothing, and counts what is lost', async () => {
  const refused = recordLog()
  const settings = { tracing: tracing(`${collector.url}/nowhere`) }
  const other = await startTestBroker({ parts: { log: refused.log }, settings })
  expect((await fetch(`${other.issuer}/jwks`)).status).toBe(200)
  await other[Symbol.asyncDispose]()
  expect(refused.lines().filter(({ msg }) => String(msg).startsWith('the collector does not take'))).toHaveLength(1)
})

it('holds up neither requests nor the end of the process when the collector is away', async () => {
  const other = await startTestBroker({ settings: { tracing: tracing('http://127.0.0.1:9') } })
  expect((await fetch(`${other.issuer}/jwks`)).status).toBe(200)
  const began = performance.now()
  await other[Symbol.asyncDispose]()
  expect(performance.now() - began).toBeLessThan(4_000)
})
