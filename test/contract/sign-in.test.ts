import { decodeJwt } from 'jose'
import * as oidc from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { type Gatehouse, type Json, startGatehouse } from './gatehouse.ts'
import { type Application, application, createVisitor, fillIn, has, linkOf, open, submit } from './people.ts'

const callback = 'https://app.example.com/callback'
const bye = 'https://app.example.com/bye'
const password = 'a-password-of-lisa'
let gatehouse: Gatehouse
let upstream: Upstream
let okta: string
let app: Application

async function register(more: Json = {}): Promise<Application> {
  const { status, body } = await gatehouse.admin('POST', 'clients', {
    client_name: 'Patient App',
    redirect_uris: [callback],
    post_logout_redirect_uris: [bye],
    ...more,
  })
  expect(status, JSON.stringify(body)).toBe(201)
  const [id, secret] = [String(body.client_id), body.client_secret as string | undefined]
  const redirectUri = String((more.redirect_uris as string[] | undefined)?.[0] ?? callback)
  return application(gatehouse.issuer, { id, redirectUri, ...(secret !== undefined && { secret }) })
}

beforeAll(async () => {
  gatehouse = await startGatehouse()
  upstream = await startUpstream({
    users: { rene: { sub: '00u-rene', name: 'Rene Klomp', preferred_username: 'rene@acme.com', groups: ['Everyone'] } },
  })
  const { status, body } = await gatehouse.admin('POST', 'authentication-sources', {
    alias: 'Okta',
    name: 'Corporate Okta',
    type: 'oidc',
    config: { ...upstream.config, scopes: ['openid', 'profile', 'email', 'groups'] },
    domains: ['acme.com'],
  })
  expect(status, JSON.stringify(body)).toBe(201)
  okta = `authentication-sources/${body.id}`
  upstream.register({ callbackUrls: [String(body.callback_url)], logoutUrls: [String(body.post_logout_url)] })
  await gatehouse.admin('POST', 'users', { username: 'lisa', password, name: 'Lisa', email: 'lisa@example.com' })
  app = await register()
})
afterAll(async () => {
  await gatehouse?.stop()
  await upstream?.stop()
})

async function signInAsLisa(to: Application, visitor = createVisitor()) {
  const { page, attempt } = await to.begin(visitor, { idp_hint: 'local' })
  const arrived = await fillIn(visitor, page, 'lisa', password, to.redirectUri)
  return { visitor, tokens: await to.finish(arrived, attempt) }
}

describe('the chooser', () => {
  it('has a door for every source, by its id, and what is chosen is where one ends', async () => {
    const visitor = createVisitor()
    const first = await app.begin(visitor)
    const arrived = await open(visitor, linkOf(first.page, 'source-Okta'), callback)
    expect((await app.finish(arrived, first.attempt)).claims()).toMatchObject({
      identity_provider_alias: 'Okta',
      name: 'Rene Klomp',
    })

    const other = createVisitor()
    const second = await app.begin(other)
    const form = await open(other, linkOf(second.page, 'source-local'))
    expect(has(form, 'source-Okta')).toBe(false)
    const back = await fillIn(other, form, 'lisa', password, callback)
    expect((await app.finish(back, second.attempt)).claims()).toMatchObject({ name: 'Lisa' })
  })

  it.each<Record<string, string>>([
    { idp_hint: 'Okta' },
    { kc_idp_hint: 'Okta' },
    { domain_hint: 'acme.com' },
    { domain_hint: 'rene@acme.com' },
    { login_hint: 'Rene@ACME.com' },
  ])('is skipped for %o', async (params) => {
    const { page, attempt } = await app.begin(createVisitor(), params)
    expect((await app.finish(page, attempt)).claims()).toMatchObject({ identity_provider_alias: 'Okta' })
  })

  it.each<Record<string, string>>([
    { idp_hint: 'nowhere' },
    { login_hint: 'lisa@example.com' },
    { domain_hint: 'example.com' },
  ])('comes for %o, which names no source', async (params) => {
    const { page } = await app.begin(createVisitor(), params)
    expect([page.status, has(page, 'source-Okta'), has(page, 'source-local')]).toEqual([200, true, true])
  })

  it('offers what the client allows, named by alias or by id', async () => {
    for (const source of ['Okta', okta.split('/')[1]]) {
      const narrow = await register({ allowed_sources: [source] })
      const { page } = await narrow.begin(createVisitor())
      expect(page.url.searchParams.get('code')).toBeTruthy()
      const forced = await narrow.begin(createVisitor(), { idp_hint: 'local' })
      expect(has(forced.page, 'password')).toBe(false)
    }
  })
})

describe('the password form', () => {
  it('takes another try after a wrong one, with fields by their ids', async () => {
    const visitor = createVisitor()
    const { page, attempt } = await app.begin(visitor, { idp_hint: 'local' })
    const wrong = await fillIn(visitor, page, 'lisa', 'not-the-password', callback)
    expect([wrong.status, has(wrong, 'username'), has(wrong, 'password'), has(wrong, 'submit')]).toEqual([
      401,
      ...[true, true, true],
    ])
    const arrived = await fillIn(visitor, wrong, 'LISA', password, callback)
    expect((await app.finish(arrived, attempt)).claims()).toMatchObject({ preferred_username: 'lisa' })
  })

  it('signs in to the next application without asking', async () => {
    const { visitor, tokens } = await signInAsLisa(app)
    const other = await register()
    const { page, attempt } = await other.begin(visitor)
    const access = decodeJwt((await other.finish(page, attempt)).access_token)
    expect(access.sid).toBe(decodeJwt(tokens.access_token).sid)
    expect(access.acr).toBe('0')
  })
})

describe('prompt', () => {
  it('none: login_required without a session, a code with one', async () => {
    const none = { prompt: 'none' }
    const { page } = await app.begin(createVisitor(), none)
    expect(Object.fromEntries(page.url.searchParams)).toMatchObject({ error: 'login_required', iss: gatehouse.issuer })
    const { visitor } = await signInAsLisa(app)
    const { page: known, attempt } = await app.begin(visitor, none)
    expect((await app.finish(known, attempt)).claims()).toMatchObject({ name: 'Lisa' })
  })

  it.each<Record<string, string>>([{ prompt: 'login' }, { prompt: 'select_account' }, { max_age: '0' }])(
    '%o asks again, here and at the upstream',
    async (params) => {
      const { visitor } = await signInAsLisa(app)
      const { page, attempt } = await app.begin(visitor, params)
      expect([page.status, has(page, 'username')]).toEqual([200, true])
      const arrived = await open(visitor, linkOf(page, 'source-Okta'), callback)
      expect((await app.finish(arrived, attempt)).claims()).toMatchObject({ name: 'Rene Klomp' })
      expect(upstream.requests.at(-1)).toMatchObject({ max_age: '0' })
    },
  )
})

describe('consent', () => {
  it('is asked of people for third parties, kept, and can be refused', async () => {
    const scope = 'openid profile email groups'
    const third = await register({ first_party: false })
    const visitor = createVisitor()
    const begin = (more = {}) => third.begin(visitor, { idp_hint: 'Okta', scope, ...more })
    const first = await begin()
    const denied = await submit(visitor, first.page, 'consent-deny', {}, callback)
    expect(denied.url.searchParams.get('error')).toBe('access_denied')

    const second = await begin()
    const allowed = await submit(visitor, second.page, 'consent-allow', {}, callback)
    const tokens = await third.finish(allowed, second.attempt)
    expect(tokens.scope).toBe(scope)
    expect((await begin({ prompt: 'none' })).page.url.searchParams.get('code')).toBeTruthy()
    const more = await begin({ prompt: 'none', scope: `${scope} roles` })
    expect(more.page.url.searchParams.get('error')).toBe('consent_required')
  })
})

describe('logout', () => {
  const active = async (to: Application, token: string) => (await oidc.tokenIntrospection(to.config, token)).active

  it('with an ID token goes back to the application, and ends session and tokens', async () => {
    const { visitor, tokens } = await signInAsLisa(app)
    const url = oidc.buildEndSessionUrl(app.config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: bye,
      state: 'xyz',
    })
    expect((await open(visitor, url, bye)).url.href).toBe(`${bye}?state=xyz`)
    expect(await active(app, tokens.access_token)).toBe(false)
    const refreshed = oidc.refreshTokenGrant(app.config, tokens.refresh_token ?? '')
    await expect(refreshed).rejects.toMatchObject({ error: 'invalid_grant' })
    const { page } = await app.begin(visitor, { prompt: 'none' })
    expect(page.url.searchParams.get('error')).toBe('login_required')
  })

  it('without one asks first', async () => {
    const { visitor, tokens } = await signInAsLisa(app)
    const asked = await open(visitor, `${gatehouse.issuer}/logout`)
    expect((await submit(visitor, asked, 'logout-no')).status).toBe(200)
    expect(await active(app, tokens.access_token)).toBe(true)
    const again = await open(visitor, `${gatehouse.issuer}/logout`)
    expect((await submit(visitor, again, 'logout-yes')).status).toBe(200)
    expect(await active(app, tokens.access_token)).toBe(false)
  })

  it('signs out at the upstream too', async () => {
    const visitor = createVisitor()
    const { page, attempt } = await app.begin(visitor, { idp_hint: 'Okta' })
    const { id_token = '' } = await app.finish(page, attempt)
    const url = oidc.buildEndSessionUrl(app.config, { id_token_hint: id_token, post_logout_redirect_uri: bye })
    expect((await open(visitor, url, bye)).url.href).toBe(bye)
    expect(upstream.calls.filter((call) => call.endsWith(' /session/end'))).not.toHaveLength(0)
  })
})

describe('applications without a secret', () => {
  it.each([
    ['a private-use scheme', 'com.example.app:/callback', 'com.example.app:/callback'],
    ['loopback with a port of the moment', 'http://127.0.0.1/callback', 'http://127.0.0.1:49152/callback'],
  ])('may be native: %s', async (_, registered, redirectUri) => {
    const { body } = await gatehouse.admin('POST', 'clients', {
      application_type: 'native',
      redirect_uris: [registered],
    })
    expect(body).not.toHaveProperty('client_secret')
    const { tokens } = await signInAsLisa(
      await application(gatehouse.issuer, { id: String(body.client_id), redirectUri }),
    )
    expect(tokens.claims()).toMatchObject({ name: 'Lisa' })
    expect(tokens.refresh_token).toBeTruthy()
  })
})

describe('what is not as registered', () => {
  const address = (params: Record<string, string>) =>
    `${gatehouse.issuer}/authorize?${new URLSearchParams({
      client_id: app.config.clientMetadata().client_id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid',
      ...params,
    })}`

  it('is told on a page of ours, never at an address that is not the application’s', async () => {
    const wrong: Record<string, string>[] = [
      { redirect_uri: 'https://evil.example/' },
      { redirect_uri: `${callback}/more` },
      { client_id: 'nobody' },
    ]
    for (const params of wrong) {
      const page = await open(createVisitor(), address(params))
      expect([page.status, page.url.origin]).toEqual([400, gatehouse.issuer])
    }
  })

  it('without PKCE is an error for the application', async () => {
    const { url } = await open(createVisitor(), address({ state: 's' }), callback)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ error: 'invalid_request', state: 's' })
  })

  it('may come by POST, and is answered by a redirect to GET', async () => {
    const { origin, pathname, searchParams } = new URL(address({}))
    const response = await fetch(origin + pathname, { method: 'POST', redirect: 'manual', body: searchParams })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toContain('client_id=')
  })
})

describe('a source that is switched off', () => {
  it('ends what came through it and is offered to nobody, until it is back', async () => {
    const visitor = createVisitor()
    const { page, attempt } = await app.begin(visitor, { idp_hint: 'Okta' })
    const tokens = await app.finish(page, attempt)
    await gatehouse.admin('PATCH', okta, { enabled: false })
    expect(await oidc.tokenIntrospection(app.config, tokens.access_token)).toEqual({ active: false })
    const refused = await app.begin(createVisitor(), { idp_hint: 'Okta' })
    expect([has(refused.page, 'source-Okta'), has(refused.page, 'username')]).toEqual([false, true])
    const { body } = await gatehouse.admin('GET', okta)
    expect((await gatehouse.admin('PUT', okta, { ...body, enabled: true })).status).toBe(200)
    const again = await app.begin(createVisitor(), { idp_hint: 'Okta' })
    expect(again.page.url.searchParams.get('code')).toBeTruthy()
    expect((await oidc.tokenIntrospection(app.config, tokens.access_token)).active).toBe(false)
  })
})
