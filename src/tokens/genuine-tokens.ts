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
/** Of which it is known, with luck, that they were shown before: four bytes each. */
const places = 2 ** 15

/**
 * Tokens that were verified, by the SHA-256 of every byte of them, from the second time they are shown: what is shown
 * once leaves nothing behind. The ones not shown for longest go first. Whether one still counts is never kept.
 */
export function createGenuineTokens(limit = most) {
  let recent = new Map<string, Genuine>()
  let older = new Map<string, Genuine>()
  const shown = new Uint32Array(places)
  // Who looks in vain puts next.
  let last = { compact: '', key: '' }

  function keyOf(compact: string): string {
    if (last.compact !== compact) last = { compact, key: hash('sha256', compact, 'base64') }
    return last.key
  }

  function keep(key: string, found: Genuine): void {
    if (recent.size >= limit / 2) {
      older = recent
      recent = new Map()
    }
    recent.set(key, found)
  }

  /** Whether it is the first time, as far as that is still known; from then on it is not. */
  function isNew(key: string): boolean {
    const digits = Buffer.from(key.slice(0, 8), 'base64')
    const place = digits.readUInt16BE(4) % places
    const mark = digits.readUInt32BE(0)
    if (shown[place] === mark) return false
    shown[place] = mark
    return true
  }

  return {
    get(compact: string): Genuine | undefined {
      const key = keyOf(compact)
      const found = recent.get(key)
      if (found) return found
      const before = older.get(key)
      if (before) keep(key, before)
      return before
    },
    put(compact: string, found: Genuine): void {
      const key = keyOf(compact)
      if (!isNew(key)) keep(key, { ...found, token: { ...found.token, comesAgain: true } })
    },
  }
}
