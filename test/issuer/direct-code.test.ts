/** A code's tokens are given before Koa as the provider gives them: in claims, words, headers, the log, and what is kept. */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Artifact } from '../../src/issuer/artifact-store.ts'
import { type OpenStores, openStores } from '../../src/stores/open.ts'
import { agree } from '../support/agree.ts'
import { breakableStores } from '../support/breakable.ts'
import { basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { recordLog } from '../support/log-lines.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const log = recordLog()
const kept: Artifact['payload'][] = []
/** The short way asks in this order; the provider looks at the grant before it uses the code. */
const shortWay = ['consume', 'grant']
let asked: string[] = []
/** Runs at the last look at a grant. */
let meanwhile: (() => Promise<unknown>) | undefined

const watched =
  (open: OpenStores): OpenStores =>
  async (needs) => {
    const stores = await open(needs)
    return {
      ...stores,
      grants: {
        ...stores.grants,
        async get(id) {
          asked.push('grant')
          const run = meanwhile
          meanwhile = undefined
          await run?.()
          return stores.grants.get(id)
        },
      },
      artifacts: {
        ...stores.artifacts,
        consume(kind, id, at) {
          asked.push('consume')
          return stores.artifacts.consume(kind, id, at)
        },
        put(kind, id, payload, expiresAt) {
          if (kind === 'RefreshToken') kept.push(payload)
          return stores.artifacts.put(kind, id, payload, expiresAt)
        },
      },
    }
  }

let upstream: Upstream
let broker: TestBroker
let client: TestClient
const api = 'https://patients.example/'

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true })
  upstream = await startUpstream({ users: { rene: { ...rene, ward: 'B2' } } })
  broker = await startTestBroker({ path: '/auth', parts: { log: log.log, openStores: watched(openStores) } })
  await broker.created('apis', { name: 'Patients', slug: 'patients', audience: api })
  await broker.addSource(upstream)
  client = await broker.addClient({ web_origins: ['https://spa.example'] })
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
  vi.useRealTimers()
})
beforeEach(() => {
  meanwhile = undefined
})

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

type Form = Readonly<Record<string, string>>
interface Code {
  readonly of: TestClient
  readonly posts: boolean
  readonly form: Form
}
/** A field that nobody knows sends it the long way, and is ignored there. */
const theLongWay = { ignored: 'yes' }

async function codeOf(of: TestClient, params: Form = {}, { posts = false } = {}): Promise<Code> {
  const { code, verifier } = await agree(broker, createVisitor(), of, { idp_hint: 'Okta', ...params })
  const form = { grant_type: 'authorization_code', code, redirect_uri: of.redirectUri, code_verifier: verifier }
  return { of, posts, form }
}

async function redeem({ of, posts, form }: Code, more: Form = {}, headers: Form = {}) {
  log.clear()
  kept.length = 0
  asked = []
  const own: Form = posts
    ? { client_id: of.id, client_secret: of.secret }
    : of.secret === ''
      ? { client_id: of.id }
      : {}
  const proof = posts || of.secret === '' ? {} : basic(of)
  const answer = await broker.post('/token', { ...form, ...own, ...more }, { ...proof, ...headers })
  const way = asked.slice(0, 2)
  const body = (await answer.json()) as Tokens & Record<string, unknown>
  const told = (await log.linesOf(answer))
    .filter(({ event }) => /^(token|grant|request)/.test(event ?? ''))
    .map(({ time: _time, request_id: _id, duration_ms: _duration, grant: _grant, ...line }) => line)
  const changing = ['x-request-id', 'date', 'content-length', 'keep-alive', 'connection']
  const its = Object.fromEntries([...answer.headers].filter(([name]) => !changing.includes(name)))
  const wasShort = way.join() === shortWay.join()
  return { status: answer.status, headers: its, body, told, record: kept.at(-1), wasShort }
}
type Answer = Awaited<ReturnType<typeof redeem>>

const its = { jti: '', iat: 0, exp: 0, auth_time: 0, sid: '', session_state: '', client_session: '' }
function comparable({ body, record, wasShort: _way, ...answer }: Answer) {
  const tokens = [body.access_token, body.id_token].filter((token) => token !== undefined)
  return {
    ...answer,
    body: { ...body, access_token: '', id_token: '', refresh_token: body.refresh_token && '' },
    members: Object.keys(body),
    tokens: tokens.map((token) => {
      const claims = decodeJwt(token)
      const life = Number(claims.exp) - Number(claims.iat)
      return {
        header: decodeProtectedHeader(token),
        names: Object.keys(claims).sort(),
        claims: { ...claims, ...its },
        life,
      }
    }),
    record: record && {
      ...record,
      ...{ iat: 0, exp: 0, iiat: 0, authTime: 0, grantId: '', sessionUid: '' },
      life: Number(record.exp) - Number(record.iat),
      isFirst: record.iiat === record.iat,
    },
  }
}

async function bothWays(make: () => Promise<Code>, between: (code: Code) => Promise<unknown> = async () => {}) {
  const [first, second] = [await make(), await make()]
  for (const code of [first, second]) await between(code)
  const [short, long] = [await redeem(first), await redeem(second, theLongWay)]
  expect(comparable(short)).toEqual(comparable(long))
  return { short, long, code: first }
}

describe('a code for its tokens', () => {
  type Way = [name: string, of: () => Promise<TestClient>, params: Form, posts: boolean]
  const ways: Way[] = [
    ['of a client with a secret', async () => client, {}, false],
    ['with a nonce', async () => client, { nonce: 'n-0S6_WzA2Mj' }, false],
    ['of few scopes, in another order', async () => client, { scope: 'email openid' }, false],
    ['for offline use', async () => client, { scope: 'openid email offline_access', prompt: 'consent' }, false],
    ['for an API', async () => client, { resource: api }, false],
    [
      'with a scope of APIs',
      () => broker.addClient({ scope: 'openid patients.read' }),
      { scope: 'openid patients.read' },
      false,
    ],
    ['of a public client', () => broker.addClient({ token_endpoint_auth_method: 'none' }), {}, false],
    [
      'of a client that posts its secret',
      () => broker.addClient({ token_endpoint_auth_method: 'client_secret_post' }),
      {},
      true,
    ],
    [
      'by RFC 9068',
      () => broker.addClient({ token_profile: 'rfc9068', web_origins: ['https://a.example'] }),
      {},
      false,
    ],
    ['of a third party', () => broker.addClient({ first_party: false }), { scope: 'openid email' }, false],
    ['of a client that does not refresh', () => broker.addClient({ grant_types: ['authorization_code'] }), {}, false],
  ]

  it.each(ways)('%s is the same both ways', async (_, of, params, posts) => {
    const asking = await of()
    const { short, long } = await bothWays(() => codeOf(asking, params, { posts }))
    expect(short).toMatchObject({ status: 200, wasShort: true })
    expect(long.wasShort).toBe(false)
  })

  it('gives a refresh token that can be used both ways', async () => {
    for (const more of [{}, theLongWay]) {
      const { body } = await redeem(await codeOf(client))
      const form = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
      expect((await broker.post('/token', { ...form, ...more }, basic(client))).status).toBe(200)
    }
  })

  it.each([
    ['claims that were asked for one by one', { claims: JSON.stringify({ id_token: { name: null } }) }, {}],
    ['a page’s script', {}, { origin: 'https://spa.example' }],
    ['a proof of possession', {}, { dpop: 'x' }],
  ])('with %s is the provider’s', async (_, params: Form, headers: Form) => {
    expect((await redeem(await codeOf(client, params), {}, headers)).wasShort).toBe(false)
  })

  it('is of one of fifty at once, whichever way they come, and then of nobody', async () => {
    const { form } = await codeOf(client)
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const answer = await broker.post('/token', { ...form, ...(index % 5 === 4 && theLongWay) }, basic(client))
        return { status: answer.status, body: (await answer.json()) as Tokens & { reason?: string } }
      }),
    )
    const answered = answers.filter(({ status }) => status === 200)
    expect(answered).toHaveLength(1)
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.reason))).toEqual(
      new Set(['code_reused']),
    )
    expect((await broker.userinfo(answered[0]?.body.access_token ?? '')).status).toBe(401)
  })
})

describe('is refused in the same words', () => {
  const refused = async (code: Parameters<typeof bothWays>[0], between?: Parameters<typeof bothWays>[1]) => {
    const { short } = await bothWays(code, between)
    expect(short.status).toBeGreaterThanOrEqual(400)
    return short
  }
  const but = (form: Form) => async () => {
    const code = await codeOf(client)
    return { ...code, form: { ...code.form, ...form } }
  }

  it.each([
    ['a verifier that is another', { code_verifier: 'x'.repeat(43) }],
    ['a verifier that is too short', { code_verifier: 'x'.repeat(42) }],
    ['an address that is another', { redirect_uri: 'https://other.example/' }],
    ['a code that is none', { code: 'x'.repeat(43) }],
  ])('for %s', async (_, form) => {
    expect((await refused(but(form))).status).toBe(400)
  })

  it('to another client, and its own can still use it', async () => {
    const other = await broker.addClient()
    let mine: Code | undefined
    await refused(async () => {
      mine = await codeOf(client)
      return { ...mine, of: other }
    })
    expect(mine && (await redeem(mine))).toMatchObject({ status: 200, wasShort: true })
  })

  it('when it was used, and what it gave is dead', async () => {
    const given: Tokens[] = []
    const answer = await refused(
      () => codeOf(client),
      async (code) => void given.push((await redeem(code)).body),
    )
    expect(answer.body).toMatchObject({ error: 'invalid_grant', reason: 'code_reused' })
    for (const { access_token } of given) expect((await broker.userinfo(access_token)).status).toBe(401)
  })

  it('when it has expired', async () => {
    const { authorization_code } = broker.config.lifetimes
    const codes = [await codeOf(client), await codeOf(client)]
    pass(authorization_code + 1)
    expect((await refused(async () => codes.pop() as Code)).body).toMatchObject({ error: 'invalid_grant' })
  })

  it('when the account was switched off', async () => {
    const merge = { 'content-type': 'application/merge-patch+json' }
    const { body } = await redeem(await codeOf(client))
    const path = `users/${decodeJwt(body.access_token).sub}`
    const codes = [await codeOf(client), await codeOf(client)]
    await broker.admin('PATCH', path, { enabled: false }, merge)
    expect((await refused(async () => codes.pop() as Code)).body).toMatchObject({ reason: 'account_disabled' })
    await broker.admin('PATCH', path, { enabled: true }, merge)
    // What was proven in the same second is void, too.
    pass(2)
  })

  it('when its session ends at the last moment', async () => {
    const answer = await refused(
      () => codeOf(client),
      async () => {
        meanwhile = async () => {
          const { body } = await broker.admin('GET', 'sessions?limit=200')
          for (const { id } of body.items as { id: string }[]) await broker.admin('DELETE', `sessions/${id}`)
        }
      },
    )
    expect(answer.body).toMatchObject({ error: 'invalid_grant', reason: 'session_ended' })
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

  it.each(['get', 'consume', 'put', 'identities'])('from its %s on, there is no answer', async (method) => {
    const { code, verifier } = await agree(away, createVisitor(), asking, { idp_hint: 'Okta' })
    stores.cutAt(method)
    const answer = await away.redeem(asking, code, verifier)
    stores.mend()
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' })
  })

  it.each([
    ['the short way', {}],
    ['the long way', theLongWay],
  ])('nobody is taken for a thief who may only have used it once, %s', async (_, more) => {
    const { code, verifier } = await agree(away, createVisitor(), asking, { idp_hint: 'Okta' })
    const form = { grant_type: 'authorization_code', code, redirect_uri: asking.redirectUri, code_verifier: verifier }
    log.clear()
    stores.loseAnswersOf('consume')
    const answer = await away.post('/token', { ...form, ...more }, basic(asking))
    stores.mend()
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ error: 'temporarily_unavailable' })
    const told = (await log.linesOf(answer)).map(({ event }) => event)
    expect(told).toContain('token.unanswered')
    expect(told).not.toContain('grant.revoked')
  })

  it('it can be shown again when it was used and nothing was given for it', async () => {
    const { code, verifier } = await agree(away, createVisitor(), asking, { idp_hint: 'Okta' })
    const form = { grant_type: 'authorization_code', code, redirect_uri: asking.redirectUri, code_verifier: verifier }
    for (const more of [{}, theLongWay]) {
      stores.cutAt('put')
      expect((await away.post('/token', { ...form, ...more }, basic(asking))).status).toBe(503)
      stores.mend()
    }
    expect((await away.post('/token', form, basic(asking))).status).toBe(200)
  })
})
