import { describe, expect, it } from 'vitest'
import { newSecret } from '../../src/ids.ts'
import type { SavedTrip } from '../../src/signin/trip-store.ts'
import { atOnce, beginning, type LiveWorld, minute } from './world.ts'

const aTrip = (): SavedTrip => ({
  state: newSecret(),
  uid: 'interaction',
  sourceId: 'okta',
  departedAt: beginning,
  forceLogin: true,
  maxAge: 60,
  acrValues: ['mfa'],
  memo: { verifier: 'v', nonce: 'n' },
  expiresAt: beginning + minute,
})

export function tripStoreContract(label: string, open: () => Promise<LiveWorld>): void {
  describe(`TripStore (${label})`, () => {
    it('looks without using up, and gives the trip away once', async () => {
      await using world = await open()
      const trip = aTrip()
      await world.stores.trips.save(trip)
      expect(await world.stores.trips.peek(trip.state)).toEqual(trip)
      expect(await world.stores.trips.take(trip.state)).toEqual(trip)
      expect(await world.stores.trips.take(trip.state)).toBeUndefined()
      expect(await world.stores.trips.peek(trip.state)).toBeUndefined()
    })

    it('gives one of fifty that take it at once the trip, on two nodes', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const trip = aTrip()
      await world.stores.trips.save(trip)
      const taken = await atOnce(50, (index) => (nodes[index % 2] ?? world.stores).trips.take(trip.state))
      expect(taken.filter(Boolean)).toEqual([trip])
    })

    it('knows no trip that is past its end or never was', async () => {
      await using world = await open()
      const trip = aTrip()
      await world.stores.trips.save(trip)
      world.pass(minute)
      expect(await world.stores.trips.peek(trip.state)).toBeUndefined()
      expect(await world.stores.trips.take(trip.state)).toBeUndefined()
      expect(await world.stores.trips.peek('never was')).toBeUndefined()
    })
  })
}
