/** Sources, clients and users come from the registry: what is changed there is so at the next request, without a restart. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { signInWithPassword } from '../support/password.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let upstream: Upstream
let broker: TestBroker
let client: TestClient

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene: { ...rene, dept: 'R&D' }, john } })
  broker = await startTestBroker()
  client = await broker.addClient()
})
afterAll(async () => {
  vi.useRealTimers()
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

/** Lets the second pass in which somebody was shut out: what is issued in it stays dead. */
const later = () => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2000 })
const isAlive = async (token: string) => (await broker.introspect(client, token)).body.active
const refreshed = async (token: string) => {
  const answer = await broker.refresh(client, token)
  expect(answer.status).toBe(200)
  const tokens = (await answer.json()) as Tokens
  return { tokens, access: decodeJwt(tokens.access_token) }
}
const chooser = async () => {
  const visitor = createVisitor()
  const door = await visitor.travel(broker.authorizationUrl(client).url, ({ pathname }) =>
    pathname.startsWith('/login/'),
  )
  return (await visitor.request(door)).text()
}

describe('a source', () => {
  it('is offered once it is added, under its new name once it is renamed, and no more once it is removed', async () => {
    expect(await chooser()).not.toContain('Corporate Okta')
    const { id } = await broker.addSource(upstream)
    expect(await chooser()).toContain('Corporate Okta')
    const { visitor, tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })

    await broker.admin('PATCH', `authentication-sources/${id}`, { name: 'Acme' })
    expect(await chooser()).toContain('Acme')
    expect(await isAlive(tokens.access_token)).toBe(true)
    expect((await broker.authorize(visitor, client, { prompt: 'none' })).answer.code).toBeTypeOf('string')

    expect((await broker.admin('DELETE', `authentication-sources/${id}`)).status).toBe(204)
    expect(await chooser()).not.toContain('Acme')
    expect(await isAlive(tokens.access_token)).toBe(false)
    later()
  })

  it('gives a claim of a new name to access token, ID token and userinfo as soon as its mapping says so', async () => {
    const { id } = await broker.addSource(upstream)
    const before = await broker.login(client, { params: { idp_hint: 'Okta' } })
    expect([before.access.department, before.id.department]).toEqual([undefined, undefined])

    const mapping = { attributes: { department: 'dept' } }
    expect((await broker.admin('PATCH', `authentication-sources/${id}`, { mapping })).status).toBe(200)
    // The access token says so at the next refresh of the old session; nobody signs in again.
    expect((await refreshed(before.tokens.refresh_token)).access.department).toBe('R&D')
    await vi.waitFor(
      async () => {
        const { tokens, access, id } = await broker.login(client, { visitor: before.visitor })
        expect([access.department, id.department]).toEqual(['R&D', 'R&D'])
        expect(await (await broker.userinfo(tokens.access_token)).json()).toMatchObject({ department: 'R&D' })
      },
      { timeout: 10_000, interval: 200 },
    )
  })

  it('goes on with a new secret at the upstream', async () => {
    await using other = await startUpstream({ users: { rene } })
    const source = await broker.addSource(other, { alias: 'Rotating', name: 'Rotating' })
    await broker.login(client, { params: { idp_hint: 'Rotating' } })
    const change = (secret: string) =>
      broker.admin('PATCH', `authentication-sources/${source.id}`, { config: { client_secret: secret } })
    await change('not-the-secret')
    await expect(broker.login(client, { params: { idp_hint: 'Rotating' } })).rejects.toThrow('502')
    await change(other.config.client_secret)
    await broker.login(client, { params: { idp_hint: 'Rotating' } })
  })
})

describe('a client', () => {
  it('signs people in once it is added, at its new addresses once they are changed, and nobody once it is removed', async () => {
    const session = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const app = await broker.addClient({ client_name: 'Another App', redirect_uris: ['https://another.example/one'] })
    const { tokens } = await broker.login(app, { visitor: session.visitor })

    await broker.admin('PATCH', `clients/${app.id}`, { redirect_uris: ['https://another.example/two'] })
    const old = await session.visitor.request(broker.authorizationUrl(app).url)
    expect(old.status).toBe(400)
    const moved = { ...app, redirectUri: 'https://another.example/two' }
    const again = await broker.login(moved, { visitor: session.visitor })
    expect(await isAliveFor(moved, tokens.access_token)).toBe(true)

    await broker.admin('PATCH', `clients/${app.id}`, { enabled: false })
    expect((await broker.refresh(moved, again.tokens.refresh_token)).status).toBe(401)
    expect((await broker.userinfo(again.tokens.access_token)).status).toBe(401)
    expect(await isAlive(session.tokens.access_token)).toBe(true)
    await broker.admin('PATCH', `clients/${app.id}`, { enabled: true })
    later()
    await broker.login(moved, { visitor: session.visitor })

    expect((await broker.admin('DELETE', `clients/${app.id}`)).status).toBe(204)
    expect((await session.visitor.request(broker.authorizationUrl(moved).url)).status).toBe(400)
    expect(await isAlive(session.tokens.access_token)).toBe(true)
  })

  it('has its new secret at once', async () => {
    const app = await broker.addClient({ client_name: 'Rotating App' })
    const { tokens } = await broker.login(app, { params: { idp_hint: 'Okta' } })
    const { body } = await broker.admin('POST', `clients/${app.id}/secret`)
    expect((await broker.refresh(app, tokens.refresh_token)).status).toBe(401)
    expect((await broker.refresh({ ...app, secret: String(body.client_secret) }, tokens.refresh_token)).status).toBe(
      200,
    )
  })

  it('lets people in only through the sources that it names, also those who are in already', async () => {
    const { visitor } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const app = await broker.addClient({ client_name: 'Choosy' })
    const { tokens } = await broker.login(app, { visitor })
    expect(await isAliveFor(app, tokens.refresh_token)).toBe(true)
    await broker.admin('PATCH', `clients/${app.id}`, { allowed_sources: ['local'] })
    expect((await broker.authorize(visitor, app, { prompt: 'none' })).answer.error).toBe('login_required')
    expect((await broker.refresh(app, tokens.refresh_token)).status).toBe(400)
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      expect((await broker.introspect(app, token)).body).toEqual({ active: false })
    }
  })

  const isAliveFor = async (app: TestClient, token: string) => (await broker.introspect(app, token)).body.active
})

describe('a user', () => {
  const ada = { username: 'ada', password: 'a machine that weaves' }
  const signIn = (password = ada.password) => signInWithPassword(broker, createVisitor(), client, { ...ada, password })
  const tokensOf = async ({ code, verifier }: Awaited<ReturnType<typeof signIn>>) =>
    (await (await broker.redeem(client, code ?? '', verifier)).json()) as Tokens

  it('signs in once they are added, is called by a new name, and is out once disabled, renewed or removed', async () => {
    expect((await signIn()).code).toBeUndefined()
    const { id } = await broker.created('users', { ...ada, given_name: 'Ada', family_name: 'King', groups: ['Staff'] })
    const first = await tokensOf(await signIn())
    expect(decodeJwt(first.access_token)).toMatchObject({ given_name: 'Ada', groups: ['Staff'], sub: id })

    await broker.admin('PATCH', `users/${id}`, { family_name: 'Lovelace', groups: ['Staff', 'Board'] })
    const second = await refreshed(first.refresh_token)
    expect(second.access).toMatchObject({ family_name: 'Lovelace', groups: ['Staff', 'Board'] })

    await broker.admin('PATCH', `users/${id}`, { password: 'another machine altogether' })
    expect(await isAlive(second.tokens.access_token)).toBe(false)
    expect((await broker.refresh(client, second.tokens.refresh_token)).status).toBe(400)
    later()
    expect((await signIn()).code).toBeUndefined()
    const third = await tokensOf(await signIn('another machine altogether'))

    await broker.admin('PATCH', `users/${id}`, { enabled: false })
    expect(await isAlive(third.access_token)).toBe(false)
    expect((await signIn('another machine altogether')).code).toBeUndefined()
    await broker.admin('PATCH', `users/${id}`, { enabled: true })
    later()
    const fourth = await tokensOf(await signIn('another machine altogether'))
    expect(decodeJwt(fourth.access_token).sub).toBe(id)

    expect((await broker.admin('DELETE', `users/${id}`)).status).toBe(204)
    expect(await isAlive(fourth.access_token)).toBe(false)
    expect((await signIn('another machine altogether')).code).toBeUndefined()
  })

  it('who comes from a source is shut out and let in again by the same account', async () => {
    const before = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const id = String(before.access.sub)
    await broker.admin('PATCH', `users/${id}`, { enabled: false })
    expect(await isAlive(before.tokens.access_token)).toBe(false)
    await expect(broker.login(client, { params: { idp_hint: 'Okta' } })).rejects.toThrow('403')
    await broker.admin('PATCH', `users/${id}`, { enabled: true, roles: ['reviewer'] })
    later()
    const after = await broker.login(client, { params: { idp_hint: 'Okta' } })
    expect(after.access).toMatchObject({ sub: id, realm_access: { roles: ['reviewer'] } })
  })
})

describe('many at once', () => {
  it('eight clients that sign in on one session all get their tokens, and the session is one', async () => {
    const { visitor, access } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const apps = await Promise.all(
      Array.from({ length: 8 }, (_, index) => broker.addClient({ client_name: `App ${index}` })),
    )
    const logins = await Promise.all(apps.map((app) => broker.login(app, { visitor })))
    expect(new Set(logins.map((login) => login.access.sid))).toEqual(new Set([access.sid]))
    expect(new Set(logins.map((login) => login.access.client_session)).size).toBe(8)
    for (const [index, app] of apps.entries()) {
      const answer = await broker.refresh(app, logins[index]?.tokens.refresh_token ?? '')
      expect(answer.status, app.id).toBe(200)
    }
  })

  it('two tabs of one client get one share of the session, and what both asked for is in it', async () => {
    const { visitor } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const app = await broker.addClient({ client_name: 'Tabs' })
    const scopes = ['openid profile', 'openid email', 'openid groups', 'openid roles']
    const tabs = await Promise.all(scopes.map((scope) => broker.login(app, { visitor, params: { scope } })))
    expect(new Set(tabs.map(({ access }) => access.client_session)).size).toBe(1)
    expect(tabs.map(({ tokens }) => tokens.scope)).toEqual(scopes)
    for (const { tokens } of tabs) expect((await broker.refresh(app, tokens.refresh_token)).status).toBe(200)
  })

  it('two tabs in which one person signs in at the same time both arrive', async () => {
    const visitor = createVisitor()
    const params = { idp_hint: 'Okta' }
    const tabs = await Promise.all([
      broker.login(client, { visitor, params }),
      broker.login(client, { visitor, params }),
    ])
    const alive = await Promise.all(tabs.map(({ tokens }) => isAlive(tokens.access_token)))
    expect(alive).toEqual([true, true])
  })
})
