import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { silent } from '../../src/log.ts'
import { watchRegistry } from '../../src/startup/watch-registry.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function watch(registryVersion: () => Promise<number>) {
  const reload = vi.fn(async () => {})
  const watching = watchRegistry({ since: 1, registryVersion, keepSchedule: async () => false, reload, log: silent })
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
