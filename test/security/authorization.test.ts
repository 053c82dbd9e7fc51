import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  administratorPassword,
  basic,
  challengeOf,
  newVerifier,
  startTestBroker,
  type TestBroker,
  type TestClient,
} from '../support/broker.ts'
import { formTo, headingIn, type Shown, send, walk } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const lines: string[] = []
const log = pino(
  { level: 'warn' },
  new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk))
      done()
    },
  }),
)

let broker: TestBroker
let upstream: Upstream
let client: TestClient
let stranger: TestClient
let native: TestClient

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ parts: { log } })
  await broker.addSource(upstream)
  client = await broker.addClient({
    redirect_uris: ['https://app.example/callback', 'https://app.example/cb?tenant=1'],
  })
  stranger = await broker.addClient({ client_name: 'Stranger', first_party: false })
  native = await broker.addClient({
    application_type: 'native',
    redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback', 'com.example.app:/callback'],
  })
})

afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const ask = (params: Readonly<Record<string, string>>, of = client, visitor = createVisitor()) =>
  visitor.request(broker.authorizationUrl(of, params).url)

/** The address as it stands, without anything being encoded or put right. */
const askRaw = (query: string) => fetch(`${broker.issuer}/authorize?${query}`, { redirect: 'manual' })

const rawQuery = (params: Readonly<Record<string, string>> = {}) =>
  broker.authorizationUrl(client, params).url.search.slice(1)

async function expectLocalPage(answer: Response): Promise<void> {
  expect(answer.status).toBe(400)
  expect(answer.headers.get('location')).toBeNull()
  expect(answer.headers.get('refresh')).toBeNull()
  const text = await answer.text()
  expect(text).toContain('<h1')
  expect(text).not.toMatch(/attacker\.example"|http-equiv/)
}

const answerOf = (answer: Response) => new URL(answer.headers.get('location') ?? '', broker.issuer).searchParams

const mutants = [
  ...['/', '/..', '/../callback', '/.', ';', ';/', '..;/', '/..;/x', '/%2e%2e/callback', '%2f', '%00', '%20', '%0d%0a'],
  ...[
    '.',
    '?',
    '?x=1',
    '?code=1',
    '#',
    '#x',
    '%23x',
    '\\',
    '\\@attacker.example',
    '@attacker.example',
    '&x=1',
    ' ',
    '\t',
  ],
  ...[
    '\r\nLocation: https://attacker.example/',
    '\n',
    '\0',
    '%',
    'x',
    '/x',
    '//',
    '?#',
    '%3fx=1',
    '*',
    '\u00a0',
    '\ud83d\ude00',
  ],
].map((suffix) => `https://app.example/callback${suffix}`)

const others = [
  ...['https://app.example', 'https://app.example/', 'https://app.example/callbac', 'https://app.example/CALLBACK'],
  ...['https://APP.example/callback', 'HTTPS://app.example/callback', 'https://app.example./callback'],
  ...['https://app.example:443/callback', 'https://app.example:8443/callback', 'http://app.example/callback'],
  ...['https://app.example//callback', 'https://app.example/./callback', 'https://app.example/x/../callback'],
  ...['https://app.example/%63allback', 'https://app.example/call%62ack', 'https://app.example/..%2fcallback'],
  ...['https://app.example\\callback', 'https:\\\\app.example\\callback', 'https:app.example/callback'],
  ...['https://user@app.example/callback', 'https://app.example@attacker.example/callback'],
  ...['https://app.example@@attacker.example/callback', 'https://attacker.example\\@app.example/callback'],
  ...['https://attacker.example#@app.example/callback', 'https://attacker.example?.app.example/callback'],
  ...['https://app.example.attacker.example/callback', 'https://attackerapp.example/callback'],
  ...['https://sub.app.example/callback', 'https://аpp.example/callback', 'https://app。example/callback'],
  ...['https://xn--pp-9ka.example/callback', 'https://app.example/callback,https://attacker.example/'],
  ...[
    'https://app.example/callback https://attacker.example/',
    ' https://app.example/callback',
    '//app.example/callback',
  ],
  ...['/callback', 'callback', '', 'javascript:alert(1)', 'JaVaScRiPt:alert(1)//https://app.example/callback'],
  ...[
    'data:text/html,x',
    'https://app.example/cb',
    'https://app.example/cb?tenant=2',
    'https://app.example/cb?tenant=1&x',
  ],
  ...['https://app.example/cb?Tenant=1', 'https://app.example/cb?tenant=%31', 'http://localhost/callback'],
  ...['http://127.0.0.1/callback', 'com.example.app:/callback'],
]

describe('redirect_uri', () => {
  it('SEC-001 is compared character by character: no mutant gets a redirect, a code or a sign-in page', async () => {
    const all = [...new Set([...mutants, ...others])]
    expect(all.length).toBeGreaterThanOrEqual(60)
    for (const redirect_uri of all) {
      for (const more of [{}, { prompt: 'none' }] as Record<string, string>[]) {
        await expectLocalPage(await ask({ redirect_uri, ...more })).catch((cause) => {
          throw new Error(`let through: ${JSON.stringify(redirect_uri)} ${JSON.stringify(more)}`, { cause })
        })
      }
    }
  })

  it('SEC-001 is let through exactly as it was registered, its query included', async () => {
    for (const redirect_uri of ['https://app.example/callback', 'https://app.example/cb?tenant=1']) {
      const answer = await ask({ redirect_uri, prompt: 'none' })
      expect(answer.headers.get('location')).toMatch(`${redirect_uri}${redirect_uri.includes('?') ? '&' : '?'}`)
    }
  })

  it('SEC-001 of a native client may have any port at a loopback address, and nothing else may differ', async () => {
    const sentTo = async (redirect_uri: string) =>
      (await ask({ redirect_uri, prompt: 'none' }, native)).headers.get('location')?.split('?')[0]
    for (const allowed of [
      ...['http://127.0.0.1/callback', 'http://127.0.0.1:51004/callback', 'http://[::1]:9/callback'],
      'com.example.app:/callback',
    ]) {
      expect(await sentTo(allowed)).toBe(allowed)
    }
    for (const refused of [
      ...['http://localhost/callback', 'http://localhost:51004/callback', 'https://127.0.0.1:51004/callback'],
      ...['http://127.0.0.2:51004/callback', 'http://127.0.0.1:51004/callback/', 'http://127.0.0.1:51004/callback?x=1'],
      ...[
        'http://127.0.0.1:51004@attacker.example/callback',
        'http://127.0.0.1:x/callback',
        'http://127.1:80/callback',
      ],
      ...[
        'http://127.0.0.1:51004/Callback',
        'http://0x7f000001/callback',
        'com.example.app:/other',
        'com.example.app:',
      ],
    ]) {
      await expectLocalPage(await ask({ redirect_uri: refused }, native))
    }
  })

  it('SEC-003 of an unknown client, or of nobody, leads nowhere, whatever else is wrong', async () => {
    const wrongs: Record<string, string>[] = [
      ...[{}, { prompt: 'none' }, { prompt: 'nonsense' }, { prompt: 'none login' }, { response_type: 'token' }],
      ...[{ response_type: '' }, { response_mode: 'nonsense' }, { response_mode: 'form_post' }, { scope: 'bogus' }],
      ...[{ code_challenge_method: 'plain' }, { code_challenge: '' }, { request: 'x.y.z' }, { max_age: '-1' }],
      ...[{ request_uri: 'urn:ietf:params:oauth:request_uri:x' }, { request_uri: 'https://attacker.example/r' }],
      ...[{ claims: '{' }, { id_token_hint: 'x' }, { registration: '{}' }, { resource: 'urn:nobody' }],
    ]
    const attacker = 'https://attacker.example/callback'
    for (const wrong of wrongs) {
      await expectLocalPage(await ask({ redirect_uri: attacker, ...wrong }))
      await expectLocalPage(await ask({ redirect_uri: attacker, client_id: 'nobody', ...wrong }))
      await expectLocalPage(await ask({ client_id: 'nobody', ...wrong }))
    }
  })

  it('SEC-003 after logout is the client’s own or none', async () => {
    const addresses = [
      'https://attacker.example/',
      'https://app.example/bye/',
      'https://app.example/',
      'javascript:alert(1)',
    ]
    for (const post_logout_redirect_uri of addresses) {
      const query = new URLSearchParams({ client_id: client.id, post_logout_redirect_uri })
      const answer = await fetch(`${broker.issuer}/logout?${query}`, {
        redirect: 'manual',
        headers: { accept: 'text/html' },
      })
      await expectLocalPage(answer)
    }
  })

  it('SEC-003 is no open redirector behind pushed requests, which there are none of', async () => {
    const answer = await broker.post('/par', { redirect_uri: 'https://attacker.example/' }, basic(client))
    expect(answer.status).toBe(404)
  })
})

describe('parameters', () => {
  const names = [
    ...['response_type', 'scope', 'state', 'nonce', 'code_challenge', 'code_challenge_method', 'prompt', 'max_age'],
    ...['login_hint', 'acr_values', 'ui_locales', 'claims', 'id_token_hint', 'idp_hint', 'kc_idp_hint', 'domain_hint'],
    ...['display', 'response_mode', 'request', 'request_uri'],
  ]

  it.each(names)('SEC-004 %s given twice is refused, before any page is shown', async (name) => {
    const query = new URLSearchParams(rawQuery())
    const value = query.get(name) ?? 'x'
    query.delete(name)
    query.append(name, value)
    query.append(name, value)
    const answer = await askRaw(query.toString())
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).toMatch('https://app.example/callback')
    expect(answerOf(answer).get('error')).toBe('invalid_request')
    expect(answerOf(answer).get('iss')).toBe(broker.issuer)
  })

  it.each(['client_id', 'redirect_uri'])('SEC-004 %s given twice leads to no application', async (name) => {
    await expectLocalPage(await askRaw(`${rawQuery()}&${name}=${encodeURIComponent('https://attacker.example/')}`))
    const same = new URLSearchParams(rawQuery()).get(name) ?? ''
    await expectLocalPage(await askRaw(`${rawQuery()}&${name}=${encodeURIComponent(same)}`))
  })

  it('SEC-004 in the body are given once as well, and none in the query beside them', async () => {
    const post = (query: string, body: string, path = '/authorize') =>
      fetch(`${broker.issuer}${path}${query}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...(path !== '/authorize' && basic(client)) },
        redirect: 'manual',
      })
    const good = await post('', rawQuery())
    expect(good.status).toBe(303)

    const grant =
      'grant_type=authorization_code&code=x&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback&code_verifier=y'
    const bad = [
      await post('', `${rawQuery()}&state=again`),
      await post('?state=other', rawQuery()),
      await post(`?${rawQuery()}`, ''),
      await post('', `${grant}&code=z`, '/token'),
      await post('?code=z', grant, '/token'),
      await post('?token=x', 'token=y', '/introspect'),
      await post('?token=x', 'token=y', '/revoke'),
    ]
    for (const answer of bad) {
      expect(answer.status).toBe(400)
      expect(answer.headers.get('location')).toBeNull()
      expect(await answer.json()).toMatchObject({ error: 'invalid_request' })
    }
  })

  it('SEC-004 are refused on a page where a person would see it, and in JSON where nobody does', async () => {
    const post = (path: string, body: string, accept: string) =>
      fetch(`${broker.issuer}${path}`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept },
        redirect: 'manual',
      })
    const browser = 'text/html,application/xhtml+xml,*/*;q=0.8'
    for (const path of ['/authorize', '/logout', '/logout/confirm']) {
      await expectLocalPage(await post(path, 'state=a&state=b', browser))
      const told = await post(path, 'state=a&state=b', '*/*')
      expect(await told.json(), path).toMatchObject({ error: 'invalid_request' })
    }
    const token = await post('/token', 'grant_type=a&grant_type=b', browser)
    expect([token.status, await token.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })])
  })

  it.each(['%ff', '%c3%28', '%80', '%c0%ae', '%ed%a0%80', '%f5%80%80%80', '%e2%82', '%', '%zz', '%00'])(
    'SEC-004 %s is no UTF-8 text, and refused wherever it stands',
    async (bytes) => {
      for (const name of ['state', 'login_hint', 'scope', 'x']) {
        await expectLocalPage(
          await askRaw(`${rawQuery().replace(new RegExp(`(^|&)${name}=[^&]*`), '')}&${name}=${bytes}`),
        )
      }
      const body = `${rawQuery()}&login_hint=${bytes}`
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const posted = await fetch(`${broker.issuer}/authorize`, { method: 'POST', body, headers, redirect: 'manual' })
      expect(posted.status).toBe(400)
    },
  )
})

describe('response_type and response_mode', () => {
  it('SEC-005 only the code flow is there, and what is announced says so', async () => {
    const discovery = (await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >
    expect(discovery.response_types_supported).toEqual(['code'])
    expect(discovery.grant_types_supported).not.toContain('implicit')
    for (const response_type of [
      'token',
      'id_token',
      'id_token token',
      'code token',
      'code id_token',
      'none',
      'CODE',
      'x',
    ]) {
      const answer = await ask({ response_type, nonce: 'n' })
      expect(answer.status, response_type).toBe(303)
      const location = new URL(answer.headers.get('location') ?? '')
      const params = new URLSearchParams(location.search || location.hash.slice(1))
      expect(params.get('error'), response_type).toBe('unsupported_response_type')
      expect(params.get('iss')).toBe(broker.issuer)
      expect(location.href).not.toMatch(/[?#&](code|access_token|id_token)=/)
    }
  })

  it('SEC-005 modes that nobody offers are refused; those announced work', async () => {
    for (const response_mode of [
      'jwt',
      'query.jwt',
      'fragment.jwt',
      'form_post.jwt',
      'web_message',
      'nonsense',
      'QUERY',
    ]) {
      const answer = await ask({ response_mode })
      expect(answerOf(answer).get('error'), response_mode).toBe('unsupported_response_mode')
    }
    const discovery = (await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >
    expect(discovery.response_modes_supported).toEqual(['form_post', 'fragment', 'query'])
  })

  it('SEC-005 neither changes on the way, nor do the client, its address or its scopes: the server’s record counts', async () => {
    const visitor = createVisitor()
    const tamper = `?${new URLSearchParams({
      ...{
        redirect_uri: 'https://attacker.example/',
        response_mode: 'fragment',
        response_type: 'token',
        state: 'evil',
      },
      ...{ client_id: stranger.id, scope: 'openid admin', nonce: 'evil', prompt: 'none', iss: 'evil' },
    })}`
    const { url, verifier } = broker.authorizationUrl(client)
    const login = new URL((await visitor.request(url)).headers.get('location') ?? '', url)
    login.search = tamper
    const page = await walk(visitor, login)
    expect(headingIn(page)).toBe('Sign in to Patient App')

    const form = formTo(page, '/source/local')
    const fields = { username: 'admin', password: administratorPassword }
    const evil = {
      client_id: stranger.id,
      redirect_uri: 'https://attacker.example/',
      accountId: 'x',
      uid: 'x',
      scope: 'admin',
    }
    const action = new URL(form.action + tamper, page.url)
    const posted = await visitor.request(action, {
      method: 'POST',
      body: new URLSearchParams({ ...form.fields, ...fields, ...evil }),
    })
    const resume = new URL(posted.headers.get('location') ?? '', url)
    expect(resume.pathname).toMatch(/^\/authorize\/[\w-]+$/)
    resume.search = tamper
    const answer = await visitor.request(resume)
    const location = new URL(answer.headers.get('location') ?? '')
    expect(location.href).toMatch(/^https:\/\/app\.example\/callback\?code=/)
    expect(Object.fromEntries(location.searchParams)).toMatchObject({ state: 'the-state', iss: broker.issuer })

    const redeemed = await broker.redeem(client, location.searchParams.get('code') ?? '', verifier)
    expect(((await redeemed.json()) as Record<string, unknown>).scope).toBe('openid profile email groups')
  })
})

describe('PKCE', () => {
  const challenge = challengeOf(newVerifier())
  it.each([
    ['no challenge', { code_challenge: '', code_challenge_method: '' }],
    ['plain', { code_challenge: newVerifier(), code_challenge_method: 'plain' }],
    ['a challenge without a method, which means plain', { code_challenge: challenge, code_challenge_method: '' }],
    ['a method without a challenge', { code_challenge: '', code_challenge_method: 'S256' }],
    ['a method nobody knows', { code_challenge: challenge, code_challenge_method: 's256' }],
    ['a challenge that is too short', { code_challenge: 'short', code_challenge_method: 'S256' }],
    ['a challenge in another alphabet', { code_challenge: `${challenge.slice(1)}=`, code_challenge_method: 'S256' }],
  ])('SEC-006 %s is refused before any page is shown', async (_, params) => {
    for (const of of [client, stranger, native]) {
      const { url } = broker.authorizationUrl(of, params)
      for (const [name, value] of Object.entries(params)) if (value === '') url.searchParams.delete(name)
      const answer = await createVisitor().request(url)
      expect(answer.status).toBe(303)
      expect(answerOf(answer).get('error')).toBe('invalid_request')
      expect(answerOf(answer).get('code')).toBeNull()
    }
  })

  it('SEC-006 only S256 is announced', async () => {
    const discovery = (await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).json()) as Record<
      string,
      unknown
    >
    expect(discovery.code_challenge_methods_supported).toEqual(['S256'])
  })

  it('SEC-006 a challenge that stays the same is flagged in the log', async () => {
    const visitor = createVisitor()
    await signIn(visitor, client)
    const flagged = () => lines.filter((line) => line.includes('one PKCE code_challenge for many requests'))
    for (let round = 0; round < 6; round++) await ask({ prompt: 'none' }, client, visitor)
    expect(flagged()).toEqual([])
    for (let round = 0; round < 6; round++) {
      const answer = await ask({ prompt: 'none', code_challenge: challenge }, client, visitor)
      expect(answerOf(answer).has('code')).toBe(true)
    }
    await expect.poll(flagged).toHaveLength(1)
    expect(flagged()[0]).toContain(client.id)
    expect(flagged()[0]).not.toContain(challenge)
  })
})

/** What the application is told, in the query or in the fragment. */
const answered = (url: URL | undefined) => new URLSearchParams(url?.search || url?.hash.slice(1))

/** Signs in with the administrator's password; answers where that led. */
async function signIn(visitor: Visitor, of: TestClient, params: Readonly<Record<string, string>> = {}): Promise<Shown> {
  const page = await walk(visitor, broker.authorizationUrl(of, params).url)
  return send(visitor, page, formTo(page, '/source/local'), { username: 'admin', password: administratorPassword })
}

describe('authorization responses', () => {
  it('SEC-007 each says who it is from, and the metadata that it does', async () => {
    for (const document of ['openid-configuration', 'oauth-authorization-server']) {
      const metadata = (await (await fetch(`${broker.issuer}/.well-known/${document}`)).json()) as Record<
        string,
        unknown
      >
      expect(metadata).toMatchObject({ authorization_response_iss_parameter_supported: true, issuer: broker.issuer })
    }

    const outcomes: Record<string, URL> = {}
    const person = createVisitor()
    outcomes.code = (await signIn(person, client)).url
    outcomes['code from the session'] = (await walk(person, broker.authorizationUrl(client).url)).url
    outcomes['code for prompt=none'] = (await walk(person, broker.authorizationUrl(client, { prompt: 'none' }).url)).url
    outcomes['code in the fragment'] = (
      await walk(person, broker.authorizationUrl(client, { response_mode: 'fragment' }).url)
    ).url

    const errors: Record<string, Record<string, string>> = {
      login_required: { prompt: 'none' },
      unsupported_response_type: { response_type: 'id_token' },
      unsupported_response_mode: { response_mode: 'nonsense' },
      invalid_scope: { scope: 'openid admin' },
      'invalid_scope by none': { scope: '', nonce: '' },
      'invalid_scope by nothing that is known': { scope: 'nonsense', nonce: '' },
      invalid_target: { resource: 'urn:nobody' },
      request_not_supported: { request: 'x.y.z' },
      request_uri_not_supported: { request_uri: 'https://app.example/request' },
      registration_not_supported: { registration: '{}' },
      invalid_request: { prompt: 'none login' },
      'invalid_request by PKCE': { code_challenge_method: 'plain' },
      'invalid_request by claims': { claims: '[]' },
      'invalid_request by hint': { id_token_hint: 'x.y.z' },
    }
    for (const [name, params] of Object.entries(errors)) {
      outcomes[name] = (await walk(createVisitor(), broker.authorizationUrl(client, params).url)).url
      expect(answered(outcomes[name]).get('error'), name).toBe(name.split(' ')[0])
    }

    expect(answered(outcomes['invalid_scope by none'] as URL).get('scope')).toBe('openid')

    const away = createVisitor()
    const page = await walk(away, broker.authorizationUrl(client).url)
    outcomes['access_denied by going back'] = (await send(away, page, formTo(page, '/back'))).url
    const denier = createVisitor()
    const consent = await signIn(denier, stranger)
    outcomes['access_denied at consent'] = (
      await send(denier, consent, formTo(consent, '/consent'), { decision: 'deny' })
    ).url
    upstream.refuse('access_denied', 'not assigned')
    const refused = createVisitor()
    const problem = await walk(refused, broker.authorizationUrl(client, { idp_hint: 'Okta' }).url)
    upstream.signInAs('rene')
    expect(problem.status).toBe(403)
    outcomes['access_denied by the upstream'] = (await send(refused, problem, formTo(problem, '/back'))).url

    expect(Object.keys(outcomes).length).toBeGreaterThanOrEqual(12)
    for (const [name, url] of Object.entries(outcomes)) {
      const params = answered(url)
      expect(`${url.origin}${url.pathname}`, name).toBe('https://app.example/callback')
      expect(params.getAll('iss'), name).toEqual([broker.issuer])
      expect(params.get('state'), name).toBe('the-state')
      expect(params.has('code') !== params.has('error'), name).toBe(true)
    }
  })

  it('SEC-007 so does one that is posted (response_mode=form_post)', async () => {
    const visitor = createVisitor()
    await signIn(visitor, client)
    const { text, url } = await walk(visitor, broker.authorizationUrl(client, { response_mode: 'form_post' }).url)
    expect(formTo({ text: text.replaceAll('"/>', '">'), url }, '/callback').fields).toMatchObject({
      iss: broker.issuer,
      state: 'the-state',
      code: expect.any(String),
    })
  })

  it('SEC-008 no form that was sent is sent on: each is answered with 303', async () => {
    const visitor = createVisitor()
    const page = await walk(visitor, broker.authorizationUrl(stranger).url)
    const posted: Shown[] = []
    const consent = await send(visitor, page, formTo(page, '/source/local'), {
      username: 'admin',
      password: administratorPassword,
    })
    posted.push(consent, await send(visitor, consent, formTo(consent, '/consent'), { decision: 'allow' }))
    const other = createVisitor()
    const begun = await walk(other, broker.authorizationUrl(client).url)
    posted.push(await send(other, begun, formTo(begun, '/back')))
    const search = new URLSearchParams(rawQuery())
    posted.push(await walk(createVisitor(), `${broker.issuer}/authorize`, { method: 'POST', body: search }))
    const leaving = await walk(visitor, `${broker.issuer}/logout`)
    posted.push(await send(visitor, leaving, formTo(leaving, '/logout/confirm'), { logout: 'yes' }))
    for (const { statuses } of posted) {
      expect(statuses[0]).toBe(303)
      for (const status of statuses) expect([200, 303]).toContain(status)
    }
  })
})
