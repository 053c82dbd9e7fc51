/** What a person agreed to share with a third-party client. Outlives sessions, until it is withdrawn. */
export interface Consent {
  readonly accountId: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly givenAt: number
}

export interface ConsentStore {
  get(accountId: string, clientId: string): Promise<Consent | undefined>
  /** Adds scopes to what was agreed before; two at once lose neither. */
  give(consent: Consent): Promise<void>
  /** The newest first. */
  ofAccount(accountId: string): Promise<readonly Consent[]>
  withdraw(accountId: string, clientId: string): Promise<void>
}
