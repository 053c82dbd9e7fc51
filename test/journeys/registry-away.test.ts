/** The database is away, the live state is not (F18): who is in stays in, nobody is let in who is out, nothing changes. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { agree } from '../support/agree.ts'
import { breakableStores } from '../support/breakable.ts'
import {
  automation,
  basic,
  type Json,
  startTestBroker,
  type TestBroker,
  type TestClient,
  type Tokens,
} from '../support/broker.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const stores = breakableStores()
// Past what is kept for a moment only, without waiting for it.
let passed = 0
let folder: string
let database: string
let upstream: Upstream
let broker: TestBroker
let client: TestClient
let gateway: TestClient
let admin: string

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  const clock = () => Date.now() + passed
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-away-'))
  database = `sqlite:${join(folder, 'gatehouse.db')}`
  broker = await startTestBroker({ database, parts: { openStores: stores.open, clock } })
  await broker.addSource(upstream)
  client = await broker.addClient()
  gateway = await broker.addClient({ client_name: 'Gateway', resource_server: { apis: '*' } })
  await broker.created('apis', { name: 'Patients', slug: 'patients', clients: [client.id] })
  admin = await broker.adminToken()
})
afterEach(stores.mend)
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
  await rm(folder, { recursive: true })
})

const isActive = async (tokens: Tokens, asking = gateway) => {
  const { status, body } = await broker.introspect(asking, tokens.access_token)
  expect(status).toBe(200)
  return body.active
}

it('checks tokens by what it knew and by the marks of now, publishes its keys, and changes nothing', async () => {
  const login = () => broker.login(client, { params: { idp_hint: 'Okta' } })
  const [one, two, three] = [await login(), await login(), await login()]
  for (const { tokens } of [one, two, three]) expect(await isActive(tokens)).toBe(true)
  expect((await broker.admin('GET', 'clients')).status).toBe(200)

  stores.cutRegistry()
  passed += 60_000
  for (const { tokens } of [one, two, three]) expect(await isActive(tokens), 'who is in stays in').toBe(true)
  expect((await fetch(`${broker.issuer}/jwks`)).status).toBe(200)
  expect((await fetch(`${broker.issuer}/.well-known/openid-configuration`)).status).toBe(200)

  const revoked = await broker.post('/revoke', { token: one.tokens.access_token }, basic(client))
  expect(revoked.status).toBe(200)
  expect(await isActive(one.tokens), 'a revoked token').toBe(false)
  await two.visitor
    .travel(
      `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: two.tokens.id_token })}`,
      ({ pathname, hostname }) => pathname.startsWith('/logout/success') || hostname !== 'localhost',
    )
    .catch(() => {}) // Where it leads afterwards needs the registry; the session has ended before.
  expect(await isActive(two.tokens), 'an ended session').toBe(false)
  expect(await isActive(three.tokens)).toBe(true)

  const write = await fetch(`${broker.issuer}/admin/api/v1/roles`, {
    method: 'POST',
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'nurse' }),
  })
  expect(write.status).toBe(503)
  expect(Number(write.headers.get('retry-after'))).toBeGreaterThan(0)

  const refreshed = await broker.refresh(client, three.tokens.refresh_token)
  expect(refreshed.status, 'who is in stays in').toBe(200)
  const { access_token, refresh_token } = (await refreshed.json()) as Tokens
  expect(await isActive({ ...three.tokens, access_token })).toBe(true)
  expect((await broker.userinfo(access_token)).status).toBe(200)
  expect((await broker.refresh(client, two.tokens.refresh_token)).status, 'who is out stays out').toBe(400)

  const grant = { grant_type: 'client_credentials', scope: 'admin' }
  expect((await broker.post('/token', grant, basic(automation))).status, 'nobody else gets a token').toBe(503)
  expect((await broker.redeem(client, 'a-code', 'a-verifier')).status).toBe(503)
  for (const visitor of [three.visitor, createVisitor()]) {
    const page = await visitor.request(broker.authorizationUrl(client).url, { headers: { accept: 'text/html' } })
    expect(page.status, 'nobody is signed in, nor out').toBe(503)
    expect(page.headers.getSetCookie()).toEqual([])
  }

  stores.mend()
  expect((await broker.refresh(client, refresh_token)).status).toBe(200)
})

it('gives no tokens where consent or the person would have to be asked for, and loses none by asking', async () => {
  const thirdParty = await broker.addClient({ client_name: 'Third', first_party: false })
  const strange = await broker.addClient({ client_name: 'Strange' })
  const params = { idp_hint: 'Okta' }
  const visitor = createVisitor()
  const agreed = await agree(broker, visitor, thirdParty, params)
  const redeemed = await broker.redeem(thirdParty, agreed.code, agreed.verifier)
  const { refresh_token } = (await redeemed.json()) as Tokens
  const code = await broker.authorize(visitor, strange, params)

  stores.cutRegistry()
  expect((await broker.refresh(thirdParty, refresh_token)).status).toBe(503)
  expect((await broker.redeem(strange, code.answer.code ?? '', code.verifier)).status).toBe(503)
  stores.mend()
  expect((await broker.refresh(thirdParty, refresh_token)).status).toBe(200)
  expect((await broker.redeem(strange, code.answer.code ?? '', code.verifier)).status).toBe(200)
})

describe('when, at a node that still reaches the database,', () => {
  let other: TestBroker
  let local = ''
  beforeAll(async () => {
    other = await startTestBroker({ database, keys: broker.keys, issuer: broker.issuer })
    const sources = await broker.admin('GET', 'authentication-sources?q=local')
    local = (sources.body.items as { id: string }[])[0]?.id ?? ''
  })
  afterAll(() => other?.[Symbol.asyncDispose]())

  /** At the other node, whatever the issuer's address leads to. */
  const change = async (method: string, path: string, body?: Json) => {
    const answer = await fetch(new URL(`/admin/api/v1/${path}`, other.url), {
      method,
      headers: { authorization: `Bearer ${admin}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    expect(answer.status).toBeOneOf([200, 204])
  }

  /** Each with an application and a person of its own, in a session and once more for offline use. */
  async function stay() {
    const app = await broker.addClient()
    const username = `user-${randomBytes(4).toString('hex')}`
    const { id: account } = await broker.created('users', { username, password: 'a machine that weaves' })
    const visitor = createVisitor()
    const login = await signInWithPassword(broker, visitor, app, { username, password: 'a machine that weaves' })
    const tokens = (await (await broker.redeem(app, login.code ?? '', login.verifier)).json()) as Tokens
    const scope = 'openid offline_access'
    const params = { scope, prompt: 'consent' }
    const agreed = await agree(broker, visitor, app, params)
    const offline = (await (await broker.redeem(app, agreed.code, agreed.verifier)).json()) as Tokens
    const session = String(decodeJwt(tokens.access_token).sid)
    return { app, account, session, tokens, offline }
  }
  type Stay = Awaited<ReturnType<typeof stay>>

  it.each<readonly [string, (stay: Stay) => Promise<void>]>([
    ['an account is disabled', ({ account }) => change('PATCH', `users/${account}`, { enabled: false })],
    ['an account is removed', ({ account }) => change('DELETE', `users/${account}`)],
    ['a client is disabled', ({ app }) => change('PATCH', `clients/${app.id}`, { enabled: false })],
    ['a client is removed', ({ app }) => change('DELETE', `clients/${app.id}`)],
    ['a session is ended', ({ session }) => change('DELETE', `sessions/${session}`)],
    ['the source is disabled', () => change('PATCH', `authentication-sources/${local}`, { enabled: false })],
  ])('%s: no refresh and no token passes at the node that does not', async (name, shutOut) => {
    const { tokens, offline, ...mine } = await stay()
    expect(await isActive(tokens, mine.app)).toBe(true)
    stores.cutRegistry()
    await shutOut({ tokens, offline, ...mine })
    expect(await isActive(tokens, mine.app)).toBe(false)
    expect((await broker.userinfo(tokens.access_token)).status).toBe(401)
    expect((await broker.refresh(mine.app, tokens.refresh_token)).status).toBe(400)
    // An offline grant outlives the session, and nothing else.
    const left = name === 'a session is ended'
    expect((await broker.userinfo(offline.access_token)).status).toBe(left ? 200 : 401)
    expect((await broker.refresh(mine.app, offline.refresh_token)).status).toBe(left ? 200 : 400)
  })
})
