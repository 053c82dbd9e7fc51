import { Unavailable } from '../../errors.ts'

export interface Turns {
  /** Answers how to end it. Rejects with `Unavailable` when it does not come in time. */
  take(): Promise<() => void>
}

/** @param patience in milliseconds. */
export function createTurns(patience: number): Turns {
  let last: Promise<void> = Promise.resolve()
  return {
    async take() {
      const before = last
      const { promise, resolve: end } = Promise.withResolvers<void>()
      last = promise
      const { promise: late, reject } = Promise.withResolvers<never>()
      const timer = setTimeout(() => reject(new Unavailable('store', 'Too many others are writing')), patience)
      try {
        await Promise.race([before, late])
      } catch (error) {
        // Whoever is next still waits for those before.
        void before.then(end)
        throw error
      } finally {
        clearTimeout(timer)
      }
      return end
    },
  }
}
