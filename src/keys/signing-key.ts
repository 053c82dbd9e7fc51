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
  /** `false` when there is an active key already: of two nodes that start at once one makes the first key. */
  addFirst(key: SigningKey): Promise<boolean>
}
