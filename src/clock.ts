/** Milliseconds since the epoch. Passed in, so that "it expires" is a test and not a sleep. */
export interface Clock {
  (): number
  /** Goes on from there when that is later; a clock that somebody sets by hand has no such member. */
  raise?(to: number): void
}

export const systemClock: Clock = () => Date.now()

// A wall clock that was set back is caught up with so slowly that no lifetime is noticeably longer for it.
const slowed = 0.99

/**
 * Follows the wall clock forwards and never goes back: while the wall clock is behind, time passes by the monotonic
 * clock instead, a hundredth slower, so that small corrections are made up for and large ones revive nothing.
 */
export function createSteadyClock(
  wall: () => number = Date.now,
  monotonic: () => number = () => performance.now(),
): Clock & Required<Pick<Clock, 'raise'>> {
  let time = wall()
  let at = monotonic()

  const read = () => {
    const reading = monotonic()
    const elapsed = reading - at
    at = reading
    const shown = wall()
    time = shown >= time + elapsed ? shown : Math.max(shown, time + elapsed * slowed)
    return Math.floor(time)
  }
  return Object.assign(read, {
    raise(to: number) {
      time = Math.max(read(), to)
    },
  })
}

/** Whole seconds, as JWT's NumericDate has them (RFC 7519 §2). */
export const seconds = (milliseconds: number): number => Math.floor(milliseconds / 1000)
