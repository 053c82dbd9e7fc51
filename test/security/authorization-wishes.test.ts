import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { doorsIn, formTo, headingIn, type Shown, send, walk } from '../support/pages.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

type Params = Readonly<Record<string, string>>

let broker: TestBroker
let upstream: Upstream
let client: TestClient
let trusting: TestClient
let local: TestClient

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
  upstream = await startUpstream({ users: { rene, john } })
  broker = await startTestBroker()
  const { body } = await broker.admin('GET', 'authentication-sources')
  const [password] = body.items as { id: string }[]
  const okta = await broker.addSource(upstream)
  const trusted = await broker.addSource(upstream, { alias: 'Trusted', config: { reauthentication: 'trust' } })
  const addresses = [okta, trusted].map(({ callback_url: url }) => String(url))
  upstream.register({ callbackUrls: addresses })
  client = await broker.addClient({ allowed_sources: [okta.id] })
  trusting = await broker.addClient({ allowed_sources: [trusted.id] })
  local = await broker.addClient({ allowed_sources: [String(password?.id)] })
})

beforeEach(() => {
  upstream.signInAs('rene')
  upstream.misbehave({})
  upstream.endSessions()
})

afterEach(() => later(3600))

afterAll(async () => {
  vi.useRealTimers()
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const later = (seconds: number) => void vi.setSystemTime(Date.now() + seconds * 1000)
const now = () => Math.floor(Date.now() / 1000)

const begin = (visitor: Visitor, params: Params = {}, of = client) =>
  walk(visitor, broker.authorizationUrl(of, params).url)

const login = async (visitor: Visitor, params: Params = {}, of = client) => {
  const { id, tokens } = await broker.login(of, { visitor, params })
  return { id: id as Record<string, unknown>, hint: tokens.id_token }
}

const errorOf = ({ url }: Shown) => url.searchParams.get('error')
const asked = () => upstream.requests.at(-1) ?? {}

/** How often the upstream was asked while `work` was done. */
async function timesAsked(work: () => Promise<unknown>): Promise<number> {
  const before = upstream.requests.length
  await work()
  return upstream.requests.length - before
}

describe('prompt', () => {
  it('SEC-009 none shows nothing: a code where there is a session, login_required where there is none', async () => {
    const visitor = createVisitor()
    expect(errorOf(await begin(visitor, { prompt: 'none' }))).toBe('login_required')
    await login(visitor)
    expect(await timesAsked(() => login(visitor, { prompt: 'none' }))).toBe(0)
  })

  it('SEC-009 login has the person prove themselves again, over there too, and auth_time tells', async () => {
    const visitor = createVisitor()
    const first = await login(visitor)
    expect(asked().prompt).toBeUndefined()
    later(100)
    const second = await login(visitor, { prompt: 'login' })
    expect(asked()).toMatchObject({ prompt: 'login', max_age: '0' })
    expect(second.id.auth_time).toBe(now())
    expect(second.id).toMatchObject({ sub: first.id.sub, sid: first.id.sid })
    later(100)
    expect((await login(visitor)).id.auth_time).toBe(second.id.auth_time)
  })

  it('SEC-009 login is proven: an upstream that answers from its session is not believed', async () => {
    const visitor = createVisitor()
    const first = await login(visitor)
    later(100)
    upstream.misbehave({ ignoresPrompt: true })
    let page: Shown | undefined
    expect(
      await timesAsked(async () => {
        page = await begin(visitor, { prompt: 'login' })
      }),
    ).toBe(1)
    expect(page?.status).toBe(403)
    expect(page && headingIn(page)).toBe('A fresh sign-in was required')
    if (!page) return
    const back = await send(visitor, page, formTo(page, '/back'))
    expect(Object.fromEntries(back.url.searchParams)).toMatchObject({ error: 'login_required', iss: broker.issuer })
    // The session that was there is as old as before.
    expect((await login(visitor, { prompt: 'none' })).id.auth_time).toBe(first.id.auth_time)
  })

  it('SEC-009 login without proof counts where the administrator trusts the source', async () => {
    const visitor = createVisitor()
    await login(visitor, {}, trusting)
    later(100)
    upstream.misbehave({ ignoresPrompt: true })
    expect((await login(visitor, { prompt: 'login' }, trusting)).id.auth_time).toBe(now())
    expect(asked().prompt).toBe('login')
  })

  it('SEC-009 login asks for the password again', async () => {
    const visitor = createVisitor()
    const give = async (page: Shown) => {
      const fields = { username: 'admin', password: administratorPassword }
      return send(visitor, page, formTo(page, '/source/local'), fields)
    }
    await give(await begin(visitor, {}, local))
    const page = await begin(visitor, { prompt: 'login' }, local)
    expect(page.status).toBe(200)
    expect((await give(page)).url.searchParams.has('code')).toBe(true)
  })

  it('SEC-009 what nobody knows, or contradicts itself, is refused', async () => {
    const visitor = createVisitor()
    for (const prompt of ['nonsense', 'none login', 'login nonsense', 'LOGIN'])
      expect(errorOf(await begin(visitor, { prompt })), prompt).toBe('invalid_request')
  })
})

describe('max_age', () => {
  it('SEC-009 lets a young session do, and has an old one renewed, over there too', async () => {
    const visitor = createVisitor()
    const first = await login(visitor, { max_age: '10000' })
    expect(asked().max_age).toBe('10000')
    later(5)
    let second = first
    expect(
      await timesAsked(async () => {
        second = await login(visitor, { max_age: '10000' })
      }),
    ).toBe(0)
    expect(second.id.auth_time).toBe(first.id.auth_time)

    later(100)
    const third = await login(visitor, { max_age: '1' })
    expect(asked().max_age).toBe('1')
    expect(third.id.auth_time).toBe(now())
  })

  it('SEC-009 is not met by an upstream’s old session, whatever that says', async () => {
    const visitor = createVisitor()
    await login(visitor)
    later(100)
    upstream.misbehave({ ignoresPrompt: true })
    const page = await begin(visitor, { max_age: '10' })
    expect(headingIn(page)).toBe('A fresh sign-in was required')
  })

  it('SEC-009 0 means prompt=login', async () => {
    const visitor = createVisitor()
    await login(visitor)
    later(2)
    expect((await login(visitor, { max_age: '0' })).id.auth_time).toBe(now())
    expect(asked().prompt).toBe('login')
  })

  it('SEC-009 with prompt=none is login_required when the session is too old', async () => {
    const visitor = createVisitor()
    await login(visitor)
    later(100)
    expect(errorOf(await begin(visitor, { max_age: '10', prompt: 'none' }))).toBe('login_required')
    expect(errorOf(await begin(visitor, { max_age: '1000', prompt: 'none' }))).toBeNull()
  })

  it.each(['-1', 'x', '1.5', '1e400'])('SEC-009 %s is refused', async (max_age) => {
    expect(errorOf(await begin(createVisitor(), { max_age }))).toBe('invalid_request')
  })
})

describe('login_hint and ui_locales', () => {
  it('SEC-009 reach the upstream', async () => {
    await login(createVisitor(), { login_hint: 'rene@acme.test', ui_locales: 'de en' })
    expect(asked()).toMatchObject({ login_hint: 'rene@acme.test', ui_locales: 'de en' })
  })
})

describe('id_token_hint', () => {
  it('SEC-009 of the person who is signed in changes nothing, expired or not', async () => {
    const visitor = createVisitor()
    const { hint } = await login(visitor)
    later(1000)
    expect(decodeJwt(hint).exp).toBeLessThan(now())
    expect(await timesAsked(() => login(visitor, { id_token_hint: hint }))).toBe(0)
    expect(await timesAsked(() => login(visitor, { id_token_hint: hint, prompt: 'none' }))).toBe(0)
  })

  it('SEC-009 of somebody else has that person sign in, whom the upstream is asked for afresh', async () => {
    upstream.signInAs('john')
    const { hint, id } = await login(createVisitor())
    upstream.endSessions()
    upstream.signInAs('rene')
    const visitor = createVisitor()
    await login(visitor)
    expect(errorOf(await begin(visitor, { id_token_hint: hint, prompt: 'none' }))).toBe('login_required')
    upstream.endSessions()
    upstream.signInAs('john')
    expect((await login(visitor, { id_token_hint: hint })).id.sub).toBe(id.sub)
    expect(asked().prompt).toBe('login')
  })

  it('SEC-009 is not satisfied by another one, and nothing goes round in circles', async () => {
    upstream.signInAs('john')
    const { hint } = await login(createVisitor())
    upstream.endSessions()
    upstream.signInAs('rene')
    for (const signedIn of [false, true]) {
      const visitor = createVisitor()
      if (signedIn) await login(visitor)
      let page: Shown | undefined
      expect(
        await timesAsked(async () => {
          page = await begin(visitor, { id_token_hint: hint })
        }),
      ).toBe(1)
      if (!page) return
      expect(headingIn(page)).toBe('Somebody else was expected')
      const doors = doorsIn(page)
      expect(Object.keys(doors)).toEqual(['Try again', 'Back to Patient App'])
      const again = await walk(visitor, new URL(doors['Try again'] ?? '', page.url))
      expect(asked().prompt).toBe('login')
      expect(headingIn(again)).toBe('Somebody else was expected')
      const back = await send(visitor, again, formTo(again, '/back'))
      expect(errorOf(back)).toBe('login_required')
    }
  })

  it('SEC-009 is not satisfied by another one where sub is asked for as a claim either', async () => {
    const claims = JSON.stringify({ id_token: { sub: { value: 'somebody' } } })
    expect(headingIn(await begin(createVisitor(), { claims }))).toBe('Somebody else was expected')
  })

  it('SEC-009 that is none of ours is refused', async () => {
    const { hint } = await login(createVisitor())
    for (const id_token_hint of ['x', 'x.y.z', `${hint.slice(0, -8)}AAAAAAAA`, ''])
      if (id_token_hint) expect(errorOf(await begin(createVisitor(), { id_token_hint }))).toBe('invalid_request')
  })
})

describe('acr', () => {
  const essential = (acr: object) => JSON.stringify({ id_token: { acr: { essential: true, ...acr } } })

  it('SEC-009 asked for with acr_values reaches the upstream, and what was met is said', async () => {
    const { id } = await login(createVisitor(), { acr_values: 'urn:example:mfa 2' })
    expect(asked().acr_values).toBe('urn:example:mfa 2')
    expect(id.acr).toBe('urn:example:mfa')
  })

  it('SEC-009 asked for as a claim without being essential does so as well', async () => {
    const claims = JSON.stringify({ id_token: { acr: { values: ['2', 'urn:example:mfa'] } } })
    expect((await login(createVisitor(), { claims })).id.acr).toBe('2')
    expect(asked().acr_values).toBe('2 urn:example:mfa')
  })

  it('SEC-009 that is a wish is worth one try, also from a session, and no dead end', async () => {
    const visitor = createVisitor()
    await login(visitor)
    expect(await timesAsked(() => login(visitor, { acr_values: 'urn:example:never' }))).toBe(1)
    expect(await timesAsked(() => login(visitor, { acr_values: 'urn:example:mfa' }))).toBe(1)
    expect(await timesAsked(() => login(visitor, { acr_values: 'urn:example:mfa' }))).toBe(0)
    expect(errorOf(await begin(visitor, { acr_values: 'urn:example:never', prompt: 'none' }))).toBeNull()
  })

  it.each([
    ['value', { value: 'urn:example:mfa' }],
    ['values', { values: ['urn:example:never', 'urn:example:mfa'] }],
  ])('SEC-009 that is essential (%s) has the session stepped up', async (_, acr) => {
    const visitor = createVisitor()
    await login(visitor)
    expect(errorOf(await begin(visitor, { claims: essential(acr), prompt: 'none' }))).toBe('login_required')
    expect((await login(visitor, { claims: essential(acr) })).id.acr).toBe('urn:example:mfa')
    expect(await timesAsked(() => login(visitor, { claims: essential(acr) }))).toBe(0)
  })

  it.each([
    ['value', { value: 'urn:example:never' }],
    ['values', { values: ['urn:example:never', 'nor-this'] }],
  ])('SEC-009 that is essential (%s) and cannot be had ends with unmet_authentication_requirements', async (_, acr) => {
    for (const signedIn of [false, true]) {
      const visitor = createVisitor()
      if (signedIn) await login(visitor)
      let page: Shown | undefined
      expect(
        await timesAsked(async () => {
          page = await begin(visitor, { claims: essential(acr) })
        }),
      ).toBe(1)
      if (!page) return
      expect(headingIn(page)).toBe('A stronger sign-in was required')
      const back = await send(visitor, page, formTo(page, '/back'))
      expect(Object.fromEntries(back.url.searchParams)).toMatchObject({
        ...{ error: 'unmet_authentication_requirements', state: 'the-state', iss: broker.issuer },
      })
    }
  })
})
