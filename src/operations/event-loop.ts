/** Milliseconds. */
const every = 250
const limit = 2000
const remembered = 5000
/** By which a look comes late when there is more to do than can be done; so many in a row, with so many requests between. */
const late = 1000
const inARow = 4
const busy = 50

export interface EventLoop extends Disposable {
  /** How many milliseconds the process did nothing at all, when it was long and is not long ago. */
  stoodStill(): number | undefined
  /** Whether for seconds everything has waited for long, since more is asked than can be answered. */
  isOverloaded(): boolean
  /** Forgets what was: while it starts, a process loads what it is made of, and nobody has to be sent elsewhere for that. */
  beginAnew(): void
  /** To be told of each: a process that waits for a processor without having much to do turns nobody away. */
  requestBegan(): void
}

/**
 * Notices when one piece of work, or a machine that was asleep, kept everything else waiting for more than two
 * seconds; and forgets it five seconds after the process works again. And notices when there is so much to do that each
 * look comes late, until one that does not.
 */
export function watchEventLoop(now: () => number = () => performance.now()): EventLoop {
  let last = now()
  let lateLooks = 0
  let requests = 0
  let stop: { readonly at: number; readonly lasted: number } | undefined

  const look = () => {
    const at = now()
    // Also asked by the first request after a stop, which may be answered before any timer has its turn.
    const lasted = at - last - every
    if (lasted > limit) stop = { at, lasted }
    return at
  }
  const timer = setInterval(() => {
    const lateBy = now() - last - every
    lateLooks = lateBy > late && requests >= busy ? lateLooks + 1 : 0
    requests = 0
    last = look()
  }, every).unref()

  return {
    stoodStill() {
      const at = look()
      return stop && at - stop.at < remembered ? stop.lasted : undefined
    },
    isOverloaded: () => lateLooks >= inARow,
    beginAnew() {
      last = now()
      lateLooks = 0
      stop = undefined
    },
    requestBegan() {
      requests += 1
    },
    [Symbol.dispose]() {
      clearInterval(timer)
    },
  }
}
