import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startTestBroker } from '../support/broker.ts'
import { formTo, headingIn, isApplication, walk } from '../support/pages.ts'
import { createVisitor } from '../support/visitor.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => vi.useRealTimers())

it('does not finish a sign-in with a password that was changed meanwhile', async () => {
  await using broker = await startTestBroker({ parts: { clock: () => Date.now() } })
  const client = await broker.addClient()
  const user = await broker.created('users', { username: 'rene', password: 'the old pass phrase' })

  const visitor = createVisitor()
  const { url } = broker.authorizationUrl(client)
  const page = await walk(visitor, url)
  const { action, fields } = formTo(page, '/source/local')
  const proven = await visitor.request(new URL(action, page.url), {
    method: 'POST',
    body: new URLSearchParams({ ...fields, username: 'rene', password: 'the old pass phrase' }),
  })
  expect(proven.status).toBe(303)

  vi.setSystemTime(Date.now() + 2000)
  expect((await broker.admin('PATCH', `users/${user.id}`, { password: 'a new pass phrase' })).status).toBe(200)
  vi.setSystemTime(Date.now() + 2000)

  const ended = await walk(visitor, new URL(proven.headers.get('location') ?? '', broker.issuer))
  expect(isApplication(ended.url)).toBe(false)
  expect(headingIn(ended)).toBe('This sign-in is no longer open')
})
