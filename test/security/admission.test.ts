/**
 * Every way in, crossed with every reason to be kept out (SEC-028). The ways in are read off the provider's metadata
 * and off our routes: one that this file does not know fails it.
 */
import { randomBytes } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { reasons } from '../../src/reasons.ts'
import { openSqlStores, type SqlStores } from '../../src/stores/sql/open.ts'
import { agree } from '../support/agree.ts'
import { basic, type Json, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { walk } from '../support/pages.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const states = {
  // With a password of our own that cannot be told from a wrong one, where nobody is shown why.
  user_disabled: ['account_disabled', 'bad_credentials'],
  // At a source of our own the name is gone as well, and the password with it.
  user_removed: ['account_unknown', 'account_disabled', 'bad_credentials'],
  client_disabled: ['client_disabled'],
  // Nobody can show any more that they are one.
  client_removed: ['client_disabled', 'invalid_client'],
  application_disabled_by_publisher: ['client_disabled'],
  application_disabled_by_consumer: ['client_disabled'],
  application_removed: ['client_disabled', 'invalid_client'],
  source_disabled: ['source_disabled'],
  source_removed: ['source_disabled'],
  source_not_allowed: ['source_not_allowed'],
  session_ended: ['session_ended', 'token_revoked'],
  consent_missing: ['consent_missing'],
} as const
type State = keyof typeof states

/** What came of trying: let in or not, and the reason that could be seen. */
interface Outcome {
  readonly admitted: boolean
  readonly reason: string | undefined
  readonly answer: unknown
}

/** Somebody with a client, a source and a session of their own, so that nothing blocked is anybody else's. */
interface Scene {
  readonly client: TestClient
  /** When the client is an application's own: of that. */
  readonly applicationId: string | undefined
  readonly apiId: string
  readonly visitor: Visitor
  readonly alias: string
  readonly sourceId: string
  readonly accountId: string
  readonly sid: string
  readonly tokens: Tokens
  readonly password: string
}

interface Entry {
  /** States that this way in cannot meet, and why. */
  readonly except?: Partial<Record<State, string>>
  readonly kind?: 'password' | 'machine'
  /** Gets as far as the blocking is to find it, and answers how to go on. */
  readonly begin: (scene: Scene) => Promise<() => Promise<Outcome>>
}

const scope = 'openid profile roles admin'
const aPersonIsNotInvolved = 'no person is involved'
const noPersonYet = {
  user_removed: 'whoever was removed is a stranger, who gets an account of their own',
  session_ended: 'it makes a session',
  consent_missing: 'it asks for consent, and gives no code before',
} as const

const notThisClient = 'it is not this client’s'
const noClient = {
  client_disabled: notThisClient,
  client_removed: notThisClient,
  application_disabled_by_publisher: notThisClient,
  application_disabled_by_consumer: notThisClient,
  application_removed: notThisClient,
  source_not_allowed: notThisClient,
  consent_missing: notThisClient,
} as const

let folder: string
let stores: SqlStores
let upstream: Upstream
let broker: TestBroker
let gateway: TestClient
const callbackUrls: string[] = []
const people = Array.from({ length: 200 }, (_, index) => `person-${index}`)
let number = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
  const database = `sqlite:${join(folder, 'gatehouse.db')}`
  upstream = await startUpstream({ users: Object.fromEntries(people.map((sub) => [sub, { sub, name: sub }])) })
  broker = await startTestBroker({ database, keys: [randomBytes(32)] })
  stores = await openSqlStores({ url: database, vault: createVault(broker.keys), clock: Date.now, log: silent })
  gateway = await broker.addClient({
    redirect_uris: [],
    grant_types: ['client_credentials'],
    resource_server: { apis: '*' },
  })
})
afterAll(async () => {
  await stores?.[Symbol.asyncDispose]()
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
  await rm(folder, { recursive: true })
})

const entries: Readonly<Record<string, Entry>> = {
  'authorization_code grant': {
    async begin({ client, visitor, alias }) {
      const { code, verifier } = await agree(broker, visitor, client, { scope, idp_hint: alias })
      return async () => oauth(await broker.redeem(client, code, verifier))
    },
  },
  'refresh_token grant': {
    begin:
      async ({ client, tokens }) =>
      async () =>
        oauth(await broker.refresh(client, tokens.refresh_token)),
  },
  'client_credentials grant': {
    kind: 'machine',
    except: {
      user_disabled: aPersonIsNotInvolved,
      user_removed: aPersonIsNotInvolved,
      source_disabled: aPersonIsNotInvolved,
      source_removed: aPersonIsNotInvolved,
      source_not_allowed: aPersonIsNotInvolved,
      session_ended: aPersonIsNotInvolved,
      consent_missing: aPersonIsNotInvolved,
    },
    begin:
      async ({ client }) =>
      async () =>
        oauth(await broker.post('/token', { grant_type: 'client_credentials' }, basic(client))),
  },
  'single sign-on': {
    begin:
      async ({ client, visitor }) =>
      async () => {
        const { url } = broker.authorizationUrl(client, { scope, prompt: 'none' })
        const answer = await visitor.request(url)
        const to = new URL(answer.headers.get('location') ?? url, url)
        const said = to.searchParams.get('error_description')?.split(':')[0]
        const reason = said ?? reasonOn(await answer.text()) ?? String(answer.status)
        return { admitted: to.searchParams.has('code'), reason, answer: to.href }
      },
  },
  'sign-in by redirect': {
    except: noPersonYet,
    async begin({ client, alias }) {
      const own = createVisitor()
      const { url } = broker.authorizationUrl(client, { scope, idp_hint: alias })
      const back = await own.travel(url, ({ pathname }) => pathname.endsWith(`/broker/${alias}/callback`))
      return () => follow(own, back, client)
    },
  },
  'sign-in by password': {
    kind: 'password',
    except: { session_ended: noPersonYet.session_ended, consent_missing: noPersonYet.consent_missing },
    async begin(scene) {
      const own = createVisitor()
      const { page, csrf } = await passwordPage(own, scene)
      return async () => follow(own, page, scene.client, await postPassword(own, page, csrf, scene))
    },
  },
  introspection: {
    begin:
      async ({ tokens }) =>
      async () => {
        const { body } = await broker.introspect(gateway, tokens.access_token)
        return { admitted: body.active !== false || Object.keys(body).length !== 1, reason: undefined, answer: body }
      },
  },
  userinfo: {
    async begin({ client, visitor, alias }) {
      const { code, verifier } = await agree(broker, visitor, client, { scope: 'openid profile', idp_hint: alias })
      const tokens = (await (await broker.redeem(client, code, verifier)).json()) as Tokens
      return async () => oauth(await broker.userinfo(tokens.access_token))
    },
  },
  'gateway check': {
    async begin({ client, visitor, alias }) {
      const { code, verifier } = await agree(broker, visitor, client, { scope: 'openid profile', idp_hint: alias })
      const { access_token } = (await (await broker.redeem(client, code, verifier)).json()) as Tokens
      return async () => {
        const headers = {
          'x-forwarded-host': `${alias}.example`,
          'x-forwarded-uri': '/',
          authorization: `Bearer ${access_token}`,
        }
        const answer = await fetch(`${broker.issuer}/verify/forwarded`, { headers })
        const reason = answer.headers.get('x-gatehouse-reason') ?? undefined
        return { admitted: answer.ok, reason, answer: await answer.text() }
      }
    },
  },
  'gateway check of a password': {
    kind: 'password',
    except: {
      ...noClient,
      source_removed: 'an API lists it, so that it stays',
      session_ended: 'there is no session',
    },
    async begin({ sourceId, alias, password }) {
      const host = `basic.${alias}.example`.toLowerCase()
      await broker.created('apis', {
        name: host,
        slug: `basic-${number}`,
        hosts: [host],
        authentication_sources: [sourceId],
      })
      const authorization = `Basic ${Buffer.from(`${people[number]}:${password}`).toString('base64')}`
      return async () => {
        const headers = { 'x-forwarded-host': host, 'x-forwarded-uri': '/', authorization }
        const answer = await fetch(`${broker.issuer}/verify/forwarded`, { headers })
        const reason = answer.headers.get('x-gatehouse-reason') ?? undefined
        return { admitted: answer.ok, reason, answer: await answer.text() }
      }
    },
  },
  console: {
    except: noClient,
    async begin({ visitor }) {
      const look = async (): Promise<Outcome> => {
        const { url, status, text } = await walk(visitor, `${broker.issuer}/admin/`)
        return { admitted: status === 200 && url.pathname === '/admin/', reason: undefined, answer: text }
      }
      expect(await look()).toMatchObject({ admitted: true })
      return look
    },
  },
  'admin API': {
    begin:
      async ({ tokens }) =>
      async () => {
        const authorization = `Bearer ${tokens.access_token}`
        const answer = await fetch(`${broker.issuer}/admin/api/v1/roles`, { headers: { authorization } })
        const body = (await answer.json()) as Json
        return { admitted: answer.ok, reason: String(body.code), answer: body }
      },
  },
}

/** Where each endpoint of the provider and each route of ours leads: to an entry above, or nowhere, and why. */
const endpoints: Readonly<Record<string, string>> = {
  authorization_endpoint: 'single sign-on',
  token_endpoint: 'authorization_code grant',
  userinfo_endpoint: 'userinfo',
  introspection_endpoint: 'introspection',
  revocation_endpoint: 'it only takes away',
  end_session_endpoint: 'it only takes away',
  jwks_uri: 'it is public',
}
const routes: Readonly<Record<string, string>> = {
  '/': 'it shows a page to the browser with the session’s cookie, or is public',
  '/assets/:name': 'it is public',
  '/favicon.ico': 'it is public',
  '/admin': 'it is public',
  '/verify/nginx': 'gateway check',
  '/verify/forwarded': 'gateway check',
  '/verify/envoy{/*rest}': 'gateway check',
  '/.well-known/oauth-protected-resource/:slug': 'it is public',
  '/sign-in': 'it leads to the authorization endpoint: single sign-on',
  '/callback': 'console',
  '/no-entry': 'it shows a page',
  '/sign-out': 'it only takes away',
  '/health/live': 'it is public',
  '/health/ready': 'it is public',
  '/metrics': 'it is public',
  '/end': 'it only takes away',
  '/end-others': 'it only takes away',
  '/withdraw': 'it only takes away',
  '/login/:uid': 'it shows a page',
  '/login/:uid/again': 'it leads back to the beginning',
  '/login/:uid/lost': 'it shows a page',
  '/login/:uid/source/:alias': 'sign-in by password',
  '/login/:uid/find': 'it shows a page, or sends the browser away',
  '/login/:uid/arrive': 'sign-in by redirect',
  '/login/:uid/consent': 'it goes on to the authorization endpoint: single sign-on',
  '/login/:uid/back': 'it only gives up',
  '/login/:uid/second-step': 'sign-in by password, of which it is the second half',
  '/login/:uid/passkey/:alias': 'sign-in by password, whose end it shares',
  '/security': 'it shows a page to the browser with the session’s cookie',
  '/totp': 'it changes what is one’s own, after a proof',
  '/passkeys': 'it changes what is one’s own, after a proof',
  '/password': 'it changes what is one’s own, after a proof',
  '/remove': 'it changes what is one’s own, after a proof',
  '/recovery-codes': 'it changes what is one’s own, after a proof',
  '/confirm': 'it asks whoever is signed in for a proof',
  '/:id/password': 'a test login lets nobody in',
  '/:id/report': 'a test login lets nobody in',
  '/:id/arrive/:alias': 'a test login lets nobody in',
  '/:id/:secret': 'a test login lets nobody in',
  '/broker/:alias/callback': 'sign-in by redirect',
  '/broker/:alias/logged-out': 'it only takes away',
  '/broker/:alias/backchannel-logout': 'it only takes away',
}

describe('the table of ways in', () => {
  it('SEC-028 knows every grant type and every endpoint that the metadata names', async () => {
    const metadata = (await (await fetch(`${broker.issuer}/.well-known/openid-configuration`)).json()) as Json
    for (const grant of metadata.grant_types_supported as string[]) expect(entries).toHaveProperty([`${grant} grant`])
    const named = Object.keys(metadata).filter((name) => name.endsWith('_endpoint') || name.endsWith('_uri'))
    for (const name of named) expect(endpoints, name).toHaveProperty([name])
  })

  it('SEC-028 knows every route of ours', () => {
    const declared = /\b\w+\.(?:get|post|put|patch|delete|all)\(\s*(['`])(\/[^'`]*)\1/g
    const files = globSync('src/**/*.ts', { cwd: join(import.meta.dirname, '../..') })
    let found = 0
    for (const file of files.filter((file) => !file.startsWith(join('src', 'admin')))) {
      const source = readFileSync(join(import.meta.dirname, '../..', file), 'utf8')
      for (const [, , path = ''] of source.matchAll(declared)) {
        found += 1
        expect(routes, `${file}: ${path}`).toHaveProperty([path])
      }
    }
    expect(found).toBeGreaterThan(10)
  })

  it('SEC-028 finds that every route of the admin API asks first who comes', async () => {
    // One file mounts them all, and openapi.json has what it mounted.
    for (const file of globSync('src/admin/*.ts', { cwd: join(import.meta.dirname, '../..') })) {
      const source = readFileSync(join(import.meta.dirname, '../..', file), 'utf8')
      const mounts = source.match(/\brouter(\.(get|post|put|patch|delete|all)\(|\[)/g) ?? []
      expect(mounts.length, file).toBe(file.endsWith('operation.ts') ? 1 : 0)
    }
    const file = readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8')
    const { paths } = JSON.parse(file) as { paths: Record<string, Record<string, unknown>> }
    let found = 0
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations).filter((name) => /^(get|post|put|patch|delete)$/.test(name))) {
        found += 1
        const address = `${broker.issuer}/admin/api/v1${path.replaceAll(/\{\w+\}/g, 'anything')}`
        const answer = await fetch(address, { method: method.toUpperCase() })
        expect(answer.status, `${method} ${path}`).toBe(401)
      }
    }
    expect(found).toBeGreaterThan(50)
  })
})

describe.each(Object.entries(entries))('%s', (name, entry) => {
  it('SEC-028 lets in whom nothing keeps out', async () => {
    const scene = await newScene(entry.kind)
    const goOn = await entry.begin(scene)
    expect(await goOn()).toMatchObject({ admitted: true })
  })

  const cells = Object.entries(states).filter(([state]) => !entry.except?.[state as State])
  it.each(cells)('SEC-028 keeps out: %s', async (state, expected) => {
    const scene = await newScene(entry.kind, state.startsWith('application_'))
    const goOn = await entry.begin(scene)
    await block(state as State, scene)
    const { admitted, reason, answer } = await goOn()
    expect(admitted, JSON.stringify(answer)).toBe(false)
    // They say no more than that.
    if (name === 'introspection' || name === 'console') return
    if (name === 'single sign-on')
      return expect([...expected, 'login_required', '400', ...whereSignedOut(state)]).toContain(reason)
    expect(expected, JSON.stringify(answer)).toContain(reason)
  })
})

/** Whoever has no session any more is asked to sign in: there is nobody to say more about. */
const whereSignedOut = (state: string): string[] =>
  ['user_disabled', 'user_removed', 'source_disabled', 'source_removed', 'session_ended', 'consent_missing'].includes(
    state,
  )
    ? ['End-User authentication is required', 'requested scopes not granted']
    : []

async function newScene(kind: Entry['kind'], ofApplication = false): Promise<Scene> {
  number += 1
  const alias = `Source${number}`
  const sub = people[number] ?? ''
  const password = 'correct horse battery staple'
  const source = kind === 'password' ? await localSource(alias) : await redirectSource(alias)
  if (kind === 'password')
    await broker.created('users', { username: sub, password, authentication_source: alias, roles: [] })
  upstream.signInAs(sub)
  const policy = {
    first_party: kind === 'machine',
    scope: kind === 'machine' ? undefined : `${scope} email groups`,
    allowed_sources: [alias],
  }
  const { client, applicationId } = ofApplication
    ? await addApplication(kind, policy)
    : { client: await addClient(kind, policy), applicationId: undefined }
  const api = await broker.created('apis', {
    name: alias,
    slug: alias.toLowerCase(),
    hosts: [`${alias}.example`],
    clients: [client.id],
  })
  const visitor = createVisitor()
  const nobody = {
    client,
    applicationId,
    apiId: String(api.id),
    visitor,
    alias,
    sourceId: source.id,
    accountId: '',
    sid: '',
    tokens: {} as Tokens,
    password,
  }
  if (kind === 'machine') return nobody
  if (kind === 'password') return { ...nobody, accountId: (await newestUser()) ?? '' }

  const { code, verifier } = await agree(broker, visitor, client, { scope, idp_hint: alias })
  const answer = await broker.redeem(client, code, verifier)
  const tokens = (await answer.json()) as Tokens
  expect(answer.status, JSON.stringify(tokens)).toBe(200)
  const { body } = await broker.introspect(client, tokens.access_token)
  return { ...nobody, tokens, accountId: String(body.sub), sid: String(body.sid) }
}

const addClient = (kind: Entry['kind'], policy: Json): Promise<TestClient> =>
  broker.addClient({
    grant_types: kind === 'machine' ? ['client_credentials'] : ['authorization_code', 'refresh_token'],
    ...(kind === 'machine' && { redirect_uris: [] }),
    ...policy,
  })

async function addApplication(kind: Entry['kind'], policy: Json) {
  const redirectUri = 'https://app.example/callback'
  const { id, client } = await broker.created('applications', {
    name: 'Patient App',
    redirect_uris: kind === 'machine' ? [] : [redirectUri],
  })
  const { client_id, client_secret } = client as { client_id: string; client_secret: string }
  await change('PATCH', `clients/${client_id}`, policy)
  return { client: { id: client_id, secret: client_secret, redirectUri }, applicationId: id }
}

const localSource = (alias: string) => broker.created('authentication-sources', { alias, name: alias, type: 'local' })
async function redirectSource(alias: string) {
  const source = await broker.created('authentication-sources', {
    alias,
    name: alias,
    type: 'oidc',
    config: upstream.config,
    mapping: { roles: [{ role: 'admin', client: 'gatehouse' }] },
  })
  callbackUrls.push(String(source.callback_url))
  upstream.register({ callbackUrls })
  return source
}

async function newestUser(): Promise<string | undefined> {
  const { body } = await broker.admin('GET', `users?q=${people[number]}`)
  return (body.items as Json[]).map(({ id }) => String(id)).at(-1)
}

async function change(method: string, address: string, body?: Json): Promise<void> {
  const etag = (await broker.admin('GET', address)).headers.get('etag') ?? '*'
  const answer = await broker.admin(method, address, body, { 'if-match': etag })
  expect([200, 204], `${method} ${address}: ${JSON.stringify(answer.body)}`).toContain(answer.status)
}

async function block(state: State, { client, applicationId, apiId, sourceId, accountId, sid }: Scene): Promise<void> {
  switch (state) {
    case 'user_disabled':
      return change('PATCH', `users/${accountId}`, { enabled: false })
    case 'user_removed':
      return change('DELETE', `users/${accountId}`)
    case 'client_disabled':
      return change('PATCH', `clients/${client.id}`, { enabled: false })
    case 'client_removed':
      await change('PATCH', `apis/${apiId}`, { clients: [] })
      return change('DELETE', `clients/${client.id}`)
    case 'application_disabled_by_publisher':
      return change('PATCH', `applications/${applicationId}`, { disabled_by_publisher: true })
    case 'application_disabled_by_consumer':
      return change('PATCH', `applications/${applicationId}`, { disabled_by_consumer: true })
    case 'application_removed':
      await change('PATCH', `apis/${apiId}`, { clients: [] })
      return change('DELETE', `applications/${applicationId}`)
    case 'source_disabled':
      return change('PATCH', `authentication-sources/${sourceId}`, { enabled: false })
    case 'source_removed':
      return change('DELETE', `authentication-sources/${sourceId}`)
    case 'source_not_allowed':
      return change('PATCH', `clients/${client.id}`, { allowed_sources: ['local'] })
    case 'session_ended':
      expect((await broker.admin('DELETE', `sessions/${sid}`)).status).toBe(204)
      return
    case 'consent_missing':
      return stores.consents.withdraw(accountId, client.id)
  }
}

async function oauth(answer: Response): Promise<Outcome> {
  const body = (await answer.json()) as Json
  if (!answer.ok) expect(body.error).toMatch(/^(invalid_grant|invalid_client|invalid_token)$/)
  const { reason = body.error } = body
  if (!answer.ok)
    expect(body.error_description).toMatch(
      body.reason === undefined ? 'client authentication failed' : new RegExp(`^${String(reason)}: `),
    )
  return { admitted: answer.ok, reason: String(reason), answer: body }
}

/** Goes on with a sign-in; where it ends, the newest trace says why. */
async function follow(visitor: Visitor, from: URL, client: TestClient, first?: Response): Promise<Outcome> {
  let url = from
  let answer = first ?? (await visitor.request(url))
  for (let step = 0; step < 10; step++) {
    const location = answer.headers.get('location')
    if (!location) break
    url = new URL(location, url)
    if (url.href.startsWith(client.redirectUri)) break
    answer = await visitor.request(url)
  }
  const back = url.href.startsWith(client.redirectUri)
  const page = back ? '' : await answer.text()
  const asksForConsent = page.includes('consent-allow')
  const { body } = await broker.admin('GET', 'traces?limit=1')
  const [trace] = body.items as Json[]
  const reason = (trace?.reason as Json | null)?.code ?? reasonOn(page)
  const admitted = (back && url.searchParams.has('code')) || asksForConsent
  return {
    admitted,
    reason: String(reason),
    answer: admitted ? url.href : `${answer.status} ${url.href} ${page.slice(0, 200)}`,
  }
}

/** Which refusal a page tells the person about. */
const reasonOn = (page: string): string | undefined =>
  Object.entries(reasons).find(([, { title }]) => page.includes(`<title>${title} `))?.[0]

async function passwordPage(visitor: Visitor, { client, alias }: Scene) {
  const { url } = broker.authorizationUrl(client, { scope, idp_hint: alias })
  const page = await visitor.travel(url, ({ pathname }) => pathname.startsWith('/login/'))
  const html = await (await visitor.request(page)).text()
  return { page, csrf: /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '' }
}

const postPassword = (visitor: Visitor, page: URL, csrf: string, { alias, password }: Scene) =>
  visitor.request(`${page.origin}${page.pathname}/source/${alias}`, {
    method: 'POST',
    body: new URLSearchParams({ csrf, username: people[number] ?? '', password }),
  })
