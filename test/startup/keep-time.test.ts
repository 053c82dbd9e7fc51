import { afterEach, expect, it, vi } from 'vitest'
import { createSteadyClock } from '../../src/clock.ts'
import { silent } from '../../src/log.ts'
import { keepTime } from '../../src/startup/keep-time.ts'

afterEach(() => void vi.useRealTimers())

/** A registry that knows the newest time that it was told. */
function registry(newest = 0) {
  const told: number[] = []
  return {
    told,
    raiseTime: async (time: number) => {
      told.push(time)
      newest = Math.max(newest, time)
      return newest
    },
  }
}

it('goes on from the newest time that is known', async () => {
  const clock = createSteadyClock(() => 1_000_000)
  await using _ = await keepTime({ ...registry(5_000_000), clock, log: silent })
  expect(clock()).toBeGreaterThanOrEqual(5_000_000)
})

it('tells the time every ten seconds, and once more when it ends', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  let now = 1000
  const { told, raiseTime } = registry()
  const kept = await keepTime({ raiseTime, clock: () => now, log: silent })
  expect(told).toEqual([1000])
  now = 11_000
  await vi.advanceTimersByTimeAsync(10_000)
  now = 15_000
  await kept[Symbol.asyncDispose]()
  expect(told).toEqual([1000, 11_000, 15_000])
})

it('does not start without knowing, and goes on when the registry is away later', async () => {
  const away = async () => Promise.reject(new Error('away'))
  await expect(keepTime({ raiseTime: away, clock: Date.now, log: silent })).rejects.toThrow('away')
  const { raiseTime } = registry()
  let down = false
  const kept = await keepTime({
    raiseTime: (time) => (down ? away() : raiseTime(time)),
    clock: Date.now,
    log: silent,
  })
  down = true
  await kept[Symbol.asyncDispose]()
})
