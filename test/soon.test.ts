/** Two answers that may be there already, whichever of them is, and whatever goes wrong. */
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { both, type Soon } from '../src/soon.ts'

const unhandled: unknown[] = []
const note = (error: unknown) => void unhandled.push(error)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
})

const wrong = new Error('wrong')
const now = () => {
  throw wrong
}
const later = async () => {
  await turn()
  throw wrong
}

describe('two that do not wait for one another', () => {
  it('are there at once if both are', () => {
    expect(
      both(
        () => 1,
        () => 2,
      ),
    ).toEqual([1, 2])
  })

  it.each<[string, Soon<number>, Soon<number>]>([
    ['the first', Promise.resolve(1), 2],
    ['the second', 1, Promise.resolve(2)],
    ['both', Promise.resolve(1), Promise.resolve(2)],
  ])('are there when %s has come', async (_, one, other) => {
    expect(
      await both(
        () => one,
        () => other,
      ),
    ).toEqual([1, 2])
  })

  it.each<[string, () => Soon<number>, () => Soon<number>]>([
    ['the first at once', now, () => 2],
    ['the second at once', () => 1, now],
    ['the second at once and the first later', later, now],
    ['both later', later, later],
    ['the first later', later, async () => 2],
  ])('fail when %s fails, and nothing is left behind', async (_, one, other) => {
    await expect((async () => both(one, other))()).rejects.toBe(wrong)
    for (let turns = 0; turns < 3; turns++) await turn()
    expect(unhandled).toEqual([])
  })
})
