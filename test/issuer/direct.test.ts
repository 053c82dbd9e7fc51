/** What is answered before Koa is what the provider answers: to the byte, to the header, and to the line of the log. */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { basic, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { recordLog } from '../support/log-lines.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const log = recordLog()
const machine = { redirect_uris: [], grant_types: ['client_credentials'] }
let upstream: Upstream
let broker: TestBroker
let client: TestClient
let modern: TestClient
let gateway: TestClient
let other: TestClient
let posting: TestClient

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ path: '/auth', parts: { log: log.log } })
  await broker.addSource(upstream)
  client = await broker.addClient({ web_origins: ['https://spa.example'] })
  modern = await broker.addClient({ token_profile: 'rfc9068' })
  other = await broker.addClient(machine)
  gateway = await broker.addClient({ ...machine, resource_server: { apis: '*' } })
  await broker.created('apis', { name: 'Patient API', slug: 'patients', clients: [client.id, modern.id] })
  posting = await broker.addClient({ ...machine, token_endpoint_auth_method: 'client_secret_post' })
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})
beforeEach(() => {
  log.clear()
})

const changing = ['x-request-id', 'date']
const headersOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => !changing.includes(name)))
async function answerOf(answer: Response) {
  const told = (await log.linesOf(answer))
    .filter(({ event }) => event?.startsWith('introspection') || event === 'request.answered')
    .map(({ time: _time, request_id: _id, duration_ms: _duration, ...line }) => line)
  log.clear()
  return { status: answer.status, headers: headersOf(answer), body: await answer.text(), told }
}
/** A field that nobody knows sends it the long way, and is ignored there. */
const theLongWay = { ignored: 'yes' }

async function bothWays(form: Record<string, string>, headers: Record<string, string> = {}) {
  log.clear()
  const short = await answerOf(await broker.post('/introspect', form, headers))
  const long = await answerOf(await broker.post('/introspect', { ...form, ...theLongWay }, headers))
  return { short, long, active: short.body.startsWith('{"active":true') }
}
const tokenOf = async (who: TestClient) => {
  const answer = await broker.post('/token', { grant_type: 'client_credentials' }, basic(who))
  return String(((await answer.json()) as { access_token: unknown }).access_token)
}

describe('introspection', () => {
  it.each([
    ['a person, to the client of the token', () => [client, client] as const],
    ['a person, to a gateway', () => [client, gateway] as const],
    ['a person by RFC 9068, to a gateway', () => [modern, gateway] as const],
  ])('says the same of %s', async (_, who) => {
    const [owner, asking] = who()
    const { tokens } = await broker.login(owner, { params: { idp_hint: 'Okta' } })
    const { short, long, active } = await bothWays({ token: tokens.access_token }, basic(asking))
    expect(active).toBe(true)
    expect(short).toEqual(long)
  })

  it('says the same of a machine, shown twice, with a hint or with the wrong one', async () => {
    const token = await tokenOf(other)
    const hints: readonly Record<string, string>[] = [
      {},
      { token_type_hint: 'access_token' },
      { token_type_hint: 'refresh_token' },
    ]
    for (const hint of hints) {
      const { short, long, active } = await bothWays({ token, ...hint }, basic(other))
      expect(active).toBe(true)
      expect(short).toEqual(long)
    }
  })

  it('says the same to a client that posts its secret, and to none that should not have', async () => {
    const token = await tokenOf(other)
    const posted = ({ id, secret }: TestClient) => ({ token, client_id: id, client_secret: secret })
    const right = await bothWays(posted(posting))
    expect(right.short.body).toBe('{"active":false}')
    expect(right.short).toEqual(right.long)
    const wrong = await bothWays(posted(other))
    expect(wrong.short.status).toBe(401)
    expect(wrong.short).toEqual(wrong.long)
  })

  it.each([
    ['a token of nobody', async () => ({ token: 'a.b.c' })],
    ['a token that was tampered with', async () => ({ token: `${(await tokenOf(other)).slice(0, -8)}AAAAAAAA` })],
    ['a token whose client may not be asked about', async () => ({ token: await tokenOf(client) })],
    ['no token', async () => ({ token: '' })],
    ['something opaque', async () => ({ token: 'opaque' })],
  ])('says the same of %s', async (_, form) => {
    const { short, long, active } = await bothWays(await form(), basic(other))
    expect(active).toBe(false)
    expect(short).toEqual(long)
  })

  it('says the same to whoever cannot prove who they are', async () => {
    const token = await tokenOf(other)
    const { id } = other
    for (const headers of [
      {},
      basic({ id, secret: 'wrong' }),
      basic({ id: 'nobody', secret: 'secret' }),
      { authorization: 'Basic ' },
      { authorization: `Bearer ${token}` },
    ]) {
      const { short, long } = await bothWays({ token }, headers)
      expect(short.status).toBeGreaterThanOrEqual(400)
      expect(short).toEqual(long)
    }
  })

  it('hears of a revocation and of a client that was switched off, however often a token was shown before', async () => {
    const leaving = await broker.addClient(machine)
    await broker.created('apis', { name: 'Leaving API', slug: 'leaving', clients: [leaving.id] })
    const token = await tokenOf(leaving)
    const kept = await tokenOf(leaving)
    for (let times = 0; times < 3; times++)
      expect((await bothWays({ token }, basic(leaving))).active, 'before').toBe(true)
    await broker.post('/revoke', { token }, basic(leaving))
    const revoked = await bothWays({ token }, basic(leaving))
    expect(revoked.short.body).toBe('{"active":false}')
    expect(revoked.short).toEqual(revoked.long)
    expect(revoked.short.told[0]).toMatchObject({ event: 'introspection.answered', reason: 'token_revoked' })

    expect((await bothWays({ token: kept }, basic(gateway))).active).toBe(true)
    await broker.admin('PATCH', `clients/${leaving.id}`, { enabled: false }, mergePatch)
    expect((await bothWays({ token: kept }, basic(gateway))).active).toBe(false)
    const refused = await bothWays({ token: kept }, basic(leaving))
    expect(refused.short.status).toBe(401)
    expect(refused.short).toEqual(refused.long)
  })

  it('tells a page only what the client allows', async () => {
    const token = await tokenOf(other)
    const asked = { ...basic(other), origin: 'https://stranger.example' }
    const answer = await broker.post('/introspect', { token }, asked)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('a token for a machine', () => {
  const varying = { jti: expect.any(String), iat: expect.any(Number), exp: expect.any(Number) }
  async function grantOf(form: Record<string, string>, headers: Record<string, string>) {
    log.clear()
    const answer = await broker.post('/token', { grant_type: 'client_credentials', ...form }, headers)
    const told = (await log.linesOf(answer))
      .filter(({ event }) => event?.startsWith('token') || event === 'request.answered')
      .map(({ time: _time, request_id: _id, duration_ms: _duration, ...line }) => line)
    const body = (await answer.json()) as Record<string, unknown>
    const token = String(body.access_token ?? '')
    const claims = token && decodeJwt(token)
    return {
      status: answer.status,
      headers: { ...headersOf(answer), 'content-length': '' },
      members: Object.keys(body),
      body: { ...body, access_token: '' },
      header: token && decodeProtectedHeader(token),
      names: Object.keys(claims),
      claims: claims && { ...claims, ...varying },
      life: claims && Number(claims.exp) - Number(claims.iat),
      told,
    }
  }
  const bothGrants = async (form: Record<string, string>, headers: Record<string, string>) => ({
    short: await grantOf(form, headers),
    long: await grantOf({ ...form, ...theLongWay }, headers),
  })

  it('is the same, by secret in the header or in the body, in both profiles', async () => {
    const spoken = await broker.addClient({ ...machine, token_profile: 'rfc9068', web_origins: ['https://a.example'] })
    const asked: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
      [{}, basic(other)],
      [{}, basic(spoken)],
      [{ client_id: other.id }, basic(other)],
      [{ client_id: posting.id, client_secret: posting.secret }, {}],
    ]
    for (const [form, headers] of asked) {
      const { short, long } = await bothGrants(form, headers)
      expect(short.status).toBe(200)
      expect(short).toEqual(long)
    }
  })

  it('is refused in the same words', async () => {
    const asked: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
      [{}, {}],
      [{}, basic({ id: other.id, secret: 'wrong' })],
      [{}, basic(client)],
      [{ client_id: 'another' }, basic(other)],
      [{ client_id: other.id, client_secret: other.secret }, {}],
      [{ scope: 'admin' }, basic(other)],
      [{ resource: 'urn:nobody' }, basic(other)],
    ]
    for (const [form, headers] of asked) {
      const { short, long } = await bothGrants(form, headers)
      expect(short.status, JSON.stringify(form)).toBeGreaterThanOrEqual(400)
      expect(short).toEqual(long)
    }
  })

  it('is not given to a client that was switched off a moment ago', async () => {
    const leaving = await broker.addClient(machine)
    expect((await grantOf({}, basic(leaving))).status).toBe(200)
    await broker.admin('PATCH', `clients/${leaving.id}`, { enabled: false }, mergePatch)
    const { short, long } = await bothGrants({}, basic(leaving))
    expect(short.status).toBe(401)
    expect(short).toEqual(long)
  })
})

const mergePatch = { 'content-type': 'application/merge-patch+json' }

describe('published documents', () => {
  const addresses = () => {
    const { origin } = new URL(broker.issuer)
    return [
      `${broker.issuer}/jwks`,
      `${broker.issuer}/.well-known/openid-configuration`,
      `${broker.issuer}/.well-known/oauth-authorization-server`,
      `${origin}/.well-known/oauth-authorization-server/auth`,
      `${origin}/.well-known/openid-configuration/auth`,
    ]
  }

  it('are the same from memory as from the provider, whoever asks', async () => {
    for (const address of addresses()) {
      for (const headers of [{}, { origin: 'https://spa.example' }] as const) {
        await fetch(address)
        const short = await fetch(address, { headers })
        const long = await fetch(`${address}?`, { headers })
        expect(short.status, address).toBe(200)
        expect(headersOf(short), address).toEqual(headersOf(long))
        expect(await short.text()).toBe(await long.text())
      }
    }
  })

  it('are not sent again to whoever has them', async () => {
    for (const address of addresses()) {
      const etag = String((await fetch(address)).headers.get('etag'))
      const short = await fetch(address, { headers: { 'if-none-match': `"other", W/${etag}` } })
      const long = await fetch(`${address}?`, { headers: { 'if-none-match': `"other", W/${etag}` } })
      expect(short.status).toBe(304)
      expect(headersOf(short)).toEqual(headersOf(long))
      expect(await short.text()).toBe('')
    }
  })

  it('are counted by their endpoints', async () => {
    for (const address of addresses()) await fetch(address)
    log.clear()
    for (const address of addresses()) await fetch(address)
    expect(log.events('request.answered').map(({ endpoint }) => endpoint)).toEqual([
      '/jwks',
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
    ])
  })

  it('and tokens that were seen before, follow a key that is revoked', async () => {
    const token = await tokenOf(other)
    expect((await bothWays({ token }, basic(other))).active).toBe(true)
    const kids = async () =>
      ((await (await fetch(`${broker.issuer}/jwks`)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
    const kid = String(decodeProtectedHeader(token).kid)
    expect(await kids()).toContain(kid)
    expect((await broker.admin('POST', `signing-keys/${kid}/revoke`)).status).toBe(200)
    expect(await kids()).not.toContain(kid)
    const { short, long } = await bothWays({ token }, basic(other))
    expect(short.body).toBe('{"active":false}')
    expect(short).toEqual(long)
  })
})
