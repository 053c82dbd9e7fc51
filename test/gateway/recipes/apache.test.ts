/** A real Apache with examples/gateways/apache: before a web site (people sign in), and before an API (tokens). */
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApache } from '../../support/apache.ts'
import { basic, freePort, type Tokens } from '../../support/broker.ts'
import { createHolder } from '../../support/dpop.ts'
import type { Running } from '../../support/program.ts'
import { createVisitor } from '../../support/visitor.ts'
import { recipeFile } from './recipe.ts'
import { as, listen, openWorld, type RecipeWorld, type Sent, send } from './world.ts'

const opened = new AsyncDisposableStack()
let world: RecipeWorld

beforeAll(async () => {
  world = opened.use(await openWorld())
}, 60_000)
afterAll(() => opened.disposeAsync(), 30_000)

const names = ['Subject', 'User', 'Email', 'Groups', 'Roles', 'Source', 'Client', 'Application', 'Scopes', 'Assertion']

interface Guard {
  readonly title: string
  readonly file: string
  /** As the issuer's port, where the module asks; the claim is checked all the same. */
  readonly start: (broker: number) => Promise<Running>
  /** Seconds that a token lives on after it was revoked. */
  readonly forgets: number
}

async function startGuard(file: string, broker: number, more: readonly (readonly [string, string])[] = []) {
  const port = await freePort()
  const { issuer } = world.broker
  const site = await recipeFile(file, [
    ['http://localhost:3000', `http://localhost:${broker}`],
    [`iss:http://localhost:${broker}`, `iss:${issuer}`],
    ['aud:patients', `aud:${world.client.id}`],
    ['127.0.0.1:3003', `127.0.0.1:${world.api}`],
    ['127.0.0.1:8080', `127.0.0.1:${port}`],
    ...more,
  ])
  const names = ['is-there.mjs', 'refused.asis', 'away.asis']
  const files = await Promise.all(names.map(async (name) => [name, await recipeFile(`apache/${name}`)]))
  return startApache(site, port, 'oauth2', Object.fromEntries(files))
}

describe.each<Guard>([
  {
    title: 'with the keys of /jwks',
    file: 'apache/resource-server.conf',
    start: (broker) => startGuard('apache/resource-server.conf', broker),
    forgets: Number.POSITIVE_INFINITY,
  },
  {
    title: 'by introspection',
    file: 'apache/introspection.conf',
    async start(broker) {
      const { id, secret } = await world.broker.addClient({ resource_server: { apis: [world.id] } })
      return startGuard('apache/introspection.conf', broker, [
        ['client_id=patient-gateway', `client_id=${id}`],
        ['client_secret=change-me', `client_secret=${secret}`],
      ])
    },
    forgets: 2,
  },
])('the recipe for Apache as resource server, $title', ({ start, forgets }) => {
  let apache: Running
  beforeAll(async () => {
    apache = opened.use(await start(world.brokerPort))
  }, 60_000)
  const ask = (sent: Sent, at = apache) => send(at.url, sent)

  it('lets the story through: Rene sees no number, John does, and nobody gets in without a token', async () => {
    expect(await ask({ lines: as(world.rene) })).toMatchObject({ status: 200, body: { ssn: '#########' } })
    expect(world.headersSeen()).toMatchObject({
      'x-auth-user': ['rene@acme.test'],
      'x-auth-groups': ['["Everyone", "Consultant"]'],
      'x-auth-source': ['Okta'],
      'x-auth-client': [world.client.id],
    })
    expect(await ask({ lines: as(world.john) })).toMatchObject({ status: 200, body: { ssn: '987-65-4320' } })
    const before = world.seen.length
    const refused = await ask({})
    expect(refused.status).toBe(401)
    expect(refused.head).toMatch(/^www-authenticate: bearer/im)
    expect(refused.body).toEqual({ error: 'invalid_token' })
    for (const target of ['/.gatehouse/is-there.mjs', '/.gatehouse/', '/.gatehouse/apache.conf'])
      expect([403, 404], target).toContain((await ask({ target, lines: as(world.rene) })).status)
    expect(world.seen.length).toBe(before)
  })

  it('lets a client through that calls for itself, and so has no user name', async () => {
    const { broker, client } = world
    const grant_types = ['authorization_code', 'refresh_token', 'client_credentials']
    await broker.admin('PATCH', `clients/${client.id}`, { grant_types }, { 'if-match': '*' })
    const answer = await broker.post('/token', { grant_type: 'client_credentials' }, basic(client))
    const { access_token } = (await answer.json()) as Tokens
    expect((await ask({ lines: as(access_token) })).status).toBe(200)
    expect(world.headersSeen()).toMatchObject({ 'x-auth-subject': [client.id], 'x-auth-client': [client.id] })
  })

  it.each(names)(
    'SEC-101 lets no header of ours through that the caller wrote, however it is spelt: %s',
    async (name) => {
      const { status } = await ask({ lines: [...as(world.rene), `X-Auth-${name}: forged`, `x-auth-${name}: twice`] })
      expect(status).toBe(200)
      expect(JSON.stringify(world.headersSeen())).not.toMatch(/forged|twice/)
      expect(world.headersSeen()['x-auth-user']).toEqual(['rene@acme.test'])
      const before = world.seen.length
      const aliases = [
        `X_Auth_${name}: forged`,
        `X.Auth.${name}: forged`,
        `x-auth_${name}: forged`,
        `X_AUTH-${name}: x`,
      ]
      for (const alias of [...aliases, `Connection: close, X-Auth-${name}`])
        expect((await ask({ lines: [...as(world.rene), alias] })).status, alias).toBe(403)
      expect(world.seen.length).toBe(before)
    },
  )

  it('SEC-105 takes no token that is bound to a key by DPoP, which it asks nobody to prove', async () => {
    const holder = createHolder()
    const token = await world.boundToken(holder)
    const before = world.seen.length
    const proof = holder.proof('GET', 'http://api.example.com/patients/1', { token })
    for (const lines of [
      as(token),
      [...as(token), `DPoP: ${proof}`],
      [`Authorization: DPoP ${token}`, `DPoP: ${proof}`],
    ])
      expect((await ask({ lines })).status).toBe(401)
    expect(world.seen.length).toBe(before)
  })

  it.each([
    '/patients/../other',
    '/patients/%2e%2e/other',
    '/patients/..%2fother',
    '/patients/..\\other',
    '/other',
    '/other#/patients/1',
    '/PATIENTS/1',
    '//other',
  ])('SEC-103 lets nothing but the API be reached: %s', async (target) => {
    const before = world.seen.length
    expect([400, 403, 404]).toContain((await ask({ target, lines: as(world.john) })).status)
    expect(world.seen.length).toBe(before)
  })

  it.each(['//patients/1', '/other/../patients/1', '/patients//1', '/patients/./1', '/%70atients/1', '/patients;x/1'])(
    'SEC-103 lets nobody in without a token by another spelling: %s',
    async (target) => {
      const before = world.seen.length
      expect([400, 401, 403, 404]).toContain((await ask({ target })).status)
      expect(world.seen.length).toBe(before)
    },
  )

  it('refuses an ID token, a forged one, one of another client, and two at once', async () => {
    const { id_token } = await world.login('john')
    const other = await world.broker.addClient()
    const { access_token: elsewhere } = await world.login('john', other)
    const before = world.seen.length
    for (const token of [id_token, `${world.john.slice(0, -6)}AAAAAA`, 'opaque', elsewhere])
      expect((await ask({ lines: as(token) })).status).toBe(401)
    expect((await ask({ lines: ['Authorization: Basic am9objpqb2hu'] })).status).toBe(401)
    expect((await ask({ target: `/patients/1?access_token=${world.john}` })).status).toBe(401)
    expect([400, 401, 403]).toContain((await ask({ lines: [...as(world.john), ...as(world.rene)] })).status)
    expect(world.seen.length).toBe(before)
    expect((await ask({ lines: [`authorization: bearer ${world.john}`] })).status).toBe(200)
  })

  it('lets a revoked token live for as long as its page says', async () => {
    const { access_token, refresh_token } = await world.login('john')
    expect((await ask({ lines: as(access_token) })).status).toBe(200)
    await world.revoke(refresh_token)
    if (forgets === Number.POSITIVE_INFINITY) {
      expect((await ask({ lines: as(access_token) })).status).toBe(200)
      return
    }
    const statusNow = async () => (await ask({ lines: as(access_token) })).status
    await expect.poll(statusNow, { timeout: (forgets + 8) * 1000, interval: 200 }).toBe(401)
  }, 20_000)

  it('checks requests of every method, and hands on their bodies', async () => {
    const before = world.seen.length
    for (const method of ['POST', 'PUT', 'HEAD', 'OPTIONS', 'PURGE'])
      expect((await ask({ method, target: '/patients/notes' })).status).toBe(401)
    expect(world.seen.length).toBe(before)
    const long = JSON.stringify({ note: 'x'.repeat(300_000) })
    const paths = ['X-Original-URL: /elsewhere', 'X-Rewrite-URL: /elsewhere']
    const lines = [...as(world.john), 'X-HTTP-Method-Override: DELETE', ...paths]
    expect(await ask({ method: 'POST', target: '/patients/notes', lines, body: long })).toMatchObject({ status: 201 })
    expect(world.bodies.at(-1)).toBe(long)
    expect(world.headersSeen()['x-http-method-override']).toBeUndefined()
    expect(JSON.stringify(world.headersSeen())).not.toContain('elsewhere')
  })

  it('SEC-106 lets nobody pass while the broker is not there, or stands still', async () => {
    const mute = createServer(() => {})
    const before = world.seen.length
    for (const broker of [await freePort(), await listen(mute)]) {
      await using alone = await start(broker)
      const told = await ask({ lines: as(world.john) }, alone)
      expect(told).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } })
      expect(told.head).toMatch(/^retry-after: 5\r?$/im)
      expect(told.head).not.toMatch(/^www-authenticate/im)
    }
    mute.closeAllConnections()
    mute.close()
    expect(world.seen.length).toBe(before)
  }, 60_000)
})

describe('the recipe for Apache as relying party', () => {
  let apache: Running
  let site: string

  beforeAll(async () => {
    const port = await freePort()
    site = `http://127.0.0.1:${port}`
    const { id, secret } = world.client
    const change = {
      redirect_uris: [`${site}/oidc/callback`],
      post_logout_redirect_uris: [`${site}/`],
      allowed_sources: ['Okta'],
    }
    const changed = await world.broker.admin('PATCH', `clients/${id}`, change, { 'if-match': '*' })
    expect(changed.status).toBe(200)
    const file = await recipeFile('apache/relying-party.conf', [
      ['http://localhost:3000', world.broker.issuer],
      ['127.0.0.1:3003', `127.0.0.1:${world.api}`],
      ['127.0.0.1:8080', `127.0.0.1:${port}`],
      ['http://app.example.com:8080', site],
      ['http://app\\.example\\.com:8080', site],
      ['patient-app', id],
      ['change-me-as-well', 'the-passphrase-of-this-test'],
      ['change-me', secret],
    ])
    apache = opened.use(await startApache(file, port, 'auth_openidc'))
  }, 60_000)

  async function signIn(name: 'rene' | 'john') {
    world.upstream.signInAs(name)
    const visitor = createVisitor()
    // fetch says of itself that it is a script, and those are not sent to sign in; what began is bound to the browser.
    const { status, head } = await send(apache.url, { host: new URL(site).host, lines: ['User-Agent: node'] })
    expect(status, await apache.said()).toBe(302)
    const [, cookie = '', value = ''] = /^set-cookie: ([^=]+)=([^;\r\n]+)/im.exec(head) ?? []
    visitor.plant(site, cookie, value)
    const authorize = new URL(/^location: (.*)\r?$/im.exec(head)?.[1] ?? '')
    await visitor.travel(authorize, (url) => url.href === `${site}/patients/1`)
    return { visitor, authorize }
  }

  it('asks the browser to sign in, and lets the story through', async () => {
    const { visitor, authorize } = await signIn('rene')
    expect(authorize.searchParams.get('code_challenge_method')).toBe('S256')
    expect(authorize.searchParams.get('nonce')).toBeTruthy()
    const patient = await visitor.request(`${site}/patients/1`)
    expect([patient.status, await patient.json()]).toMatchObject([200, { name: 'Ada Fischer', ssn: '#########' }])
    expect(world.headersSeen()).toMatchObject({ 'x-auth-user': ['rene@acme.test'], 'x-auth-source': ['Okta'] })
    expect(world.headersSeen()['x-auth-groups']?.[0]).toMatch(/Consultant/)
    expect(world.headersSeen().cookie?.join() ?? '').not.toContain('mod_auth_openidc')

    const john = await signIn('john')
    const whole = await john.visitor.request(`${site}/patients/1`)
    expect(await whole.json()).toMatchObject({ ssn: '987-65-4320' })
  })

  it('SEC-101 lets no header of ours through that the visitor wrote', async () => {
    const { visitor } = await signIn('rene')
    const forged = Object.fromEntries(names.map((name) => [`x-auth-${name.toLowerCase()}`, 'forged']))
    const headers = { ...forged, authorization: `Bearer ${world.john}` }
    const patient = await visitor.request(`${site}/patients/1`, { headers })
    expect(await patient.json()).toMatchObject({ ssn: '#########' })
    expect(JSON.stringify(world.headersSeen())).not.toContain('forged')
    const before = world.seen.length
    const alias = await visitor.request(`${site}/patients/1`, { headers: { X_Auth_Groups: 'Staff' } })
    expect(alias.status).toBe(403)
    expect(world.seen.length).toBe(before)
  })

  it('lets nobody in without a session, nor sends scripts and forms to sign in', async () => {
    const before = world.seen.length
    const ask = (sent: Sent) => send(apache.url, { host: new URL(site).host, ...sent })
    expect((await ask({ lines: ['Cookie: mod_auth_openidc_session=forged'] })).status).toBe(302)
    expect((await ask({ method: 'POST', body: '{}' })).status).toBe(401)
    expect((await ask({ lines: ['Sec-Fetch-Mode: cors'] })).status).toBe(401)
    expect((await ask({ lines: as(world.john) })).status).toBe(302)
    for (const target of ['//patients/1', '/other/../patients/1', '/%70atients/1'])
      expect([302, 400, 403, 404]).toContain((await ask({ target })).status)
    expect((await ask({ target: '/other' })).status).toBe(404)
    expect(world.seen.length).toBe(before)
  })

  it('refuses a callback that nobody asked for, and one with a false code', async () => {
    const before = world.seen.length
    const stray = await send(apache.url, { target: '/oidc/callback?code=stolen&state=made-up' })
    expect([400, 401, 302, 500]).toContain(stray.status)
    const { visitor, authorize } = await signIn('rene')
    const { state } = Object.fromEntries(authorize.searchParams)
    const again = await visitor.request(`${site}/oidc/callback?code=stolen&state=${state}`)
    expect(again.status).not.toBe(200)
    expect(world.seen.length).toBe(before)
  })

  it('signs out everywhere', async () => {
    const { visitor } = await signIn('john')
    const out = await visitor.request(`${site}/oidc/callback?logout=${encodeURIComponent(`${site}/`)}`)
    const to = new URL(String(out.headers.get('location')))
    expect(`${to.origin}${to.pathname}`).toBe(`${world.broker.issuer}/logout`)
    expect(to.searchParams.get('id_token_hint')).toBeTruthy()
    expect((await visitor.request(`${site}/patients/1`)).status).toBe(401)
  })
})
