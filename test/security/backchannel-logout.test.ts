import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { newKeyPair, type RogueUpstream, signAnything, startRogueUpstream } from '../support/rogue-upstream.ts'
import { startUpstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

type Json = Record<string, unknown>

const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout'
const now = () => Math.floor(Date.now() / 1000)

describe('back-channel logout', () => {
  let rogue: RogueUpstream
  let broker: TestBroker
  let client: TestClient
  let sourceId: string
  let made = 0

  beforeAll(async () => {
    rogue = await startRogueUpstream()
    broker = await startTestBroker()
    sourceId = (await addRogue(broker, rogue, 'Rogue')).id
    client = await broker.addClient()
  })
  afterEach(() => void vi.useRealTimers())
  afterAll(async () => {
    await broker[Symbol.asyncDispose]()
    await rogue[Symbol.asyncDispose]()
  })

  /** A person whose session has a name over there. */
  async function signIn(sub: string, sid?: string) {
    rogue.behave({ claims: (honest) => ({ ...honest, sub, ...(sid && { sid }) }), userinfo: () => ({ sub }) })
    return broker.login(client, { params: { idp_hint: 'Rogue' } })
  }

  const honest = (): Json => {
    const payload = { iss: rogue.issuer, aud: 'gatehouse', iat: now(), exp: now() + 120, events: { [logoutEvent]: {} } }
    return { ...payload, jti: `logout-${++made}` }
  }
  const sign = (claims: Json, header: Json = {}, key = rogue.key) =>
    signAnything(key, { alg: 'RS256', kid: key.kid, typ: 'logout+jwt', ...header }, JSON.stringify(claims))
  const send = (token: string, alias = 'Rogue') =>
    broker.post(`/broker/${alias}/backchannel-logout`, { logout_token: token })
  const isAlive = async ({ tokens }: Awaited<ReturnType<typeof signIn>>) =>
    (await broker.introspect(client, tokens.access_token)).body.active

  it('SEC-060 ends the one session that the upstream names, with its grant and tokens, at the next call', async () => {
    const [one, other] = [await signIn('p1', 'sid-1'), await signIn('p1', 'sid-2')]
    const answer = await send(await sign({ ...honest(), sid: 'sid-1', sub: 'p1' }))
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await isAlive(one)).toBe(false)
    expect((await broker.userinfo(one.tokens.access_token)).status).toBe(401)
    expect((await broker.refresh(client, one.tokens.refresh_token)).status).toBe(400)
    const silent = await broker.authorize(one.visitor, client, { prompt: 'none' })
    expect(silent.answer.error).toBe('login_required')
    expect(await isAlive(other)).toBe(true)
    expect((await broker.refresh(client, other.tokens.refresh_token)).status).toBe(200)
  })

  it('SEC-060 ends a session named by sid alone, and all of a person who is named by sub alone', async () => {
    const [one, two, stranger] = [await signIn('p2', 's2a'), await signIn('p2'), await signIn('p3', 's3')]
    const named = await signIn('p2', 's2b')
    expect((await send(await sign({ ...honest(), sid: 's2b' }))).status).toBe(200)
    expect(await Promise.all([one, two, named, stranger].map(isAlive))).toEqual([true, true, false, true])
    expect((await send(await sign({ ...honest(), sub: 'p2' }))).status).toBe(200)
    expect(await Promise.all([one, two, named, stranger].map(isAlive))).toEqual([false, false, false, true])
  })

  it('SEC-060 ends nothing when sid and sub do not belong together, and says 200 when there is nothing to end', async () => {
    const session = await signIn('p4', 's4')
    expect((await send(await sign({ ...honest(), sid: 's4', sub: 'somebody-else' }))).status).toBe(200)
    expect((await send(await sign({ ...honest(), sid: 'never-was' }))).status).toBe(200)
    expect(await isAlive(session)).toBe(true)
  })

  it('SEC-060 leaves offline grants as they are', async () => {
    const session = await signIn('p5', 's5')
    const { url, verifier } = broker.authorizationUrl(client, { scope: 'openid offline_access', prompt: 'consent' })
    const consent = await session.visitor.travel(url, ({ pathname }) => pathname.startsWith('/login/'))
    const page = await (await session.visitor.request(consent)).text()
    const agreed = await session.visitor.request(`${consent.href}/consent`, {
      method: 'POST',
      body: new URLSearchParams({ decision: 'allow', csrf: /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? '' }),
    })
    const back = await session.visitor.travel(
      new URL(agreed.headers.get('location') ?? '', broker.issuer),
      ({ href }) => href.startsWith(client.redirectUri),
    )
    const answer = await broker.redeem(client, back.searchParams.get('code') ?? '', verifier)
    const offline = (await answer.json()) as Tokens
    expect((await send(await sign({ ...honest(), sub: 'p5' }))).status).toBe(200)
    expect(await isAlive(session)).toBe(false)
    expect((await broker.refresh(client, offline.refresh_token)).status).toBe(200)
  })

  it('SEC-060 knows a person of another source by the same name as somebody else', async () => {
    await using second = await startRogueUpstream()
    await addRogue(broker, second, 'Second')
    second.behave({ claims: (claims) => ({ ...claims, sub: 'p6', sid: 's6' }), userinfo: () => ({ sub: 'p6' }) })
    const there = await broker.login(client, { params: { idp_hint: 'Second' } })
    expect((await send(await sign({ ...honest(), sub: 'p6' }))).status).toBe(200)
    expect(await isAlive(there)).toBe(true)
    // A token of one source is nothing at the address of another.
    expect((await send(await sign({ ...honest(), sub: 'p6' }), 'Second')).status).toBe(400)
    expect(await isAlive(there)).toBe(true)
  })

  it('SEC-060 takes a token once, however often and however fast it is sent', async () => {
    const token = await sign({ ...honest(), sub: 'p7' })
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(token)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 400)])
    const session = await signIn('p7', 's7')
    expect((await send(token)).status).toBe(400)
    expect(await isAlive(session)).toBe(true)
  })

  it('SEC-060 takes what honest upstreams send in different ways', async () => {
    for (const [claims, header] of [
      [{ aud: ['other', 'gatehouse'] }, {}],
      [{}, { typ: undefined }],
      [{}, { typ: 'JWT' }],
      [{}, { typ: 'application/logout+jwt' }],
      [{ iat: now() + 10, extra: true }, {}],
      [{ exp: now() - 10 }, {}],
      [{ events: { [logoutEvent]: {}, 'https://example.com/other': {} } }, {}],
    ] satisfies [Json, Json][]) {
      const session = await signIn('p8', 's8')
      const answer = await send(await sign({ ...honest(), sid: 's8', ...claims }, header))
      expect(answer.status, JSON.stringify([claims, header])).toBe(200)
      expect(await isAlive(session)).toBe(false)
    }
  })

  describe('SEC-060 refuses, and ends nothing for,', () => {
    let session: Awaited<ReturnType<typeof signIn>>
    beforeAll(async () => {
      session = await signIn('victim', 'victim-sid')
    })
    const target = { sub: 'victim', sid: 'victim-sid' }
    const without = (name: string) => {
      const { [name]: _, ...rest } = { ...honest(), ...target } as Json
      return rest
    }

    it.each<[string, () => Json]>([
      ['another issuer', () => ({ iss: 'https://other.example' })],
      ['an issuer with a slash more', () => ({ iss: `${rogue.issuer}/` })],
      ['another audience', () => ({ aud: 'another-client' })],
      ['an empty audience', () => ({ aud: [] })],
      ['a token of the future', () => ({ iat: now() + 60, exp: now() + 300 })],
      ['an expired token', () => ({ iat: now() - 300, exp: now() - 60 })],
      ['an old token that never expires', () => ({ iat: now() - 4000, exp: now() + 10_000_000 })],
      ['a time that is text', () => ({ iat: String(now()) })],
      ['no events that say logout', () => ({ events: { 'https://example.com/other': {} } })],
      ['an event that is no object', () => ({ events: { [logoutEvent]: true } })],
      ['events as a list', () => ({ events: [logoutEvent] })],
      ['a nonce', () => ({ nonce: 'n' })],
      ['a nonce of null', () => ({ nonce: null })],
      ['neither sid nor sub', () => ({ sid: undefined, sub: undefined })],
      ['an empty sub', () => ({ sub: '' })],
      ['a sid that is a number', () => ({ sid: 1 })],
      ['a jti that is a number', () => ({ jti: 1 })],
    ])('%s', async (_, bent) => {
      const answer = await send(await sign({ ...honest(), ...target, ...bent() }))
      expect(answer.status).toBe(400)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
      expect(await isAlive(session)).toBe(true)
    })

    it.each(['iss', 'aud', 'iat', 'exp', 'jti', 'events'])('a token without %s', async (name) => {
      expect((await send(await sign(without(name)))).status).toBe(400)
      expect(await isAlive(session)).toBe(true)
    })

    it.each<[string, Json]>([
      ['the type of access tokens', { typ: 'at+jwt' }],
      ['an unknown key', { kid: 'unknown' }],
      ['alg none', { alg: 'none' }],
      ['alg HS256', { alg: 'HS256' }],
      ['an algorithm that the source does not use', { alg: 'RS512' }],
      ['a critical extension', { crit: ['exp'] }],
    ])('%s', async (_, header) => {
      expect((await send(await sign({ ...honest(), ...target }, header))).status).toBe(400)
      expect(await isAlive(session)).toBe(true)
    })

    it('another key, an altered token, no signature, and what is no token at all', async () => {
      const stranger = { ...(await newKeyPair('stranger')), kid: rogue.key.kid }
      const token = await sign({ ...honest(), ...target })
      const [head, , signature] = token.split('.')
      const body = Buffer.from(JSON.stringify({ ...honest(), ...target })).toString('base64url')
      for (const bad of [
        await sign({ ...honest(), ...target }, {}, stranger),
        `${head}.${body}.${signature}`,
        `${head}.${body}.`,
        'nonsense',
        '',
        session.tokens.id_token,
      ]) {
        expect((await send(bad)).status).toBe(400)
      }
      expect((await broker.post('/broker/Rogue/backchannel-logout', {})).status).toBe(400)
      expect((await broker.post('/broker/Rogue/backchannel-logout', { token })).status).toBe(400)
      expect(await isAlive(session)).toBe(true)
    })

    it('the ID token of the very login', async () => {
      let idToken = ''
      rogue.behave({
        idToken: async (claims) => {
          idToken = await sign(claims, { typ: 'JWT' })
          return idToken
        },
      })
      await broker.login(client, { params: { idp_hint: 'Rogue' } })
      expect((await send(idToken)).status).toBe(400)
    })

    it('tokens at the address of a source that does not exist, takes passwords, or is disabled', async () => {
      expect((await send(await sign({ ...honest(), ...target }), 'nobody')).status).toBe(400)
      expect((await send(await sign({ ...honest(), ...target }), 'local')).status).toBe(400)
      expect(await isAlive(session)).toBe(true)
      await broker.admin('PATCH', `authentication-sources/${sourceId}`, { enabled: false })
      expect((await send(await sign({ ...honest(), ...target }))).status).toBe(400)
      await broker.admin('PATCH', `authentication-sources/${sourceId}`, { enabled: true })
    })
  })

  it('SEC-060 asks to be told again when the upstream’s keys cannot be read, and the token still counts then', async () => {
    await using flaky = await startRogueUpstream()
    await addRogue(broker, flaky, 'Flaky')
    const claims = { ...honest(), iss: flaky.issuer, sub: 'p9' }
    const token = await sign(claims, {}, flaky.key)
    flaky.behave({ answer: { '/jwks': (_, res) => res.writeHead(503).end() } })
    const answer = await send(token, 'Flaky')
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    flaky.behave({})
    expect((await send(token, 'Flaky')).status).toBe(200)
  })

  it('SEC-060 understands what a real provider sends when a person signs out there', async () => {
    await using upstream = await startUpstream({ users: { rene } })
    const source = await broker.addSource(upstream, { alias: 'Real' })
    upstream.register({ backchannelLogoutUrl: String(source.backchannel_logout_url) })
    const visitor = createVisitor()
    const { tokens } = await broker.login(client, { visitor, params: { idp_hint: 'Real' } })
    await visitor.travel(`${upstream.issuer}/session/end`, ({ pathname }) => pathname.endsWith('/success'))
    await vi.waitFor(async () => expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(false))
  })
})

async function addRogue(broker: TestBroker, rogue: RogueUpstream, alias: string) {
  return broker.created('authentication-sources', {
    alias,
    name: alias,
    type: 'oidc',
    config: { ...rogue.config, userinfo: true },
  })
}
