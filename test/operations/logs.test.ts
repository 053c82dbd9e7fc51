import { once } from 'node:events'
import { globSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { newKey } from '../../src/applications/key-text.ts'
import { events } from '../../src/events.ts'
import { createLog } from '../../src/log.ts'
import { printable } from '../../src/redaction.ts'
import { raw } from '../http/raw.ts'
import { automation, basic, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { recordLog } from '../support/log-lines.ts'
import { rene } from '../support/people.ts'
import { readMetrics } from '../support/prometheus.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const log = recordLog()
let upstream: Upstream
let broker: TestBroker
let client: TestClient

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ parts: { log: log.log } })
  await broker.addSource(upstream)
  client = await broker.addClient()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})
beforeEach(() => {
  log.clear()
})

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

describe('the id of a request', () => {
  it('is made, and given back', async () => {
    const answer = await fetch(`${broker.issuer}/`)
    expect(answer.headers.get('x-request-id')).toMatch(uuid)
    expect(log.events('request.answered')[0]?.request_id).toBe(answer.headers.get('x-request-id'))
  })

  it('is the one that a trusted proxy brings, and stands on every line of the request', async () => {
    const id = 'lb-7f3a.2026:0042'
    const headers = { ...basic({ ...automation, secret: 'wrong' }), 'x-request-id': id }
    const answer = await broker.post('/token', { grant_type: 'client_credentials' }, headers)
    expect(answer.headers.get('x-request-id')).toBe(id)
    const mine = log.lines().filter(({ request_id }) => request_id === id)
    expect(mine.map(({ event }) => event)).toEqual(['token.refused', 'request.answered'])
  })

  it('stands on the lines of its own request, of many that are answered together', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `at-once-${index}`)
    const asked = { 'x-forwarded-method': 'GET', 'x-forwarded-host': 'nobody.example', 'x-forwarded-uri': '/' }
    const ask = (id: string) =>
      fetch(`${broker.issuer}/verify/forwarded`, { headers: { ...asked, 'x-request-id': id } })
    const answers = await Promise.all(ids.map(ask))
    for (const [index, answer] of answers.entries()) {
      expect(answer.headers.get('x-request-id')).toBe(ids[index])
      const mine = await log.linesOf(answer)
      expect(mine.map(({ event }) => event)).toEqual(['gateway.refused', 'request.answered'])
    }
  })

  it.each([
    ['short', 'x'],
    ['with a space', 'a b c d e f g h'],
    ['too long', 'x'.repeat(129)],
    ['with markup', '<script>alert(1)</script>'],
    ['with a quote', 'abcdefgh","level":60'],
  ])('is made anew when what is brought is %s', async (_, id) => {
    const answer = await fetch(`${broker.issuer}/`, { headers: { 'x-request-id': id } })
    expect(answer.headers.get('x-request-id')).toMatch(uuid)
  })

  it('is made anew when whoever brings one is not trusted', async () => {
    await using other = await startTestBroker({ settings: { trusted_proxies: ['10.0.0.0/8'] } })
    const answer = await fetch(`${other.issuer}/`, { headers: { 'x-request-id': 'brought-by-a-stranger' } })
    expect(answer.headers.get('x-request-id')).toMatch(uuid)
  })
})

describe('the last line of a request', () => {
  it('says what was asked, by its route, how it ended, how long it took, and by whom', async () => {
    await fetch(`${broker.issuer}/login/some-interaction?code=a-code`, {
      headers: { 'user-agent': 'Mozilla/5.0 (test)' },
    })
    const [line] = log.events('request.answered')
    expect(line).toMatchObject({
      method: 'GET',
      endpoint: '/login/:uid',
      status: 400,
      reason: 'interaction_lost',
      address: '127.0.0.1',
      user_agent: 'Mozilla/5.0 (test)',
    })
    expect(line?.duration_ms).toBeGreaterThan(0)
    expect(log.raw.join('')).not.toMatch(/a-code|some-interaction/)
  })

  it('has source, client and reference of a sign-in', async () => {
    upstream.refuse('access_denied')
    await broker.authorize(createVisitor(), client, { idp_hint: 'Okta' }).catch(() => {})
    upstream.signInAs('rene')
    const refused = log.events('login.refused')[0]
    expect(refused).toMatchObject({ reason: 'upstream_refused', source: 'Okta', client: client.id })
    expect(refused?.reference).toMatch(/^\w{3}-\w{3}-\w{3}$/)
    const last = log.events('request.answered').find(({ request_id }) => request_id === refused?.request_id)
    expect(last).toMatchObject({
      endpoint: '/broker/:alias/callback',
      source: 'Okta',
      client: client.id,
      reference: refused?.reference,
    })
  })

  it('is quiet about health checks and scrapes', async () => {
    const quiet = recordLog('info')
    await using other = await startTestBroker({ parts: { log: quiet.log } })
    quiet.clear()
    await fetch(`${other.issuer}/health/live`)
    await fetch(`${other.issuer}/metrics`)
    await fetch(`${other.issuer}/`)
    expect(quiet.events('request.answered').map(({ endpoint }) => endpoint)).toEqual(['/'])
  })
})

describe('what could not be read as a request', () => {
  const port = () => Number(broker.url.port)
  it.each([
    [400, 'malformed_request', () => raw(port(), 'NONSENSE\r\n\r\n')],
    [431, 'request_head_too_large', () => raw(port(), `GET /${'x'.repeat(17_000)} HTTP/1.1\r\nhost: x\r\n\r\n`)],
  ])('is answered, told and counted: %i', async (status, error, send) => {
    expect(await send()).toMatch(new RegExp(String.raw`^HTTP/1\.1 ${status} [\w ]+\r\nConnection: close\r\n\r\n$`))
    expect(log.events('request.refused')).toMatchObject([{ status, error, detail: 'from 127.0.0.1' }])
    const { value } = readMetrics(await (await fetch(`${broker.issuer}/metrics`)).text())
    expect(value('gatehouse_refusals_total', { endpoint: '', reason: error })).toBe(1)
  })

  it('is so when the head does not come in time', async () => {
    const slow = recordLog('info')
    const limits = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 }
    await using other = await startTestBroker({ parts: { log: slow.log, limits } })
    expect(await raw(Number(other.url.port), 'GET / HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /)
    expect(slow.events('request.refused')).toMatchObject([{ status: 408, error: 'request_timeout' }])
  })

  it('is not told of whoever goes away without a word', async () => {
    const socket = connect(port(), '127.0.0.1')
    await once(socket, 'connect')
    socket.write('GET / HTTP/1.1\r\n')
    socket.resetAndDestroy()
    await fetch(`${broker.issuer}/`)
    expect(log.events('request.refused')).toEqual([])
  })
})

describe('a key that signs', () => {
  it('is told when it is another one, and not at a start, when nothing has changed', async () => {
    const started = recordLog('info')
    await using other = await startTestBroker({ parts: { log: started.log } })
    expect(started.events('signing_key.activated')).toEqual([])
    const keys = async () => (await other.admin('GET', 'signing-keys')).body.items as { kid: string; state: string }[]
    await vi.waitFor(async () => expect((await keys()).map(({ state }) => state)).toEqual(['active', 'next']))
    const [active, next] = await keys()
    await other.admin('POST', `signing-keys/${active?.kid}/revoke`)
    expect(started.events('signing_key.activated')).toMatchObject([{ kid: next?.kid }])
  })
})

describe('what never reaches the log', () => {
  const lines: string[] = []
  const plain = createLog('trace', { write: (line) => void lines.push(line) })
  const written = (work: () => void) => {
    lines.length = 0
    work()
    return lines.join('')
  }

  it.each([
    'password',
    'client_secret',
    'clientSecret',
    'code',
    'state',
    'access_token',
    'Authorization',
    'set-cookie',
    'X-API-Key',
    'DPoP',
    'client_assertion',
    'database_url',
  ])('a member called %s, however deep it lies', (name) => {
    const text = written(() =>
      plain.fatal({ [name]: 'canary', a: { b: [{ c: { d: { [name]: { e: 'canary' } } } }] } }, 'x'),
    )
    expect(text).not.toContain('canary')
    expect(text.match(/\[redacted\]/g)).toHaveLength(2)
  })

  it('what an error and its causes carry along', () => {
    const cause = Object.assign(new Error('answered Bearer canary-canary, and DPoP canary-canary'), {
      response: { body: 'canary' },
      code: 'ECONNREFUSED',
    })
    const error = Object.assign(new Error('cannot reach postgres://gatehouse:canary@db/gatehouse', { cause }), {
      body: 'canary',
      config: { headers: { x: 'canary' } },
    })
    const text = written(() => plain.error({ err: error }, 'x'))
    expect(text).not.toContain('canary')
    expect(text).toContain('ECONNREFUSED')
    expect(text).toContain('logs.test.ts')
  })

  it('what a parser could not read', () => {
    const text = written(() => {
      try {
        JSON.parse('{"password": canary-hunter2}')
      } catch (err) {
        plain.error({ err, nested: { cause: err } }, 'x')
      }
    })
    expect(text).not.toContain('canary')
  })

  it.each([
    'at /callback?code=canary&state=canary',
    'got eyJhbGciOiJSUzI1NiJ9.canary.canary',
    'sent password=canary',
    `no key ${newKey().prefix}_${'canary'.repeat(8)}`,
  ])('what stands in the text: %s', (message) => {
    expect(written(() => plain.info({ detail: message }, message))).not.toContain('canary')
  })
})

it('text for a terminal has nothing that a terminal obeys but the ends of its lines', () => {
  expect(printable('admin\r\u001b[2Jfaked\u009b31m\u2028')).toBe(String.raw`admin\u000d\u001b[2Jfaked\u009b31m\u2028`)
})

describe('docs/operations/logs.md', async () => {
  const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'operations', 'logs.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z_]+\.[a-z_]+)` *\| *([^|]*?) *\| *([^|]+?) *\|$/gm)].map(
    ([, name = '', members = '', meaning = '']) => ({
      name,
      members: [...members.matchAll(/`(\w+)`/g)].map(([, member = '']) => member),
      meaning,
    }),
  )

  it('lists every event with its members, and no other', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(events).sort())
    for (const { name, members } of rows)
      expect([...members].sort(), name).toEqual([...events[name as keyof typeof events].members].sort())
  })

  it('knows every event that stands in a log line of src', () => {
    const named = globSync('src/**/*.ts').flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bevent: '([\w.]+)'/g)].map(([, name = '']) => name),
    )
    expect(named.filter((name) => !(name in events))).toEqual([])
  })

  it('is right about what a story writes', async () => {
    const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    await broker.introspect(client, tokens.access_token)
    await broker.userinfo(tokens.access_token)
    await broker.post('/revoke', { token: tokens.refresh_token }, basic(client))
    await broker.admin('GET', 'clients/nobody')
    const ofTheLine = ['level', 'time', 'msg', 'event', 'request_id', 'trace_id']
    const always = [...ofTheLine, 'reason', 'client', 'source', 'account', 'reference']
    const told = log.lines().filter(({ event }) => event !== undefined)
    expect(new Set(told.map(({ event }) => event)).size).toBeGreaterThan(8)
    for (const { event, ...members } of told) {
      const known = events[event as keyof typeof events]
      expect(known, event).toBeDefined()
      expect(
        Object.keys(members).filter(
          (name) => !always.includes(name) && !(known.members as readonly string[]).includes(name),
        ),
        event,
      ).toEqual([])
      for (const name of always) if (members[name] !== undefined) expect(page).toContain(`\`${name}\``)
    }
  })
})
