import { generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { basic, type Json, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formsIn, type Shown } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let broker: TestBroker
let upstream: Upstream
let client: TestClient
let login: Awaited<ReturnType<TestBroker['login']>>
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker()
  const okta = await broker.addSource(upstream)
  client = await broker.addClient()
  await broker.created('apis', {
    ...{ name: 'Patient API', slug: 'patients', audience: 'https://patients.example' },
    ...{ hosts: ['patients.example'], authentication_sources: [okta.id] },
  })
  await broker.created('apis', {
    ...{ name: 'Doctors only', slug: 'doctors', audience: 'https://doctors.example' },
    required_roles: ['doctor'],
  })
  login = await broker.login(client, { params: { idp_hint: 'Okta' } })
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
})

const unescaped = (text: string) => text.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))

/** The JSON that the page shows, from top to bottom. */
const shownIn = ({ text }: Shown): readonly Json[] =>
  [...text.matchAll(/<pre class="json"[^>]*><bdi>(.*?)<\/bdi>/gs)].map(
    ([, json = '']) => JSON.parse(unescaped(json)) as Json,
  )

const scopes = ['openid', 'profile', 'email', 'groups'].map((scope) => `scope=${scope}`).join('&')

/** Of each sign-in its own. */
const own = [
  'acr',
  'amr',
  'jti',
  'iat',
  'exp',
  'auth_time',
  'sid',
  'session_state',
  'client_session',
  'nonce',
  'at_hash',
]
const common = (claims: Json) => Object.fromEntries(Object.entries(claims).filter(([name]) => !own.includes(name)))

describe('what tokens would be', () => {
  it('are what a sign-in gives: access token, ID token, userinfo and introspection', async () => {
    const { open } = await enterConsole(broker)
    const page = await open(`/admin/playground?client=${client.id}&person=klomp&${scopes}`)
    const [, access = {}, , id = {}, userinfo, introspection = {}] = shownIn(page)
    expect(common(access)).toEqual(common(login.access))
    expect(Object.keys(access)).toEqual(Object.keys(login.access))
    expect(common(id)).toEqual(common(login.id))
    expect(userinfo).toEqual(await (await broker.userinfo(login.tokens.access_token)).json())
    const real = await broker.introspect(client, login.tokens.access_token)
    expect(common(introspection)).toEqual(common(real.body))
    const [, bytes] = /(\d+) bytes when signed/.exec(page.text) ?? []
    expect(Math.abs(Number(bytes) - login.tokens.access_token.length)).toBeLessThan(8)
  })

  it('have the headers that the gateway of an API hands on', async () => {
    const { open } = await enterConsole(broker)
    const page = await open(`/admin/playground?client=${client.id}&person=klomp&api=patients&${scopes}`)
    expect(shownIn(page)[1]?.aud).toBe('https://patients.example')
    expect(page.text).toContain('The call would pass.')
    const real = await broker.login(client, { params: { idp_hint: 'Okta', resource: 'https://patients.example' } })
    const answer = await fetch(`${broker.issuer}/verify/nginx`, {
      headers: {
        authorization: `Bearer ${real.tokens.access_token}`,
        ...{ 'x-original-method': 'GET', 'x-original-host': 'patients.example', 'x-original-uri': '/patients' },
      },
    })
    const said = [...answer.headers].filter(([name, value]) => /^x-auth-(?!assertion)/.test(name) && value !== '')
    expect(said.length).toBeGreaterThan(3)
    for (const [name, value] of said) {
      expect(page.text.toLowerCase()).toContain(`<dt>${name}</dt>`)
      expect(unescaped(page.text)).toContain(`<code>${value}</code>`)
    }
  })

  it('say why an API would refuse the call, and why there are none', async () => {
    const { open } = await enterConsole(broker)
    const refused = await open(`/admin/playground?client=${client.id}&person=klomp&api=doctors`)
    expect(refused.text).toContain('<code>role_missing</code>')
    const nobody = await open(`/admin/playground?client=${client.id}&person=nobody`)
    expect(nobody.text).toContain('Nobody is called nobody.')
    await broker.admin('PATCH', `users/${login.access.sub}`, { enabled: false })
    const disabled = await open(`/admin/playground?client=${client.id}&person=klomp`)
    await broker.admin('PATCH', `users/${login.access.sub}`, { enabled: true })
    expect(disabled.text).toContain('<code>account_disabled</code>')
    expect(shownIn(disabled)).toEqual([])
  })

  it('are those of the client itself where nobody is named', async () => {
    const machine = await broker.addClient({ grant_types: ['client_credentials'], redirect_uris: [] })
    const answer = await broker.post('/token', { grant_type: 'client_credentials' }, basic(machine))
    const { access_token } = (await answer.json()) as { access_token: string }
    const real = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString()) as Json
    const { open } = await enterConsole(broker)
    const { scope: _scope, ...shown } = shownIn(await open(`/admin/playground?client=${machine.id}`))[1] ?? {}
    expect(common(shown)).toEqual(common(real))
  })

  it('have the scopes of APIs that the client was given, which can be ticked, and no others', async () => {
    const given = await broker.addClient({ scope: 'openid profile patients.read' })
    const { open } = await enterConsole(broker)
    const wish = `person=klomp&scope=openid&scope=patients.read`
    const page = await open(`/admin/playground?client=${given.id}&${wish}`)
    expect(page.text).toContain('value="patients.read" checked')
    expect(shownIn(page)[1]?.scope).toBe('openid patients.read')
    const without = await open(`/admin/playground?client=${client.id}&${wish}`)
    expect(without.text).not.toContain('value="patients.read"')
    expect(shownIn(without)[1]?.scope).toBe('openid')
  })

  it('are bound to a key where the client binds all of its tokens, as an API may ask', async () => {
    const wish = { grant_types: ['client_credentials'], redirect_uris: [] }
    const plain = await broker.addClient(wish)
    const bound = await broker.addClient({ ...wish, dpop_bound_access_tokens: true })
    const rules = { clients: [plain.id, bound.id], sender_constraint: 'dpop' }
    await broker.created('apis', { name: 'Keyed', slug: 'keyed', hosts: ['keyed.example'], ...rules })
    const { open } = await enterConsole(broker)
    const page = await open(`/admin/playground?client=${bound.id}&api=keyed`)
    expect(shownIn(page)[1]).toMatchObject({ typ: 'DPoP', cnf: { jkt: expect.any(String) } })
    expect(page.text).toContain('The call would pass.')
    const refused = await open(`/admin/playground?client=${plain.id}&api=keyed`)
    expect(refused.text).toContain('<code>token_not_bound</code>')
  })
})

describe('a token that is pasted', () => {
  async function paste(token: string, api = ''): Promise<Shown> {
    const { open, send } = await enterConsole(broker)
    return send(await open('/admin/playground/token'), '/playground/token', { token, api })
  }

  it('is good, with what introspection says, and comes back in no page', async () => {
    const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const page = await paste(`Bearer ${tokens.access_token}`)
    expect(page.text).toContain('The token is good')
    expect(shownIn(page).at(-1)).toEqual((await broker.introspect(client, tokens.access_token)).body)
    for (const part of tokens.access_token.split('.')) expect(page.text).not.toContain(part)
  })

  it('is for another API, expired by so many seconds, revoked, or of another kind', async () => {
    const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const elsewhere = await paste(tokens.access_token, 'patients')
    expect(elsewhere.text).toContain('not for this API')
    expect(unescaped(elsewhere.text)).toContain(`It is for ${client.id}; the API takes https://patients.example.`)
    expect((await paste(tokens.id_token)).text).toContain('<code>token_type</code>')
    expect((await paste(tokens.refresh_token)).text).toContain('This is not a JWT')
    await broker.post('/revoke', { token: tokens.access_token }, basic(client))
    expect((await paste(tokens.access_token)).text).toContain('<code>token_revoked</code>')
  })

  it('names a key that nobody has published, or a signature that is not its own', async () => {
    const [head = '', body = '', tail = ''] = login.tokens.access_token.split('.')
    expect((await paste(`${head}.${body}.${tail.slice(0, -8)}AAAAAAAA`)).text).toContain('<code>token_signature</code>')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const strange = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: 'nobodys' })).toString('base64url')
    const signed = sign('sha256', Buffer.from(`${strange}.${body}`), privateKey).toString('base64url')
    const page = await paste(`${strange}.${body}.${signed}`)
    expect(page.text).toContain('<code>token_key_unknown</code>')
    expect(page.text).toContain('It names the key nobodys.')
  })

  it('is not kept while somebody signs in again', async () => {
    const { open, visitor } = await enterConsole(broker)
    const page = await open('/admin/playground/token')
    const [form] = formsIn(page).filter(({ action }) => action.endsWith('/playground/token'))
    await signOutAdministrators(broker)
    const answer = await visitor.request(new URL(form?.action ?? '', page.url), {
      method: 'POST',
      body: new URLSearchParams({ ...form?.fields, token: login.tokens.access_token }),
    })
    expect(answer.status).toBe(303)
    expect(answer.headers.get('location')).not.toContain('kept')
  })
})

/** Ends every administrator's session. */
async function signOutAdministrators({ admin }: TestBroker): Promise<void> {
  const { body } = await admin('GET', 'sessions?limit=200')
  for (const { id } of body.items as { id: string }[]) await admin('DELETE', `sessions/${id}`)
}

it('says by how many seconds a token has expired', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const { tokens, access } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    vi.setSystemTime((Number(access.exp) + 12) * 1000)
    const { open, send } = await enterConsole(broker)
    const page = await send(await open('/admin/playground/token'), '/playground/token', {
      ...{ token: tokens.access_token, api: '' },
    })
    expect(page.text).toContain('<code>token_expired</code>')
    expect(page.text).toContain('It expired 12 s ago.')
  } finally {
    vi.useRealTimers()
  }
})
