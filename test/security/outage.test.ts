/** A store that does not answer is no answer: 503, nobody signed out, nothing decided (rows 30 and 106). */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { breakableStores } from '../support/breakable.ts'
import { basic, type Json, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

const stores = breakableStores()
const visitor = createVisitor()
let upstream: Upstream
let broker: TestBroker
let client: TestClient
let tokens: Tokens

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ parts: { openStores: stores.open } })
  await broker.addSource(upstream)
  client = await broker.addClient()
  tokens = (await broker.login(client, { visitor, params: { idp_hint: 'Okta' } })).tokens
})
afterEach(stores.mend)
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const html = { headers: { accept: 'text/html,*/*' } }

async function expectNoAnswer(answer: Response, json = true) {
  expect(answer.status).toBe(503)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answer.headers.get('cache-control')).toContain('no-store')
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(answer.headers.get('location')).toBeNull()
  expect(answer.headers.get('www-authenticate')).toBeNull()
  const text = await answer.text()
  if (json) expect((JSON.parse(text) as Json).error ?? (JSON.parse(text) as Json).code).toBe('temporarily_unavailable')
  else expect(text).toContain('<!doctype html>')
}

it('says 503 where tokens are made and checked, and takes nothing for a no', async () => {
  const adminToken = await broker.adminToken()
  const { verifier, answer } = await broker.authorize(visitor, client)
  stores.cut()
  await expectNoAnswer(await broker.redeem(client, answer.code ?? '', verifier))
  await expectNoAnswer(await broker.refresh(client, tokens.refresh_token))
  await expectNoAnswer(await broker.post('/token', { grant_type: 'client_credentials' }, basic(client)))
  await expectNoAnswer(await broker.post('/introspect', { token: tokens.access_token }, basic(client)))
  await expectNoAnswer(await broker.post('/revoke', { token: tokens.refresh_token }, basic(client)))
  await expectNoAnswer(await broker.userinfo(tokens.access_token))
  const authorization = `Bearer ${adminToken}`
  await expectNoAnswer(await fetch(`${broker.issuer}/admin/api/v1/clients`, { headers: { authorization } }))

  stores.mend()
  expect((await broker.redeem(client, answer.code ?? '', verifier)).status, 'the code is still good').toBe(200)
  const refreshed = await broker.refresh(client, tokens.refresh_token)
  expect(refreshed.status, 'so is the refresh token').toBe(200)
  tokens = (await refreshed.json()) as Tokens
  expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(true)
})

it('gives a refresh token back when the store fails in the middle of using it', async () => {
  stores.cutAfter('consume')
  await expectNoAnswer(await broker.refresh(client, tokens.refresh_token))
  stores.mend()
  const refreshed = await broker.refresh(client, tokens.refresh_token)
  expect(refreshed.status).toBe(200)
  tokens = (await refreshed.json()) as Tokens
})

it('gives a refresh token back when its answer could not be kept, and nobody has had it', async () => {
  stores.cutAt('put')
  await expectNoAnswer(await broker.refresh(client, tokens.refresh_token))
  stores.mend()
  const refreshed = await broker.refresh(client, tokens.refresh_token)
  expect(refreshed.status).toBe(200)
  tokens = (await refreshed.json()) as Tokens
})

it('says 503 to browsers, and leaves them signed in', async () => {
  const { url } = broker.authorizationUrl(client, { prompt: 'none' })
  stores.cut()
  await expectNoAnswer(await visitor.request(url, html), false)
  await expectNoAnswer(await visitor.request(broker.authorizationUrl(client).url, html), false)
  const logout = `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`
  await expectNoAnswer(await visitor.request(logout, html), false)
  stores.mend()
  const { answer } = await broker.authorize(visitor, client, { prompt: 'none' })
  expect(answer.code, 'the session is still there').toBeDefined()
})

it('keeps serving what needs no store', async () => {
  stores.cut()
  for (const path of ['/.well-known/openid-configuration', '/jwks', '/health/live'])
    expect((await fetch(broker.issuer + path)).status, path).toBe(200)
})

it.each(['remove', 'end'])('can be asked again to sign somebody out when the store fails after %s', async (method) => {
  const visit = await broker.login(client, { params: { idp_hint: 'Okta' } })
  const logout = `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: visit.tokens.id_token })}`
  stores.cutAfter(method)
  await visit.visitor.request(logout)
  stores.mend()
  expect((await visit.visitor.request(logout)).status).toBe(303)
  expect((await broker.introspect(client, visit.tokens.access_token)).body).toEqual({ active: false })
})

it('tells somebody who has said that they sign out with a page, and they can say it again', async () => {
  const visit = await broker.login(client, { params: { idp_hint: 'Okta' } })
  const page = await (await visit.visitor.request(`${broker.issuer}/logout`, html)).text()
  const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? []
  const confirm = () =>
    visit.visitor.request(`${broker.issuer}/logout/confirm`, {
      ...html,
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    })
  stores.cut()
  const answer = await confirm()
  await expectNoAnswer(answer.clone(), false)
  expect(await answer.text()).toContain('href="/logout"')
  stores.mend()
  expect((await broker.introspect(client, visit.tokens.access_token)).body.active).toBe(true)
  expect((await confirm()).status).toBe(303)
  expect((await broker.introspect(client, visit.tokens.access_token)).body.active).toBe(false)
})
