import type { ServerResponse } from 'node:http'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { agree } from '../support/agree.ts'
import { basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { signInWithPassword } from '../support/password.ts'
import { john, rene } from '../support/people.ts'
import { type RelyingParty, startRelyingParty, verifyLogoutToken } from '../support/relying-party.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

let upstream: Upstream
let broker: TestBroker
let app: RelyingParty
let rota: RelyingParty
let client: TestClient
let other: TestClient
let quiet: TestClient
let sourceId: string

const backchannel_logout = { private_hosts: ['localhost'], attempts: 3, retry_after: 0.02 }

beforeAll(async () => {
  ;[upstream, app, rota] = await Promise.all([
    startUpstream({ users: { rene, john } }),
    startRelyingParty(),
    startRelyingParty(),
  ])
  broker = await startTestBroker({ settings: { backchannel_logout, outbound: { timeout: 2 } } })
  const source = await broker.addSource(upstream)
  sourceId = source.id
  upstream.register({ backchannelLogoutUrl: String(source.backchannel_logout_url) })
  client = await broker.addClient({ backchannel_logout_uri: app.logoutUri, backchannel_logout_session_required: true })
  other = await broker.addClient({ client_name: 'Rota', backchannel_logout_uri: rota.logoutUri })
  quiet = await broker.addClient({ client_name: 'Quiet' })
})
afterEach(() => {
  upstream.signInAs('rene')
  for (const one of [app, rota]) one.forget()
})
afterAll(async () => {
  for (const one of [broker, upstream, app, rota]) await one[Symbol.asyncDispose]()
})

const login = (as: TestClient = client, visitor?: Visitor) =>
  broker.login(as, { params: { idp_hint: 'Okta' }, ...(visitor && { visitor }) })

/** Signed in at three applications, two of which are to be told. */
async function stay() {
  const visit = await login()
  await login(other, visit.visitor)
  await login(quiet, visit.visitor)
  return { ...visit, sid: String(visit.access.sid) }
}
type Stay = Awaited<ReturnType<typeof stay>>

const logout = (visit: Pick<Stay, 'visitor' | 'tokens'>) =>
  visit.visitor.request(`${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: visit.tokens.id_token })}`)

async function form(visitor: Visitor, path: string, body: Readonly<Record<string, string>>) {
  const page = await (await visitor.request(`${broker.issuer}/sessions`)).text()
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(page) ?? []
  const answer = await visitor.request(`${broker.issuer}${path}`, {
    method: 'POST',
    body: new URLSearchParams({ ...body, csrf }),
  })
  expect(answer.status).toBe(303)
}

const traces = async (query: Readonly<Record<string, string>>) =>
  (await broker.admin('GET', `traces?${new URLSearchParams(query)}`)).body.items as Record<string, unknown>[]

/** In its own time: what a busy machine takes longer for is not wrong. */
const soon = <T>(check: () => T | Promise<T>, options = {}) =>
  vi.waitFor(check, { timeout: 10_000, interval: 50, ...options })

/** What it was told about one session: others that end meanwhile are of other tests. */
const toldOf = (one: RelyingParty, sid: unknown) => one.notices.filter(({ claims }) => claims.sid === sid)

/** What became of telling the client of this session's end. */
const outcomeOf = async (as: TestClient, sid: string) => {
  const found = (await traces({ client_id: as.id })).filter(({ steps }) => JSON.stringify(steps).includes(sid))
  return found.find(({ outcome }) => outcome !== 'open')
}

describe('a client with a backchannel_logout_uri', () => {
  it('SEC-097 finds in the discovery document that it will be told', async () => {
    const metadata = await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).json()
    expect(metadata).toMatchObject({ backchannel_logout_supported: true, backchannel_logout_session_supported: true })
  })

  it('SEC-097 is told by a token that says all that the standard asks for, and nothing else', async () => {
    const visit = await stay()
    await logout(visit)
    const notice = await soon(() => toldOf(app, visit.sid)[0] ?? Promise.reject(new Error('not told')))
    const { payload, protectedHeader } = await verifyLogoutToken(notice.token, broker.issuer, client.id)
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'logout+jwt', kid: expect.any(String) })
    expect(payload).toEqual({
      iss: broker.issuer,
      aud: client.id,
      sub: visit.access.sub,
      sid: visit.access.sid,
      iat: expect.any(Number),
      exp: Number(payload.iat) + 120,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    expect([visit.id.sid, visit.id.session_state, visit.access.session_state]).toEqual(Array(3).fill(payload.sid))
    expect(notice.contentType).toBe('application/x-www-form-urlencoded')
    await soon(() => expect(toldOf(rota, visit.sid)).toHaveLength(1))
    expect(toldOf(rota, visit.sid)[0]?.claims).toMatchObject({ aud: other.id, sid: visit.sid })
  })

  it('SEC-097 the token is good for nothing else: no access, no hint, no introspection', async () => {
    const visit = await stay()
    await logout(visit)
    const { token } = await soon(() => toldOf(app, visit.sid)[0] ?? Promise.reject(new Error('not told')))
    expect((await broker.userinfo(token)).status).toBe(401)
    expect((await broker.introspect(client, token)).body).toEqual({ active: false })
    const hinted = await visit.visitor.request(`${broker.issuer}/logout?id_token_hint=${token}`)
    expect(hinted.status).toBe(400)
  })
})

describe('every ending of a session is told', () => {
  const endings: [string, (visit: Stay) => Promise<unknown>][] = [
    ['a logout that the application asks for', logout],
    [
      'a logout that the person is asked about and agrees to',
      async ({ visitor }) => {
        const page = await (await visitor.request(`${broker.issuer}/logout`)).text()
        const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? []
        const body = new URLSearchParams({ xsrf, logout: 'yes' })
        await visitor.request(`${broker.issuer}/logout/confirm`, { method: 'POST', body })
      },
    ],
    ['the person on their page of sessions', ({ visitor, sid }) => form(visitor, '/sessions/end', { session: sid })],
    ['the person in another browser', async () => form((await login(quiet)).visitor, '/sessions/end-others', {})],
    ['an administrator', ({ sid }) => broker.admin('DELETE', `sessions/${sid}`)],
    [
      'the upstream',
      ({ visitor }) =>
        visitor.travel(`${upstream.issuer}/session/end`, ({ pathname }) => pathname.endsWith('/success')),
    ],
    [
      'another person who signs in in the same browser',
      ({ visitor }) => {
        upstream.signInAs('john')
        upstream.endSessions()
        return broker.login(quiet, { visitor, params: { idp_hint: 'Okta', prompt: 'login' } })
      },
    ],
    [
      'the account being disabled',
      async ({ access }) => {
        await broker.admin('PATCH', `users/${access.sub}`, { enabled: false })
        await broker.admin('PATCH', `users/${access.sub}`, { enabled: true })
      },
    ],
    [
      'the source being disabled',
      async () => {
        await broker.admin('PATCH', `authentication-sources/${sourceId}`, { enabled: false })
        await broker.admin('PATCH', `authentication-sources/${sourceId}`, { enabled: true })
      },
    ],
    ['the account being removed', ({ access }) => broker.admin('DELETE', `users/${access.sub}`)],
  ]

  it.each(endings)('SEC-097 %s', async (_, end) => {
    const visit = await stay()
    await end(visit)
    for (const one of [app, rota]) {
      await soon(() => expect(toldOf(one, visit.sid)).toHaveLength(1))
    }
    expect(toldOf(app, visit.sid)[0]?.claims.sub).toBe(visit.access.sub)
    expect((await broker.introspect(client, visit.tokens.access_token)).body).toEqual({ active: false })
  })

  it('SEC-097 the source being removed', async () => {
    const second = await startUpstream({ users: { rene } })
    const source = await broker.addSource(second, { alias: 'Short' })
    const visit = await broker.login(client, { params: { idp_hint: 'Short' } })
    await broker.admin('DELETE', `authentication-sources/${source.id}`)
    await soon(() => expect(app.notices.map(({ claims }) => claims.sid)).toContain(visit.access.sid))
    await second.stop()
  })

  it('SEC-097 a local user’s password being changed', async () => {
    const user = await broker.created('users', { username: 'ada', password: 'a machine that weaves' })
    const visitor = createVisitor()
    await signInWithPassword(broker, visitor, client, { username: 'ada', password: 'a machine that weaves' })
    await broker.admin('PATCH', `users/${user.id}`, { password: 'another machine altogether' })
    await soon(() => expect(app.notices.map(({ claims }) => claims.sub)).toContain(user.id))
  })

  it('SEC-097 also to a client whose grant outlives the session, which it does', async () => {
    const visitor = createVisitor()
    const params = { scope: 'openid offline_access', prompt: 'consent', idp_hint: 'Okta' }
    const { code, verifier } = await agree(broker, visitor, client, params)
    const tokens = (await (await broker.redeem(client, code, verifier)).json()) as Tokens
    const { sid } = decodeJwt(tokens.id_token)
    await broker.admin('DELETE', `sessions/${sid}`)
    await soon(() => expect(toldOf(app, sid)).toHaveLength(1))
    expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(200)
  })

  it('SEC-097 and nothing that is no ending: a refresh, a revoked token, staying signed in', async () => {
    const { visitor, tokens, access } = await login()
    await broker.refresh(client, tokens.refresh_token)
    expect((await broker.post('/revoke', { token: tokens.access_token }, basic(client))).status).toBe(200)
    await login(client, visitor)
    const mark = await stay()
    await logout(mark)
    await soon(() => expect(toldOf(app, mark.sid)).toHaveLength(1))
    expect(toldOf(app, access.sid)).toEqual([])
  })
})

describe('a client that does not take it well', () => {
  it('SEC-097 delays nobody: the person is out while the application still thinks about it', async () => {
    const visit = await stay()
    const held: ServerResponse[] = []
    app.answer((_req, res) => void held.push(res))
    expect((await logout(visit)).status).toBe(303)
    // Had it been waited for, the broker would have hung up by now.
    expect(held.every(({ socket }) => socket?.destroyed === false)).toBe(true)
    await soon(() => expect(held).not.toEqual([]))
    expect((await broker.introspect(client, visit.tokens.access_token)).body).toEqual({ active: false })
    for (const res of held) res.end()
  })

  it('SEC-097 is tried again, with a new token each time, until it answers', async () => {
    const visit = await stay()
    let busy = 2
    app.answer((_req, res) => void res.writeHead(busy-- > 0 ? 503 : 204).end())
    await logout(visit)
    await soon(async () => expect(await outcomeOf(client, visit.sid)).toMatchObject({ outcome: 'signed_out' }))
    expect(toldOf(app, visit.sid)).toHaveLength(3)
    expect(new Set(toldOf(app, visit.sid).map(({ claims }) => claims.jti)).size).toBe(3)
    const trace = await outcomeOf(client, visit.sid)
    expect(trace).toMatchObject({ client_id: client.id, account_id: visit.access.sub, reason: null })
    expect(trace?.steps).toMatchObject(['session_ended', 'not_told', 'not_told', 'told'].map((what) => ({ what })))
    expect((await broker.admin('GET', `traces/${trace?.reference}`)).body).toEqual(trace)
    const ofAccount = await traces({ account_id: String(visit.access.sub) })
    expect(ofAccount.map(({ reference }) => reference)).toContain(trace?.reference)
    expect(await traces({ account_id: 'nobody' })).toEqual([])
  })

  it('SEC-097 and is dead is given up after a few tries, which the trace says with its cause and its fix', async () => {
    const visit = await stay()
    app.answer((req) => req.socket.destroy())
    await logout(visit)
    await soon(async () =>
      expect(await outcomeOf(client, visit.sid)).toMatchObject({
        outcome: 'could_not_tell',
        reason: { code: 'logout_unanswered', cause: expect.any(String), fix: expect.any(String) },
      }),
    )
    expect(toldOf(app, visit.sid)).toHaveLength(backchannel_logout.attempts)
    // The other one was told all the same.
    await soon(() => expect(toldOf(rota, visit.sid)).toHaveLength(1))
  })

  it('SEC-097 and never finishes its answer counts as silent, and a body without end as nothing', async () => {
    const silent = await stay()
    app.answer(() => {})
    await logout(silent)
    await soon(async () => expect(await outcomeOf(client, silent.sid)).toMatchObject({ outcome: 'could_not_tell' }), {
      timeout: 20_000,
      interval: 100,
    })
    app.forget()
    const endless = await stay()
    let written = 0
    app.answer((_req, res) => {
      res.writeHead(200)
      const more = () => {
        while (res.writable && written < 50_000_000 && res.write('x'.repeat(65_536))) written += 65_536
      }
      res.on('drain', more)
      more()
    })
    await logout(endless)
    await soon(async () => expect(await outcomeOf(client, endless.sid)).toMatchObject({ outcome: 'signed_out' }))
    expect(written).toBeLessThan(20_000_000)
    expect(toldOf(app, endless.sid)).toHaveLength(1)
  }, 40_000)

  it.each([301, 302, 303, 307, 308])(
    'SEC-097 and redirects (%i) is not followed, and not tried again',
    async (status) => {
      const visit = await stay()
      app.answer((_req, res) => void res.writeHead(status, { location: rota.logoutUri }).end())
      rota.answer((_req, res) => void res.end())
      await logout(visit)
      await soon(async () =>
        expect(await outcomeOf(client, visit.sid)).toMatchObject({
          outcome: 'refused',
          reason: { code: 'logout_refused' },
        }),
      )
      expect(toldOf(app, visit.sid)).toHaveLength(1)
      await soon(() => expect(toldOf(rota, visit.sid).map(({ claims }) => claims.aud)).toEqual([other.id]))
    },
  )

  it('SEC-097 and refuses the token is not asked again', async () => {
    const visit = await stay()
    app.answer((_req, res) => void res.writeHead(400).end('{"error":"invalid_request"}'))
    await logout(visit)
    await soon(async () =>
      expect(await outcomeOf(client, visit.sid)).toMatchObject({
        outcome: 'refused',
        reason: { code: 'logout_refused' },
      }),
    )
    expect(toldOf(app, visit.sid)).toHaveLength(1)
  })

  it('SEC-097 and lies in a private network is not called unless its host is named in the settings', async () => {
    const port = new URL(app.logoutUri).port
    const inside = await broker.addClient({ backchannel_logout_uri: `http://127.0.0.1:${port}/inside` })
    const visit = await login(inside)
    await logout(visit)
    await soon(async () =>
      expect(await outcomeOf(inside, String(visit.access.sid))).toMatchObject({
        outcome: 'refused',
        reason: { code: 'logout_address_refused' },
      }),
    )
    expect(toldOf(app, visit.access.sid)).toHaveLength(0)
  })

  it('SEC-097 and was disabled or removed meanwhile is not told', async () => {
    const gone = await broker.addClient({ backchannel_logout_uri: `${app.logoutUri}/gone` })
    const { visitor } = await login(gone)
    const visit = await login(client, visitor)
    await broker.admin('PATCH', `clients/${gone.id}`, { enabled: false })
    await logout(visit)
    await soon(() => expect(toldOf(app, visit.access.sid)).not.toEqual([]))
    expect(toldOf(app, visit.access.sid).map(({ claims }) => claims.aud)).toEqual([client.id])
  })
})
