import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  administratorPassword,
  type Json,
  startTestBroker,
  type TestBroker,
  type TestClient,
} from '../support/broker.ts'
import { doorsIn, formTo, headingIn, isApplication, referenceIn, type Shown, send, walk } from '../support/pages.ts'
import { rene } from '../support/people.ts'
import { type RogueUpstream, startRogueUpstream } from '../support/rogue-upstream.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

type Params = Readonly<Record<string, string>>

let broker: TestBroker
let okta: Upstream
let rogue: RogueUpstream
let client: TestClient
let sourceId: string

beforeAll(async () => {
  okta = await startUpstream({ users: { rene: { ...rene, department: 7, picture: { nested: 'x'.repeat(5000) } } } })
  rogue = await startRogueUpstream()
  broker = await startTestBroker({ settings: { sign_in: { max_attempts_per_user: 3 } } })
  const source = await broker.addSource(okta, { mapping: { groups: { claim: 'groups', filter: 'C.*' } } })
  sourceId = source.id
  await broker.created('authentication-sources', {
    ...{ alias: 'Rogue', name: 'Rogue', type: 'oidc', config: { ...rogue.config, allow_private_addresses: true } },
  })
  client = await broker.addClient({ client_uri: 'https://app.example/' })
  await broker.created('users', { username: 'ada', password: 'a long enough password', name: 'Ada Lovelace' })
  await broker.created('users', { username: 'off', password: 'a long enough password', enabled: false })
})

beforeEach(() => {
  okta.signInAs('rene')
  okta.misbehave({})
  okta.endSessions()
  rogue.behave({})
})

afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await okta?.stop()
  await rogue?.[Symbol.asyncDispose]()
})

const begin = (visitor: Visitor, params: Params = { idp_hint: 'Okta' }) =>
  walk(visitor, broker.authorizationUrl(client, params).url)

const traceOf = async (page: Shown) => (await broker.admin('GET', `traces/${referenceIn(page)}`)).body

/** Through the door back to the application; what that is told. */
async function toldOf(visitor: Visitor, page: Shown): Promise<Json> {
  expect(Object.keys(doorsIn(page))).toContain('Back to Patient App')
  const { url } = await send(visitor, page, formTo(page, '/back'))
  expect(`${url.origin}${url.pathname}`).toBe('https://app.example/callback')
  return Object.fromEntries(url.searchParams)
}

function expectWhole(page: Shown, status: number, heading: string): void {
  expect(page.status).toBe(status)
  expect(headingIn(page)).toBe(heading)
  expect(page.text).toMatch(/<dt>Why<\/dt><dd>.+<\/dd>/)
  expect(page.text).toMatch(/<dt>What to do<\/dt><dd>.+<\/dd>/)
  expect(referenceIn(page)).toMatch(/^[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}$/)
  expect(Object.keys(doorsIn(page))).toEqual(['Try again', 'Back to Patient App'])
}

describe('an upstream that says no', () => {
  it('is quoted to the person, traced for the administrator, and an OAuth error for the application', async () => {
    okta.refuse('access_denied', 'User is not <assigned> to the application.')
    const visitor = createVisitor()
    const page = await begin(visitor)
    expectWhole(page, 403, 'The identity provider refused the sign-in')
    expect(page.text).toContain('access_denied (User is not &#60;assigned&#62; to the application.)')

    const trace = await traceOf(page)
    expect(trace).toMatchObject({
      ...{ outcome: 'refused', client_id: client.id, source_id: sourceId, account_id: null },
      reason: {
        code: 'upstream_refused',
        title: expect.any(String),
        cause: expect.any(String),
        fix: expect.any(String),
      },
    })
    expect(trace.steps).toMatchObject([
      { what: 'departed', detail: { source: 'Okta', to: okta.issuer } },
      { what: 'refused', detail: { reason: 'upstream_refused', detail: expect.stringContaining('access_denied') } },
    ])

    const told = await toldOf(visitor, page)
    expect(told).toMatchObject({ error: 'access_denied', state: 'the-state', iss: broker.issuer })
    expect(told.error_description).toContain(referenceIn(page))
  })

  it('can be tried again, and the trace then says that it went well', async () => {
    okta.refuse('access_denied')
    const visitor = createVisitor()
    const page = await begin(visitor)
    okta.signInAs('rene')
    const again = await walk(visitor, new URL(doorsIn(page)['Try again'] ?? '', page.url))
    expect(headingIn(again)).toBe('Sign in to Patient App')
    expect(referenceIn(again)).toBe(referenceIn(page))
    const done = await walk(visitor, `${again.url.href.replace(/\/again$/, '')}/source/Okta`)
    expect(done.url.searchParams.has('code')).toBe(true)
    expect(await traceOf(page)).toMatchObject({ outcome: 'signed_in', reason: null })
  })

  it.each([
    ['login_required', 403, 'upstream_refused', 'access_denied'],
    ['invalid_scope', 502, 'upstream_misconfigured', 'server_error'],
    ['unauthorized_client', 502, 'upstream_misconfigured', 'server_error'],
    ['temporarily_unavailable', 503, 'upstream_unavailable', 'temporarily_unavailable'],
    ['server_error', 503, 'upstream_unavailable', 'temporarily_unavailable'],
  ])('with %s', async (error, status, reason, oauth) => {
    okta.refuse(error)
    const visitor = createVisitor()
    const page = await begin(visitor)
    expect(page.status).toBe(status)
    expect((await traceOf(page)).outcome).toBe(status === 503 ? 'could_not_tell' : 'refused')
    const told = await toldOf(visitor, page)
    expect(told).toMatchObject({ error: oauth, state: 'the-state', iss: broker.issuer })
    expect(told.error_description).toContain(reason)
  })
})

describe('an upstream that does not answer', () => {
  it('at the last moment is an outage, and nobody is refused for it', async () => {
    const visitor = createVisitor()
    const back = await visitor.travel(broker.authorizationUrl(client, { idp_hint: 'Okta' }).url, ({ pathname }) =>
      pathname.endsWith('/callback'),
    )
    okta.misbehave({ down: 500 })
    const page = await walk(visitor, back)
    expectWhole(page, 503, 'The identity provider does not answer')
    expect(page.headers.get('retry-after')).toBe('5')
    expect(await traceOf(page)).toMatchObject({
      outcome: 'could_not_tell',
      reason: { code: 'upstream_unavailable' },
      source_id: sourceId,
    })
    expect(await toldOf(visitor, page)).toMatchObject({ error: 'temporarily_unavailable', iss: broker.issuer })
  })

  it('from the first moment on is one: there is nothing to leave for', async () => {
    const gone = await startUpstream({ users: { rene } })
    const source = await broker.addSource(gone, { alias: 'Gone', name: 'Gone' })
    await gone.stop()
    const visitor = createVisitor()
    const page = await begin(visitor, { idp_hint: 'Gone' })
    expectWhole(page, 503, 'The identity provider does not answer')
    const others = await walk(visitor, new URL(doorsIn(page)['Try again'] ?? '', page.url))
    expect(headingIn(others)).toBe('Sign in to Patient App')
    expect(await toldOf(visitor, page)).toMatchObject({ error: 'temporarily_unavailable' })
    await broker.admin('DELETE', `authentication-sources/${source.id}`)
  })
})

describe('an upstream that cannot be believed', () => {
  it('is not repeated to anybody, but the trace names the check', async () => {
    rogue.behave({ claims: (honest) => ({ ...honest, nonce: 'stolen', secret: 'hunter2' }) })
    const visitor = createVisitor()
    const page = await begin(visitor, { idp_hint: 'Rogue' })
    expectWhole(page, 502, 'The identity provider gave an answer that cannot be trusted')
    expect(page.text).not.toContain('stolen')
    const trace = await traceOf(page)
    expect(JSON.stringify(trace.steps)).toContain('nonce')
    expect(JSON.stringify(trace)).not.toMatch(/hunter2|stolen/)
    expect(await toldOf(visitor, page)).toMatchObject({ error: 'server_error', state: 'the-state', iss: broker.issuer })
  })
})

describe('a trace', () => {
  it('tells what came, by name and kind and never by value, and what was left out', async () => {
    const visitor = createVisitor()
    const chooser = await begin(visitor, {})
    await walk(visitor, `${chooser.url}/source/Okta`)
    const trace = await traceOf(chooser)
    expect(trace).toMatchObject({ outcome: 'signed_in', client_id: client.id, source_id: sourceId })
    const steps = trace.steps as { at: string; what: string; detail: Json }[]
    expect(steps.map(({ what }) => what)).toEqual([
      ...['departed', 'arrived', 'mapped', 'recognised', 'admitted', 'signed_in'],
    ])
    const [, arrived, mapped, recognised] = steps
    expect(arrived?.detail).toMatchObject({
      received: { name: expect.stringMatching(/^string of \d+ characters$/), groups: 'array of 2', picture: 'object' },
    })
    expect(recognised?.detail).toEqual({ account: trace.account_id })
    expect(mapped?.detail).toMatchObject({
      claims: { email: 'email', preferred_username: 'preferred_username' },
      groups_from: { claim: 'groups' },
      groups: ['Consultant'],
      roles: expect.anything(),
      dropped: [{ path: 'picture', reason: 'wrong_type', value: 'object' }],
    })
    expect(JSON.stringify(trace)).not.toMatch(/Rene|acme\.test|xxxxx/)
  })

  it('is forgotten when it is old', async () => {
    const visitor = createVisitor()
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] })
    try {
      await using other = await startTestBroker({ settings: { lifetimes: { trace: 3600 } } })
      const app = await other.addClient()
      const page = await walk(visitor, other.authorizationUrl(app).url)
      await send(visitor, page, formTo(page, '/source/local'), { username: 'admin', password: 'wrong' })
      const trace = async () => (await other.admin('GET', `traces/${referenceIn(page)}`)).status
      expect(await trace()).toBe(200)
      vi.setSystemTime(Date.now() + 2500_000)
      await vi.advanceTimersByTimeAsync(600_000)
      expect(await trace()).toBe(200)
      await vi.advanceTimersByTimeAsync(600_000)
      await expect.poll(trace).toBe(404)
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a password', () => {
  const give = (visitor: Visitor, page: Shown, username: string, password: string) =>
    send(visitor, page, formTo(page, '/source/local'), { username, password })
  const problemIn = ({ text }: Shown) => /role="alert" id="problem">.*?<p>([^<]*)</s.exec(text)?.[1]

  it('that is wrong, of nobody, or of a disabled account reads the same, and the name stays', async () => {
    const answers = []
    for (const [username, password] of [
      ['ada', 'wrong'],
      ['nobody', 'a long enough password'],
      ['off', 'a long enough password'],
      ['off', 'wrong'],
      ['', ''],
      ['x'.repeat(300), 'x'],
    ] as const) {
      const visitor = createVisitor()
      const page = await give(visitor, await begin(visitor, { idp_hint: 'local' }), username, password)
      const told = page.text
        .replaceAll(/(?:value|data-options)="[^"]*"|\/login\/[\w-]+/g, '')
        .replaceAll(referenceIn(page), '')
        .replaceAll(/ autofocus/g, '')
      expect(page.text).toContain(`value="${username}"`)
      answers.push({ status: page.status, problem: problemIn(page), told, headers: [...page.headers.keys()] })
      if (username === 'off' && password !== 'wrong')
        expect(await traceOf(page)).toMatchObject({ reason: { code: 'account_disabled' } })
    }
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(answers[0]).toMatchObject({ status: 401, problem: 'The user name or password is not right' })
  })

  it('that was guessed too often waits: 429, for how long, and not for the right one either', async () => {
    const visitor = createVisitor()
    let page = await begin(visitor, { idp_hint: 'local' })
    await broker.created('users', { username: 'often', password: 'a long enough password' })
    for (let guess = 0; guess < 3; guess++) page = await give(visitor, page, 'often', `guess ${guess}`)
    expect(page.status).toBe(401)
    for (const password of ['guess 4', 'a long enough password']) {
      page = await give(visitor, page, 'often', password)
      expect(page.status).toBe(429)
      expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(problemIn(page)).toBe('Too many attempts. Wait a few minutes, then try again.')
      expect(page.text).toContain('value="often"')
    }
    expect(await traceOf(page)).toMatchObject({ outcome: 'refused', reason: { code: 'too_many_attempts' } })
    expect((await give(visitor, page, 'ada', 'a long enough password')).url.searchParams.has('code')).toBe(true)
  })

  it('can be given up for the application’s own page', async () => {
    const visitor = createVisitor()
    const page = await give(visitor, await begin(visitor, { idp_hint: 'local' }), 'ada', 'wrong')
    const { url } = await send(visitor, page, formTo(page, '/back'))
    expect(isApplication(url)).toBe(true)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ error: 'access_denied', state: 'the-state' })
    expect(url.searchParams.get('error_description')).toContain(referenceIn(page))
  })

  it('that is right opens nothing through a source or client that was switched off meanwhile', async () => {
    const app = await broker.addClient({ client_name: 'Short-lived' })
    const visitor = createVisitor()
    const page = await walk(visitor, broker.authorizationUrl(app, { idp_hint: 'local' }).url)
    await broker.admin('PATCH', `clients/${encodeURIComponent(app.id)}`, { enabled: false })
    const refused = await give(visitor, page, 'admin', administratorPassword)
    expect(refused.status).toBe(403)
    expect(headingIn(refused)).toBe('This application is switched off')
    expect(isApplication(refused.url)).toBe(false)
  })
})
