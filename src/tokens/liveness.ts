import type { Soon } from '../soon.ts'

/**
 * Whether a genuine access token still counts. Access tokens are not stored: a token is alive while its
 * grant exists and no mark stands against it. A lost store therefore ends tokens; it never revives them.
 */
export interface LivenessQuestion {
  readonly jti: string
  /** Absent for client credentials, which have no grant. */
  readonly grantId?: string
  readonly accountId?: string
  readonly clientId: string
  readonly sourceAlias?: string
  /** The same question will be the same object: what the answer is made of may be kept as long as nothing changes. */
  readonly comesAgain?: true
}

export interface Liveness {
  /** `true` when there is a grant, or none is needed. */
  readonly granted: boolean
  readonly revoked: boolean
  /** Seconds: tokens issued at or before are dead. */
  readonly accountBlockedAt: number | null
  readonly clientBlockedAt: number | null
  readonly sourceBlockedAt: number | null
  /** Seconds: the store lost what it knew, so tokens issued at or before are dead. `null`: it never did. */
  readonly forgottenAt: number | null
}

export type Blockable = 'account' | 'client' | 'source'

export interface MarkStore {
  /**
   * One round trip, two where something has just changed; at once where the store is in this process. Fails with
   * `Unavailable` when it cannot tell.
   */
  liveness(question: LivenessQuestion): Soon<Liveness>
  /** Seconds; when it was shut out last, as far as is still known. `null`: it was not. */
  blockedAt(kind: Blockable, name: string): Promise<number | null>
  /** Marks one token until it would have expired (milliseconds). */
  revokeToken(jti: string, until: number): Promise<void>
  /** Marks everything issued at or before `at` (seconds). Sources are named by alias. */
  block(kind: Blockable, name: string, at: number, until: number): Promise<void>
}
