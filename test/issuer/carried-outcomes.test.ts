import { afterAll, beforeAll, expect, it } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { formTo, headingIn, isApplication, type Shown, send, walk } from '../support/pages.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

let broker: TestBroker
let client: TestClient

beforeAll(async () => {
  broker = await startTestBroker()
  client = await broker.addClient()
})

afterAll(() => broker[Symbol.asyncDispose]())

const name = 'gatehouse_outcome'
const begin = (visitor: Visitor) => walk(visitor, broker.authorizationUrl(client, { idp_hint: 'local' }).url)
const returnOf = ({ url }: Shown) => new URL(url.href.replace('/login/', '/authorize/'))
const rightPassword = { username: 'admin', password: administratorPassword }

/** Sends the password, and stays where the answer came. */
async function prove(visitor: Visitor, page: Shown, fields = rightPassword): Promise<Response> {
  const form = formTo(page, '/source/local')
  const body = new URLSearchParams({ ...form.fields, ...fields })
  return visitor.request(new URL(form.action, page.url), { method: 'POST', body })
}

it('is sent to the one address where the sign-in goes on, and tells nobody anything', async () => {
  const visitor = createVisitor()
  const page = await begin(visitor)
  const answer = await prove(visitor, page)
  expect(answer.headers.get('location')).toBe(returnOf(page).href)
  const set = answer.headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`)) ?? ''
  expect(set).toMatch(new RegExp(`; path=${returnOf(page).pathname};.*; samesite=lax; httponly`, 'i'))
  expect(visitor.cookie(page.url, name)).toBeUndefined()
  expect(decodeURIComponent(set)).not.toMatch(/admin|login|account/)
})

it('is worth something once', async () => {
  const visitor = createVisitor()
  const page = await begin(visitor)
  await prove(visitor, page)
  const cookie = visitor.cookies(returnOf(page))
  expect(isApplication((await walk(visitor, returnOf(page))).url)).toBe(true)
  expect(visitor.cookie(returnOf(page), name), 'it is taken back').toBeUndefined()
  const again = await fetch(returnOf(page), { headers: { cookie }, redirect: 'manual' })
  expect(again.headers.get('location') ?? '').not.toContain('code=')
})

it('counts in its own sign-in alone, and as it was given', async () => {
  const visitor = createVisitor()
  const page = await begin(visitor)
  await prove(visitor, page)
  const outcome = visitor.cookie(returnOf(page), name) ?? ''
  for (const planted of [outcome, `${outcome.slice(0, -3)}AAA`, 'v1.unknown.AAAA.AAAA', '']) {
    const stranger = createVisitor()
    const other = await begin(stranger)
    stranger.plant(other.url, name, planted)
    const back = await walk(stranger, returnOf(other))
    expect(isApplication(back.url)).toBe(false)
    expect(headingIn(back)).toMatch(/^Sign in/)
  }
})

it('is what came last: whoever gives up after all has given up', async () => {
  const visitor = createVisitor()
  const page = await begin(visitor)
  await prove(visitor, page)
  const back = formTo(await walk(visitor, page.url), '/back')
  const given = await send(visitor, page, back)
  expect(given.url.searchParams.get('error')).toBe('access_denied')
})

it('does not exist before everything was right', async () => {
  const visitor = createVisitor()
  const answer = await prove(visitor, await begin(visitor), { ...rightPassword, password: 'wrong' })
  expect(answer.status).toBe(401)
  expect(answer.headers.getSetCookie().some((cookie) => cookie.startsWith(`${name}=`))).toBe(false)
})
