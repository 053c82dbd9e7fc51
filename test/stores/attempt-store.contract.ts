import { describe, expect, it } from 'vitest'
import { atOnce, beginning, type LiveWorld, minute } from './world.ts'

export function attemptStoreContract(label: string, open: () => Promise<LiveWorld>): void {
  const later = beginning + minute

  describe(`AttemptStore (${label})`, () => {
    it('misses none of fifty attempts at once, on two nodes', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const counts = await atOnce(50, (index) => (nodes[index % 2] ?? world.stores).attempts.count('key', later))
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
      expect(await world.stores.attempts.read('key')).toBe(50)
      expect(await world.stores.attempts.read('other')).toBe(0)
    })

    it('keeps the window that is open however late an attempt is, then opens a new one', async () => {
      await using world = await open()
      const { attempts } = world.stores
      await attempts.count('key', later)
      world.pass(minute - 1)
      expect(await attempts.count('key', later + minute)).toBe(2)
      world.pass(1)
      expect(await attempts.read('key')).toBe(0)
      expect(await attempts.count('key', later + minute)).toBe(1)
    })

    it('remembers one thing, however often it was counted, until it is told again', async () => {
      await using world = await open()
      const { attempts } = world.stores
      for (let count = 0; count < 3; count += 1) await attempts.count('key', later)
      await attempts.remember('key', later)
      expect(await attempts.read('key')).toBe(1)
      world.pass(minute - 1)
      await attempts.remember('key', later + minute)
      world.pass(minute)
      expect(await attempts.read('key')).toBe(1)
      world.pass(1)
      expect(await attempts.read('key')).toBe(0)
    })

    it('forgets', async () => {
      await using world = await open()
      await world.stores.attempts.count('key', later)
      const { attempts } = world.stores
      expect(await attempts.forget('key')).toBe(1)
      expect(await attempts.read('key')).toBe(0)
      expect(await attempts.forget('key')).toBe(0)
    })

    it('forgets what is below a limit, and tells what is not', async () => {
      await using world = await open()
      const { attempts } = world.stores
      for (let count = 0; count < 3; count += 1) await attempts.count('key', later)
      expect(await attempts.forget('key', 3)).toBe(3)
      expect(await attempts.read('key')).toBe(3)
      expect(await attempts.forget('key', 4)).toBe(3)
      expect(await attempts.read('key')).toBe(0)
      await attempts.count('key', later)
      world.pass(minute)
      expect(await attempts.forget('key', 1)).toBe(0)
    })
  })
}
