import { hash } from 'node:crypto'
import type { AccessToken } from './access-token.ts'

/** What the bytes of a token say for ever, once its signature was found good. */
export interface Genuine {
  readonly kid: string
  /** Seconds. */
  readonly notBefore: number
  readonly token: AccessToken
}

/** In a few kilobytes each. */
const most = 5_000

/**
 * Tokens that were verified, by the SHA-256 of every byte of them; the ones not shown for longest go first. Whether one
 * still counts is never kept.
 */
export function createGenuineTokens(limit = most) {
  const known = new Map<string, Genuine>()

  return {
    get(compact: string): Genuine | undefined {
      const key = hash('sha256', compact, 'base64')
      const found = known.get(key)
      if (found) {
        known.delete(key)
        known.set(key, found)
      }
      return found
    },
    put(compact: string, found: Genuine): void {
      known.set(hash('sha256', compact, 'base64'), found)
      if (known.size > limit) known.delete(known.keys().next().value ?? '')
    },
  }
}
