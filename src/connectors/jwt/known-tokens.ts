import { hash } from 'node:crypto'
import { createRecent } from '../../recent.ts'

const keyOf = (token: string): string => hash('sha256', token, 'base64')

/** What was found out about tokens, by the SHA-256 of every byte of them; the ones not shown for longest go first. */
export function createKnownTokens<T>(limit: number) {
  const known = createRecent<T>(limit)

  return {
    get: (token: string): T | undefined => known.get(keyOf(token)),
    put: (token: string, found: T): void => known.keep(keyOf(token), found),
  }
}
