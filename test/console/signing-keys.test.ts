import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { enterConsole } from '../support/console.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startTestBroker()
})
afterAll(() => broker[Symbol.asyncDispose]())

it('offers to rotate once the next key has been published for long enough, and says from when on until then', async () => {
  const { open } = await enterConsole(broker)
  const young = (await open('/admin/keys')).text
  expect(young).not.toContain('href="/admin/keys/rotate"')
  expect(young).toMatch(/<dt>By hand<\/dt><dd>from <time/)
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    vi.setSystemTime(Date.now() + (broker.config.signing_keys.published_before + 60) * 1000)
    const later = await enterConsole(broker)
    const ready = (await later.open('/admin/keys')).text
    expect(ready).toContain('href="/admin/keys/rotate"')
    expect(ready).not.toContain('<dt>By hand</dt>')
  } finally {
    vi.useRealTimers()
  }
})
