/** What readiness asks of whoever keeps a store. */
export interface StoreHealth {
  readonly name: 'database' | 'redis'
  /**
   * Rejects when the store cannot be asked. `problem` says what else keeps it from being used, in words for everybody:
   * no host, no secret. `time` is what the store's own clock says, in milliseconds since the epoch.
   */
  check(): Promise<{ readonly problem?: string; readonly time?: number }>
}
