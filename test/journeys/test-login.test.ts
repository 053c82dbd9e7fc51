/** A whole login through a source that is a draft or switched off, of which nothing comes but a report. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Json, startTestBroker, type TestBroker } from '../support/broker.ts'
import { formsIn, headingIn, type Shown, send, walk } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

let broker: TestBroker
let upstream: Upstream
let source: Json & { id: string }
let draft: Json
beforeAll(async () => {
  upstream = await startUpstream({
    users: { rene: { ...rene, groups: ['Staff'], hostile: '<img src=x onerror=alert(1)>' } },
  })
  broker = await startTestBroker()
  const mapping = { roles: [{ when_group: 'Staff', role: 'nurse' }] }
  source = await broker.addSource(upstream, { enabled: false, mapping })
  draft = {
    ...{ alias: 'Draft', name: 'A draft', type: 'oidc', mapping },
    config: { ...upstream.config, scopes: ['openid', 'profile', 'email', 'groups'] },
  }
  upstream.register({ callbackUrls: [String(source.callback_url), `${broker.issuer}/broker/Draft/callback`] })
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const begin = async (path = `${source.id}/test-login`, body: Json = {}) => {
  const { status, body: link } = await broker.admin('POST', `authentication-sources/${path}`, body)
  expect([status, link]).toEqual([
    201,
    { id: expect.any(String), url: expect.any(String), expires_at: expect.any(String) },
  ])
  return { id: link.id, url: String(link.url) }
}
const report = async (id: string) => (await broker.admin('GET', `authentication-sources/test-logins/${id}`)).body
const press = (visitor: Visitor, page: Shown) => {
  const [form] = formsIn(page)
  if (!form) throw new Error(`No form in ${page.text}`)
  return send(visitor, page, form, {})
}
async function go(url: string, visitor = createVisitor()) {
  return press(visitor, await walk(visitor, url))
}
/** What a login leaves behind. */
async function kept() {
  const counts: Json = {}
  for (const what of ['users', 'sessions', 'traces', 'authentication-sources', 'clients'])
    counts[what] = ((await broker.admin('GET', `${what}?limit=200`)).body.items as unknown[]).length
  const { body } = await broker.admin('GET', `authentication-sources/${source.id}`)
  return { ...counts, status: body.status, enabled: body.enabled }
}

describe('a test login', () => {
  it('through a source that is switched off shows each step, what came, what became of it, and leaves nothing', async () => {
    const api = { name: 'Wards', slug: 'wards', authentication_sources: [source.id], required_roles: ['nurse'] }
    await broker.created('apis', api)
    await broker.created('apis', { name: 'Labs', slug: 'labs', required_groups: ['Laboratory'] })
    const before = await kept()
    const { id, url } = await begin()
    expect(await report(id)).toMatchObject({ state: 'waiting', steps: [], result: null })
    const page = await go(url)
    expect(headingIn(page)).toContain('Corporate Okta')
    expect(page.text).toContain('This sign-in would succeed.')
    const shown = await report(id)
    expect(shown).toMatchObject({ state: 'succeeded', reason: null, client_id: null })
    expect((shown.steps as Json[]).map(({ what }) => what)).toEqual(['departed', 'arrived', 'mapped', 'succeeded'])
    expect(shown.result).toMatchObject({
      subject: rene.sub,
      received: { sub: rene.sub, email: rene.email, groups: ['Staff'] },
      mapped: { claims: { email: rene.email }, groups: ['Staff'], roles: [{ name: 'nurse', client: null }] },
      admission: { allowed: true, reason: null },
      tokens: {
        access_token: { iss: broker.issuer, typ: 'Bearer', groups: ['Staff'], realm_access: { roles: ['nurse'] } },
        id_token: { typ: 'ID', email: rene.email },
      },
      apis: [
        { name: 'Wards', allowed: true, because: [] },
        { name: 'Labs', allowed: false, because: ['It wants one of the groups Laboratory.'] },
      ],
    })
    expect(await kept()).toEqual(before)
  })

  it('through a draft works before there is any such source, and makes none', async () => {
    const before = await kept()
    const { id, url } = await begin('test-login', { source: draft })
    await go(url)
    expect(await report(id)).toMatchObject({
      state: 'succeeded',
      authentication_source: { alias: 'Draft', stored: false },
    })
    expect(await kept()).toEqual(before)
    const taken = await broker.admin('POST', 'authentication-sources/test-login', {
      source: { ...draft, alias: 'Okta' },
    })
    expect([taken.status, taken.body.code]).toEqual([409, 'conflict'])
  })

  it('says why it would be refused, with cause and fix, to the person and to the administrator', async () => {
    upstream.refuse('access_denied', 'not assigned')
    const { id, url } = await begin()
    const page = await go(url)
    upstream.signInAs('rene')
    expect(page.text).toContain('upstream_refused')
    expect(await report(id)).toMatchObject({
      state: 'refused',
      reason: { code: 'upstream_refused', fix: expect.any(String) },
    })
    upstream.misbehave({ down: 503 })
    const other = await begin('test-login', { source: { ...draft, alias: 'Down' } })
    await go(other.url)
    upstream.misbehave({})
    expect(await report(other.id)).toMatchObject({ state: 'could_not_tell', reason: { code: 'upstream_unavailable' } })
  })

  it('tells that the token would be too large, and shows what fills it', async () => {
    const groups = Array.from({ length: 300 }, (_, index) => `a-group-with-a-long-name-${index}`)
    upstream.change('rene', { groups })
    const { id, url } = await begin()
    await go(url)
    upstream.change('rene', { groups: ['Staff'] })
    expect(await report(id)).toMatchObject({
      ...{ state: 'refused', reason: { code: 'token_too_large' } },
      result: { admission: { allowed: false }, tokens: { access_token: { groups } } },
    })
  })

  it('asks for a fresh login, and does without the proof that only some applications want', async () => {
    await using silent = await startUpstream({ users: { rene }, client: { require_auth_time: false } })
    silent.misbehave({ ignoresPrompt: true })
    silent.register({ callbackUrls: [`${broker.issuer}/broker/Draft/callback`] })
    const { id, url } = await begin('test-login', { source: { ...draft, config: silent.config } })
    await go(url)
    expect(silent.requests.at(-1)).toMatchObject({ prompt: 'login' })
    expect(await report(id)).toMatchObject({ state: 'succeeded' })
  })

  it('tells of a client that does not accept the source, and gives its kind of token', async () => {
    const other = await broker.created('authentication-sources', { alias: 'else', name: 'Else', type: 'local' })
    const picky = await broker.addClient({ allowed_sources: [other.id] })
    const { id, url } = await begin(`${source.id}/test-login`, { client_id: picky.id })
    await go(url)
    expect(await report(id)).toMatchObject({
      state: 'refused',
      reason: { code: 'source_not_allowed' },
      result: { tokens: null },
    })
  })

  it('tries a change of the mapping with the secret that is kept, and changes nothing', async () => {
    const { id, url } = await begin(`${source.id}/test-login`, { source: { mapping: { groups: { filter: 'None' } } } })
    await go(url)
    expect(await report(id)).toMatchObject({
      authentication_source: { stored: false },
      result: { mapped: { groups: [] } },
    })
    const { body } = await broker.admin('GET', `authentication-sources/${source.id}`)
    expect(body.mapping).toMatchObject({ groups: { filter: '.*' } })
  })
})

describe('its link', () => {
  it('is not used up by being looked at, opens once, and stays with the browser that opened it', async () => {
    const { id, url } = await begin()
    await walk(createVisitor(), url)
    await walk(createVisitor(), url)
    const [first, second] = [createVisitor(), createVisitor()]
    const [page, late] = [await walk(first, url), await walk(second, url)]
    expect(headingIn(await press(first, page))).toContain('Corporate Okta')
    expect((await press(second, late)).status).toBe(404)
    expect((await walk(createVisitor(), url)).status).toBe(404)
    expect((await walk(createVisitor(), `${broker.issuer}/test-login/${id}/report`)).status).toBe(404)
    expect((await walk(first, `${broker.issuer}/test-login/${id}/report`)).text).toContain('would succeed')
    expect((await walk(first, url)).text).toContain('would succeed')
  })

  it('is nothing without its secret, and nothing after half an hour', async () => {
    const { id, url } = await begin()
    expect((await walk(createVisitor(), `${broker.issuer}/test-login/${id}/${'x'.repeat(43)}`)).status).toBe(404)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * 60_000 })
    try {
      expect((await walk(createVisitor(), url)).status).toBe(404)
      expect((await broker.admin('GET', `authentication-sources/test-logins/${id}`)).status).toBe(404)
    } finally {
      vi.useRealTimers()
    }
  })

  it('is made by administrators only, and written down with who made it', async () => {
    const { id } = await begin()
    const [event] = (await broker.admin('GET', 'events?action=test_login.started&limit=1')).body.items as Json[]
    expect(event).toMatchObject({ actor: { id: 'automation' }, subject: { id: source.id }, after: { test_login: id } })
    const anonymous = await fetch(`${broker.issuer}/admin/api/v1/authentication-sources/test-logins/${id}`)
    expect(anonymous.status).toBe(401)
  })
})

describe('SEC-003 SEC-051 the trip of a test', () => {
  /** The upstream's answer, on its way to us. */
  async function answered(url: string, visitor: Visitor): Promise<URL> {
    const page = await walk(visitor, url)
    const [form] = formsIn(page)
    const posted = await visitor.request(new URL(form?.action ?? '', page.url), {
      method: 'POST',
      body: new URLSearchParams(form?.fields),
    })
    return visitor.travel(new URL(posted.headers.get('location') ?? ''), ({ pathname }) =>
      pathname.includes('/broker/'),
    )
  }

  it('cannot be ended in another browser, nor by a form from elsewhere', async () => {
    const { id, url } = await begin()
    const visitor = createVisitor()
    const answer = await answered(url, visitor)
    expect((await walk(createVisitor(), answer)).status).toBe(404)
    expect(await report(id)).toMatchObject({ state: 'opened' })
    await walk(visitor, answer)
    expect(await report(id)).toMatchObject({ state: 'succeeded' })
    const fresh = await begin()
    const forged = await fetch(fresh.url, { method: 'POST', body: new URLSearchParams({ csrf: 'x' }) })
    expect(forged.status).toBe(403)
    expect(await report(fresh.id)).toMatchObject({ state: 'waiting' })
  })

  it('cannot end at another source’s address, nor become a login', async () => {
    const { id, url } = await begin()
    const visitor = createVisitor()
    const answer = await answered(url, visitor)
    const elsewhere = new URL(answer.href.replace('/broker/Okta/', '/broker/Draft/'))
    expect((await walk(visitor, elsewhere)).status).toBe(400)
    expect(await report(id)).toMatchObject({ state: 'opened' })
    expect((await walk(visitor, `${broker.issuer}/login/test.${id}/arrive${answer.search}`)).status).toBe(400)
    expect(await report(id)).toMatchObject({ state: 'opened' })
  })

  it('goes nowhere that sign-ins may not go: private addresses stay closed unless the source allows them', async () => {
    const config = { ...(draft.config as Json), allow_private_addresses: false }
    const open = await broker.admin('POST', 'authentication-sources/test-login', {
      source: { ...draft, alias: 'P', config },
    })
    expect(open.status).toBe(400)
    const https = { ...config, issuer: upstream.issuer.replace('http:', 'https:') }
    const { id, url } = await begin('test-login', { source: { ...draft, alias: 'Q', config: https } })
    await go(url)
    expect(await report(id)).toMatchObject({ state: 'refused', reason: { code: 'upstream_misconfigured' } })
  })
})

it('SEC-114 shows what came as text, and keeps secrets and tokens to itself', async () => {
  const { id, url } = await begin()
  const { text } = await go(url)
  expect(text).not.toContain('<img')
  expect(text).toContain('&#60;img src=x')
  const everything = text + JSON.stringify(await report(id))
  expect(everything).not.toContain(String((upstream.config as Json).client_secret))
  expect(everything).not.toMatch(/eyJ[\w-]{10,}/)
})
