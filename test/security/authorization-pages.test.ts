import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores, type SqlStores } from '../../src/stores/sql/open.ts'
import { administratorPassword, basic, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { doorsIn, formTo, headingIn, isApplication, type Shown, send, walk } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const origin = 'https://spa.example'
const password = { username: 'admin', password: administratorPassword }

let folder: string
let broker: TestBroker
let stores: SqlStores
let upstream: Upstream
let client: TestClient
let stranger: TestClient
let other: TestClient
let broken = false
const clock = () => {
  if (broken) throw new Error('something nobody thought of')
  return Date.now()
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-pages-'))
  const url = `sqlite:${join(folder, 'gatehouse.db')}`
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ database: url, parts: { clock } })
  stores = await openSqlStores({ url, vault: createVault(broker.keys), clock: Date.now, log: silent })
  await broker.addSource(upstream)
  client = await broker.addClient({ web_origins: [origin], client_uri: 'https://app.example/' })
  stranger = await broker.addClient({ client_name: 'Stranger', first_party: false })
  other = await broker.addClient({ client_name: 'Another Stranger', first_party: false })
})

afterAll(async () => {
  await stores?.[Symbol.asyncDispose]()
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
  await rm(folder, { recursive: true, force: true })
})

const begin = (visitor: Visitor, of = client, params: Readonly<Record<string, string>> = {}) =>
  walk(visitor, broker.authorizationUrl(of, params).url)

const signIn = async (visitor: Visitor, of = client, params: Readonly<Record<string, string>> = {}) => {
  const page = await begin(visitor, of, params)
  return send(visitor, page, formTo(page, '/source/local'), password)
}

describe('every page', () => {
  const html = { accept: 'text/html' }

  async function crawl(): Promise<Record<string, Shown>> {
    const pages: Record<string, Shown> = {}
    const get = (visitor: Visitor, path: string) => walk(visitor, broker.issuer + path, { headers: html })
    const nobody = createVisitor()
    const person = createVisitor()
    pages.home = await get(nobody, '/')
    pages['404'] = await get(nobody, '/nowhere')
    pages['404 below sign-in'] = await get(nobody, '/login')
    pages['404 of an asset'] = await get(nobody, '/assets/none.css')
    pages['405'] = await walk(nobody, `${broker.issuer}/login/x/consent`, { method: 'DELETE', headers: html })
    pages['400 of the provider'] = await get(nobody, '/authorize?client_id=nobody')
    pages['400 by encoding'] = await get(nobody, '/authorize?state=%ff')
    pages['lost sign-in'] = await get(nobody, '/login/nothing')
    pages['lost way back'] = await get(nobody, '/authorize/nothing')
    pages['unknown answer'] = await get(nobody, '/broker/Okta/callback?state=none&code=x')
    pages['no session'] = await get(nobody, '/sessions')
    pages['403 forged form'] = await walk(nobody, `${broker.issuer}/login/x/consent`, {
      method: 'POST',
      headers: { ...html, origin: 'https://attacker.example' },
    })
    pages.chooser = await begin(person)
    const toLocal = formTo(pages.chooser, '/source/local')
    pages['wrong password'] = await send(person, pages.chooser, toLocal, { ...password, password: 'wrong' })
    const fresh = createVisitor()
    const strange = await begin(fresh, stranger)
    pages.consent = await send(fresh, strange, formTo(strange, '/source/local'), password)
    upstream.refuse('access_denied', 'not assigned')
    pages.refused = await begin(createVisitor(), client, { idp_hint: 'Okta' })
    upstream.signInAs('rene')
    pages['posted answer'] = await begin(fresh, client, { response_mode: 'form_post' })
    pages.sessions = await get(fresh, '/sessions')
    pages.logout = await get(fresh, '/logout')
    pages['signed out'] = await get(fresh, '/logout/success')
    broken = true
    try {
      pages['500 of sign-in'] = await get(person, pages.chooser.url.pathname)
      pages['500 of the provider'] = await walk(person, broker.authorizationUrl(client).url, { headers: html })
    } finally {
      broken = false
    }
    return pages
  }

  it('SEC-010 forbids frames, foreign and inline things, and says nothing of where it came from', async () => {
    const pages = await crawl()
    const expected: Record<string, number> = {
      ...{ home: 200, chooser: 200, consent: 200, logout: 200, 'signed out': 200, sessions: 200, 'posted answer': 200 },
      ...{ '404': 404, '405': 405, '403 forged form': 403, 'wrong password': 401, refused: 403 },
      ...{ '500 of sign-in': 500, '500 of the provider': 500, '400 by encoding': 400, 'lost sign-in': 400 },
    }
    for (const [name, status] of Object.entries(expected)) expect(pages[name]?.status, name).toBe(status)

    for (const [name, { headers, text }] of Object.entries(pages)) {
      expect(headers.get('content-type'), name).toMatch(/^text\/html; ?charset=utf-8$/i)
      const policy = Object.fromEntries(
        (headers.get('content-security-policy') ?? '').split(';').map((directive) => {
          const [key = '', ...values] = directive.trim().split(/\s+/)
          return [key, values.join(' ')]
        }),
      )
      expect(policy, name).toMatchObject({
        ...{ 'default-src': "'none'", 'frame-ancestors': "'none'", 'object-src': "'none'", 'base-uri': "'none'" },
        ...{ 'style-src': "'self'", 'img-src': "'self'", 'connect-src': "'self'", 'font-src': "'self'" },
      })
      // Nothing but our own files and, for one page of the provider's, one script by its hash.
      expect(policy['script-src'], name).toMatch(/^'self'( 'sha256-[\w+/=]+')?$/)
      expect(JSON.stringify(policy), name).not.toMatch(/unsafe|https:|data:|\*/)
      expect(Object.fromEntries(headers), name).toMatchObject({
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
      })
      for (const [, address = ''] of text.matchAll(/<(?:link|script|img)[^>]* (?:src|href)="([^"]+)"/g))
        expect(new URL(address, broker.issuer).origin, name).toBe(broker.issuer)
      // Who is signing in is nobody's business but the browser's: no proxy keeps it.
      if (!['home', '404 of an asset'].includes(name)) expect(headers.get('cache-control'), name).toContain('no-store')
    }
  })

  it('SEC-010 that says what went wrong offers a way on', async () => {
    for (const [name, page] of Object.entries(await crawl())) {
      if (page.status >= 400 && name !== 'wrong password') expect(Object.keys(doorsIn(page)), name).not.toEqual([])
    }
  })
})

describe('scripts of other origins', () => {
  const cors = (answer: Response) =>
    Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('access-control-')))
  const preflight = (path: string, from: string, method = 'POST') =>
    fetch(broker.issuer + path, {
      method: 'OPTIONS',
      headers: {
        ...{ origin: from, 'access-control-request-method': method },
        'access-control-request-headers': 'authorization,content-type',
      },
    })
  const call = (path: string, from: string, init: RequestInit = {}) =>
    fetch(broker.issuer + path, { redirect: 'manual', ...init, headers: { ...init.headers, origin: from } })
  const foreign = ['https://attacker.example', 'null', 'http://spa.example', 'https://spa.example.attacker.example']

  it.each([
    '/authorize',
    '/login/x',
    '/login/x/source/local',
    '/logout',
    '/logout/confirm',
    '/broker/Okta/callback',
    '/',
  ])('SEC-011 get no permission at %s, wherever they are from', async (path) => {
    for (const from of [...foreign, origin, broker.issuer]) {
      for (const method of ['GET', 'POST']) expect(cors(await preflight(path, from, method))).toEqual({})
      expect(cors(await call(path, from))).toEqual({})
      expect(cors(await call(path, from, { method: 'POST', body: new URLSearchParams() }))).toEqual({})
    }
  })

  it.each(['/admin/api/v1/clients', '/sessions', '/health/ready'])(
    'SEC-011 get no permission at %s either',
    async (path) => {
      for (const from of [...foreign, origin]) {
        expect(cors(await preflight(path, from))).toEqual({})
        expect(cors(await call(path, from))).toEqual({})
      }
    },
  )

  it.each(['/jwks', '/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'])(
    'SEC-011 may all read %s, and never with credentials',
    async (path) => {
      for (const from of [...foreign, origin]) {
        for (const answer of [await call(path, from), await preflight(path, from, 'GET')]) {
          expect(cors(answer)).toMatchObject({ 'access-control-allow-origin': '*' })
          expect(answer.headers.has('access-control-allow-credentials')).toBe(false)
        }
      }
    },
  )

  it.each(['/token', '/userinfo', '/introspect', '/revoke'])(
    'SEC-011 may call %s from registered origins only',
    async (path) => {
      const init = {
        method: 'POST',
        body: new URLSearchParams({ token: 'x', grant_type: 'refresh_token' }),
        headers: basic(client),
      }
      for (const from of foreign) {
        expect(cors(await preflight(path, from)), from).toEqual({})
        expect(cors(await call(path, from, init)), from).toEqual({})
        expect(
          cors(await call(path, from, { method: 'POST', body: new URLSearchParams({ client_id: 'nobody' }) })),
        ).toEqual({})
      }
      expect(cors(await fetch(broker.issuer + path, init))).toEqual({})
      const allowed = { 'access-control-allow-origin': origin }
      const permission = await preflight(path, origin)
      expect(permission.status).toBe(204)
      expect(cors(permission)).toMatchObject(allowed)
      expect(permission.headers.has('access-control-allow-credentials')).toBe(false)
      expect((await call(path, origin, init)).headers.get('vary')).toContain('Origin')
      expect(cors(await call(path, origin, init))).toMatchObject(allowed)
    },
  )

  it('SEC-011 of one client may not ask for another', async () => {
    const init = { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' }) }
    const answer = await call('/token', origin, { ...init, headers: basic(stranger) })
    expect(answer.status).toBe(400)
    expect(cors(answer)).toEqual({})
  })
})

describe('the steps of a sign-in', () => {
  /** With the cookies of `thief`, at addresses that belong to somebody else. */
  const expectLost = (page: Shown) => {
    expect(page.status).toBe(400)
    expect(headingIn(page)).toBe('This sign-in is no longer open')
    expect(isApplication(page.url)).toBe(false)
  }

  it('SEC-014 are for the browser that began it, each of them', async () => {
    const owner = createVisitor()
    const page = await begin(owner)
    const toLocal = formTo(page, '/source/local')
    const base = page.url.href
    const thieves = [createVisitor(), createVisitor()]
    const [, insider] = thieves
    if (insider) await begin(insider)
    for (const thief of thieves) {
      for (const step of ['', '/again', '/lost', '/source/Okta', '/source/local', '/arrive?state=x&code=y'])
        expectLost(await walk(thief, base + step))
      for (const step of ['/source/local', '/find', '/consent', '/back']) {
        expectLost(await send(thief, page, { ...toLocal, action: base + step }, { ...password, decision: 'allow' }))
      }
    }
    // Nothing of that has cost the owner anything.
    expect((await send(owner, page, toLocal, password)).url.searchParams.get('code')).toBeTruthy()
  })

  it('SEC-014 count by the cookie and the address together: neither alone, nor one of each', async () => {
    const visitor = createVisitor()
    const one = await begin(visitor)
    const two = await begin(visitor)
    const cookie = visitor.cookie(one.url, 'gatehouse_interaction') ?? ''
    const signature = visitor.cookie(one.url, 'gatehouse_interaction.sig') ?? ''
    const crossed = await fetch(two.url, {
      headers: { cookie: `gatehouse_interaction=${cookie}; gatehouse_interaction.sig=${signature}` },
    })
    expect(crossed.status).toBe(400)
    const unsigned = await fetch(one.url, { headers: { cookie: `gatehouse_interaction=${cookie}` } })
    expect(unsigned.status).toBe(400)
  })

  it('SEC-014 cannot be skipped: there is no consent before a login, and no answer without having left', async () => {
    const visitor = createVisitor()
    const page = await begin(visitor, stranger)
    const { fields } = formTo(page, '/source/local')
    const skipped = await send(visitor, page, { action: `${page.url}/consent`, fields }, { decision: 'allow' })
    expect(headingIn(skipped)).toBe('Sign in to Stranger')
    const arrived = await walk(visitor, `${page.url}/arrive?state=never&code=x`)
    expect(arrived.status).toBe(400)
    const resumed = await walk(visitor, page.url.href.replace('/login/', '/authorize/'))
    expect(headingIn(resumed)).toBe('Sign in to Stranger')
    expect(isApplication(resumed.url)).toBe(false)
  })

  it('SEC-014 cannot be repeated once it is finished', async () => {
    const visitor = createVisitor()
    const page = await begin(visitor)
    const toLocal = formTo(page, '/source/local')
    const cookies = ['gatehouse_interaction', 'gatehouse_interaction.sig', 'gatehouse_resume', 'gatehouse_resume.sig']
    const kept = cookies.map((name) => `${name}=${visitor.cookie(page.url, name)}`).join('; ')
    await send(visitor, page, toLocal, password)
    for (const step of ['', '/again', '/source/Okta']) {
      const answer = await fetch(page.url + step, { headers: { cookie: kept }, redirect: 'manual' })
      expect(answer.status).toBe(400)
    }
    const posted = await fetch(toLocal.action.startsWith('/') ? broker.issuer + toLocal.action : toLocal.action, {
      method: 'POST',
      body: new URLSearchParams({ ...toLocal.fields, ...password }),
      headers: { cookie: kept },
      redirect: 'manual',
    })
    expect(posted.status).toBe(400)
  })

  it('SEC-015 take forms from our own pages only', async () => {
    const visitor = createVisitor()
    const page = await begin(visitor)
    const { action, fields } = formTo(page, '/source/local')
    const attempts: [Record<string, string>, Record<string, string>][] = [
      [fields, { origin: 'https://attacker.example' }],
      [fields, { origin: 'http://localhost:1' }],
      [fields, { 'sec-fetch-site': 'cross-site' }],
      [fields, { 'sec-fetch-site': 'same-site' }],
      [fields, { origin: broker.issuer, 'sec-fetch-site': 'cross-site' }],
      [{}, {}],
      [{ csrf: '' }, {}],
      [{ csrf: 'x'.repeat(43) }, {}],
      [formTo(await begin(createVisitor()), '/source/local').fields, {}],
      [formTo(await begin(visitor), '/source/local').fields, {}],
    ]
    const steps = [action, `${page.url}/find`, `${page.url}/consent`, `${page.url}/back`]
    for (const step of steps) {
      for (const [sent, headers] of attempts) {
        const answer = await send(
          visitor,
          page,
          { action: step, fields: sent },
          { ...password, decision: 'allow' },
          headers,
        )
        expect(answer.status, `${step} ${JSON.stringify([sent, headers])}`).toBe(403)
        expect(isApplication(answer.url)).toBe(false)
      }
    }
    const headers = { origin: broker.issuer, 'sec-fetch-site': 'same-origin' }
    expect((await send(visitor, page, { action, fields }, password, headers)).url.searchParams.has('code')).toBe(true)
  })

  it('SEC-015 from another site are refused as such, although the browser sends no cookie along', async () => {
    const page = await begin(createVisitor())
    for (const step of ['/source/local', '/consent', '/back', '/find']) {
      const answer = await fetch(page.url + step, {
        method: 'POST',
        body: new URLSearchParams(password),
        headers: { origin: 'https://attacker.example', 'sec-fetch-site': 'cross-site' },
      })
      expect(answer.status).toBe(403)
    }
  })
})

describe('consent', () => {
  const scopesOn = ({ text }: Shown) =>
    [...text.matchAll(/<strong><bdi>([^<]*)<\/bdi><\/strong><small>/g)].map(([, name]) => name)
  const accountId = async () =>
    String(((await broker.admin('GET', 'users?q=admin')).body.items as { id: string }[])[0]?.id)

  it('SEC-016 names the application, what it would get, for whom and how long, and is asked once', async () => {
    const visitor = createVisitor()
    const page = await signIn(visitor, stranger)
    expect(headingIn(page)).toBe('Stranger asks to use your account')
    expect(scopesOn(page)).toEqual(['Recognise you', 'Your name', 'Your e-mail address', 'Your groups'])
    expect(page.text).toContain('Administrator')
    expect(page.text).toContain('Your consent holds until you withdraw it.')
    const allowed = await send(visitor, page, formTo(page, '/consent'), { decision: 'allow' })
    expect(allowed.url.searchParams.has('code')).toBe(true)

    expect((await begin(visitor, stranger)).url.searchParams.has('code')).toBe(true)
    expect((await signIn(createVisitor(), stranger)).url.searchParams.has('code')).toBe(true)
  })

  it('SEC-016 is asked again for what is new, and only for that', async () => {
    const visitor = createVisitor()
    const page = await signIn(visitor, stranger, { scope: 'openid profile email groups address phone' })
    expect(scopesOn(page)).toEqual(['Your postal address', 'Your telephone number'])
    await send(visitor, page, formTo(page, '/consent'), { decision: 'deny' })
    const { url } = await begin(visitor, stranger, { scope: 'openid address', prompt: 'none' })
    expect(url.searchParams.get('error')).toBe('consent_required')
    expect((await begin(visitor, stranger, { prompt: 'none' })).url.searchParams.has('code')).toBe(true)
  })

  it('SEC-016 is not implied: not by another client’s, not by a session, not by a resource or claims, not by posting to it', async () => {
    const visitor = createVisitor()
    expect((await signIn(visitor, client)).url.searchParams.has('code')).toBe(true)
    expect(headingIn(await begin(visitor, other))).toBe('Another Stranger asks to use your account')
    const silent = (params: Record<string, string>) => begin(visitor, other, { prompt: 'none', ...params })
    expect((await silent({})).url.searchParams.get('error')).toBe('consent_required')
    const claims = JSON.stringify({ id_token: { email: { essential: true } }, userinfo: { groups: null } })
    for (const params of [{ scope: 'openid' }, { scope: 'openid', claims }] as Record<string, string>[])
      expect((await silent(params)).url.searchParams.get('error')).toBe('consent_required')
    expect(await stores.consents.get(await accountId(), other.id)).toBeUndefined()

    const page = await begin(visitor, other)
    for (const decision of ['', 'deny', 'ALLOW', 'yes']) {
      const again = await begin(visitor, other)
      const { url } = await send(visitor, again, formTo(again, '/consent'), { decision })
      expect(url.searchParams.get('error')).toBe('access_denied')
    }
    expect(headingIn(page)).toBe('Another Stranger asks to use your account')
    expect(await stores.consents.get(await accountId(), other.id)).toBeUndefined()
  })

  it('SEC-016 to little gives no more through the claims parameter', async () => {
    const visitor = createVisitor()
    const third = await broker.addClient({ client_name: 'Third', first_party: false })
    const claims = JSON.stringify({ id_token: { email: null, groups: null }, userinfo: { name: null, email: null } })
    const { url, verifier } = broker.authorizationUrl(third, { scope: 'openid', claims, idp_hint: 'Okta' })
    const consent = await walk(visitor, url)
    expect(scopesOn(consent)).toEqual(['Recognise you'])
    const done = await send(visitor, consent, formTo(consent, '/consent'), { decision: 'allow' })
    const redeemed = await broker.redeem(third, done.url.searchParams.get('code') ?? '', verifier)
    const tokens = (await redeemed.json()) as Record<string, string>
    const info = (await (await broker.userinfo(tokens.access_token ?? '')).json()) as Record<string, unknown>
    const [, payload = ''] = (tokens.id_token ?? '').split('.')
    const id = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    for (const said of [info, id]) {
      for (const name of ['email', 'name', 'given_name', 'preferred_username']) expect(said).not.toHaveProperty(name)
      expect(said.groups ?? []).toEqual([])
    }
  })

  it('SEC-016 can be withdrawn, which ends what it gave and has it asked for anew', async () => {
    const visitor = createVisitor()
    const page = await signIn(visitor, stranger)
    const { verifier, url } = broker.authorizationUrl(stranger)
    expect(page.url.searchParams.has('code')).toBe(true)
    const { searchParams } = (await walk(visitor, url)).url
    const tokens = (await (await broker.redeem(stranger, searchParams.get('code') ?? '', verifier)).json()) as {
      access_token: string
      refresh_token: string
    }
    await stores.consents.withdraw(await accountId(), stranger.id)

    const refreshed = await broker.refresh(stranger, tokens.refresh_token)
    expect(refreshed.status).toBe(400)
    expect(await refreshed.json()).toMatchObject({ error: 'invalid_grant' })
    const silent = await begin(visitor, stranger, { prompt: 'none' })
    expect(silent.url.searchParams.get('error')).toBe('consent_required')
    expect(headingIn(await begin(visitor, stranger))).toBe('Stranger asks to use your account')
  })

  it('SEC-016 is withdrawn by the person, by whom else not, and what it gave stays dead when they agree again', async () => {
    const visitor = createVisitor()
    const third = await broker.addClient({ client_name: 'Travel', first_party: false })
    const keeper = await broker.addClient({ client_name: 'Diary', first_party: false })
    const agreeTo = async (client: TestClient) => {
      const { verifier, url } = broker.authorizationUrl(client, {
        ...{ scope: 'openid email offline_access', prompt: 'consent', idp_hint: 'Okta' },
      })
      const page = await walk(visitor, url)
      const { searchParams } = (await send(visitor, page, formTo(page, '/consent'), { decision: 'allow' })).url
      const answer = await broker.redeem(client, searchParams.get('code') ?? '', verifier)
      return (await answer.json()) as { access_token: string; refresh_token: string }
    }
    const [gone, kept] = [await agreeTo(third), await agreeTo(keeper)]
    const own = await walk(visitor, `${broker.issuer}/sessions`)
    const agreements = own.text.slice(own.text.indexOf('What you agreed to share'))
    expect([...agreements.matchAll(/id="agreement-\d"><bdi>([^<]*)/g)].map(([, name]) => name).slice(0, 2)).toEqual([
      'Diary',
      'Travel',
    ])
    expect(agreements).toContain('<bdi>Your e-mail address</bdi>')

    const { action, fields } = formTo(own, '/sessions/withdraw')
    const forged = await send(visitor, own, { action, fields: { ...fields, csrf: 'forged' } }, { client: third.id })
    expect(forged.status).toBe(403)
    const stranger = createVisitor()
    expect((await send(stranger, own, { action, fields }, { client: third.id })).status).toBe(403)
    expect((await broker.introspect(third, gone.access_token)).body.active).toBe(true)

    const after = await send(visitor, own, { action, fields }, { client: third.id })
    expect([after.url.pathname, after.text.includes('Travel'), after.text.includes('Diary')]).toEqual([
      '/sessions',
      false,
      true,
    ])
    expect((await broker.introspect(third, gone.access_token)).body.active).toBe(false)
    expect((await broker.introspect(keeper, kept.access_token)).body.active).toBe(true)
    await agreeTo(third)
    expect((await broker.refresh(third, gone.refresh_token)).status).toBe(400)
    expect((await broker.refresh(keeper, kept.refresh_token)).status).toBe(200)

    const { body } = await broker.admin('GET', 'events?action=consent.withdrawn')
    expect(body.items).toMatchObject([{ before: { client: third.id }, after: null, actor: { kind: 'account' } }])
  })

  it('SEC-016 gives no person’s data to a client that asks for itself', async () => {
    const machine = await broker.addClient({
      ...{ client_name: 'Machine', first_party: false, redirect_uris: [], grant_types: ['client_credentials'] },
    })
    const answer = await broker.post('/token', { grant_type: 'client_credentials' }, basic(machine))
    const { access_token: token } = (await answer.json()) as { access_token: string }
    expect((await broker.introspect(machine, token)).body).not.toHaveProperty('name')
    expect((await broker.userinfo(token)).status).toBeGreaterThanOrEqual(400)
  })
})
