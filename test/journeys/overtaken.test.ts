import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Json, startTestBroker, type TestBroker } from '../support/broker.ts'
import { formTo, headingIn, isApplication, walk } from '../support/pages.ts'
import { createVisitor } from '../support/visitor.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => vi.useRealTimers())

/** A person proves who they are, something happens, and they go on: where that ends. */
async function overtake(happens: (broker: TestBroker, userId: string) => Promise<void>) {
  await using broker = await startTestBroker({ parts: { clock: () => Date.now() } })
  const client = await broker.addClient()
  const user = await broker.created('users', { username: 'rene', password: 'the old pass phrase' })

  const visitor = createVisitor()
  const page = await walk(visitor, broker.authorizationUrl(client).url)
  const { action, fields } = formTo(page, '/source/local')
  const proven = await visitor.request(new URL(action, page.url), {
    method: 'POST',
    body: new URLSearchParams({ ...fields, username: 'rene', password: 'the old pass phrase' }),
  })
  expect(proven.status).toBe(303)

  vi.setSystemTime(Date.now() + 2000)
  await happens(broker, user.id)
  vi.setSystemTime(Date.now() + 2000)
  return await walk(visitor, new URL(proven.headers.get('location') ?? '', broker.issuer))
}

it('does not finish a sign-in with a password that was changed meanwhile', async () => {
  const ended = await overtake(async (broker, userId) => {
    expect((await broker.admin('PATCH', `users/${userId}`, { password: 'a new pass phrase' })).status).toBe(200)
  })
  expect(isApplication(ended.url)).toBe(false)
  expect(headingIn(ended)).toBe('This sign-in is no longer open')
})

it('does not finish a sign-in through a source that was off meanwhile', async () => {
  const ended = await overtake(async (broker) => {
    const { items } = (await broker.admin('GET', 'authentication-sources')).body as unknown as { items: Json[] }
    const address = `authentication-sources/${items.find(({ alias }) => alias === 'local')?.id}`
    for (const enabled of [false, true]) expect((await broker.admin('PATCH', address, { enabled })).status).toBe(200)
  })
  expect(isApplication(ended.url)).toBe(false)
  expect(headingIn(ended)).toBe('This sign-in is no longer open')
})

it('finishes a sign-in that nothing has overtaken', async () => {
  const ended = await overtake(async () => {})
  expect(ended.url.searchParams.get('code')).not.toBeNull()
})
