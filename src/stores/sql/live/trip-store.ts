import type { Clock } from '../../../clock.ts'
import { digest } from '../../../ids.ts'
import { sealUnder, unsealUnder } from '../../../sealed-under.ts'
import type { SavedTrip, TripStore } from '../../../signin/trip-store.ts'
import { fromJson, toJson } from '../json.ts'
import type { Db } from '../schema.ts'

/** A state is a secret, so its digest is kept, and whoever brings it can read the rest: it names the interaction. */
export function createTripStore(db: Db, clock: Clock): TripStore {
  const read = (payload: string, state: string): SavedTrip => ({
    ...fromJson<Omit<SavedTrip, 'state'>>(unsealUnder(state, 'trip', payload)),
    state,
  })

  return {
    async save({ state, ...trip }) {
      await db
        .insertInto('trips')
        .values({
          state: digest(state),
          payload: sealUnder(state, 'trip', toJson(trip)),
          expires_at: trip.expiresAt,
        })
        .execute()
    },

    async peek(state) {
      const row = await db
        .selectFrom('trips')
        .select('payload')
        .where('state', '=', digest(state))
        .where('expires_at', '>', clock())
        .executeTakeFirst()
      return row && read(row.payload, state)
    },

    async take(state) {
      const row = await db
        .deleteFrom('trips')
        .where('state', '=', digest(state))
        .where('expires_at', '>', clock())
        .returning('payload')
        .executeTakeFirst()
      return row && read(row.payload, state)
    },
  }
}
