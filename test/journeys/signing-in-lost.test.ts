import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { doorsIn, formTo, headingIn, isApplication, referenceIn, type Shown, send, walk } from '../support/pages.ts'
import { john, rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

type Params = Readonly<Record<string, string>>

let broker: TestBroker
let okta: Upstream
let entra: Upstream
let client: TestClient
const password = { username: 'admin', password: administratorPassword }

beforeAll(async () => {
  okta = await startUpstream({ users: { rene, john } })
  entra = await startUpstream({ users: { john } })
  broker = await startTestBroker()
  await broker.addSource(okta)
  await broker.addSource(entra, { alias: 'Entra', name: 'Partner Entra' })
  client = await broker.addClient({ client_uri: 'https://app.example/' })
})

beforeEach(() => {
  okta.endSessions()
  okta.signInAs('rene')
})
afterEach(() => void vi.useRealTimers())

afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await okta?.stop()
  await entra?.stop()
})

const begin = (visitor: Visitor, params: Params = {}) => walk(visitor, broker.authorizationUrl(client, params).url)
const give = (visitor: Visitor, page: Shown, fields = password) =>
  send(visitor, page, formTo(page, '/source/local'), fields)
const through = (page: Shown, label: string) => new URL(doorsIn(page)[label] ?? 'none:', page.url)
const answer = ({ url }: Shown) => Object.fromEntries(url.searchParams)

function expectLost(page: Shown, doors: readonly string[], heading = 'This sign-in is no longer open') {
  expect(page.status).toBe(400)
  expect(headingIn(page)).toBe(heading)
  expect(Object.keys(doorsIn(page))).toEqual(doors)
}

const bothDoors = ['Continue to Patient App', 'Back to Patient App']

/** Goes to the upstream and stops at the door back: the address that its answer would be brought to. */
async function answerOf(visitor: Visitor, params: Params): Promise<URL> {
  const back = await visitor.travel(broker.authorizationUrl(client, params).url, ({ pathname }) =>
    pathname.endsWith('/callback'),
  )
  expect(back.origin).toBe(broker.issuer)
  return back
}

describe('a sign-in that has expired', () => {
  it('is begun anew by its only click, and ends where it was to end', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const visitor = createVisitor()
    const page = await begin(visitor, { state: 'mine' })
    vi.setSystemTime(Date.now() + 1801_000)
    const lost = await walk(visitor, page.url)
    expectLost(lost, bothDoors)
    const again = await walk(visitor, through(lost, 'Continue to Patient App'))
    expect(headingIn(again)).toBe('Sign in to Patient App')
    expect(answer(await give(visitor, again))).toMatchObject({ state: 'mine', code: expect.any(String) })
  })

  it('brings the person with a filled-in form to a new one, not into a wall', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const visitor = createVisitor()
    const page = await begin(visitor)
    vi.setSystemTime(Date.now() + 1801_000)
    const again = await give(visitor, page)
    expect(again.status).toBe(200)
    expect(headingIn(again)).toBe('Sign in to Patient App')
    expect(answer(await give(visitor, again))).toMatchObject({ code: expect.any(String) })
  })

  it('while the person was away is told apart from an answer that nobody waits for', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const visitor = createVisitor()
    const back = await answerOf(visitor, { idp_hint: 'Okta' })
    vi.setSystemTime(Date.now() + 601_000)
    const lost = await walk(visitor, back)
    expectLost(lost, ['Go on signing in'], 'This answer was not expected')
    const done = await walk(visitor, through(lost, 'Go on signing in'))
    expect(answer(done)).toMatchObject({ code: expect.any(String), state: 'the-state' })
  })

  it('is nobody’s where the browser has kept nothing: the page still offers a door', async () => {
    const page = await begin(createVisitor())
    const lost = await walk(createVisitor(), page.url)
    expectLost(lost, ['To the start page'])
    expect((await walk(createVisitor(), through(lost, 'To the start page'))).status).toBe(200)
  })

  it('has the reference that it had all along, under which administrators find it', async () => {
    const visitor = createVisitor()
    const page = await begin(visitor)
    const reference = referenceIn(page)
    await give(visitor, page)
    const lost = await walk(visitor, page.url)
    expect(referenceIn(lost)).toBe(reference)
    const { body } = await broker.admin('GET', `traces/${reference}`)
    expect(body).toMatchObject({ outcome: 'signed_in', reason: null, client_id: client.id })
    expect((body.steps as { what: string }[]).map(({ what }) => what)).toEqual([
      ...['arrived', 'mapped', 'recognised', 'admitted', 'signed_in', 'lost'],
    ])
  })
})

describe('a sign-in that is finished', () => {
  it('is left by Back into a page that leads on, without another login', async () => {
    const visitor = createVisitor()
    const page = await begin(visitor, { state: 'mine' })
    await give(visitor, page)
    const lost = await walk(visitor, page.url)
    expectLost(lost, bothDoors)
    expect(answer(await walk(visitor, through(lost, 'Continue to Patient App')))).toMatchObject({
      ...{ state: 'mine', code: expect.any(String) },
    })
    expect(through(lost, 'Back to Patient App').href).toBe('https://app.example/')
  })

  it('takes a second click to where the first one led', async () => {
    const visitor = createVisitor()
    const page = await begin(visitor, { state: 'mine' })
    const [first, second] = [await give(visitor, page), await give(visitor, page)]
    for (const done of [first, second]) expect(answer(done)).toMatchObject({ state: 'mine', code: expect.any(String) })
  })

  it('takes a second click there even when both come at once', async () => {
    for (let round = 0; round < 5; round++) {
      const visitor = createVisitor()
      const page = await begin(visitor, { state: 'mine' })
      const clicks = await Promise.all([give(visitor, page), give(visitor, page), give(visitor, page)])
      for (const done of clicks) {
        const shown = isApplication(done.url) ? done : await walk(visitor, through(done, 'Continue to Patient App'))
        expect(answer(shown)).toMatchObject({ state: 'mine', code: expect.any(String) })
      }
    }
  })

  it.each([{ prompt: 'login' }, { max_age: '0' }, { prompt: 'login', max_age: '5' }] as Params[])(
    'does not ask for the password a third time where a fresh login was asked for (%j)',
    async (params) => {
      const visitor = createVisitor()
      await give(visitor, await begin(visitor))
      const page = await begin(visitor, params)
      await give(visitor, page)
      expect(answer(await give(visitor, page))).toMatchObject({ code: expect.any(String) })
    },
  )

  it('answers a second agreement like the first', async () => {
    const stranger = await broker.addClient({ client_name: 'Stranger', first_party: false })
    const visitor = createVisitor()
    const page = await walk(visitor, broker.authorizationUrl(stranger).url)
    const consent = await give(visitor, page)
    for (let click = 0; click < 2; click++) {
      const done = await send(visitor, consent, formTo(consent, '/consent'), { decision: 'allow' })
      expect(answer(done)).toMatchObject({ code: expect.any(String) })
    }
  })

  it('has used its answer up: bringing it again leads on, and asks the upstream for nothing', async () => {
    const visitor = createVisitor()
    const back = await answerOf(visitor, { idp_hint: 'Okta' })
    expect(answer(await walk(visitor, back))).toMatchObject({ code: expect.any(String) })
    const calls = okta.calls.filter((call) => call === 'POST /token').length
    const again = await walk(visitor, back)
    expectLost(again, ['Go on signing in'], 'This answer was not expected')
    expect(okta.calls.filter((call) => call === 'POST /token')).toHaveLength(calls)
    const lost = await walk(visitor, through(again, 'Go on signing in'))
    expectLost(lost, bothDoors)
    expect(answer(await walk(visitor, through(lost, 'Continue to Patient App')))).toMatchObject({
      code: expect.any(String),
    })
  })
})

describe('answers that are not for this browser', () => {
  it('are refused before anything is asked, and cost the one they are for nothing', async () => {
    const owner = createVisitor()
    const back = await answerOf(owner, { idp_hint: 'Okta' })
    const calls = okta.calls.length
    for (const thief of [createVisitor(), createVisitor()]) {
      if (thief !== owner) await begin(thief)
      expectLost(await walk(thief, back), ['To the start page'])
    }
    expect(okta.calls.slice(calls).filter((call) => call.startsWith('POST'))).toEqual([])
    expect(answer(await walk(owner, back))).toMatchObject({ code: expect.any(String) })
  })

  it.each(['?state=unknown&code=x', '?code=x', '?state=a&state=b&code=x', '', '?error=access_denied', '?state='])(
    '%s belongs to nobody',
    async (query) => {
      const lost = await walk(createVisitor(), `${broker.issuer}/broker/Okta/callback${query}`)
      expectLost(lost, ['To the start page'], 'This answer was not expected')
      const { body } = await broker.admin('GET', `traces/${referenceIn(lost)}`)
      expect(body.steps).toMatchObject([{ what: 'lost', detail: { reason: 'trip_unknown' } }])
    },
  )

  it('at another source’s address are refused, and still good at their own', async () => {
    const visitor = createVisitor()
    const back = await answerOf(visitor, { idp_hint: 'Okta' })
    const astray = new URL(back.href.replace('/Okta/', '/Entra/'))
    const calls = [okta.calls.length, entra.calls.length]
    const lost = await walk(visitor, astray)
    expectLost(lost, ['Go on signing in'], 'This answer came to the wrong address')
    expect([okta.calls.length, entra.calls.length]).toEqual(calls)
    expect(answer(await walk(visitor, back))).toMatchObject({ code: expect.any(String) })
  })
})

describe('two tabs at once', () => {
  it('each end where they began', async () => {
    const visitor = createVisitor()
    const one = await begin(visitor, { state: 'one' })
    const two = await begin(visitor, { state: 'two' })
    expect(answer(await give(visitor, one))).toMatchObject({ state: 'one', code: expect.any(String) })
    expect(answer(await give(visitor, two))).toMatchObject({ state: 'two', code: expect.any(String) })
  })

  it('each end where they began, however their ways cross', async () => {
    const visitor = createVisitor()
    const one = await answerOf(visitor, { state: 'one', idp_hint: 'Okta' })
    const two = await answerOf(visitor, { state: 'two', idp_hint: 'Okta' })
    const [second, first] = await Promise.all([walk(visitor, two), walk(visitor, one)])
    expect(answer(first)).toMatchObject({ state: 'one', code: expect.any(String) })
    expect(answer(second)).toMatchObject({ state: 'two', code: expect.any(String) })
  })

  it('may be two people’s: the one who comes last stays, and no page needs a script', async () => {
    const visitor = createVisitor()
    const local = await begin(visitor, { state: 'local' })
    const brokered = await answerOf(visitor, { state: 'okta', idp_hint: 'Okta' })
    expect(answer(await give(visitor, local))).toMatchObject({ state: 'local', code: expect.any(String) })
    expect(answer(await walk(visitor, brokered))).toMatchObject({ state: 'okta', code: expect.any(String) })
    const { access } = await broker.login(client, { visitor })
    expect(access.name).toBe('Rene Klomp')
  })

  it('go on when the session that one began in has ended in the other', async () => {
    const visitor = createVisitor()
    await give(visitor, await begin(visitor))
    const page = await begin(visitor, { prompt: 'login' })
    const logout = await walk(visitor, `${broker.issuer}/logout`)
    await send(visitor, logout, formTo(logout, '/logout/confirm'), { logout: 'yes' })
    expect(answer(await give(visitor, page))).toMatchObject({ code: expect.any(String) })
  })
})
