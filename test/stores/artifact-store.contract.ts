import { describe, expect, it } from 'vitest'
import { atOnce, beginning, type LiveWorld, minute } from './world.ts'

export function artifactStoreContract(label: string, open: () => Promise<LiveWorld>): void {
  const later = beginning + minute

  describe(`ArtifactStore (${label})`, () => {
    it.each(['AuthorizationCode', 'RefreshToken'] as const)(
      'lets one of fifty uses of one %s at once win, on two nodes',
      async (kind) => {
        await using world = await open()
        const nodes = [world.stores, await world.another()]
        await world.stores.artifacts.put(kind, 'id', {}, later)
        const won = await atOnce(50, (index) =>
          (nodes[index % 2] ?? world.stores).artifacts.consume(kind, 'id', index + 1),
        )
        expect(won.filter(Boolean)).toHaveLength(1)
        expect((await world.stores.artifacts.get(kind, 'id'))?.consumedAt).toBe(won.indexOf(true) + 1)
      },
    )

    it('lets one of fifty replays at once be the first, on two nodes', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const first = await atOnce(50, (index) =>
        (nodes[index % 2] ?? world.stores).artifacts.putOnce('ReplayDetection', 'jti', { index }, later),
      )
      expect(first.filter(Boolean)).toHaveLength(1)
      expect((await world.stores.artifacts.get('ReplayDetection', 'jti'))?.payload).toEqual({
        index: first.indexOf(true),
      })
    })

    it('takes a replay for new when the first has expired', async () => {
      await using world = await open()
      const { artifacts } = world.stores
      await artifacts.putOnce('ReplayDetection', 'jti', { round: 1 }, later)
      world.pass(minute - 1)
      expect(await artifacts.putOnce('ReplayDetection', 'jti', { round: 2 }, later + minute)).toBe(false)
      world.pass(1)
      expect(await artifacts.putOnce('ReplayDetection', 'jti', { round: 3 }, later + minute)).toBe(true)
      expect(await artifacts.get('ReplayDetection', 'jti')).toEqual({ payload: { round: 3 }, consumedAt: null })
    })

    it('keeps and replaces what it is given, and forgets it', async () => {
      await using world = await open()
      const { artifacts } = world.stores
      const payload = { list: [1, { deep: 'é' }], nothing: null }
      await artifacts.put('Session', 'id', { old: true }, later)
      await artifacts.put('Session', 'id', payload, later + minute)
      expect(await artifacts.get('Session', 'id')).toEqual({ payload, consumedAt: null })
      expect(await artifacts.get('Interaction', 'id')).toBeUndefined()
      world.pass(minute)
      expect(await artifacts.get('Session', 'id')).toEqual({ payload, consumedAt: null })
      await artifacts.remove('Session', 'id')
      expect(await artifacts.get('Session', 'id')).toBeUndefined()
    })

    it('is absent when it has expired, and cannot be used any more', async () => {
      await using world = await open()
      await world.stores.artifacts.put('AuthorizationCode', 'id', {}, later)
      world.pass(minute)
      expect(await world.stores.artifacts.get('AuthorizationCode', 'id')).toBeUndefined()
      expect(await world.stores.artifacts.consume('AuthorizationCode', 'id', 1)).toBe(false)
      expect(await world.stores.artifacts.consume('AuthorizationCode', 'unknown', 1)).toBe(false)
    })

    it('stays used however often it is saved, until it has expired', async () => {
      await using world = await open()
      const { artifacts } = world.stores
      await artifacts.put('RefreshToken', 'id', { round: 1 }, later)
      await artifacts.consume('RefreshToken', 'id', 5)
      await artifacts.put('RefreshToken', 'id', { round: 2 }, later)
      expect(await artifacts.get('RefreshToken', 'id')).toEqual({ payload: { round: 2 }, consumedAt: 5 })
      expect(await artifacts.consume('RefreshToken', 'id', 6)).toBe(false)
      world.pass(minute)
      await artifacts.put('RefreshToken', 'id', { round: 3 }, later + minute)
      expect(await artifacts.get('RefreshToken', 'id')).toEqual({ payload: { round: 3 }, consumedAt: null })
    })

    it('can be used once more when its use was taken back', async () => {
      await using world = await open()
      const { artifacts } = world.stores
      await artifacts.put('RefreshToken', 'id', {}, later)
      await artifacts.consume('RefreshToken', 'id', 5)
      await artifacts.release('RefreshToken', 'id')
      expect((await artifacts.get('RefreshToken', 'id'))?.consumedAt).toBeNull()
      const won = await atOnce(10, () => artifacts.consume('RefreshToken', 'id', 6))
      expect(won.filter(Boolean)).toHaveLength(1)
      await artifacts.release('RefreshToken', 'unknown')
      expect(await artifacts.get('RefreshToken', 'unknown')).toBeUndefined()
    })

    it('ends a grace by dating the use back to the beginning of time', async () => {
      await using world = await open()
      const { artifacts } = world.stores
      await artifacts.put('RefreshToken', 'id', {}, later)
      await artifacts.consume('RefreshToken', 'id', 5)
      await artifacts.endGrace('RefreshToken', 'id')
      expect((await artifacts.get('RefreshToken', 'id'))?.consumedAt).toBe(0)
      await artifacts.endGrace('RefreshToken', 'unknown')
      expect(await artifacts.get('RefreshToken', 'unknown')).toBeUndefined()
    })
  })
}
