/** Leaving for an upstream and coming back: once, in the same browser, at the address of the same source. */
import type { Clock } from '../clock.ts'
import type { Arrival, Departure, RedirectConnector, Trip } from '../connector.ts'
import { Refusal } from '../errors.ts'
import type { Identity } from '../identity.ts'
import { newSecret } from '../ids.ts'
import type { Interaction } from '../interaction.ts'
import type { Source } from '../sources/source.ts'
import type { SavedTrip, TripStore } from './trip-store.ts'

interface Needs {
  readonly trips: TripStore
  readonly clock: Clock
  readonly callbackUrl: (alias: string) => URL
  /** Milliseconds. */
  readonly lifetime: number
}

export interface Trips {
  /** The browser must not leave before the trip is saved. */
  begin(
    interaction: Interaction,
    source: Source,
    connector: RedirectConnector,
  ): Promise<{ readonly departure: Departure; save(): Promise<void> }>
  /** Which interaction an answer belongs to, judged by the trip that was seen and the address it came to. */
  destination(
    alias: string,
    seen: SavedTrip | undefined,
    aliasOf: (sourceId: string) => Promise<string | undefined>,
  ): Promise<string>
  /** Uses nothing up. */
  look(state: string): Promise<SavedTrip | undefined>
  /** Uses up the trip that was seen; whoever comes second is refused. */
  claim(interaction: Interaction, state: string, seen: SavedTrip | undefined): Promise<SavedTrip>
  complete(trip: SavedTrip, source: Source, connector: RedirectConnector, arrival: Arrival): Promise<Identity>
}

export function createTrips({ trips, clock, callbackUrl, lifetime }: Needs): Trips {
  function living(trip: SavedTrip | undefined): SavedTrip {
    if (!trip || trip.expiresAt <= clock()) throw new Refusal('trip_unknown')
    return trip
  }

  return {
    async begin(interaction, source, connector) {
      const wish: Trip = {
        state: newSecret(),
        callbackUrl: callbackUrl(source.alias),
        departedAt: clock(),
        ...wishes(interaction),
      }
      const departure = await connector.depart(wish)
      const { callbackUrl: _derived, ...kept } = wish
      const trip = {
        ...kept,
        uid: interaction.uid,
        sourceId: source.id,
        memo: departure.memo,
        expiresAt: clock() + lifetime,
      }
      return { departure, save: () => trips.save(trip) }
    },

    async destination(alias, seen, aliasOf) {
      const trip = living(seen)
      const left = await aliasOf(trip.sourceId)
      // A source that was removed meanwhile is named in the sign-in itself, which has more to say about it.
      if (left !== undefined && left !== alias) throw new Refusal('trip_misdirected')
      return trip.uid
    },

    look: (state) => trips.peek(state),

    async claim(interaction, state, seen) {
      // First looks, then takes: an answer that another browser brings must not cost the traveller theirs.
      if (living(seen).uid !== interaction.uid)
        throw new Refusal('trip_unknown', 'The answer belongs to another sign-in')
      const trip = await trips.take(state)
      if (!trip) throw new Refusal('trip_unknown')
      return trip
    },

    complete: (trip, source, connector, arrival) =>
      connector.arrive({ ...trip, callbackUrl: callbackUrl(source.alias) }, trip.memo, arrival),
  }
}

/** What the authorization request asked for that only the upstream can give (Core §3.1.2.1). */
function wishes({
  params,
  reasons,
  acr,
  accountId,
}: Interaction): Pick<Trip, 'forceLogin' | 'loginHint' | 'maxAge' | 'acrValues' | 'uiLocales'> {
  const maxAge = params.max_age === undefined ? undefined : Number(params.max_age)
  // A session here that does not open this client, or another person than was expected: the upstream's own
  // session would only bring the same answer again.
  const another = ['id_token_hint', 'claims_id_token_sub_value']
  // Every provider knows prompt=login, and few know select_account; both let the person say who they are.
  const asked = ['login_prompt', 'select_account_prompt']
  return {
    forceLogin: reasons.some(
      (reason) => asked.includes(reason) || (another.includes(reason) && accountId !== undefined),
    ),
    ...(params.login_hint !== undefined && { loginHint: params.login_hint }),
    ...(maxAge !== undefined && { maxAge }),
    ...(acr.values.length > 0 && { acrValues: acr.values }),
    ...(params.ui_locales !== undefined && { uiLocales: params.ui_locales }),
  }
}
