/** What the registry keeps sealed under the secret keys: of sources, of clients, of authenticator apps, and the signing keys. */
export interface SealedStore {
  /** How many values lie under each secret key, by the key's id. */
  count(): Promise<Readonly<Record<string, number>>>
  /**
   * Seals a few values anew that lie under another key than the first, from `place` on. Nothing else of what they
   * belong to changes, its version included, and a value that somebody changes at the same time stays as they left it.
   */
  resealSome(place?: string): Promise<Resealed>
}

export interface Resealed {
  readonly resealed: number
  /** What does not open, by the names that the vault's errors give: altered, or moved from elsewhere. */
  readonly broken: readonly string[]
  /** Where to go on; `null`: that was all. */
  readonly next: string | null
}
