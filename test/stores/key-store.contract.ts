import { describe, expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import type { SigningKey } from '../../src/keys/signing-key.ts'
import { atOnce, type RegistryWorld } from './world.ts'

const aKey = (given: Partial<SigningKey> = {}): SigningKey => ({
  kid: newId(),
  alg: 'RS256',
  state: 'active',
  privateJwk: { kty: 'RSA', n: 'n', e: 'AQAB', d: 'a private exponent' },
  createdAt: 1,
  activatedAt: 1,
  retiredAt: null,
  ...given,
})

export function keyStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  describe(`KeyStore (${label})`, () => {
    it('lists keys with their private members, oldest first', async () => {
      await using world = await open()
      const [old, active, next] = [
        aKey({ state: 'retiring', createdAt: 1, retiredAt: 2 }),
        aKey({ createdAt: 2 }),
        aKey({ state: 'next', createdAt: 3, activatedAt: null }),
      ]
      for (const key of [next, old, active]) expect(await world.stores.keys.add(key)).toBe(true)
      expect(await world.stores.keys.list()).toEqual([old, active, next])
    })

    it('lets one of many nodes that start at once make the first key', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const added = await atOnce(10, (index) => (nodes[index % 2] ?? world.stores).keys.add(aKey()))
      expect(added.filter(Boolean)).toHaveLength(1)
      expect(await world.stores.keys.list()).toHaveLength(1)
    })

    it('has at most one next key, and any number that retire', async () => {
      await using world = await open()
      const { keys } = world.stores
      expect(await keys.add(aKey({ state: 'next' }))).toBe(true)
      expect(await keys.add(aKey({ state: 'next' }))).toBe(false)
      expect(await keys.add(aKey({ state: 'retiring' }))).toBe(true)
      expect(await keys.add(aKey({ state: 'retiring' }))).toBe(true)
    })

    it('promotes the next key and retires the active one together, once of many times at once', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const [active, next] = [aKey(), aKey({ state: 'next', createdAt: 2, activatedAt: null })]
      await world.stores.keys.add(active)
      await world.stores.keys.add(next)
      const promoted = await atOnce(10, (index) => (nodes[index % 2] ?? world.stores).keys.promote(next.kid, 5))
      expect(promoted.filter(Boolean)).toHaveLength(1)
      expect(await world.stores.keys.list()).toEqual([
        { ...active, state: 'retiring', retiredAt: 5 },
        { ...next, state: 'active', activatedAt: 5 },
      ])
    })

    it('changes nothing when the key to promote is not next', async () => {
      await using world = await open()
      const active = aKey()
      await world.stores.keys.add(active)
      expect(await world.stores.keys.promote(active.kid, 5)).toBe(false)
      expect(await world.stores.keys.promote('gone', 5)).toBe(false)
      expect(await world.stores.keys.list()).toEqual([active])
    })

    it('forgets a key', async () => {
      await using world = await open()
      const key = aKey()
      await world.stores.keys.add(key)
      const removed = await atOnce(4, () => world.stores.keys.remove(key.kid))
      expect(removed.filter(Boolean)).toHaveLength(1)
      expect(await world.stores.keys.list()).toEqual([])
      expect(await world.stores.keys.remove(key.kid)).toBe(false)
    })

    it('promotes the next key where nothing is active', async () => {
      await using world = await open()
      const next = aKey({ state: 'next', activatedAt: null })
      await world.stores.keys.add(next)
      expect(await world.stores.keys.promote(next.kid, 5)).toBe(true)
      expect(await world.stores.keys.list()).toEqual([{ ...next, state: 'active', activatedAt: 5 }])
    })
  })
}
