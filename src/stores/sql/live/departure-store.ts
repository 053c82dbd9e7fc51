import type { Clock } from '../../../clock.ts'
import { digest } from '../../../ids.ts'
import { sealUnder, unsealUnder } from '../../../sealed-under.ts'
import type { DepartureStore, SavedDeparture } from '../../../signin/departure-store.ts'
import { fromJson, toJson } from '../json.ts'
import type { Db } from '../schema.ts'

/** A state is a secret, so its digest is kept, and whoever brings it can read the rest. */
export function createDepartureStore(db: Db, clock: Clock): DepartureStore {
  return {
    async save({ state, ...departure }) {
      await db
        .insertInto('departures')
        .values({
          state: digest(state),
          payload: sealUnder(state, 'departure', toJson(departure)),
          expires_at: departure.expiresAt,
        })
        .execute()
    },

    async take(state) {
      const row = await db
        .deleteFrom('departures')
        .where('state', '=', digest(state))
        .where('expires_at', '>', clock())
        .returning('payload')
        .executeTakeFirst()
      return row && { ...fromJson<Omit<SavedDeparture, 'state'>>(unsealUnder(state, 'departure', row.payload)), state }
    },
  }
}
