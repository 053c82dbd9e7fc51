/** Counts failed attempts in fixed windows. Live state; keys are hashed by who counts. */
export interface AttemptStore {
  /** Adds one and answers the count in the window that is open; atomic. `expiresAt` opens a new window. */
  count(key: string, expiresAt: number): Promise<number>
  /** Makes the count one, from now until then. */
  remember(key: string, expiresAt: number): Promise<void>
  /** How many there are now. */
  read(key: string): Promise<number>
  /** Forgets them, if there are fewer than `limit`, and answers how many there were. */
  forget(key: string, limit?: number): Promise<number>
}
