import { hash } from 'node:crypto'

/** What was found out about tokens, by the SHA-256 of every byte of them; the ones not shown for longest go first. */
export function createRecent<T>(limit: number) {
  const known = new Map<string, T>()

  return {
    get(token: string): T | undefined {
      const key = hash('sha256', token, 'base64')
      const found = known.get(key)
      if (found !== undefined) {
        known.delete(key)
        known.set(key, found)
      }
      return found
    },
    put(token: string, found: T): void {
      known.set(hash('sha256', token, 'base64'), found)
      if (known.size > limit) known.delete(known.keys().next().value ?? '')
    },
  }
}
