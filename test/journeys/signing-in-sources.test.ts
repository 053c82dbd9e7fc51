import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { doorsIn, formsIn, formTo, headingIn, type Shown, send, walk } from '../support/pages.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

let broker: TestBroker
let okta: Upstream
let entra: Upstream
let ids: Record<'okta' | 'entra' | 'local' | 'off', string>
let client: TestClient

beforeAll(async () => {
  okta = await startUpstream({ users: { rene } })
  entra = await startUpstream({ users: { john } })
  broker = await startTestBroker()
  const { body } = await broker.admin('GET', 'authentication-sources')
  const [local] = body.items as { id: string }[]
  const open = await broker.addSource(okta, { domains: ['acme.test', 'müller.example'] })
  const hidden = await broker.addSource(entra, {
    ...{ alias: 'Entra', name: 'Partner Entra', domains: ['partner.test'], hidden: true },
  })
  const off = await broker.addSource(okta, {
    alias: 'Off',
    name: 'Switched off',
    domains: ['off.test'],
    enabled: false,
  })
  okta.register({ callbackUrls: [String(open.callback_url)] })
  ids = { okta: open.id, entra: hidden.id, local: String(local?.id), off: off.id }
  client = await broker.addClient()
})

afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await okta?.stop()
  await entra?.stop()
})

const forSources = (...names: (keyof typeof ids)[]) =>
  broker.addClient({ allowed_sources: names.map((name) => ids[name]), client_name: names.join(' and ') })

const begin = (params: Readonly<Record<string, string>> = {}, of = client, visitor: Visitor = createVisitor()) =>
  walk(visitor, broker.authorizationUrl(of, params).url)

/** Which sources the page offers, in its order, and whether it asks for a password or an address. */
function offers(page: Shown): readonly string[] {
  const links = [...page.text.matchAll(/class="door" id="source-([^"]+)"/g)].map(([, alias = '']) => alias)
  // The button for passkeys is another way to the same source.
  const ways = formsIn(page).filter(({ action }) => !action.includes('/passkey/'))
  const forms = ways.map(({ action }) => action.split('/').at(-1) ?? '')
  return [...links, ...forms.filter((end) => end !== 'back')]
}

const tokenSource = async (of: TestClient, params: Readonly<Record<string, string>>) =>
  (await broker.login(of, { params })).access.identity_provider_alias

describe('which ways there are', () => {
  it('all that are on and not hidden, and an address for those that are', async () => {
    const page = await begin()
    expect(headingIn(page)).toBe('Sign in to Patient App')
    expect(offers(page)).toEqual(['Okta', 'local', 'find'])
    expect(page.text).not.toContain('Switched off')
    expect(page.text).not.toContain('Partner Entra')
  })

  it('only those that the application allows; no address where it leads nowhere', async () => {
    expect(offers(await begin({}, await forSources('okta', 'local')))).toEqual(['Okta', 'local'])
    expect(offers(await begin({}, await forSources('okta', 'off', 'local')))).toEqual(['Okta', 'local'])
  })

  it('straight through where one remains, hidden or not', async () => {
    expect(await tokenSource(await forSources('okta'), {})).toBe('Okta')
    expect(await tokenSource(await forSources('entra'), {})).toBe('Entra')
    expect(offers(await begin({}, await forSources('local')))).toEqual(['local'])
    // One is on offer, the other is off: there is nothing to choose.
    expect(await tokenSource(await forSources('okta', 'off'), {})).toBe('Okta')
  })

  it('none: a page says so, and gives the application its answer', async () => {
    const visitor = createVisitor()
    const page = await begin({}, await forSources('off'), visitor)
    expect(page.status).toBe(403)
    expect(headingIn(page)).toBe('There is no way to sign in to this application')
    const back = await send(visitor, page, formTo(page, '/back'))
    expect(Object.fromEntries(back.url.searchParams)).toMatchObject({ error: 'access_denied', state: 'the-state' })
  })

  it('a source that the application does not allow is not reached by its address either', async () => {
    const visitor = createVisitor()
    const page = await begin({}, await forSources('okta', 'local'), visitor)
    for (const alias of ['Entra', 'Off', 'nobody']) {
      const answer = await walk(visitor, `${page.url}/source/${alias}`)
      expect(answer.status).toBe(403)
      expect(Object.keys(doorsIn(answer))).toEqual(['Try again', 'Back to okta and local'])
    }
    expect(entra.requests.at(-1)?.state ?? '').not.toBe('')
  })
})

describe('hints', () => {
  it.each([
    ['idp_hint', { idp_hint: 'Okta' }, 'Okta'],
    ['kc_idp_hint', { kc_idp_hint: 'Okta' }, 'Okta'],
    ['idp_hint of a hidden source', { idp_hint: 'Entra' }, 'Entra'],
    ['an unknown idp_hint beside a known kc_idp_hint', { idp_hint: 'nobody', kc_idp_hint: 'Okta' }, 'Okta'],
    ['domain_hint', { domain_hint: 'partner.test' }, 'Entra'],
    ['domain_hint in capitals', { domain_hint: 'PARTNER.TEST' }, 'Entra'],
    ['login_hint with an address', { login_hint: 'john@partner.test' }, 'Entra'],
    ['login_hint with two ats', { login_hint: 'john@acme.test@partner.test' }, 'Entra'],
    ['login_hint with an international domain', { login_hint: 'rene@MÜLLER.example' }, 'Okta'],
    ['domain_hint before login_hint', { domain_hint: 'acme.test', login_hint: 'john@partner.test' }, 'Okta'],
    [
      'a domain_hint for others beside login_hint',
      { domain_hint: 'organizations', login_hint: 'x@partner.test' },
      'Entra',
    ],
    ['idp_hint before all of them', { idp_hint: 'Okta', domain_hint: 'partner.test' }, 'Okta'],
  ])('%s leads straight to its source', async (_, params, alias) => {
    expect(await tokenSource(client, params)).toBe(alias)
  })

  it.each([
    ['an unknown source', { idp_hint: 'nobody' }],
    ['another spelling', { idp_hint: 'okta' }],
    ['a source that is off', { idp_hint: 'Off' }],
    ['the domain of one that is off', { domain_hint: 'off.test' }],
    ['no domain', { login_hint: 'rene' }],
    ['an unknown domain', { login_hint: 'rene@elsewhere.test' }],
    ['the end of a domain', { login_hint: 'rene@test' }],
    ['a domain below one', { login_hint: 'rene@sub.acme.test' }],
  ])('that name %s leave the choice to the person', async (_, params) => {
    expect(offers(await begin(params))).toEqual(['Okta', 'local', 'find'])
  })

  it('that name a source the application does not allow leave the choice to the person', async () => {
    const of = await forSources('okta', 'local')
    for (const params of [{ idp_hint: 'Entra' }, { login_hint: 'john@partner.test' }] as Record<string, string>[])
      expect(offers(await begin(params, of))).toEqual(['Okta', 'local'])
  })

  it('a login_hint stands in the password form, and goes along to the upstream', async () => {
    expect((await begin({ login_hint: 'ada', idp_hint: 'local' })).text).toContain(
      'name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required value="ada"',
    )
    await begin({ login_hint: 'rene@acme.test' })
    expect(okta.requests.at(-1)?.login_hint).toBe('rene@acme.test')
  })
})

describe('an e-mail address', () => {
  it('leads to the source of its domain, which hears it', async () => {
    const visitor = createVisitor()
    const page = await begin({}, client, visitor)
    const done = await send(visitor, page, formTo(page, '/find'), { email: 'john@Partner.test ' })
    expect(done.url.searchParams.has('code')).toBe(true)
    expect(entra.requests.at(-1)?.login_hint).toMatch(/^john@Partner\.test/)
  })

  it.each(['john@elsewhere.test', 'john', '', '@', 'x@off.test'])(
    '%j leads nowhere, and the page says so',
    async (email) => {
      const visitor = createVisitor()
      const page = await begin({}, client, visitor)
      const again = await send(visitor, page, formTo(page, '/find'), { email })
      expect(again.status).toBe(404)
      expect(again.text).toContain('No way to sign in is known for this address')
      expect(offers(again)).toEqual(['Okta', 'local', 'find'])
    },
  )
})

describe('on this device', () => {
  it('the source that was used last stands first', async () => {
    const more = await broker.addSource(entra, { alias: 'Zulu', name: 'Zulu', domains: [] })
    entra.register({ callbackUrls: [String(more.callback_url)] })
    const visitor = createVisitor()
    expect(offers(await begin({}, client, visitor))).toEqual(['Okta', 'Zulu', 'local', 'find'])
    await begin({ idp_hint: 'Zulu' }, client, visitor)
    const page = await begin({ prompt: 'login' }, client, visitor)
    expect(offers(page)).toEqual(['Zulu', 'Okta', 'local', 'find'])
    expect(page.text.match(/Last used on this device/g)).toHaveLength(1)
    await broker.admin('DELETE', `authentication-sources/${more.id}`)
  })
})

describe('a wrong password', () => {
  it('keeps the user name and every other way in', async () => {
    const visitor = createVisitor()
    const page = await begin({}, client, visitor)
    const wrong = await send(visitor, page, formTo(page, '/source/local'), { username: 'ad"min', password: 'wrong' })
    expect(wrong.status).toBe(401)
    expect(offers(wrong)).toEqual(['Okta', 'local', 'find'])
    expect(wrong.text).toContain('value="ad&#34;min"')
    expect(wrong.text).toContain('The user name or password is not right')
    expect(wrong.text).not.toContain('value="wrong"')
    const right = await send(visitor, wrong, formTo(wrong, '/source/local'), {
      username: 'admin',
      password: administratorPassword,
    })
    expect(right.url.searchParams.has('code')).toBe(true)
  })
})
