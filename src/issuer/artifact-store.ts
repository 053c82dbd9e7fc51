/**
 * The short-lived records of the OpenID provider: codes, refresh tokens, interactions, sessions' cookies.
 * Ids are secrets and arrive here already hashed (`digest`), so a dump of the store holds nothing usable.
 */
export type ArtifactKind =
  | 'AuthorizationCode'
  | 'RefreshToken'
  | 'Interaction'
  | 'Session'
  | 'ReplayDetection'
  | 'RotationAnswer'
  | 'TestLogin'
  | 'ConsoleSession'
  | 'ConsoleSeen'
  | 'ConsoleForm'
  | 'ExpiryNotice'

export interface Artifact {
  readonly payload: Readonly<Record<string, unknown>>
  /** Milliseconds; when it was used up. */
  readonly consumedAt: number | null
}

export interface ArtifactStore {
  put(kind: ArtifactKind, id: string, payload: Readonly<Record<string, unknown>>, expiresAt: number): Promise<void>
  /** `true` for exactly one of any number of calls at once, until it expires. */
  putOnce(
    kind: ArtifactKind,
    id: string,
    payload: Readonly<Record<string, unknown>>,
    expiresAt: number,
  ): Promise<boolean>
  /** Expired is absent. */
  get(kind: ArtifactKind, id: string): Promise<Artifact | undefined>
  /**
   * `true` for exactly one of any number of calls at once. Rejects with `Unavailable` where it cannot tell, also whether it
   * was done.
   */
  consume(kind: ArtifactKind, id: string, at: number): Promise<boolean>
  /** Takes its use back: what it was used for did not come about. */
  release(kind: ArtifactKind, id: string): Promise<void>
  /** Dates its use back to the beginning of time, which ends any grace for using it twice. */
  endGrace(kind: ArtifactKind, id: string): Promise<void>
  remove(kind: ArtifactKind, id: string): Promise<void>
}
