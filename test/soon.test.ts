import { expect, it } from 'vitest'
import { after, all, both, rescue, type Soon } from '../src/soon.ts'

const now = <T>(value: T): Soon<T> => value
const later = async <T>(value: T): Promise<T> => value
const wrong = (): Soon<number> => {
  throw new Error('at once')
}
const wrongLater = async (): Promise<number> => {
  throw new Error('later')
}

it('answers at once what is there, and later what is not', async () => {
  const double = (value: number) => value * 2
  expect(after(now(2), double)).toBe(4)
  expect(after(now(2), later)).toBeInstanceOf(Promise)
  expect(await after(later(2), double)).toBe(4)
  expect(all([now(1), now(2)])).toEqual([1, 2])
  expect(await all([now(1), later(2)])).toEqual([1, 2])
  for (const one of [now, later])
    for (const other of [now, later])
      expect(
        await both(
          () => one(1),
          () => other('b'),
        ),
      ).toEqual([1, 'b'])
  expect(
    both(
      () => now(1),
      () => now(2),
    ),
  ).toEqual([1, 2])
})

it('hears of what goes wrong, at once and later', async () => {
  const told = (error: unknown) => String(error).length
  expect(rescue(wrong, told)).toBe('Error: at once'.length)
  expect(await rescue(wrongLater, told)).toBe('Error: later'.length)
  expect(rescue(() => 1, told)).toBe(1)
})

it('leaves no promise behind that nobody looks after', async () => {
  const unheard: unknown[] = []
  const hear = (error: unknown) => unheard.push(error)
  process.on('unhandledRejection', hear)
  try {
    await expect(both(wrongLater, wrong)).rejects.toThrow('later')
    expect(() => both(wrong, wrongLater)).toThrow('at once')
    await new Promise((resolve) => setImmediate(resolve))
    expect(unheard).toEqual([])
  } finally {
    process.off('unhandledRejection', hear)
  }
})
