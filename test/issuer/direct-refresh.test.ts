/** A refresh is answered before Koa as the provider answers it: in claims, words, headers, the log, and what is kept. */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ConsentStore } from '../../src/clients/consent-store.ts'
import type { Artifact } from '../../src/issuer/artifact-store.ts'
import { type OpenStores, openStores } from '../../src/stores/open.ts'
import { agree } from '../support/agree.ts'
import { breakableStores } from '../support/breakable.ts'
import { automation, basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { recordLog } from '../support/log-lines.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const log = recordLog()
/** What was kept of refresh tokens, and whether the provider looked at a session. */
const kept: Artifact['payload'][] = []
let looks = 0

/** The provider looks at the session of a token, the short way at its grant alone. */
const watched =
  (open: OpenStores): OpenStores =>
  async (needs) => {
    const stores = await open(needs)
    consents = stores.consents
    return {
      ...stores,
      sessions: {
        ...stores.sessions,
        get(id) {
          looks += 1
          return stores.sessions.get(id)
        },
      },
      artifacts: {
        ...stores.artifacts,
        put(kind, id, payload, expiresAt) {
          if (kind === 'RefreshToken') kept.push(payload)
          return stores.artifacts.put(kind, id, payload, expiresAt)
        },
      },
    }
  }

let consents: ConsentStore
let upstream: Upstream
let broker: TestBroker
let source: string
let client: TestClient

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
  upstream = await startUpstream({ users: { rene: { ...rene, department: 'Care', ward: 'B2' } } })
  broker = await startTestBroker({ path: '/auth', parts: { log: log.log, openStores: watched(openStores) } })
  const mapping = { attributes: { ward: 'ward' }, roles: [{ when_group: 'Consultant', role: 'user' }] }
  await broker.created('roles', { name: 'user' })
  source = String((await broker.addSource(upstream, { mapping })).id)
  client = await broker.addClient({ web_origins: ['https://spa.example'] })
  // Claims of a mapping's own are known a moment after it was made.
  const discovery = `${broker.config.issuer}/.well-known/openid-configuration`
  const claims = async () =>
    ((await (await fetch(discovery)).json()) as { claims_supported: string[] }).claims_supported
  await vi.waitFor(async () => expect(await claims()).toContain('ward'), { timeout: 10_000 })
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
  vi.useRealTimers()
})

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

type Form = Readonly<Record<string, string>>
/** A field that nobody knows sends it the long way, and is ignored there. */
const theLongWay = { ignored: 'yes' }
interface Asking extends TestClient {
  readonly posts?: boolean
}
function who({ id, secret, posts }: Asking): { form: Form; headers: Form } {
  if (posts) return { form: { client_id: id, client_secret: secret }, headers: {} }
  return secret === '' ? { form: { client_id: id }, headers: {} } : { form: {}, headers: basic({ id, secret }) }
}

const signIn = async (of: Asking, params: Form = {}) => {
  const visitor = createVisitor()
  const { code, verifier } = await agree(broker, visitor, of, { idp_hint: 'Okta', ...params })
  const form = { grant_type: 'authorization_code', code, redirect_uri: of.redirectUri, code_verifier: verifier }
  const answer = await broker.post('/token', { ...form, ...who(of).form }, who(of).headers)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

async function refresh(of: Asking, token: string, { form = {}, headers = {} }: { form?: Form; headers?: Form } = {}) {
  log.clear()
  kept.length = 0
  looks = 0
  const whole = { grant_type: 'refresh_token', refresh_token: token, ...who(of).form, ...form }
  const answer = await broker.post('/token', whole, { ...who(of).headers, ...headers })
  const body = (await answer.json()) as Tokens & Record<string, unknown>
  const told = (await log.linesOf(answer))
    .filter(({ event }) => /^(token|grant|request|introspection)/.test(event ?? ''))
    .map(({ time: _time, request_id: _id, duration_ms: _duration, grant: _grant, ...line }) => line)
  const changing = ['x-request-id', 'date', 'content-length', 'keep-alive', 'connection']
  const its = Object.fromEntries([...answer.headers].filter(([name]) => !changing.includes(name)))
  return { status: answer.status, headers: its, body, told, record: kept.at(-1), wasShort: looks === 0 }
}
type Answer = Awaited<ReturnType<typeof refresh>>

const varying = { jti: expect.any(String), iat: expect.any(Number), exp: expect.any(Number) }
function comparable({ body, record, wasShort: _way, ...answer }: Answer) {
  const tokens = [body.access_token, body.id_token].filter((token) => token !== undefined)
  return {
    ...answer,
    body: { ...body, access_token: '', id_token: '', refresh_token: '' },
    members: Object.keys(body),
    tokens: tokens.map((token) => {
      const claims = decodeJwt(token)
      const life = Number(claims.exp) - Number(claims.iat)
      return {
        header: decodeProtectedHeader(token),
        names: Object.keys(claims).sort(),
        claims: { ...claims, ...varying },
        life,
      }
    }),
    record: record && {
      ...record,
      ...{ iat: 0, exp: 0, predecessor: '', rotations: 0 },
      life: Number(record.exp) - Number(record.iat),
    },
  }
}

describe('a refresh', () => {
  const asked: readonly (readonly [name: string, of: () => Promise<Asking>, params: Form])[] = [
    ['of a client with a secret', async () => client, {}],
    [
      'of a client that posts its secret',
      async () => ({ ...(await broker.addClient({ token_endpoint_auth_method: 'client_secret_post' })), posts: true }),
      {},
    ],
    ['of a public client', () => broker.addClient({ token_endpoint_auth_method: 'none' }), {}],
    ['by RFC 9068', () => broker.addClient({ token_profile: 'rfc9068', web_origins: ['https://a.example'] }), {}],
    ['for offline use', async () => client, { scope: 'openid email offline_access', prompt: 'consent' }],
    ['of a third party', () => broker.addClient({ first_party: false }), { scope: 'openid email' }],
    ['of scopes in another order', async () => client, { scope: 'groups openid' }],
    ['for an API', async () => client, { resource: 'https://patients.example/' }],
  ]

  beforeAll(async () => {
    await broker.created('apis', { name: 'Patients', slug: 'patients', audience: 'https://patients.example/' })
  })

  it.each(asked)('%s is the same both ways, and each goes on where the other ended', async (name, of, params) => {
    const asking = await of()
    const tokens = await signIn(asking, params)
    const short = await refresh(asking, tokens.refresh_token)
    expect(short).toMatchObject({ status: 200, wasShort: true })
    const long = await refresh(asking, short.body.refresh_token, { form: theLongWay })
    expect(long).toMatchObject({ status: 200, wasShort: name.includes('offline') })
    const again = await refresh(asking, long.body.refresh_token)
    expect(again).toMatchObject({ status: 200, wasShort: true })
    const seen = [short, long, again].map(comparable)
    expect(seen[0]).toEqual(seen[1])
    expect(seen[2]).toEqual(seen[1])
    expect(seen[1]?.tokens).toHaveLength(2)
    expect([short, long, again].map(({ record }) => record?.rotations)).toEqual([1, 2, 3])
    expect(long.record?.iiat).toBe(short.record?.iiat)
    expect(again.record?.iiat).toBe(short.record?.iiat)
  })

  it('says what the mapping and the roles say now', async () => {
    const { refresh_token } = await signIn(client)
    const { body } = await refresh(client, refresh_token)
    const said = { ward: 'B2', department: 'Care', realm_access: { roles: ['user'] }, groups: rene.groups }
    expect(decodeJwt(body.id_token)).toMatchObject(said)
    expect(decodeJwt(body.access_token)).toMatchObject(said)
  })

  it('keeps the session awake', async () => {
    const { session_idle } = broker.config.lifetimes
    let { refresh_token } = await signIn(client)
    for (let times = 0; times < 3; times++) {
      pass(session_idle * 0.6)
      const answer = await refresh(client, refresh_token)
      expect(answer).toMatchObject({ status: 200, wasShort: true })
      refresh_token = answer.body.refresh_token
    }
  })

  it('gives the same answer again for a moment, and then ends the grant', async () => {
    const { refresh_token } = await signIn(client)
    const first = await refresh(client, refresh_token)
    expect((await refresh(client, refresh_token)).body).toEqual(first.body)
    expect((await refresh(client, refresh_token, { form: theLongWay })).body).toEqual(first.body)
    pass(broker.config.lifetimes.refresh_grace)
    const reused = await refresh(client, refresh_token)
    expect(reused).toMatchObject({ status: 400, body: { reason: 'refresh_token_reused' } })
    expect(reused.told).toContainEqual(
      expect.objectContaining({ event: 'grant.revoked', reason: 'refresh_token_reused' }),
    )
    expect((await refresh(client, first.body.refresh_token)).status).toBe(400)
  })

  it('needs no second answer for the one before, once the next one was used', async () => {
    const { refresh_token } = await signIn(client)
    const first = await refresh(client, refresh_token)
    expect((await refresh(client, first.body.refresh_token)).wasShort).toBe(true)
    expect((await refresh(client, refresh_token)).body).toMatchObject({ reason: 'refresh_token_reused' })
  })

  it('is one of fifty at once, whichever way they come', async () => {
    const { refresh_token } = await signIn(client)
    log.clear()
    kept.length = 0
    const form = { grant_type: 'refresh_token', refresh_token }
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const answer = await broker.post('/token', { ...form, ...(index % 5 === 4 && theLongWay) }, basic(client))
        return { status: answer.status, body: (await answer.json()) as Tokens }
      }),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1)
    expect(kept).toHaveLength(1)
  })

  it.each([
    ['a narrower scope', { form: { scope: 'openid' } }],
    ['a page’s script', { headers: { origin: 'https://spa.example' } }],
  ])('with %s is the provider’s', async (_, sent) => {
    const { refresh_token } = await signIn(client)
    expect(await refresh(client, refresh_token, sent)).toMatchObject({ status: 200, wasShort: false })
  })

  it('with a proof of possession is the provider’s, who says whether it is one', async () => {
    const { refresh_token } = await signIn(client)
    const answer = await refresh(client, refresh_token, { headers: { dpop: 'x' } })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })
  })

  it('of claims that were asked for one by one is the provider’s', async () => {
    const { refresh_token } = await signIn(client, { claims: JSON.stringify({ id_token: { name: null } }) })
    expect(await refresh(client, refresh_token)).toMatchObject({ status: 200, wasShort: false })
  })
})

describe('is refused in the same words', () => {
  /** Two sign-ins in the same way, one for each way of asking. */
  async function bothWays(
    of: TestClient,
    between: (tokens: Tokens) => Promise<unknown>,
    { by = of, params = {} } = {},
  ) {
    const short = await signIn(of, params)
    const long = await signIn(of, params)
    for (const tokens of [short, long]) await between(tokens)
    const answers = [
      comparable(await refresh(by, short.refresh_token)),
      comparable(await refresh(by, long.refresh_token, { form: theLongWay })),
    ]
    expect(answers[0]?.status).toBeGreaterThanOrEqual(400)
    expect(answers[0]).toEqual(answers[1])
    return { answer: answers[0], short, long }
  }
  const sid = ({ access_token }: Tokens) => String(decodeJwt(access_token).sid)
  const merge = { 'content-type': 'application/merge-patch+json' }

  it('when its session was ended', async () => {
    const { answer } = await bothWays(client, (tokens) => broker.admin('DELETE', `sessions/${sid(tokens)}`))
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant', reason: 'session_ended' } })
  })

  it('to another client, and the token can still be used by its own', async () => {
    const other = await broker.addClient()
    const { answer, short } = await bothWays(client, async () => {}, { by: other })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(await refresh(client, short.refresh_token)).toMatchObject({ status: 200, wasShort: true })
  })

  it('when it has expired, with its grant or alone', async () => {
    const { session_absolute, refresh_token } = broker.config.lifetimes
    const one = await broker.addClient()
    const session = await signIn(one)
    pass(Math.max(session_absolute, refresh_token) + 1)
    const answers = [
      await refresh(one, session.refresh_token),
      await refresh(one, session.refresh_token, { form: theLongWay }),
    ]
    expect(answers[0]?.status).toBe(400)
    expect(comparable(answers[0] as Answer)).toEqual(comparable(answers[1] as Answer))
  })

  it('when the account, the source or the client was switched off', async () => {
    const { refresh_token, access_token } = await signIn(client)
    const account = String(decodeJwt(access_token).sub)
    const leaving = await broker.addClient()
    for (const [path, asking, reason] of [
      [`users/${account}`, client, 'account_disabled'],
      [`authentication-sources/${source}`, client, 'source_disabled'],
      [`clients/${leaving.id}`, leaving, undefined],
    ] as const) {
      const tokens = [await signIn(asking), await signIn(asking)]
      expect((await broker.admin('PATCH', path, { enabled: false }, merge)).status).toBe(200)
      const short = await refresh(asking, tokens[0]?.refresh_token ?? '')
      const long = await refresh(asking, tokens[1]?.refresh_token ?? '', { form: theLongWay })
      expect(short.status, path).toBe(reason ? 400 : 401)
      if (reason) expect(short.body.reason).toBe(reason)
      expect(comparable(short)).toEqual(comparable(long))
      expect((await broker.admin('PATCH', path, { enabled: true }, merge)).status).toBe(200)
      // What was proven in the same second is void, too.
      pass(2)
    }
    expect((await refresh(client, refresh_token)).status, 'who was shut out stays out').toBe(400)
  })

  it('when what was agreed to is taken back', async () => {
    const third = await broker.addClient({ first_party: false })
    const { answer } = await bothWays(third, async (tokens) => {
      const account = String(decodeJwt(tokens.access_token).sub)
      await consents.withdraw(account, third.id)
    })
    expect(answer).toMatchObject({ status: 400, body: { reason: 'consent_missing' } })
  })

  it('when the tokens would be too large, and the token can be used when they no longer are', async () => {
    const groups = Array.from({ length: 600 }, (_, index) => `department-${index}-of-the-organisation`)
    const tokens = [await signIn(client), await signIn(client)]
    upstream.change('rene', { groups })
    try {
      // What the source says is heard at a sign-in, whatever becomes of it.
      await agree(broker, createVisitor(), client, { idp_hint: 'Okta' })
      const short = await refresh(client, tokens[0]?.refresh_token ?? '')
      const long = await refresh(client, tokens[1]?.refresh_token ?? '', { form: theLongWay })
      expect(short).toMatchObject({ status: 400, body: { error: 'token_too_large' } })
      expect(comparable(short)).toEqual(comparable(long))
    } finally {
      upstream.change('rene', { groups: rene.groups })
      await signIn(client)
    }
    for (const { refresh_token } of tokens)
      expect(await refresh(client, refresh_token)).toMatchObject({ status: 200, wasShort: true })
  })

  it('when the API is not for the client any more', async () => {
    const audience = 'https://once.example/'
    const api = await broker.created('apis', { name: 'Once', slug: 'once', audience })
    const { answer } = await bothWays(
      client,
      () => broker.admin('PATCH', `apis/${api.id}`, { clients: [automation.id] }, merge),
      { params: { resource: audience } },
    )
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
  })

  it('to whoever is not the client', async () => {
    const { refresh_token } = await signIn(client)
    for (const asking of [
      { ...client, secret: 'wrong' },
      { ...client, secret: '' },
      { ...client, id: 'nobody' },
    ]) {
      const short = await refresh(asking, refresh_token)
      expect(short.status).toBe(401)
      expect(comparable(short)).toEqual(comparable(await refresh(asking, refresh_token, { form: theLongWay })))
    }
    const unknown = await refresh(client, 'x'.repeat(43))
    expect(unknown.status).toBe(400)
    expect(comparable(unknown)).toEqual(comparable(await refresh(client, 'x'.repeat(43), { form: theLongWay })))
    expect((await refresh(client, refresh_token)).status).toBe(200)
  })
})

describe('while a store does not answer', () => {
  const stores = breakableStores()
  let away: TestBroker
  let asking: TestClient
  beforeAll(async () => {
    away = await startTestBroker({ parts: { log: log.log, openStores: stores.open } })
    await away.addSource(upstream)
    asking = await away.addClient()
  })
  afterEach(stores.mend)
  afterAll(() => away?.[Symbol.asyncDispose]())

  it.each([
    ...['get', 'consume', 'put', 'endGrace', 'identities'].map((method) => [method, method] as const),
    ['keepAwake', 'touch'],
  ] as const)('from its %s on, there is no answer, and the token is as good as before', async (method, theirs) => {
    const { tokens } = await away.login(asking, { params: { idp_hint: 'Okta' } })
    const first = (await (await away.refresh(asking, tokens.refresh_token)).json()) as Tokens
    const told = async (at: string, more: Form = {}) => {
      log.clear()
      stores.cutAt(at)
      const answer = await away.refresh(asking, first.refresh_token, more)
      const body = await answer.json()
      stores.mend()
      const events = log.lines().filter(({ event }) => event?.startsWith('token'))
      const ended = events.map(({ event, grant_type }) => ({ event, grant_type }))
      return { status: answer.status, again: answer.headers.get('retry-after'), body, ended }
    }
    const short = await told(method)
    expect(short).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
    expect(short.ended).toEqual([{ event: 'token.unanswered', grant_type: 'refresh_token' }])
    expect(await told(theirs, theLongWay)).toMatchObject({ status: 503 })
    expect((await away.refresh(asking, first.refresh_token)).status).toBe(200)
  })

  it('nor where nobody knows whether the token was used, and at once', async () => {
    const { tokens } = await away.login(asking, { params: { idp_hint: 'Okta' } })
    log.clear()
    stores.loseAnswersOf('consume')
    const answer = await away.refresh(asking, tokens.refresh_token)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    expect((await log.linesOf(answer)).map(({ event }) => event)).toContain('token.unanswered')
  })

  it('and who is in stays in while the registry alone is away', async () => {
    const { tokens } = await away.login(asking, { params: { idp_hint: 'Okta' } })
    const { refresh_token } = (await (await away.refresh(asking, tokens.refresh_token)).json()) as Tokens
    stores.cutRegistry()
    expect((await away.refresh(asking, refresh_token)).status).toBe(200)
  })
})
