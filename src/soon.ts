/**
 * Answers that may be there already. What is asked thousands of times a second is mostly known here, and a promise for
 * each step of it would cost more than the steps do. Whoever awaits such an answer all the same only loses a moment.
 */

/** What went wrong may be thrown at once, too, or the promise is rejected with it. */
export type Soon<T> = T | Promise<T>

/** What comes of it: at once, if it is there. */
export const after = <T, R>(soon: Soon<T>, next: (value: T) => Soon<R>): Soon<R> =>
  soon instanceof Promise ? soon.then(next) : next(soon)

/** The same for work that can go wrong, at once or later. */
export function rescue<T>(work: () => Soon<T>, failed: (error: unknown) => Soon<T>): Soon<T> {
  try {
    const soon = work()
    return soon instanceof Promise ? soon.catch(failed) : soon
  } catch (error) {
    return failed(error)
  }
}

export const all = <T>(soons: readonly Soon<T>[]): Soon<readonly T[]> =>
  soons.some((soon) => soon instanceof Promise) ? Promise.all(soons) : (soons as readonly T[])

/** Two that do not wait for one another. */
export function both<A, B>(one: () => Soon<A>, other: () => Soon<B>): Soon<readonly [A, B]> {
  const first = one()
  const second = rescue(other, (error) => {
    // This one must not be left behind with nobody to look after it.
    if (first instanceof Promise) first.catch(() => {})
    throw error
  })
  if (first instanceof Promise && second instanceof Promise) return Promise.all([first, second])
  return after(first, (a) => after(second, (b) => [a, b] as const))
}
