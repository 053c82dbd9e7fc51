import { describe, expect, it } from 'vitest'
import { aSource, atOnce, beginning, minute, type RegistryWorld } from './world.ts'

export function sourceStatusStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  describe(`SourceStatusStore (${label})`, () => {
    it('knows the newest success and the newest failure, whatever comes when', async () => {
      await using world = await open()
      const [okta, entra] = [aSource(), aSource()]
      const { sources, sourceStatus } = world.stores
      for (const source of [okta, entra]) await sources.add(source)
      expect(await sourceStatus.of([okta.id, entra.id])).toEqual(new Map())
      expect(await sourceStatus.of([])).toEqual(new Map())

      const failure = (at: number, reason: 'upstream_invalid' | 'upstream_unavailable') => ({
        lastFailure: { at, reason },
      })
      await sourceStatus.record(okta.id, failure(beginning + minute, 'upstream_invalid'))
      await sourceStatus.record(okta.id, failure(beginning, 'upstream_unavailable'))
      expect((await sourceStatus.of([okta.id])).get(okta.id)).toEqual({
        lastSuccess: null,
        ...failure(beginning + minute, 'upstream_invalid'),
      })
      await sourceStatus.record(okta.id, { lastSuccess: beginning + 2 * minute })
      await sourceStatus.record(okta.id, { lastSuccess: beginning })
      await sourceStatus.record(entra.id, { lastSuccess: beginning, ...failure(beginning, 'upstream_unavailable') })
      expect(await sourceStatus.of([okta.id, entra.id])).toEqual(
        new Map([
          [okta.id, { lastSuccess: beginning + 2 * minute, ...failure(beginning + minute, 'upstream_invalid') }],
          [entra.id, { lastSuccess: beginning, ...failure(beginning, 'upstream_unavailable') }],
        ]),
      )
    })

    it('is written by many nodes at once, does not miss a source that is gone, and goes with it', async () => {
      await using world = await open()
      const okta = aSource()
      const { sources, sourceStatus } = world.stores
      const other = (await world.another()).sourceStatus
      await sources.add(okta)
      await atOnce(10, (index) =>
        (index % 2 ? other : sourceStatus).record(okta.id, { lastSuccess: beginning + index }),
      )
      expect((await sourceStatus.of([okta.id])).get(okta.id)?.lastSuccess).toBe(beginning + 9)
      await sources.remove(okta.id, 1)
      expect(await sourceStatus.of([okta.id])).toEqual(new Map())
      await sourceStatus.record(okta.id, { lastSuccess: beginning })
      expect(await sourceStatus.of([okta.id])).toEqual(new Map())
    })
  })
}
