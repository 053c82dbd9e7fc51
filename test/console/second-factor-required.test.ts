import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'
import { formTo, headingIn, send, walk } from '../support/pages.ts'
import { codeOf, enrolApp } from '../support/second-factors.ts'

let broker: TestBroker
beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const limits = { max_attempts_per_user: 10, max_attempts_per_address: 100, attempt_window: 300 }
  broker = await startTestBroker({ settings: { sign_in: { ...limits, second_factor: 'required_for_administrators' } } })
})
afterAll(async () => {
  vi.useRealTimers()
  await broker[Symbol.asyncDispose]()
})

it('SEC-091 leads an administrator without a second factor to set one up, and only then into the console', async () => {
  const { page, visitor, open } = await enterConsole(broker, '/admin/sources')
  expect([page.status, page.url.pathname + page.url.search]).toEqual([200, '/security?for=console'])
  expect(page.text).toContain('Administrators need a second factor here.')
  expect((await open('/admin/sources')).url.pathname).toBe('/security')

  const { secret, page: codes } = await enrolApp(broker, visitor, Date.now())
  expect(headingIn(codes)).toBe('Your recovery codes')
  expect((await walk(visitor, page.url)).text).toMatch(/id="to-console" href="\/admin\/"/)
  expect(headingIn(await open('/admin/sources'))).toBe('Authentication Sources')

  // Whoever takes it away again is out with the next click.
  const own = await walk(visitor, `${broker.issuer}/security`)
  await send(visitor, own, formTo(own, '/security/remove'))
  expect((await open('/admin/sources')).url.pathname).toBe('/security')

  vi.setSystemTime(Date.now() + 60_000)
  const again = await enrolApp(broker, visitor, Date.now())
  expect(again.secret).not.toBe(secret)
  vi.setSystemTime(Date.now() + 60_000)
  const elsewhere = await enterConsole(broker)
  expect(headingIn(elsewhere.page)).toBe('One more step')
  const inside = await elsewhere.send(elsewhere.page, '/second-step', { code: codeOf(again.secret, Date.now()) })
  expect(headingIn(inside)).toBe('Overview')
})
