import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Unavailable } from '../../src/errors.ts'
import { silent } from '../../src/log.ts'
import { watchRegistry } from '../../src/startup/watch-registry.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function watch(registryVersion: () => Promise<number>, versionAtOnce: () => number | undefined = () => undefined) {
  const reload = vi.fn(async () => {})
  const needs = { since: 1, registryVersion, versionAtOnce, keepSchedule: async () => false, reload, log: silent }
  const watching = watchRegistry(needs)
  return { reload, watching }
}

it('reloads once for each change, and not for none', async () => {
  let version = 1
  const { reload, watching } = watch(async () => version)
  await vi.advanceTimersByTimeAsync(3000)
  expect(reload).toHaveBeenCalledTimes(0)
  version = 2
  await vi.advanceTimersByTimeAsync(3000)
  expect(reload).toHaveBeenCalledTimes(1)
  await watching[Symbol.asyncDispose]()
})

it('tries a change again whose reload failed', async () => {
  const { reload, watching } = watch(async () => 2)
  reload.mockRejectedValueOnce(new Error('away'))
  await vi.advanceTimersByTimeAsync(2000)
  expect(reload).toHaveBeenCalledTimes(2)
  await watching[Symbol.asyncDispose]()
})

it('has one look in line, however long the registry takes to answer', async () => {
  const answers: (() => void)[] = []
  const { watching } = watch(() => new Promise((resolve) => answers.push(() => resolve(1))))
  await vi.advanceTimersByTimeAsync(10_000)
  expect(answers).toHaveLength(1)
  answers[0]?.()
  await vi.advanceTimersByTimeAsync(500)
  expect(answers).toHaveLength(2)
  const stopped = watching[Symbol.asyncDispose]()
  answers[1]?.()
  await stopped
  expect(answers).toHaveLength(2)
})

it('catches up at once when asked, and asks the registry once for many who want to', async () => {
  let version = 1
  const asked = vi.fn(async () => version)
  const { reload, watching } = watch(asked)
  await vi.advanceTimersByTimeAsync(500)
  expect(asked).toHaveBeenCalledTimes(1)
  version = 2
  await Promise.all(Array.from({ length: 50 }, () => watching.catchUp()))
  expect(reload).toHaveBeenCalledTimes(1)
  expect(asked).toHaveBeenCalledTimes(2)
  await watching[Symbol.asyncDispose]()
})

it('asks the registry ten times a second at most, however often somebody wants to catch up', async () => {
  const asked = vi.fn(async () => 1)
  const { watching } = watch(asked)
  let caughtUp = 0
  const flood = setInterval(() => void Promise.resolve(watching.catchUp()).then(() => caughtUp++), 1)
  await vi.advanceTimersByTimeAsync(2000)
  clearInterval(flood)
  expect(asked.mock.calls.length).toBeLessThanOrEqual(23)
  expect(asked.mock.calls.length).toBeGreaterThan(15)
  expect(caughtUp).toBeGreaterThan(1800)
  await watching[Symbol.asyncDispose]()
})

it('waits for nothing and asks nobody where the registry is at hand and as it was', async () => {
  const asked = vi.fn(async () => 1)
  const { watching } = watch(asked, () => 1)
  await vi.advanceTimersByTimeAsync(500)
  expect(asked).toHaveBeenCalledTimes(1)
  for (let time = 0; time < 50; time++) expect(watching.catchUp()).toBeUndefined()
  expect(asked).toHaveBeenCalledTimes(1)
  await watching[Symbol.asyncDispose]()
})

it('takes over first what it sees changed at hand, also where that had failed', async () => {
  let version = 1
  const { reload, watching } = watch(
    async () => version,
    () => version,
  )
  await vi.advanceTimersByTimeAsync(500)
  version = 2
  reload.mockRejectedValueOnce(new Error('away'))
  await expect(watching.catchUp()).rejects.toThrow(Unavailable)
  const caughtUp = watching.catchUp()
  await vi.advanceTimersByTimeAsync(200)
  await caughtUp
  expect(reload).toHaveBeenCalledTimes(2)
  expect(watching.catchUp()).toBeUndefined()
  await watching[Symbol.asyncDispose]()
})

it('never answers whoever wants to catch up with a look that began before', async () => {
  let version = 1
  const answers: (() => void)[] = []
  const { reload, watching } = watch(() => {
    const seen = version
    return new Promise((resolve) => answers.push(() => resolve(seen)))
  })
  await vi.advanceTimersByTimeAsync(200)
  version = 2
  const caughtUp = watching.catchUp()
  answers[0]?.()
  await vi.advanceTimersByTimeAsync(0)
  expect(reload).toHaveBeenCalledTimes(0)
  expect(answers).toHaveLength(2)
  answers[1]?.()
  await caughtUp
  expect(reload).toHaveBeenCalledTimes(1)
  const stopped = watching[Symbol.asyncDispose]()
  for (const answer of answers) answer()
  await stopped
})

it('could not tell whoever wants to catch up while the registry does not answer, and tries again for the next', async () => {
  const asked = vi.fn(async () => 1).mockRejectedValue(new Error('away'))
  const { watching } = watch(asked)
  const refused = expect(watching.catchUp()).rejects.toThrow(Unavailable)
  await vi.advanceTimersByTimeAsync(200)
  await refused
  asked.mockResolvedValue(1)
  const caughtUp = watching.catchUp()
  await vi.advanceTimersByTimeAsync(200)
  await caughtUp
  await watching[Symbol.asyncDispose]()
})
