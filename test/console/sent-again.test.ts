/** What becomes of a form whose page is older than the sign-in. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { administratorPassword, startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn, type Shown, send, walk } from '../support/pages.ts'
import type { Visitor } from '../support/visitor.ts'

let broker: TestBroker
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  broker = await startTestBroker({ parts: { clock: () => Date.now() } })
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  vi.useRealTimers()
})

const typed = { name: 'Typed before', slug: 'typed' }
const apis = async () => (await broker.admin('GET', 'apis')).body.items
const signIn = (visitor: Visitor, page: Shown) =>
  send(visitor, page, formTo(page, '/source/local'), { username: 'admin', password: administratorPassword })

/** As a browser sends it, from one of our pages. */
const sendFrom = (visitor: Visitor, page: Shown, site: string) => {
  const { action, fields } = formTo(page, '/apis/add')
  return walk(visitor, new URL(action, page.url), {
    method: 'POST',
    body: new URLSearchParams({ ...fields, ...typed }),
    headers: { 'Sec-Fetch-Site': site },
  })
}

it('of somebody who has signed out meanwhile nothing is kept, and they are told', async () => {
  const { page, visitor, open } = await enterConsole(broker, '/admin/apis/add')
  await send(visitor, await open('/admin/'), formTo(await open('/admin/'), '/sign-out'))
  const shown = await signIn(visitor, await sendFrom(visitor, page, 'same-origin'))
  expect(headingIn(shown)).toBe('Add an API')
  expect(shown.text).toContain('What you sent before signing in was not carried out, and nothing was changed.')
  expect(await apis()).toEqual([])
})

it('of somebody who has signed out and in again it is shown again, and carried out when they send it', async () => {
  const { page, visitor, open } = await enterConsole(broker, '/admin/apis/add')
  await send(visitor, await open('/admin/'), formTo(await open('/admin/'), '/sign-out'))
  await signIn(visitor, await open('/admin/'))
  for (const site of ['cross-site', 'same-site', 'none'])
    expect((await sendFrom(visitor, page, site)).text).not.toContain(typed.name)

  const shown = await sendFrom(visitor, page, 'same-origin')
  expect([shown.status, headingIn(shown)]).toEqual([403, 'Add an API'])
  expect(shown.text).toContain('What you entered is below')
  expect(shown.text).toContain(`value="${typed.name}"`)
  expect(await apis()).toEqual([])
  const added = await send(visitor, shown, formTo(shown, '/apis/add'), typed)
  expect(headingIn(added)).toBe(typed.name)
  expect(await apis()).toMatchObject([{ slug: 'typed' }])
})

it('a button of a sign-in of long ago leads back to the page that it stands on', async () => {
  const client = await broker.addClient({ client_name: 'Switched', enabled: false })
  const { page, visitor } = await enterConsole(broker, `/admin/clients/${client.id}`)
  vi.setSystemTime(Date.now() + 11 * 60_000)
  const asked = await send(visitor, page, formTo(page, '/enable'))
  const back = await signIn(visitor, asked)
  expect([back.status, headingIn(back)]).toEqual([200, 'Switched'])
  expect(back.text).toContain('What you sent before signing in was not carried out')
  expect((await send(visitor, back, formTo(back, '/enable'))).text).toContain('is switched on')
})
