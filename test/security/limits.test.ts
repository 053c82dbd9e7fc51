/** How much a request may be, how long it may take, and that nothing in it decides what the broker says about itself. */
import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { automation, basic, startTestBroker, type TestBroker } from '../support/broker.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const KiB = 1024
const form = 'application/x-www-form-urlencoded'
const json = 'application/json'

let broker: TestBroker
let port: number
let visitor: Visitor
let login: string
let adminToken: string

beforeAll(async () => {
  broker = await startTestBroker()
  port = Number(broker.url.port)
  const client = await broker.addClient()
  visitor = createVisitor()
  login = (await visitor.travel(broker.authorizationUrl(client).url, (url) => url.pathname.startsWith('/login/')))
    .pathname
  await visitor.request(broker.issuer + login)
  adminToken = await broker.adminToken()
})
afterAll(() => broker[Symbol.asyncDispose]())

interface Outgoing {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer | string
  /** Does not say how long the body will be. */
  readonly chunked?: boolean
  /** Says that the body will be that long, and sends what there is of it. */
  readonly announced?: number
}

interface Incoming {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Sends what no decent client would; a body that was announced longer, or chunked, is never ended. */
function send({ method = 'POST', path, headers = {}, body = '', chunked = false, announced }: Outgoing) {
  const length = chunked
    ? { 'transfer-encoding': 'chunked' }
    : { 'content-length': announced ?? Buffer.byteLength(body) }
  return new Promise<Incoming>((done, fail) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } })
    sent.on('response', async (answer) => {
      const said = await text(answer).catch(() => '')
      done({ status: answer.statusCode ?? 0, headers: answer.headers, body: said })
      sent.destroy()
    })
    sent.on('error', fail)
    if (body.length > 0) sent.write(body)
    if (!chunked && announced === undefined) sent.end()
    else sent.flushHeaders()
  })
}

interface Route {
  readonly path: string
  readonly type: string
  readonly limit: number
  readonly headers: () => Record<string, string>
  readonly method?: string
}

const client = () => basic(automation)
const administrator = () => ({ authorization: `Bearer ${adminToken}` })
const visiting = () => ({ cookie: visitor.cookies(broker.issuer + login) })
const nobody = () => ({})
const posts: readonly Route[] = [
  ...['/token', '/introspect', '/revoke'].map((path) => ({ path, type: form, limit: 56 * KiB, headers: client })),
  ...['/userinfo', '/logout/confirm'].map((path) => ({ path, type: form, limit: 56 * KiB, headers: nobody })),
  ...['/authorize', '/logout'].map((path) => ({ path, type: form, limit: 8 * KiB, headers: nobody })),
  { path: '/broker/local/backchannel-logout', type: form, limit: 64 * KiB, headers: nobody },
  ...['source/local', 'find'].map((path) => ({ path: `LOGIN/${path}`, type: form, limit: 4 * KiB, headers: visiting })),
  ...['consent', 'back'].map((path) => ({ path: `LOGIN/${path}`, type: form, limit: 64 * KiB, headers: visiting })),
  ...[
    ...['authentication-sources', 'authentication-sources/test', 'clients', 'users', 'roles', 'apis', 'portals'],
    ...['applications', 'applications/nothing/api-keys'],
  ].map((name) => ({
    path: `/admin/api/v1/${name}`,
    type: json,
    limit: 256 * KiB,
    headers: administrator,
  })),
  ...['PUT', 'PATCH'].map((method) => ({
    path: `/admin/api/v1/clients/${automation.id}`,
    type: json,
    limit: 256 * KiB,
    headers: administrator,
    method,
  })),
]

/** A body of exactly that many bytes, in a field or member that means nothing. */
const filled = (type: string, size: number) =>
  type === form ? `padding=${'x'.repeat(size - 8)}` : `{"padding":"${'x'.repeat(size - 14)}"}`

describe('SEC-110 a body', () => {
  it.each(posts)(
    'of $path ($method) is read up to $limit bytes, and refused beyond before it is there',
    async (route) => {
      const path = route.path.replace('LOGIN', login)
      const headers = { 'content-type': route.type, accept: 'application/json', ...route.headers() }
      const ask = (more: Partial<Outgoing>) =>
        send({ path, headers, ...(route.method && { method: route.method }), ...more })

      const fits = await ask({ body: filled(route.type, route.limit) })
      expect([413, 500]).not.toContain(fits.status)
      expect(fits.status).toBeLessThan(500)
      for (const more of [
        { body: filled(route.type, route.limit + 1) },
        { body: filled(route.type, route.limit + 1), chunked: true },
        { announced: 100_000_000 },
      ]) {
        const answer = await ask(more)
        expect(answer.status, JSON.stringify(Object.keys(more))).toBe(413)
        expect(answer.headers.connection).toBe('close')
      }
    },
  )

  it.each([
    ['GET', '/jwks', 200],
    ['POST', '/', 405],
    ['POST', '/nothing', 404],
    ['POST', '/admin/api/v1/clients', 401],
    ['POST', '/sessions/end', 403],
    ['POST', '/login/unknown/source/local', 400],
  ])('of %s %s is not waited for when the answer is %i without it', async (method, path, status) => {
    const answer = await send({ method, path, headers: { 'content-type': form }, announced: 100_000_000, body: 'x' })
    expect(answer.status).toBe(status)
    expect(answer.headers.connection).toBe('close')
  })

  it.each(posts.filter(({ type }) => type === form))('of $path may have 200 parameters', async (route) => {
    const path = route.path.replace('LOGIN', login)
    const headers = { 'content-type': form, accept: 'application/json', ...route.headers() }
    const fields = (count: number) => Array.from({ length: count }, (_, index) => `p${index}=`).join('&')
    expect((await send({ path, headers, body: fields(200) })).status).not.toBe(413)
    expect((await send({ path, headers, body: fields(201) })).status).toBe(413)
  })

  it('of JSON may be nested twenty levels', async () => {
    const headers = { 'content-type': json, ...administrator() }
    const nested = (levels: number) => `{"config":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
    const detail = async (levels: number) =>
      (await send({ path: '/admin/api/v1/clients', headers, body: nested(levels) })).body
    expect(await detail(20)).not.toContain('nested')
    expect(await detail(21)).toContain('nested deeper than 20 levels')
    expect(await detail(100_000)).toContain('nested deeper than 20 levels')
  })
})

describe('SEC-110 a head', () => {
  it.each<[string, Partial<Outgoing>]>([
    ['one long header', { headers: { 'x-padding': 'x'.repeat(16 * KiB) } }],
    ['many headers', { headers: Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`x-${index}`, 'x'])) }],
    ['a long address', { path: `/authorize?state=${'x'.repeat(16 * KiB)}` }],
    ['a long cookie', { headers: { cookie: `a=${'x'.repeat(16 * KiB)}` } }],
  ])('of more than 16 KiB is refused: %s', async (_, more) => {
    expect((await send({ method: 'GET', path: '/', ...more })).status).toBe(431)
  })

  it('of less is read, however many parameters there are', async () => {
    const { status } = await send({ method: 'GET', path: `/authorize?${'a&'.repeat(6000)}` })
    expect(status).toBe(400)
  })
})

describe('SEC-110 who is slow', () => {
  async function dribble(to: number, begin: string, again: string) {
    const socket = connect(to, '127.0.0.1')
    await once(socket, 'connect')
    const answer = text(socket).catch(() => '')
    socket.on('error', () => {})
    socket.write(begin)
    const timer = setInterval(() => socket.write(again), 50)
    const said = await answer
    clearInterval(timer)
    return said
  }

  it('with a head or a body is cut off, and holds up nobody meanwhile', async () => {
    const limits = { headersTimeout: 600, requestTimeout: 900, connectionsCheckingInterval: 50 }
    await using impatient = await startTestBroker({ parts: { limits } })
    const to = Number(impatient.url.port)
    const slow = [
      dribble(to, 'GET / HTTP/1.1\r\nHost: localhost\r\n', 'X-A: b\r\n'),
      dribble(to, 'GE', 'T'),
      dribble(to, `POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nContent-Length: 50000\r\n\r\n`, 'a'),
      dribble(
        to,
        `POST /introspect HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nTransfer-Encoding: chunked\r\n\r\n`,
        '1\r\na\r\n',
      ),
    ]
    expect((await fetch(`${impatient.issuer}/health/live`)).status).toBe(200)
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^(HTTP\/1\.1 4(08|00) |$)/)
  })
})

describe('SEC-107 what a request says about where it was sent', () => {
  const evil = 'evil.test'
  const hostile: readonly Readonly<Record<string, string>>[] = [
    { host: evil },
    { host: `${evil}:443` },
    { host: `localhost@${evil}` },
    { 'x-forwarded-host': evil },
    { 'x-forwarded-host': `${evil}, ${evil}`, 'x-forwarded-proto': 'https', 'x-forwarded-port': '444' },
    { 'x-forwarded-proto': `javascript://${evil}` },
    { 'x-forwarded-prefix': `/${evil}`, 'x-forwarded-server': evil, 'x-forwarded-for': '203.0.113.7' },
    { forwarded: `for=1.2.3.4;host=${evil};proto=https` },
    { 'x-original-url': `/${evil}`, 'x-rewrite-url': `/${evil}`, 'x-original-host': evil },
    { 'x-http-method-override': 'DELETE', 'x-host': evil, 'x-url-scheme': 'https' },
    { origin: `https://${evil}`, referer: `https://${evil}/` },
  ]
  const addresses = () => [
    ...['/', '/nothing', '/favicon.ico', '/health/live', '/health/ready', '/jwks', '/sessions'],
    ...['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'],
    ...['/authorize', `/authorize?client_id=${automation.id}`, '/authorize/unknown', '/userinfo', '/token'],
    ...['/logout', '/logout/success', '/logout?post_logout_redirect_uri=https://app.example/bye'],
    ...['/login/unknown', '/login/unknown/arrive?state=x', '/broker/local/callback', '/broker/local/callback?state=x'],
    ...['/broker/local/logged-out?state=x', '/admin/api/v1/clients', '/admin/api/v1', '/admin'],
  ]

  const sealed = /\bv1(\.[\w-]+){3}/g
  const chance = [sealed, /[\w-]{24,}/g, /expires=[^;"]+/g, /\b[0-9A-HJKMNP-TV-Z]{3}(-[0-9A-HJKMNP-TV-Z]{3}){2}\b/g]
  const withoutChance = (said: string) => chance.reduce((left, pattern) => left.replace(pattern, '~'), said)
  const comparable = ({ status, headers: { date: _, ...headers }, body }: Incoming) =>
    withoutChance(JSON.stringify([status, headers, body]))
  const get = (path: string, headers = {}) =>
    send({ method: 'GET', path, headers: { host: 'localhost', accept: 'text/html', ...headers } })

  it.each(addresses())('changes nothing at %s', async (path) => {
    const usual = comparable(await get(path))
    for (const headers of hostile) {
      const answer = await get(path, headers)
      expect(JSON.stringify(answer), JSON.stringify(headers)).not.toContain(evil)
      if (!('origin' in headers)) expect(comparable(answer), JSON.stringify(headers)).toBe(usual)
    }
    const absolute = await send({
      method: 'GET',
      path: `http://${evil}${path}`,
      headers: { host: evil, accept: 'text/html' },
    })
    expect(comparable(absolute)).toBe(usual)
  })

  it('changes neither where a sign-in goes nor whom its cookies are for', async () => {
    const client = await broker.addClient()
    const { pathname, search } = broker.authorizationUrl(client).url
    for (const headers of hostile) {
      const begun = await get(pathname + search, headers)
      expect(begun.status).toBe(303)
      expect(begun.headers.location).toMatch(/^(http:\/\/localhost:\d+)?\/login\//)
      for (const cookie of begun.headers['set-cookie'] ?? []) expect(cookie).not.toMatch(/domain=/i)
    }
  })

  it('is not in what may be cached: metadata has the configured issuer throughout, and says what it varies by', async () => {
    await using behind = await startTestBroker({ path: '/auth' })
    for (const name of ['openid-configuration', 'oauth-authorization-server']) {
      const answer = await fetch(`${behind.issuer}/.well-known/${name}`, {
        headers: { 'x-forwarded-host': evil, origin: 'https://app.example' },
      })
      const metadata = (await answer.json()) as Record<string, unknown>
      expect(metadata.issuer).toBe(behind.issuer)
      const urls = Object.entries(metadata).filter(([member]) => /_(endpoint|uri)$/.test(member))
      expect(urls.length).toBeGreaterThan(6)
      for (const [member, url] of urls) expect(url, member).toMatch(new RegExp(`^${behind.issuer}/`))
      // The same for every origin, or else told apart by it.
      const allowed = answer.headers.get('access-control-allow-origin')
      if (allowed !== '*') expect(answer.headers.get('vary')).toMatch(/origin/i)
    }
  })
})
