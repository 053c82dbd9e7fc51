export interface Recent<T> {
  get(key: string): T | undefined
  keep(key: string, value: T): void
}

/** Remembers as many values as `limit` at most, and half of it at least: those not asked for in longest go first. */
export function createRecent<T>(limit: number): Recent<T> {
  let recent = new Map<string, T>()
  let older = new Map<string, T>()

  function keep(key: string, value: T): void {
    if (recent.size >= limit / 2) {
      older = recent
      recent = new Map()
    }
    recent.set(key, value)
  }

  return {
    keep,
    get(key) {
      const found = recent.get(key)
      if (found !== undefined) return found
      const before = older.get(key)
      if (before !== undefined) keep(key, before)
      return before
    },
  }
}
