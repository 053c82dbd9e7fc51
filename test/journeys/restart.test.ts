/** A restart loses nothing: whoever was signed in is, and whoever was on the way arrives. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { freePort, startTestBroker, type TestBroker, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let folder: string
let database: string
let upstream: Upstream
let broker: TestBroker
let start: () => Promise<TestBroker>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-restart-'))
  database = join(folder, 'gatehouse.db')
  upstream = await startUpstream({ users: { rene } })
  const options = { port: await freePort(), database: `sqlite:${database}`, keys: [randomBytes(32)] }
  start = () => startTestBroker(options)
  broker = await start()
})
afterEach(async () => {
  vi.useRealTimers()
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function restart(): Promise<void> {
  await broker[Symbol.asyncDispose]()
  broker = await start()
}

const published = async () => {
  const { keys } = (await (await fetch(`${broker.issuer}/jwks`)).json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid)
}

it('goes on with sessions, tokens, keys and accounts as they were', async () => {
  await broker.addSource(upstream)
  const client = await broker.addClient()
  const { visitor, tokens, access } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  await vi.waitFor(async () => expect(await published()).toHaveLength(2), { timeout: 10_000 })
  const keys = await published()
  const { verifier, answer } = await broker.authorize(visitor, client, { prompt: 'none' })

  await restart()

  expect(await published()).toEqual(keys)
  expect((await broker.introspect(client, tokens.access_token)).body).toMatchObject({ active: true, sub: access.sub })
  expect((await broker.userinfo(tokens.access_token)).status).toBe(200)
  expect((await broker.redeem(client, answer.code ?? '', verifier)).status).toBe(200)
  const refreshed = (await (await broker.refresh(client, tokens.refresh_token)).json()) as Tokens
  expect(decodeProtectedHeader(refreshed.access_token).kid).toBe(decodeProtectedHeader(tokens.access_token).kid)
  expect(decodeJwt(refreshed.access_token)).toMatchObject({
    sub: access.sub,
    sid: access.sid,
    client_session: access.client_session,
  })

  const asked = upstream.requests.length
  const again = await broker.login(client, { visitor })
  expect(again.access).toMatchObject({ sub: access.sub, sid: access.sid, acr: '0' })
  expect(upstream.requests.length).toBe(asked)
  const elsewhere = await broker.login(client, { params: { idp_hint: 'Okta' } })
  expect(elsewhere.access.sub).toBe(access.sub)
})

it('lets arrive who was at the upstream, at the chooser, or on the way to sign out', async () => {
  await broker.addSource(upstream)
  const client = await broker.addClient()
  const away = createVisitor()
  const trip = broker.authorizationUrl(client, { idp_hint: 'Okta' })
  const callback = await away.travel(trip.url, ({ pathname }) => pathname.endsWith('/broker/Okta/callback'))
  const choosing = createVisitor()
  const choice = broker.authorizationUrl(client)
  const chooser = await choosing.travel(choice.url, ({ pathname }) => pathname.startsWith('/login/'))
  const leaving = await broker.login(client, { params: { idp_hint: 'Okta' } })
  const bye = new URLSearchParams({
    id_token_hint: leaving.tokens.id_token,
    post_logout_redirect_uri: 'https://app.example/bye',
  })
  const there = await leaving.visitor.travel(
    `${broker.issuer}/logout?${bye}`,
    ({ origin }) => origin === upstream.issuer,
  )

  await restart()

  const atTheApplication = ({ href }: URL) => href.startsWith(client.redirectUri)
  const back = await away.travel(callback, atTheApplication)
  expect((await broker.redeem(client, back.searchParams.get('code') ?? '', trip.verifier)).status).toBe(200)
  const chosen = await choosing.travel(`${chooser.href}/source/Okta`, atTheApplication)
  expect((await broker.redeem(client, chosen.searchParams.get('code') ?? '', choice.verifier)).status).toBe(200)
  const gone = await leaving.visitor.travel(there, ({ hostname }) => hostname === 'app.example')
  expect(gone.href).toBe('https://app.example/bye')
})

it('does not bring back what was ended, revoked or switched off before', async () => {
  const source = await broker.addSource(upstream)
  const client = await broker.addClient()
  const ended = await broker.login(client, { params: { idp_hint: 'Okta' } })
  const revoked = await broker.login(client, { params: { idp_hint: 'Okta' } })
  const bye = new URLSearchParams({
    id_token_hint: ended.tokens.id_token,
    post_logout_redirect_uri: 'https://app.example/bye',
  })
  await ended.visitor.travel(`${broker.issuer}/logout?${bye}`, ({ hostname }) => hostname === 'app.example')
  await broker.post('/revoke', {
    token: revoked.tokens.access_token,
    client_id: client.id,
    client_secret: client.secret,
  })
  const off = await broker.login(client, { params: { idp_hint: 'Okta' } })
  await broker.admin('PATCH', `authentication-sources/${source.id}`, { enabled: false })

  await restart()

  for (const { tokens } of [ended, revoked, off]) {
    expect((await broker.introspect(client, tokens.access_token)).body).toEqual({ active: false })
  }
  for (const { tokens } of [ended, off]) {
    expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(400)
  }
})

it('has no second administrator and does not overwrite what the first start made', async () => {
  const before = await broker.admin('GET', 'users')
  const sources = await broker.admin('GET', 'authentication-sources')
  await restart()
  expect((await broker.admin('GET', 'users')).body).toEqual(before.body)
  expect((await broker.admin('GET', 'authentication-sources')).body).toEqual(sources.body)
})

it('sweeps what has expired', async () => {
  await broker.addSource(upstream)
  const client = await broker.addClient()
  await broker.login(client, { params: { idp_hint: 'Okta' } })
  await createVisitor().travel(
    broker.authorizationUrl(client, { idp_hint: 'Okta' }).url,
    ({ origin }) => origin === upstream.issuer,
  )
  const file = new DatabaseSync(database, { readOnly: true })
  const rows = () =>
    ['sessions', 'grants', 'artifacts', 'trips'].map((table) =>
      Number(file.prepare(`select count(*) as n from ${table}`).get()?.n),
    )
  expect(Math.min(...rows())).toBeGreaterThan(0)

  await broker[Symbol.asyncDispose]()
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: Date.now() + 400 * 24 * 3_600_000 })
  broker = await start()
  await vi.advanceTimersByTimeAsync(60_000)
  await vi.waitFor(() => expect(rows()).toEqual([0, 0, 0, 0]), { timeout: 10_000 })
  file.close()
})
