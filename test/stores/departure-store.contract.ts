import { describe, expect, it } from 'vitest'
import { newSecret } from '../../src/ids.ts'
import { atOnce, beginning, type LiveWorld, minute } from './world.ts'

const aDeparture = () => ({
  state: newSecret(),
  sourceAlias: 'Okta',
  returnTo: 'https://app.test/bye',
  expiresAt: beginning + minute,
})

export function departureStoreContract(label: string, open: () => Promise<LiveWorld>): void {
  describe(`DepartureStore (${label})`, () => {
    it('gives one of many that take it at once the departure', async () => {
      await using world = await open()
      const departure = aDeparture()
      await world.stores.departures.save(departure)
      const taken = await atOnce(10, () => world.stores.departures.take(departure.state))
      expect(taken.filter(Boolean)).toEqual([departure])
    })

    it('knows none that is past its end or never was', async () => {
      await using world = await open()
      const departure = aDeparture()
      await world.stores.departures.save(departure)
      world.pass(minute)
      expect(await world.stores.departures.take(departure.state)).toBeUndefined()
      expect(await world.stores.departures.take('never was')).toBeUndefined()
    })
  })
}
