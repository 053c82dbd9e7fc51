/** A user name and a password with each request (RFC 7617): as good as at the sign-in page, and no better to guess at. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type GatewayWorld, type Question, startGateway } from '../gateway/start-gateway.ts'
import { type Json, startTestBroker, type TestBroker } from '../support/broker.ts'
import { countingStores } from '../support/counting.ts'
import { recordLog } from '../support/log-lines.ts'
import { signInWithPassword } from '../support/password.ts'
import { createVisitor } from '../support/visitor.ts'

const password = 'a machine: that weaves ünder 42'
const log = recordLog()
const keys = [randomBytes(32)]
let folder: string
let world: GatewayWorld
let other: TestBroker
let source: { readonly id: string }

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds)

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-basic-'))
  const parts = { log: log.log, clock: () => Date.now() }
  const both = { keys, parts, database: `sqlite:${join(folder, 'g.db')}` }
  const settings = { sign_in: { max_attempts_per_user: 3, max_attempts_per_address: 6, attempt_window: 300 } }
  world = await startGateway({ ...both, settings })
  other = await startTestBroker({ ...both, settings, issuer: world.broker.issuer })
  source = await world.broker.created('authentication-sources', {
    alias: 'partners',
    name: 'Partners',
    type: 'local',
    mapping: {
      roles: [
        { when_group: 'Staff', role: 'nurse' },
        { role: 'reader', client: 'https://api.example/own' },
      ],
    },
  })
}, 30_000)
afterAll(async () => {
  vi.useRealTimers()
  for (const broker of [other, world]) await broker?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

let number = 0
/** Each comes from a network of their own: what one guesses is not counted against another. */
async function person(more: Json = {}) {
  number += 1
  const username = `Jürgen-${number}`
  const user = await world.broker.created('users', {
    ...{ username, password, authentication_source: 'partners', email: `p${number}@acme.test` },
    ...{ groups: ['Staff'], claims: { department: 'R&D' }, ...more },
  })
  return { id: user.id, email: `p${number}@acme.test`, username, address: `192.0.2.${number}` }
}

const sent = (username: string, secret = password) => `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`

interface Sender {
  readonly username: string
  readonly address: string
}

const call = (host: string, { username, address }: Sender, secret = password, more: Partial<Question> = {}) =>
  world.ask({ host, headers: ['Authorization', sent(username, secret), 'X-Forwarded-For', address], ...more })

/** The same question, to the other node. */
const callOther = (host: string, { username, address }: Sender, secret = password) =>
  fetch(new URL('/verify/forwarded', other.url), {
    headers: {
      ...{ 'x-forwarded-method': 'GET', 'x-forwarded-host': host, 'x-forwarded-uri': '/' },
      ...{ authorization: sent(username, secret), 'x-forwarded-for': address },
    },
  })

/** The other node has looked at the registry since the API was made. */
const known = (host: string, who: Sender) =>
  expect.poll(async () => (await callOther(host, who)).status, { timeout: 20_000 }).not.toBe(403)

const partners = (more: Json = {}) => world.addApi({ authentication_sources: ['partners'], ...more })

async function change(method: string, address: string, body?: Json) {
  const etag = (await world.broker.admin('GET', address)).headers.get('etag') ?? '*'
  expect((await world.broker.admin(method, address, body, { 'if-match': etag })).status).toBeLessThan(300)
}

async function hashes(): Promise<number> {
  const metrics = await (await fetch(`${world.broker.issuer}/metrics`)).text()
  const counts = [...metrics.matchAll(/^gatehouse_password_hash_duration_seconds_count\{[^}]*\} (\d+)/gm)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}

describe('a caller with a user name and a password', () => {
  it('is the person behind it, mapped as in tokens', async () => {
    const jo = await person({ roles: ['viewer'] })
    const { host } = await partners({ audience: 'https://api.example/own' })
    const answer = await call(host, jo)
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        'x-auth-subject': jo.id,
        'x-auth-user': encodeURIComponent(jo.username),
        'x-auth-email': jo.email,
        'x-auth-groups': 'Staff',
        'x-auth-roles': 'viewer,nurse,reader',
        'x-auth-source': 'partners',
        'x-auth-client': '',
        'x-auth-application': '',
        'x-auth-scopes': '',
      },
    })
    expect(log.events('gateway.allowed').at(-1)).toMatchObject({ account: jo.id, source: 'partners' })
  })

  it('meets the rules of the API', async () => {
    const jo = await person()
    const reason = async (rules: Json) => (await call((await partners(rules)).host, jo)).reason
    const claim = (values: string[]) => ({ claims: [{ claim: 'department', values }] })
    expect(await reason(claim(['R&D']))).toBeUndefined()
    expect(await reason(claim(['Sales']))).toBe('claim_mismatch')
    expect(await reason({ required_roles: ['doctor'] })).toBe('role_missing')
    expect(await reason({ required_groups: ['Staff'] })).toBeUndefined()
    expect(await reason({ required_scopes: ['orders'] })).toBe('insufficient_scope')
    expect(await reason({ require_api_key: true })).toBe('api_key_missing')
    expect(await reason({ sender_constraint: 'either' })).toBe('token_not_bound')
    const roles = [{ when_group: 'Staff', role: 'auditor' }]
    const { host } = await world.addApi({ authentication_sources: [{ source: 'partners', roles }] })
    expect((await call(host, jo)).headers['x-auth-roles']).toBe('auditor')
  })

  it('has a name that is written in any way, and a password that is written in one', async () => {
    const jo = await person()
    const { host } = await partners()
    expect((await call(host, { ...jo, username: jo.username.toUpperCase() })).status).toBe(200)
    expect(await call(host, jo, password.toUpperCase())).toMatchObject({ status: 401, reason: 'bad_credentials' })
    const composed = { ...jo, username: jo.username.normalize('NFD') }
    expect((await call(host, composed, password.normalize('NFD'))).status).toBe(200)
    const scheme = ['authorization', sent(jo.username).replace('Basic', 'bAsIc')]
    expect((await world.ask({ host, headers: scheme })).status).toBe(200)
  })

  it.each([
    ['no base64', '%%%'],
    ['without a colon', btoa('john')],
    ['not UTF-8', Buffer.from([0x6a, 0xff, 0x3a, 0x78]).toString('base64')],
    ['with control characters', btoa('john\0:x')],
    ['with a line end in the password', btoa('john:x\ny')],
  ])('is refused when it is %s', async (_, text) => {
    const { host } = await partners()
    const headers = ['Authorization', `Basic ${text}`, 'X-Forwarded-For', '198.51.100.1']
    expect(await world.ask({ host, headers })).toMatchObject({ status: 401, reason: 'basic_malformed' })
  })

  it('is asked for where a local source is listed, and only there', async () => {
    const { host, slug } = await partners()
    const challenge = async (where: string) => (await world.ask({ host: where })).headers['www-authenticate']
    expect(await challenge(host)).toMatch(
      new RegExp(`^Bearer realm="${slug}".*, Basic realm="${slug}", charset="UTF-8"$`),
    )
    const wrong = (await call(host, await person(), 'wrong wrong')).headers['www-authenticate']
    expect(wrong).toContain('Basic realm=')
    expect(wrong).not.toContain('error=')
    const without = (await world.addApi({ authentication_sources: ['Okta'] })).host
    expect(await challenge(without)).not.toContain('Basic')
    const jo = await person()
    expect(await call(without, jo)).toMatchObject({ status: 401, reason: 'basic_not_accepted' })
    expect(await call((await world.addApi()).host, jo)).toMatchObject({ status: 401, reason: 'basic_not_accepted' })
    const sunset = new Date(Date.now() - 1000).toISOString()
    const over = await world.addApi({ authentication_sources: [{ source: 'partners', sunset }] })
    expect(await challenge(over.host)).not.toContain('Basic')
    expect(await call(over.host, jo)).toMatchObject({ status: 403, reason: 'api_source_sunset' })
  })

  it('sends one Authorization header, and a key that is no part of who they are', async () => {
    const jo = await person()
    const application = await world.broker.created('applications', {
      name: 'App',
      redirect_uris: ['https://app.example/'],
    })
    const api = await partners({ require_api_key: true })
    const made = await world.broker.created(`applications/${application.id}/api-keys`, { api_id: api.id })
    const headers = ['Authorization', sent(jo.username), 'X-Forwarded-For', jo.address, 'X-API-Key', String(made.key)]
    const answer = await world.ask({ host: api.host, headers })
    expect(answer.headers).toMatchObject({ 'x-auth-subject': jo.id, 'x-auth-application': application.id })
    const twice = await world.ask({ host: api.host, headers: [...headers, 'Authorization', 'Bearer x'] })
    expect(twice).toMatchObject({ status: 401, reason: 'credentials_ambiguous' })
    await change('PATCH', `apis/${api.id}`, { key_must_match_token: true })
    expect(await world.ask({ host: api.host, headers })).toMatchObject({ status: 403, reason: 'api_key_not_of_client' })
  })
})

describe('whoever is shut out', () => {
  it('is refused at the next call on every node, although the password was right just now', async () => {
    const { host } = await partners()
    const shutOut: readonly [reason: string, how: (id: string) => Promise<void>][] = [
      ['disabled', (id) => change('PATCH', `users/${id}`, { enabled: false })],
      ['with another password', (id) => change('PATCH', `users/${id}`, { password: 'quite another one' })],
      ['removed', (id) => change('DELETE', `users/${id}`)],
    ]
    for (const [how, act] of shutOut) {
      const jo = await person()
      expect((await call(host, jo)).status).toBe(200)
      await known(host, jo)
      expect((await callOther(host, jo)).status).toBe(200)
      await act(jo.id)
      const there = await callOther(host, jo)
      expect([there.status, there.headers.get('x-gatehouse-reason')], how).toEqual([401, 'bad_credentials'])
      expect(await call(host, jo), how).toMatchObject({ status: 401, reason: 'bad_credentials' })
    }
  })

  it('comes in again when they are let in again', async () => {
    const { host } = await partners()
    const jo = await person()
    await change('PATCH', `users/${jo.id}`, { enabled: false })
    expect((await call(host, jo)).status).toBe(401)
    await change('PATCH', `users/${jo.id}`, { enabled: true })
    expect((await call(host, jo)).status).toBe(200)
  })

  it('goes with the source, on every node at once, and comes back with it', async () => {
    const { id } = await world.broker.created('authentication-sources', {
      alias: 'short',
      name: 'Short',
      type: 'local',
    })
    const jo = await person({ authentication_source: 'short' })
    const { host } = await world.addApi({ authentication_sources: ['short'] })
    expect((await call(host, jo)).status).toBe(200)
    await known(host, jo)
    expect((await callOther(host, jo)).status).toBe(200)
    await change('PATCH', `authentication-sources/${id}`, { enabled: false })
    const there = await callOther(host, jo)
    expect([there.status, there.headers.get('x-gatehouse-reason')]).toEqual([401, 'source_disabled'])
    expect(await call(host, jo)).toMatchObject({ status: 401, reason: 'source_disabled' })
    await change('PATCH', `authentication-sources/${id}`, { enabled: true })
    expect((await call(host, jo)).status).toBe(200)
  })

  it('is one of the first listed source that knows the name', async () => {
    await world.broker.created('authentication-sources', { alias: 'second', name: 'Second', type: 'local' })
    const jo = await person()
    const twin = { username: jo.username, password: 'the other password', authentication_source: 'second' }
    const { id } = await world.broker.created('users', twin)
    const { host } = await world.addApi({ authentication_sources: ['second', 'partners'] })
    expect((await call(host, jo)).reason).toBe('bad_credentials')
    expect((await call(host, jo, twin.password)).headers['x-auth-subject']).toBe(id)
    expect((await call(host, await person())).headers['x-auth-source']).toBe('partners')
  })
})

describe('guessing', () => {
  it('SEC-086 is counted with what is tried at the sign-in page, and the right password helps no more', async () => {
    const { host } = await partners()
    const jo = await person()
    // The page is asked by whoever runs these tests.
    const here = { ...jo, address: '127.0.0.1' }
    const atThePage = (secret: string) =>
      signInWithPassword(world.broker, createVisitor(), world.client, { ...jo, password: secret, alias: 'partners' })
    expect((await atThePage('wrong at the page')).code).toBeUndefined()
    for (const attempt of [1, 2]) expect((await call(host, here, `guess ${attempt}`)).reason).toBe('bad_credentials')
    for (const dialect of ['forwarded', 'nginx'] as const) {
      const answer = await call(host, here, password, { dialect })
      expect(answer).toMatchObject({ status: dialect === 'nginx' ? 403 : 429, reason: 'too_many_attempts' })
      if (dialect === 'nginx') expect(answer.headers['x-gatehouse-status']).toBe('429')
      const wait = Number(answer.headers['retry-after'])
      expect(wait).toBeGreaterThan(0)
      expect(wait).toBeLessThanOrEqual(300)
      expect(answer.headers['www-authenticate']).toBeUndefined()
    }
    expect((await atThePage(password)).code).toBeUndefined()
    await known(host, here)
    expect((await callOther(host, here)).status).toBe(429)
    // From elsewhere, they come in; and here again when the window is over.
    expect((await call(host, jo)).status).toBe(200)
    pass(300_000)
    expect((await call(host, here)).status).toBe(200)
  })

  it('SEC-086 locks out even where the password was right a moment ago', async () => {
    const { host } = await partners()
    const jo = await person()
    expect((await call(host, jo)).status).toBe(200)
    for (const attempt of [1, 2, 3]) await call(host, jo, `guess ${attempt}`)
    expect(await call(host, jo)).toMatchObject({ status: 429, reason: 'too_many_attempts' })
  })

  it('SEC-086 stops a network that tries many names, and nobody else', async () => {
    const { host } = await partners()
    const jo = await person()
    const strangers = Array.from({ length: 6 }, (_, index) => ({ username: `nobody-${index}`, address: '203.0.113.9' }))
    for (const stranger of strangers) expect((await call(host, stranger)).reason).toBe('bad_credentials')
    expect((await call(host, { username: 'one-more', address: '203.0.113.9' })).reason).toBe('too_many_attempts')
    expect((await call(host, { ...jo, address: '203.0.113.9' })).reason).toBe('too_many_attempts')
    expect((await call(host, jo)).status).toBe(200)
  })

  it('SEC-086 forgets failures at the first success, so that a slip of the hand adds up to nothing', async () => {
    const { host } = await partners()
    const jo = await person()
    for (const round of [1, 2, 3]) {
      expect((await call(host, jo, `slip ${round}`)).status).toBe(401)
      pass(61_000)
      expect((await call(host, jo)).status).toBe(200)
    }
  })

  it('costs one hash, whoever is tried, and a password that was right none for a minute', async () => {
    const { host } = await partners()
    const jo = await person()
    const off = await person({ enabled: false })
    const none = await person({ password: undefined })
    const cost = async (who: Sender, secret?: string) => {
      const before = await hashes()
      await call(host, who, secret)
      return (await hashes()) - before
    }
    const stranger = { username: 'nobody-at-all', address: '198.51.100.7' }
    expect(await cost(stranger)).toBe(1)
    expect(await cost(jo, 'wrong wrong')).toBe(1)
    expect(await cost(none)).toBe(1)
    expect(await cost(off)).toBe(1)
    expect(await cost(jo)).toBe(1)
    expect(await cost(jo)).toBe(0)
    expect(await cost(jo, 'wrong wrong')).toBe(1)
    pass(60_001)
    expect(await cost(jo)).toBe(1)
    expect(await cost(jo, 'x'.repeat(1025)), 'longer than a password can be').toBe(0)
  })

  it('changes nothing in the registry when it succeeds', async () => {
    const { host } = await partners()
    const jo = await person()
    const seen = async () => (await world.broker.admin('GET', `users/${jo.id}`)).body
    const before = await seen()
    const status = (await world.broker.admin('GET', `authentication-sources/${source.id}`)).body.status
    for (const _ of [1, 2]) expect((await call(host, jo)).status).toBe(200)
    expect(await seen()).toEqual(before)
    expect((await world.broker.admin('GET', `authentication-sources/${source.id}`)).body.status).toEqual(status)
  })
})

it('asks everything at once about somebody whose password was right before, and sees all the same what has changed', async () => {
  const counted = countingStores(undefined, ['localUsers', 'accounts', 'secondFactors'])
  await using far = await startGateway({ parts: { openStores: counted.open, clock: () => Date.now() } })
  const local = await far.broker.created('authentication-sources', { alias: 'far', name: 'Far', type: 'local' })
  const more = await far.broker.created('authentication-sources', { alias: 'more', name: 'More', type: 'local' })
  const { host } = await far.addApi({ authentication_sources: [more.id, local.id] })
  const user = { username: 'jo', password, authentication_source: 'far' }
  const { id } = await far.broker.created('users', user)
  const ask = () => far.ask({ host, headers: ['Authorization', sent('jo')] })
  expect((await ask()).status).toBe(200)
  const { cargo } = await counted.during(async () => expect((await ask()).status).toBe(200))
  expect(cargo.length).toBe(1)
  expect(cargo.flat()).toEqual(expect.arrayContaining(['localUsers.byUsername', 'accounts.get', 'attempts.read']))
  // Somebody else has the name, in the source that comes first.
  await far.broker.created('users', { ...user, password: 'another one altogether', authentication_source: 'more' })
  expect((await ask()).status).toBe(401)
  const { body } = await far.broker.admin('GET', 'users?q=jo')
  const items = body.items as readonly Json[]
  const stranger = items.find((one) => one.id !== id)
  expect((await far.broker.admin('DELETE', `users/${stranger?.id}`, undefined, { 'if-match': '*' })).status).toBe(204)
  expect((await ask()).status).toBe(200)
  expect((await far.broker.admin('PATCH', `users/${id}`, { enabled: false }, { 'if-match': '*' })).status).toBe(200)
  expect((await ask()).status).toBe(401)
}, 60_000)

it('SEC-112 a flood of passwords ends in 503 for some of its own, and everybody else is answered', async () => {
  const { host } = await partners()
  const jo = await person()
  const { access_token } = await world.login('rene')
  const open = await world.addApi()
  const flood = Array.from({ length: 80 }, (_, index) =>
    call(host, { username: `flood-${index}`, address: `198.18.${index % 4}.1` }),
  )
  const [bearing, signingIn, calling, strangers] = await Promise.all([
    world.ask({ host: open.host, headers: ['Authorization', `Bearer ${access_token}`] }),
    signInWithPassword(world.broker, createVisitor(), world.client, { ...jo, password, alias: 'partners' }),
    call(host, jo),
    Promise.all(flood),
  ])
  expect(bearing.status).toBe(200)
  expect(signingIn.code).toBeDefined()
  expect([200, 503]).toContain(calling.status)
  const shed = strangers.filter(({ status }) => status === 503)
  expect(shed.length).toBeGreaterThan(0)
  for (const { headers, reason } of shed) {
    expect(reason).toBe('temporarily_unavailable')
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  }
  expect(strangers.every(({ status }) => [401, 429, 503].includes(status))).toBe(true)
  expect((await call(host, jo)).status).toBe(200)
})

it('SEC-112 a network that floods leaves places to the others', async () => {
  const { host } = await partners()
  const jo = await person()
  const flood = Array.from({ length: 40 }, (_, index) =>
    call(host, { username: `one-${index}`, address: '198.19.0.1' }),
  )
  expect((await call(host, jo)).status).toBe(200)
  expect((await Promise.all(flood)).some(({ status }) => status === 503)).toBe(true)
})
