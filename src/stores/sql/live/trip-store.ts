import type { Clock } from '../../../clock.ts'
import { digest } from '../../../ids.ts'
import { sealUnder, unsealUnder } from '../../../sealed-under.ts'
import type { SavedTrip, TripStore } from '../../../signin/trip-store.ts'
import { fromJson, toJson } from '../json.ts'
import type { Db } from '../schema.ts'
import { written } from '../written.ts'

const save = written((db, given: { state: string; payload: string; expires_at: number }) =>
  db.insertInto('trips').values(given),
)

const peek = written((db, { state, now }: { state: string; now: number }) =>
  db.selectFrom('trips').select('payload').where('state', '=', state).where('expires_at', '>', now),
)

const take = written((db, { state, now }: { state: string; now: number }) =>
  db.deleteFrom('trips').where('state', '=', state).where('expires_at', '>', now).returning('payload'),
)

/** A state is a secret, so its digest is kept, and whoever brings it can read the rest: it names the interaction. */
export function createTripStore(db: Db, clock: Clock): TripStore {
  const read = (payload: string, state: string): SavedTrip => ({
    ...fromJson<Omit<SavedTrip, 'state'>>(unsealUnder(state, 'trip', payload)),
    state,
  })

  return {
    async save({ state, ...trip }) {
      const payload = sealUnder(state, 'trip', toJson(trip))
      await save(db, { state: digest(state), payload, expires_at: trip.expiresAt })
    },

    async peek(state) {
      const [row] = (await peek(db, { state: digest(state), now: clock() })).rows
      return row && read(row.payload, state)
    },

    async take(state) {
      const [row] = (await take(db, { state: digest(state), now: clock() })).rows
      return row && read(row.payload, state)
    },
  }
}
