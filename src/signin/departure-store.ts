/** A browser that left to end its upstream session, and where it goes when it comes back. */
export interface SavedDeparture {
  readonly state: string
  readonly sourceAlias: string
  readonly returnTo: string
  readonly expiresAt: number
}

/** Live state. States are kept hashed. */
export interface DepartureStore {
  save(departure: SavedDeparture): Promise<void>
  take(state: string): Promise<SavedDeparture | undefined>
}
