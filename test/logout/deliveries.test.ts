import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createDeliveries } from '../../src/logout/deliveries.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('waits for a day at most, and never not at all, however long the waits would become', async () => {
  const day = 24 * 60 * 60 * 1000
  const tried: number[] = []
  const deliveries = createDeliveries<string>({
    attempt: async () => tried.push(Date.now()) > 0,
    laneOf: () => 'one',
    ...{ attempts: 10, retryAfter: 600_000, drain: 1000, onGivenUp: () => {} },
  })
  deliveries.add('logout')
  await vi.advanceTimersByTimeAsync(12 * day)
  expect(tried).toHaveLength(10)
  const waits = tried.slice(1).map((at, index) => at - (tried[index] ?? 0))
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(300_000)
  expect(waits.slice(-3)).toEqual([day, day, day])
  await deliveries[Symbol.asyncDispose]()
})
