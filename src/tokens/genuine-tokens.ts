import type { ReasonCode } from '../reasons.ts'
import { createRecent } from '../recent.ts'
import type { AccessToken } from './access-token.ts'
import { digestOf } from './token-digest.ts'

/** What the bytes of a token say for ever, once its signature was found good. */
export interface Genuine {
  readonly kid: string
  /** Seconds. */
  readonly notBefore: number
  readonly token: AccessToken
}

/** Why the bytes of a token are none of ours, although they say so: as long as we have the key, and until its end. */
export interface Refused {
  readonly reason: ReasonCode
  readonly kid: string
  /** As it says itself. */
  readonly exp: unknown
}

/** In a few kilobytes each. */
const most = 5_000
/** A hundred bytes each, and apart: whoever shows forgeries takes nobody's place. */
const mostRefused = 2_000
/** Of which it is known, with luck, that they were shown before: four bytes each. */
const places = 2 ** 15

/** Tokens that do not count whoever shows them when. */
export function createRefusedTokens(limit = mostRefused) {
  const recent = createRecent<Refused>(limit)
  return {
    get: (compact: string): Refused | undefined => recent.get(digestOf(compact)),
    put: (compact: string, refused: Refused): void => recent.keep(digestOf(compact), refused),
  }
}

/**
 * Tokens that were verified, from the second time they are shown: what is shown once leaves nothing behind. Whether one
 * still counts is never kept.
 */
export function createGenuineTokens(limit = most) {
  const recent = createRecent<Genuine>(limit)
  const shown = new Uint32Array(places)

  /** Whether it is the first time, as far as that is still known; from then on it is not. */
  function isNew(digest: string): boolean {
    const bytes = Buffer.from(digest.slice(0, 8), 'base64')
    const place = bytes.readUInt16BE(4) % places
    const mark = bytes.readUInt32BE(0)
    if (shown[place] === mark) return false
    shown[place] = mark
    return true
  }

  return {
    get: (compact: string): Genuine | undefined => recent.get(digestOf(compact)),
    put(compact: string, found: Genuine): void {
      const digest = digestOf(compact)
      if (!isNew(digest)) recent.keep(digest, { ...found, token: { ...found.token, comesAgain: true } })
    },
  }
}
