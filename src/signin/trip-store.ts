import type { Memo, Trip } from '../connector.ts'

/** A browser that left for an upstream and is expected back. */
export interface SavedTrip extends Omit<Trip, 'callbackUrl'> {
  /** The interaction, and so the browser: its cookie is asked for on return. */
  readonly uid: string
  readonly sourceId: string
  readonly memo: Memo
  readonly expiresAt: number
}

/** Live state. States are kept hashed. */
export interface TripStore {
  save(trip: SavedTrip): Promise<void>
  /** Looks without using up: a stranger's visit must not cost the traveller their return. */
  peek(state: string): Promise<SavedTrip | undefined>
  /** Returns the trip and forgets it: of any number of calls at once one gets it. */
  take(state: string): Promise<SavedTrip | undefined>
}
