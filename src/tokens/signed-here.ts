import { createRecent } from '../recent.ts'
import { digestOf } from './token-digest.ts'

/** In a hundred bytes each; half of them at least. */
const most = 20_000

/**
 * Access tokens that this process has signed itself. Byte for byte they need no look at the signature, which is the
 * dearest part of their first check; all else about them is asked as of any other (decision 23).
 */
export function createSignedHere(limit = most) {
  const recent = createRecent<true>(limit)
  return {
    note: (compact: string): void => recent.keep(digestOf(compact), true),
    has: (compact: string): boolean => recent.get(digestOf(compact)) === true,
  }
}

export type SignedHere = ReturnType<typeof createSignedHere>
