/** Milliseconds. */
const every = 250
const limit = 2000
const remembered = 5000

export interface EventLoop extends Disposable {
  /** How many milliseconds the process did nothing at all, when it was long and is not long ago. */
  stoodStill(): number | undefined
}

/**
 * Notices when one piece of work, or a machine that was asleep, kept everything else waiting for more than two
 * seconds; and forgets it five seconds after the process works again.
 */
export function watchEventLoop(now: () => number = () => performance.now()): EventLoop {
  let last = now()
  let stop: { readonly at: number; readonly lasted: number } | undefined

  const look = () => {
    const at = now()
    // Also asked by the first request after a stop, which may be answered before any timer has its turn.
    const lasted = at - last - every
    if (lasted > limit) stop = { at, lasted }
    return at
  }
  const timer = setInterval(() => {
    last = look()
  }, every).unref()

  return {
    stoodStill() {
      const at = look()
      return stop && at - stop.at < remembered ? stop.lasted : undefined
    },
    [Symbol.dispose]() {
      clearInterval(timer)
    },
  }
}
