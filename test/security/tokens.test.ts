/** Codes and refresh tokens at the token endpoint (rows 17 to 30), against the real broker. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type OpenStores, openStores } from '../../src/stores/open.ts'
import { agree } from '../support/agree.ts'
import {
  basic,
  type Json,
  newVerifier,
  startTestBroker,
  type TestBroker,
  type TestClient,
  type Tokens,
} from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const logged: Json[] = []
const log = pino({ level: 'info' }, { write: (line: string) => void logged.push(JSON.parse(line)) })

let upstream: Upstream
let broker: TestBroker
let client: TestClient
let other: TestClient
let visitor: Visitor

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ parts: { log } })
  await broker.addSource(upstream)
  client = await broker.addClient()
  other = await broker.addClient({ client_name: 'Other App', redirect_uris: ['https://other.example/callback'] })
  visitor = createVisitor()
  await signIn()
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})
afterEach(() => {
  vi.useRealTimers()
})

const signIn = (params: Record<string, string> = {}, who = client) =>
  broker.login(who, { visitor, params: { idp_hint: 'Okta', ...params } })
const newCode = async (params: Record<string, string> = {}, who = client) => {
  const { verifier, answer } = await broker.authorize(visitor, who, { idp_hint: 'Okta', ...params })
  return { verifier, code: answer.code ?? '' }
}
const json = async (answer: Response) => ({ status: answer.status, body: (await answer.json()) as Json & Tokens })
const refresh = async (token: string, more: Record<string, string> = {}, who = client) =>
  json(await broker.refresh(who, token, more))
const isAlive = async (token: string, who = client) => (await broker.introspect(who, token)).body.active === true
const atOnce = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work))
/** Only dates: what waits, waits in real time. */
const pass = (seconds: number) => {
  const now = Date.now()
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(now + seconds * 1000)
}

describe('authorization codes', () => {
  it('SEC-017 takes a code once, and revokes what it gave when it comes again', async () => {
    const { code, verifier } = await newCode()
    const first = await json(await broker.redeem(client, code, verifier))
    expect(first.status).toBe(200)
    expect(await isAlive(first.body.access_token)).toBe(true)

    const second = await json(await broker.redeem(client, code, verifier))
    expect(second).toMatchObject({ status: 400, body: { error: 'invalid_grant', reason: 'code_reused' } })
    expect(await isAlive(first.body.access_token)).toBe(false)
    expect((await refresh(first.body.refresh_token)).body.error).toBe('invalid_grant')
    expect((await broker.userinfo(first.body.access_token)).status).toBe(401)
    expect(logged).toContainEqual(expect.objectContaining({ event: 'grant.revoked', reason: 'code_reused', level: 40 }))
  })

  it('SEC-017 does not take a code that is 60 seconds old', async () => {
    const late = await newCode()
    const inTime = await newCode()
    pass(59)
    expect((await broker.redeem(client, inTime.code, inTime.verifier)).status).toBe(200)
    pass(1)
    expect((await json(await broker.redeem(client, late.code, late.verifier))).body.error).toBe('invalid_grant')
  })

  it('SEC-017 counts no use of a code that came to nothing: a wrong resource costs nobody their session', async () => {
    const { tokens } = await signIn()
    const { code, verifier } = await newCode()
    const wrong = await json(await broker.redeem(client, code, verifier, { resource: 'https://nobody.example/api' }))
    expect(wrong).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
    expect((await broker.redeem(client, code, verifier)).status).toBe(200)
    expect(await isAlive(tokens.access_token)).toBe(true)
    const again = await json(await broker.redeem(client, code, verifier, { resource: 'https://nobody.example/api' }))
    expect(again.body.reason, 'it has been used by now').toBe('code_reused')
  })

  it('SEC-018 lets exactly one of fifty redemptions at once succeed, round after round', async () => {
    for (let round = 0; round < 4; round++) {
      const { code, verifier } = await newCode()
      const answers = await atOnce(50, async () => json(await broker.redeem(client, code, verifier)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
      const winner = answers.find(({ status }) => status === 200)?.body
      expect(await isAlive(winner?.access_token ?? ''), 'a code that came twice gives nothing').toBe(false)
      const refused = answers.filter(({ status }) => status !== 200)
      expect(new Set(refused.map(({ status, body }) => `${status} ${body.error}`))).toEqual(
        new Set(['400 invalid_grant']),
      )
    }
  })

  it('SEC-018 tells the first one yes, however late it looks for what the second one took away', async () => {
    let looks = 0
    const slow = async (needs: Parameters<OpenStores>[0]) => {
      const stores = await openStores(needs)
      const get = async (id: string) => {
        if (looks++ === 0) await wait(500)
        return stores.grants.get(id)
      }
      return { ...stores, grants: { ...stores.grants, get } }
    }
    await using node = await startTestBroker({ parts: { openStores: slow } })
    await node.addSource(upstream)
    const app = await node.addClient()
    const { verifier, answer } = await node.authorize(createVisitor(), app, { idp_hint: 'Okta' })
    looks = 0
    const first = node.redeem(app, answer.code ?? '', verifier)
    await vi.waitFor(() => expect(looks).toBe(1), { timeout: 5000, interval: 5 })
    await wait(50)
    expect((await node.redeem(app, answer.code ?? '', verifier)).status).toBe(400)
    const told = await json(await first)
    expect(told.status).toBe(200)
    expect((await node.introspect(app, told.body.access_token)).body).toEqual({ active: false })
    upstream.register({ callbackUrls: [`${broker.issuer}/broker/Okta/callback`] })
  })

  it('SEC-019 binds a code to its client, its redirect address and its verifier', async () => {
    const { code, verifier } = await newCode()
    const wrong = [
      broker.redeem(other, code, verifier),
      broker.redeem(client, code, verifier, { redirect_uri: 'https://app.example/other' }),
      broker.redeem(client, code, newVerifier()),
      broker.redeem(client, code, `${verifier.slice(0, -1)}${verifier.endsWith('A') ? 'B' : 'A'}`),
    ]
    for (const answer of wrong) expect((await json(await answer)).body.error).toBe('invalid_grant')
    const missing = { grant_type: 'authorization_code', code, code_verifier: verifier }
    expect((await json(await broker.post('/token', missing, basic(client)))).body.error).toBe('invalid_request')
    expect((await broker.redeem(client, code, verifier)).status, 'nobody else has used it up').toBe(200)
  })

  it('SEC-020 refuses a verifier without a challenge, and a challenge without a verifier', async () => {
    const { code } = await newCode()
    const { redirectUri } = client
    const without = { grant_type: 'authorization_code', code, redirect_uri: redirectUri }
    expect((await json(await broker.post('/token', without, basic(client)))).body.error).toBe('invalid_grant')

    const exempt = await broker.addClient({ require_pkce: false })
    const url = new URL(`${broker.issuer}/authorize`)
    const params = {
      client_id: exempt.id,
      redirect_uri: exempt.redirectUri,
      response_type: 'code',
      scope: 'openid',
      idp_hint: 'Okta',
    }
    url.search = new URLSearchParams(params).toString()
    const arrived = await visitor.travel(url, ({ href }) => href.startsWith(exempt.redirectUri))
    const unbound = arrived.searchParams.get('code') ?? ''
    expect((await json(await broker.redeem(exempt, unbound, newVerifier()))).body.error).toBe('invalid_grant')
  })
})

describe('refresh tokens', () => {
  it('SEC-021 gives fifty uses of one token at once one new generation, and everybody the same answer', async () => {
    for (let round = 0; round < 3; round++) {
      const { tokens } = await signIn()
      const answers = await atOnce(50, () => refresh(tokens.refresh_token))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      expect(new Set(answers.map(({ body }) => JSON.stringify(body)))).toHaveLength(1)
      const [answer] = answers
      expect(answer?.body.refresh_token).not.toBe(tokens.refresh_token)
      expect((await refresh(answer?.body.refresh_token ?? '')).status).toBe(200)
    }
  })

  it('SEC-021 repeats the identical answer within the grace, and ends the family outside it, with an event', async () => {
    const { tokens } = await signIn()
    const first = await refresh(tokens.refresh_token)
    pass(9)
    expect(await refresh(tokens.refresh_token)).toEqual(first)
    pass(2)
    const late = await refresh(tokens.refresh_token)
    expect(late).toMatchObject({ status: 400, body: { error: 'invalid_grant', reason: 'refresh_token_reused' } })
    // The session stands: it is this client's share of it that was revoked.
    expect((await refresh(first.body.refresh_token)).body).toMatchObject({
      error: 'invalid_grant',
      reason: 'token_revoked',
    })
    expect(await isAlive(first.body.access_token)).toBe(false)
    expect(await isAlive(tokens.access_token)).toBe(false)
    expect(logged).toContainEqual(
      expect.objectContaining({ event: 'grant.revoked', reason: 'refresh_token_reused', level: 40 }),
    )
  })

  it('tells another client nothing of a token that is not its own, and revokes nothing for it', async () => {
    const { tokens } = await signIn()
    const first = await refresh(tokens.refresh_token)
    const { code, verifier } = await newCode()
    const redeemed = await json(await broker.redeem(client, code, verifier))
    pass(11)
    const stolen = [
      await refresh(tokens.refresh_token, {}, other),
      await json(await broker.redeem(other, code, verifier, { redirect_uri: client.redirectUri })),
    ]
    const nobodys = await refresh('x'.repeat(tokens.refresh_token.length), {}, other)
    for (const answer of stolen) expect(answer).toEqual(nobodys)
    for (const { body } of [first, redeemed]) expect(await isAlive(body.access_token)).toBe(true)
    // Nor what became of one whose grant is gone.
    await broker.post('/revoke', { token: redeemed.body.refresh_token }, basic(client))
    expect(await refresh(redeemed.body.refresh_token, {}, other)).toEqual(nobodys)
  })

  it('SEC-022 knows each older generation for what it is, within one second', async () => {
    for (const replayed of [0, 1, 2]) {
      vi.useFakeTimers({ toFake: ['Date'] })
      const { tokens } = await signIn()
      const generations = [tokens.refresh_token]
      for (let rotation = 0; rotation < 3; rotation++)
        generations.push((await refresh(generations.at(-1) ?? '')).body.refresh_token)
      const newest = generations.at(-1) ?? ''
      const replay = await refresh(generations[replayed] ?? '')
      if (replayed === 2) {
        expect(replay.body.refresh_token, 'the last one is in its grace').toBe(newest)
        continue
      }
      expect(replay).toMatchObject({ status: 400, body: { reason: 'refresh_token_reused' } })
      expect((await refresh(newest)).body.error, 'the family is dead').toBe('invalid_grant')
    }
  })

  it('SEC-023 finds a reuse after a restart, and keeps the grace across it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
    const database = `sqlite:${join(folder, 'gatehouse.db')}`
    const keys = [randomBytes(32)]
    try {
      const before = await startTestBroker({ database, keys })
      await before.addSource(upstream)
      const app = await before.addClient()
      const login = await before.login(app, { params: { idp_hint: 'Okta' } })
      const rotated = await json(await before.refresh(app, login.tokens.refresh_token))
      await before[Symbol.asyncDispose]()

      await using after = await startTestBroker({ database, keys, port: Number(new URL(before.issuer).port) })
      expect(await json(await after.refresh(app, login.tokens.refresh_token))).toEqual(rotated)
      pass(11)
      const reused = await json(await after.refresh(app, login.tokens.refresh_token))
      expect(reused.body).toMatchObject({ error: 'invalid_grant', reason: 'refresh_token_reused' })
      expect((await json(await after.refresh(app, rotated.body.refresh_token))).body.error).toBe('invalid_grant')
    } finally {
      await rm(folder, { recursive: true })
      upstream.register({ callbackUrls: [`${broker.issuer}/broker/Okta/callback`] })
    }
  })

  it('SEC-018 SEC-021 lets one of many win across nodes too, and gives all the same answer', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
    const database = `sqlite:${join(folder, 'gatehouse.db')}`
    try {
      await using one = await startTestBroker({ database })
      await one.addSource(upstream)
      const app = await one.addClient()
      await using two = await startTestBroker({ database, keys: one.keys, issuer: one.issuer })
      const nodes = [one.url, two.url]
      const post = async (form: Record<string, string>, index: number) =>
        json(
          await fetch(new URL('/token', nodes[index % 2]), {
            method: 'POST',
            headers: basic(app),
            body: new URLSearchParams(form),
          }),
        )
      const traveller = createVisitor()
      for (let round = 0; round < 3; round++) {
        const { verifier: code_verifier, answer } = await one.authorize(traveller, app, { idp_hint: 'Okta' })
        const redemption = { grant_type: 'authorization_code', code: answer.code ?? '', redirect_uri: app.redirectUri }
        const redeemed = await Promise.all(
          Array.from({ length: 20 }, (_, index) => post({ ...redemption, code_verifier }, index)),
        )
        expect(redeemed.filter(({ status }) => status === 200)).toHaveLength(1)

        const { refresh_token } = (await one.login(app, { visitor: traveller, params: { idp_hint: 'Okta' } })).tokens
        const form = { grant_type: 'refresh_token', refresh_token }
        const refreshed = await Promise.all(Array.from({ length: 20 }, (_, index) => post(form, index)))
        expect(new Set(refreshed.map(({ status }) => status))).toEqual(new Set([200]))
        expect(new Set(refreshed.map(({ body }) => body.refresh_token))).toHaveLength(1)
      }
    } finally {
      await rm(folder, { recursive: true })
      upstream.register({ callbackUrls: [`${broker.issuer}/broker/Okta/callback`] })
    }
  })

  it('SEC-024 lets no refresh win after a revocation was answered', async () => {
    for (let round = 0; round < 40; round++) {
      const { tokens } = await signIn()
      const revocation = broker.post('/revoke', { token: tokens.refresh_token }, basic(client))
      let revoked = false
      const contest = atOnce(4, async () => {
        const startedAfter = revoked
        return { startedAfter, ...(await refresh(tokens.refresh_token)) }
      })
      expect((await revocation).status).toBe(200)
      revoked = true
      const after = await refresh(tokens.refresh_token)
      expect(after.body.error).toBe('invalid_grant')
      for (const { status, body } of await contest) {
        if (status !== 200) continue
        expect(await isAlive(body.access_token)).toBe(false)
        expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant')
      }
    }
  })

  it('SEC-024 lets no refresh win after a logout was answered', async () => {
    for (let round = 0; round < 15; round++) {
      const { tokens } = await signIn()
      const hint = new URLSearchParams({ id_token_hint: tokens.id_token })
      const logout = visitor.request(`${broker.issuer}/logout?${hint}`)
      const contest = atOnce(3, () => refresh(tokens.refresh_token))
      expect((await logout).status).toBe(303)
      expect((await refresh(tokens.refresh_token)).body).toMatchObject({
        error: 'invalid_grant',
        reason: 'session_ended',
      })
      for (const { status, body } of await contest) {
        if (status !== 200) continue
        expect(await isAlive(body.access_token)).toBe(false)
        expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant')
      }
    }
  })

  it('SEC-025 never widens the scopes, and may narrow them', async () => {
    const { tokens } = await signIn({ scope: 'openid profile' })
    const wider = await refresh(tokens.refresh_token, { scope: 'openid profile email' })
    expect(wider).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
    const narrower = await refresh(tokens.refresh_token, { scope: 'openid' })
    expect(narrower).toMatchObject({ status: 200, body: { scope: 'openid' } })
    expect(decodeJwt(narrower.body.access_token).scope).toBe('openid')

    await signIn({ scope: 'openid profile email groups' })
    const wide = await refresh(narrower.body.refresh_token)
    expect(wide.body.scope, "another tab's wider grant is not this token's").toBe('openid profile')
  })

  it('SEC-025 ends with the session, however often it was used', async () => {
    const { session_absolute, session_idle } = broker.config.lifetimes
    let { refresh_token } = (await signIn({ prompt: 'login' })).tokens
    const began = Date.now()
    for (let passed = 0; passed + session_idle - 60 < session_absolute; passed += session_idle - 60) {
      pass(session_idle - 60)
      const next = await refresh(refresh_token)
      expect(next.status, `after ${(Date.now() - began) / 1000} s`).toBe(200)
      refresh_token = next.body.refresh_token
    }
    pass(session_idle - 60)
    expect((await refresh(refresh_token)).body).toMatchObject({ error: 'invalid_grant', reason: 'session_ended' })
    vi.useRealTimers()
    await signIn({ prompt: 'login' })
  })

  it('SEC-025 keeps the session awake by being used, and sleeps with it when it is not', async () => {
    const { session_idle } = broker.config.lifetimes
    const { tokens } = await signIn({ prompt: 'login' })
    pass(session_idle - 10)
    const used = await refresh(tokens.refresh_token)
    expect(used.status).toBe(200)
    pass(session_idle - 10)
    expect(await isAlive((await refresh(used.body.refresh_token)).body.access_token)).toBe(true)
    const sso = await broker.authorize(visitor, client, { prompt: 'none' })
    expect(sso.answer.code, 'the session is awake').toBeDefined()

    const last = (await signIn()).tokens
    pass(session_idle + 1)
    expect((await refresh(last.refresh_token)).body.error).toBe('invalid_grant')
    expect((await broker.authorize(visitor, client, { prompt: 'none' })).answer.error).toBe('login_required')
    vi.useRealTimers()
    await signIn({ prompt: 'login' })
  })

  it('SEC-026 keeps issuer, subject, audience and time of login in the refreshed ID token', async () => {
    const { tokens, id } = await signIn()
    pass(70)
    const { body } = await refresh(tokens.refresh_token)
    const again = decodeJwt(body.id_token)
    for (const claim of ['iss', 'sub', 'aud', 'auth_time', 'acr', 'sid', 'azp'])
      expect(again[claim], claim).toEqual(id[claim])
    expect([id.nonce, again.nonce], 'it answered the authorization request').toEqual(['the-nonce', undefined])
    const theLongWay = await refresh(body.refresh_token, { ignored: 'yes' })
    expect(decodeJwt(theLongWay.body.id_token).nonce).toBeUndefined()
    expect(again.iat).toBeGreaterThan(id.iat ?? 0)
    const access = decodeJwt(body.access_token)
    expect(access).toMatchObject({ sub: id.sub, auth_time: id.auth_time, sid: id.sid })
  })

  it('SEC-026 binds a refresh token to its client', async () => {
    const { tokens } = await signIn()
    const stolen = await refresh(tokens.refresh_token, {}, other)
    expect(stolen).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await refresh(tokens.refresh_token)).status, 'its owner is not harmed').toBe(200)
    const anonymous = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: client.id }
    expect((await json(await broker.post('/token', anonymous))).body.error).toBe('invalid_client')
  })

  it('gives a token back that came to nothing: a wrong resource costs nobody their session', async () => {
    const { tokens } = await signIn()
    const wrong = await refresh(tokens.refresh_token, { resource: 'https://nobody.example/api' })
    expect(wrong).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
    expect((await refresh(tokens.refresh_token)).status).toBe(200)
  })

  it('lets an offline token outlive the logout, and die by revocation', async () => {
    const app = await broker.addClient({ client_name: 'Offline App' })
    const own = createVisitor()
    const { code, verifier } = await agree(broker, own, app, {
      scope: 'openid offline_access',
      prompt: 'consent',
      idp_hint: 'Okta',
    })
    const tokens = (await json(await broker.redeem(app, code, verifier))).body
    expect(tokens.scope.split(' ')).toContain('offline_access')

    await own.request(`${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`)
    const after = await refresh(tokens.refresh_token, {}, app)
    expect(after.status).toBe(200)
    expect(await isAlive(after.body.access_token, app)).toBe(true)

    expect((await broker.post('/revoke', { token: after.body.refresh_token }, basic(app))).status).toBe(200)
    expect(await isAlive(after.body.access_token, app)).toBe(false)
    expect((await refresh(after.body.refresh_token, {}, app)).body.error).toBe('invalid_grant')
  })
})
