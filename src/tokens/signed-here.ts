import { createRecent } from '../recent.ts'
import { parseCompactJwt } from './compact-jwt.ts'
import { digestOf } from './token-digest.ts'

/** In two hundred bytes each; half of them at least. */
const most = 20_000

/**
 * Access tokens that this process has signed itself, by their `jti`, which no second one has. Their signatures need no
 * look, which is the dearest part of a first check: the very bytes are good, and others under the same `jti` are forged.
 * All else about a token is asked as of any other (decision 23).
 */
export function createSignedHere(limit = most) {
  const recent = createRecent<string>(limit)
  return {
    note(compact: string): void {
      const jti = parseCompactJwt(compact)?.payload.jti
      if (typeof jti === 'string') recent.keep(jti, digestOf(compact))
    },
    /** `undefined`: nothing is known to have been signed here under this `jti`, and the signature has to be verified. */
    isGood(compact: string, jti: unknown): boolean | undefined {
      const digest = typeof jti === 'string' ? recent.get(jti) : undefined
      return digest === undefined ? undefined : digest === digestOf(compact)
    },
  }
}

export type SignedHere = ReturnType<typeof createSignedHere>
