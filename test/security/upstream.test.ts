/** Sources: what their answers may not do, and what stops when one is switched off. */

import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { john, rene } from '../support/people.ts'
import { startRogueUpstream } from '../support/rogue-upstream.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const atCallback = ({ pathname }: URL) => pathname.endsWith('/callback') && pathname.includes('/broker/')

let broker: TestBroker
let okta: Upstream
let entra: Upstream
let client: TestClient
let oktaId: string

beforeAll(async () => {
  okta = await startUpstream({ users: { rene, john } })
  entra = await startUpstream({ users: { rene, john } })
  broker = await startTestBroker()
  oktaId = (await broker.addSource(okta)).id
  await broker.addSource(entra, { alias: 'Entra', name: 'Entra' })
  client = await broker.addClient()
})
afterEach(() => {
  okta.signInAs('rene')
  okta.misbehave({})
})
afterAll(async () => {
  for (const server of [broker, okta, entra]) await server[Symbol.asyncDispose]()
})

/** Somebody on the way back from the upstream, at the callback's door. */
async function returning(visitor: Visitor, alias = 'Okta') {
  const { url, verifier } = broker.authorizationUrl(client, { idp_hint: alias })
  return { visitor, verifier, callback: await visitor.travel(url, atCallback) }
}

/** Goes on from an address until the application, or the page on which it ends. */
async function arrive(visitor: Visitor, address: URL) {
  let url = address
  for (let step = 0; step < 10; step++) {
    if (url.href.startsWith(client.redirectUri))
      return { code: url.searchParams.get('code'), error: url.searchParams.get('error') }
    const answer = await visitor.request(url)
    const location = answer.headers.get('location')
    if (!location) return { status: answer.status, page: await answer.text() }
    url = new URL(location, url)
  }
  throw new Error('Too many redirects')
}

const tokenCalls = ({ calls }: Upstream) => calls.filter((call) => call === 'POST /token').length
const setSource = async (change: Record<string, unknown>) =>
  expect((await broker.admin('PATCH', `authentication-sources/${oktaId}`, change)).status).toBe(200)

describe('the state', () => {
  it('SEC-051 is bound to the browser: another one is refused before any call, and costs the real one nothing', async () => {
    const { visitor, callback } = await returning(createVisitor())
    const before = tokenCalls(okta)

    // An attacker's answer in a victim's browser: one that has no sign-in open, and one that has its own.
    const bystander = createVisitor()
    expect(await arrive(bystander, callback)).toMatchObject({ status: 400 })
    const victim = await returning(createVisitor())
    expect(await arrive(victim.visitor, callback)).toMatchObject({ status: 400 })
    const uid = new URL((await bystander.request(callback)).headers.get('location') ?? '', broker.issuer).pathname
    expect(uid).toMatch(/^\/login\/[\w-]+\/arrive$/)
    expect(tokenCalls(okta)).toBe(before)

    expect(await arrive(visitor, callback)).toMatchObject({ code: expect.any(String) })
    expect(await arrive(victim.visitor, victim.callback)).toMatchObject({ code: expect.any(String) })
  })

  it('SEC-051 finds no way round through the address of another sign-in', async () => {
    const attacker = await returning(createVisitor())
    const victim = await returning(createVisitor())
    // Whoever has only the answer is sent to the address of its sign-in.
    const door = (await createVisitor().request(victim.callback)).headers.get('location') ?? ''
    const forged = new URL(door, broker.issuer)
    forged.search = attacker.callback.search
    const before = tokenCalls(okta)
    expect(await arrive(victim.visitor, forged)).toMatchObject({ status: 400 })
    expect(tokenCalls(okta)).toBe(before)
    expect(await arrive(victim.visitor, victim.callback)).toMatchObject({ code: expect.any(String) })
    expect(await arrive(attacker.visitor, attacker.callback)).toMatchObject({ code: expect.any(String) })
  })

  it('SEC-051 leads each of several sign-ins of a browser to its own end, whichever comes back first', async () => {
    const visitor = createVisitor()
    const [first, second, third] = [await returning(visitor), await returning(visitor), await returning(visitor)]
    for (const { callback, verifier } of [second, third, first]) {
      const { code } = await arrive(visitor, callback)
      expect((await broker.redeem(client, code ?? '', verifier)).status).toBe(200)
    }
  })

  it('SEC-051 is not made up for by knowing the sign-in: the way back asks for its cookie', async () => {
    const { visitor, callback } = await returning(createVisitor())
    const attacker = createVisitor()
    const uid = /login\/([^/]+)/.exec((await attacker.request(callback)).headers.get('location') ?? '')?.[1] ?? ''
    const cookie = `gatehouse_left_from=${uid}`
    const back = await fetch(callback, { headers: { cookie }, redirect: 'manual' })
    const resumed = new URL(back.headers.get('location') ?? '', broker.issuer)
    const carried = back.headers.getSetCookie().map((one) => one.split(';')[0])
    const answer = await fetch(resumed, { headers: { cookie: [cookie, ...carried].join('; ') }, redirect: 'manual' })
    expect(answer.headers.get('location') ?? '').not.toContain(client.redirectUri)
    expect(answer.headers.getSetCookie().join()).not.toMatch(/gatehouse=[^;]/)
    expect((await arrive(visitor, callback)).code).toBeUndefined()
  })

  it('SEC-051 works once, of two answers at once too', async () => {
    const { visitor, callback } = await returning(createVisitor())
    const before = tokenCalls(okta)
    const outcomes = await Promise.all([arrive(visitor, callback), arrive(visitor, callback)])
    expect(outcomes.filter(({ code }) => code)).toHaveLength(1)
    expect(await arrive(visitor, callback)).toMatchObject({ status: 400 })
    expect(tokenCalls(okta)).toBe(before + 1)
  })

  it.each(['', 'state=', 'state=unknown', 'state=a&state=b', 'code=x', 'error=access_denied'])(
    'SEC-051 is demanded: ?%s is refused without a call',
    async (query) => {
      const { visitor } = await returning(createVisitor())
      const before = tokenCalls(okta)
      const answer = await visitor.request(`${broker.issuer}/broker/Okta/callback?${query}`)
      expect(answer.status).toBe(400)
      expect(tokenCalls(okta)).toBe(before)
    },
  )
})

describe('mix-up', () => {
  it('SEC-053 refuses at one source’s address an answer that another was asked for, and burns nothing', async () => {
    const { visitor, callback } = await returning(createVisitor(), 'Entra')
    const crossed = new URL(callback)
    crossed.pathname = '/broker/Okta/callback'
    const before = tokenCalls(okta) + tokenCalls(entra)
    expect(await arrive(visitor, crossed)).toMatchObject({ status: 400 })
    expect(tokenCalls(okta) + tokenCalls(entra)).toBe(before)
    expect(await arrive(visitor, callback)).toMatchObject({ code: expect.any(String) })
  })

  it('SEC-053 gives every source a callback address of its own', async () => {
    const [one, two] = [await returning(createVisitor()), await returning(createVisitor(), 'Entra')]
    expect(one.callback.pathname).toBe('/broker/Okta/callback')
    expect(two.callback.pathname).toBe('/broker/Entra/callback')
  })

  it('SEC-053 asks no token endpoint when the answer names another issuer, or none although it was announced', async () => {
    await using rogue = await startRogueUpstream()
    await broker.created('authentication-sources', {
      alias: 'Rogue',
      name: 'Rogue',
      type: 'oidc',
      config: rogue.config,
    })
    for (const callback of [
      (honest: Record<string, string>) => ({ ...honest, iss: okta.issuer }),
      ({ iss: _, ...honest }: Record<string, string>) => honest,
    ]) {
      rogue.behave({ callback })
      const visitor = createVisitor()
      const { url } = broker.authorizationUrl(client, { idp_hint: 'Rogue' })
      const outcome = await arrive(visitor, await visitor.travel(url, atCallback))
      expect(outcome).toMatchObject({ status: 502, page: expect.stringContaining('cannot be trusted') })
      expect(rogue.calls['/token']).toBeUndefined()
    }
  })
})

describe('a source that is switched off', () => {
  const off = () => setSource({ enabled: false })
  afterEach(async () => {
    await setSource({ enabled: true })
    // What is issued in the second in which a source was switched off stays dead.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2000 })
  })

  it('SEC-058 begins no login: neither by its address, nor by a hint, nor in the chooser', async () => {
    const visitor = createVisitor()
    const { url } = broker.authorizationUrl(client)
    const chooser = await visitor.travel(url, ({ pathname }) => pathname.startsWith('/login/'))
    await off()
    const before = okta.requests.length
    expect((await visitor.request(`${chooser.href}/source/Okta`)).status).toBe(403)
    expect(await (await visitor.request(chooser)).text()).not.toContain('Corporate Okta')
    const hinted = await arrive(createVisitor(), broker.authorizationUrl(client, { idp_hint: 'Okta' }).url)
    expect(hinted.page).not.toContain('Corporate Okta')
    expect(okta.requests.length).toBe(before)
  })

  it('SEC-058 stops whoever is away at the upstream, before any call to it', async () => {
    const { visitor, callback } = await returning(createVisitor())
    await off()
    const before = tokenCalls(okta)
    expect(await arrive(visitor, callback)).toMatchObject({
      status: 403,
      page: expect.stringContaining('switched off'),
    })
    expect(tokenCalls(okta)).toBe(before)
  })

  it('SEC-058 stops who has come back, but has not got the code yet', async () => {
    const { visitor, callback } = await returning(createVisitor())
    const resume = new URL((await visitor.request(callback)).headers.get('location') ?? '', broker.issuer)
    expect(resume.pathname).toMatch(/^\/authorize\//)
    await off()
    const outcome = await arrive(visitor, resume)
    expect(outcome.code).toBeUndefined()
  })

  it('SEC-058 stops a code that has not been redeemed', async () => {
    const { verifier, answer } = await broker.authorize(createVisitor(), client, { idp_hint: 'Okta' })
    await off()
    const redeemed = await broker.redeem(client, answer.code ?? '', verifier)
    expect(redeemed.status).toBe(400)
    expect(await redeemed.json()).toMatchObject({ error: 'invalid_grant' })
  })

  it('SEC-058 stops sessions, refresh, userinfo and introspection, and revives none of them when it is on again', async () => {
    const { visitor, tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const other = await broker.login(client, { params: { idp_hint: 'Entra' } })
    await off()
    const stopped = async () => {
      expect(await broker.introspect(client, tokens.access_token)).toEqual({ status: 200, body: { active: false } })
      expect(await broker.introspect(client, tokens.refresh_token)).toEqual({ status: 200, body: { active: false } })
      expect((await broker.userinfo(tokens.access_token)).status).toBe(401)
      expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(400)
      expect((await broker.authorize(visitor, client, { prompt: 'none' })).answer.error).toBe('login_required')
    }
    await stopped()
    expect((await broker.introspect(client, other.tokens.access_token)).body.active).toBe(true)
    await setSource({ enabled: true })
    await stopped()
  })

  it('SEC-058 stops an offline grant too', async () => {
    const app = await broker.addClient({ client_name: 'Offline' })
    const { visitor } = await broker.login(app, { params: { idp_hint: 'Okta' } })
    const { url, verifier } = broker.authorizationUrl(app, { scope: 'openid offline_access', prompt: 'consent' })
    const consent = await visitor.travel(url, ({ pathname }) => pathname.startsWith('/login/'))
    const csrf = /name="csrf" value="([^"]+)"/.exec(await (await visitor.request(consent)).text())?.[1] ?? ''
    const body = new URLSearchParams({ decision: 'allow', csrf })
    const agreed = await visitor.request(`${consent.href}/consent`, { method: 'POST', body })
    const { code } = await arrive(visitor, new URL(agreed.headers.get('location') ?? '', broker.issuer))
    const tokens = (await (await broker.redeem(app, code ?? '', verifier)).json()) as { refresh_token: string }
    const renewed = await broker.refresh(app, tokens.refresh_token)
    expect(renewed.status).toBe(200)
    await off()
    const { refresh_token } = (await renewed.json()) as { refresh_token: string }
    expect((await broker.refresh(app, refresh_token)).status).toBe(400)
  })

  it('SEC-058 is over when it is removed as well', async () => {
    await using third = await startUpstream({ users: { rene } })
    const source = await broker.addSource(third, { alias: 'Third', name: 'Third' })
    const { visitor, tokens } = await broker.login(client, { params: { idp_hint: 'Third' } })
    const away = await returning(createVisitor(), 'Third')
    expect((await broker.admin('DELETE', `authentication-sources/${source.id}`)).status).toBe(204)
    expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(false)
    expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(400)
    expect((await broker.authorize(visitor, client, { prompt: 'none' })).answer.error).toBe('login_required')
    expect(await arrive(away.visitor, away.callback)).toMatchObject({ status: 403 })
  })
})

describe('groups', () => {
  afterEach(async () => {
    okta.change('rene', rene)
    await setSource({ mapping: null })
  })

  it('SEC-080 are replaced as a set at every login', async () => {
    const login = async () => (await broker.login(client, { params: { idp_hint: 'Okta' } })).access
    const roles = [
      { when_group: 'Consultant', role: 'consultant' },
      { when_group: 'Staff', role: 'staff' },
    ]
    await setSource({ mapping: { roles } })
    expect(await login()).toMatchObject({ groups: ['Everyone', 'Consultant'], realm_access: { roles: ['consultant'] } })
    okta.change('rene', { groups: ['Staff'] })
    expect(await login()).toMatchObject({ groups: ['Staff'], realm_access: { roles: ['staff'] } })
    okta.change('rene', { groups: [] })
    expect(await login()).toMatchObject({ groups: [], realm_access: { roles: [] } })
    okta.change('rene', { groups: undefined })
    expect(await login()).toMatchObject({ groups: [], realm_access: { roles: [] } })
  })

  it('SEC-080 follow an edit of the mapping at the next refresh, without another login', async () => {
    const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    await setSource({
      mapping: {
        groups: { claim: 'groups', filter: 'Cons.*' },
        roles: [{ when_group: 'Consultant', role: 'adviser' }],
      },
    })
    const refreshed = await refresh(tokens.refresh_token)
    expect(refreshed.access).toMatchObject({ groups: ['Consultant'], realm_access: { roles: ['adviser'] } })
    expect(await (await broker.userinfo(refreshed.access_token)).json()).toMatchObject({ groups: ['Consultant'] })
    await setSource({ mapping: { groups: { claim: 'groups', filter: 'None' }, roles: [] } })
    expect((await refresh(refreshed.refresh_token)).access).toMatchObject({ groups: [], realm_access: { roles: [] } })
  })

  it('SEC-080 stay as they last were while the upstream is out of order', async () => {
    const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    okta.change('rene', { groups: ['Staff'] })
    okta.misbehave({ down: 503 })
    const visitor = createVisitor()
    const { url } = broker.authorizationUrl(client, { idp_hint: 'Okta' })
    await visitor.travel(url, ({ origin }) => origin === okta.issuer)
    const { access, refresh_token } = await refresh(tokens.refresh_token)
    expect(access.groups).toEqual(['Everyone', 'Consultant'])
    okta.misbehave({})
    await broker.login(client, { params: { idp_hint: 'Okta' } })
    expect((await refresh(refresh_token)).access.groups).toEqual(['Staff'])
  })
})

async function refresh(token: string) {
  const answer = await broker.refresh(client, token)
  expect(answer.status).toBe(200)
  const tokens = (await answer.json()) as { access_token: string; refresh_token: string }
  return { ...tokens, access: decodeJwt(tokens.access_token) }
}

describe('what an upstream says', () => {
  const grasping = {
    groups: ['admin', 'gatehouse', 'administrators'],
    role: 'admin',
    roles: ['admin'],
    realm_access: { roles: ['admin'] },
    resource_access: { gatehouse: { roles: ['admin'] } },
    scope: 'admin',
    typ: 'Bearer',
    aud: 'another',
    client_id: 'somebody',
    session_state: 'x',
    identity_provider_alias: 'Entra',
    'allowed-origins': ['*'],
  }

  it('SEC-081 becomes no role, scope or protocol claim by its name alone', async () => {
    await using upstream = await startRogueUpstream()
    await broker.created('authentication-sources', {
      alias: 'Grasping',
      name: 'Grasping',
      type: 'oidc',
      config: upstream.config,
    })
    upstream.behave({
      claims: (honest) => ({ ...grasping, ...honest, sub: 'grasping' }),
      userinfo: () => ({ ...grasping, sub: 'grasping' }),
    })
    const { tokens, access, id } = await broker.login(client, { params: { idp_hint: 'Grasping' } })
    const info = await (await broker.userinfo(tokens.access_token)).json()
    for (const said of [access, id, info]) {
      expect(said).toMatchObject({
        realm_access: { roles: [] },
        resource_access: {},
        identity_provider_alias: 'Grasping',
      })
      expect(said).not.toHaveProperty('role')
      expect(said).not.toHaveProperty('roles')
    }
    expect(access).toMatchObject({
      aud: client.id,
      azp: client.id,
      client_id: client.id,
      'allowed-origins': [],
      typ: 'Bearer',
    })
    expect(access.scope).not.toContain('admin')
    expect(access.sid).not.toBe('x')
    expect(id).toMatchObject({ aud: client.id, azp: client.id, typ: 'ID' })
  })

  it('SEC-081 makes nobody an administrator but by an explicit rule', async () => {
    const console = await broker.addClient({ client_name: 'Console', scope: 'openid profile admin' })
    okta.change('rene', grasping)
    const asked = { params: { idp_hint: 'Okta', scope: 'openid admin' } }
    await expect(broker.login(console, asked)).rejects.toThrow('not_an_administrator')
    await setSource({ mapping: { roles: [{ when_group: 'admin', role: 'admin' }] } })
    await expect(broker.login(console, asked)).rejects.toThrow('not_an_administrator')
    await setSource({ mapping: { roles: [{ when_group: 'admin', role: 'admin', client: 'gatehouse' }] } })
    const { access } = await broker.login(console, asked)
    expect(access.resource_access).toEqual({ gatehouse: { roles: ['admin'] } })
    okta.change('rene', rene)
    await setSource({ mapping: null })
  })

  it.each(['sub', 'iss', 'aud', 'realm_access', 'resource_access', 'scope', 'sid', 'acr', 'identity_provider_alias'])(
    'SEC-081 cannot be mapped onto %s',
    async (claim) => {
      const change = { mapping: { attributes: { [claim]: 'role' } } }
      const { status, body } = await broker.admin('PATCH', `authentication-sources/${oktaId}`, change)
      expect(status).toBe(400)
      expect(body.errors).toMatchObject([{ path: `mapping.attributes.${claim}` }])
    },
  )

  it('SEC-081 is about people of that source only: the same subject elsewhere is somebody else', async () => {
    const here = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const there = await broker.login(client, { params: { idp_hint: 'Entra' } })
    expect(here.access.email).toBe(there.access.email)
    expect(here.access.sub).not.toBe(there.access.sub)
  })
})
