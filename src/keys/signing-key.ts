import type { JWK } from 'jose'

/**
 * next: published, not yet used · active: signs · retiring: no longer signs, still verifies.
 * At most one key is active and at most one is next.
 */
export type KeyState = 'next' | 'active' | 'retiring'

export interface SigningKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly kid: string
  readonly alg: 'RS256'
  readonly state: KeyState
  /** With its private members; stores encrypt it. */
  readonly privateJwk: JWK
  readonly createdAt: number
  readonly activatedAt: number | null
  readonly retiredAt: number | null
}

export interface KeyStore {
  /** All that are published, oldest first. */
  list(): Promise<readonly SigningKey[]>
  /** `false` when there is already one in the state `active` (or `next`): of two nodes that make a key at once one does. */
  add(key: SigningKey): Promise<boolean>
  /**
   * The next key becomes the active one and the active one, if there is one, retires, together. `false` unless `kid` is still
   * next: of two nodes that rotate at once one does.
   */
  promote(kid: string, at: number): Promise<boolean>
  /** `false` when there is none: of two nodes that forget or revoke it at once one does. */
  remove(kid: string): Promise<boolean>
}
