import { randomBytes } from 'node:crypto'

/** Milliseconds. */
const every = 250
const limit = 2000
const remembered = 5000
/** By which a look or the pool is late when there is more to do than can be done; so many in a row, with so many requests between. */
const late = 1000
const inARow = 4
const busy = 50
/** The most that the time between two requests counts for: they came one after the other, and nothing stood still. */
const between = 50

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
 * look comes late, or what libuv's pool is asked for does, where signatures wait for their turn while the loop is idle;
 * until one that does not. With a thousand connections or more that have something to say, libuv goes through them dozens of
 * times before it lets any timer have its turn (uv__io_poll): then it is the requests themselves that tell.
 */
export function watchEventLoop(
  now: () => number = () => performance.now(),
  throughPool: (done: () => void) => void = (done) => randomBytes(1, done),
): EventLoop {
  let last = now()
  let poolAsked: number | undefined
  let poolTook = 0
  let lateLooks = 0
  let requests = 0
  let lastRequest = 0
  /** For how long requests have come one after the other since the last look. */
  let flowing = 0
  let stop: { readonly at: number; readonly lasted: number } | undefined

  const look = () => {
    const at = now()
    // Also asked by the first request after a stop, which may be answered before any timer has its turn.
    const lasted = at - last - every
    if (lasted > limit) stop = { at, lasted }
    return at
  }
  function askPool(): void {
    const at = now()
    poolAsked = at
    throughPool(() => {
      poolTook = now() - at
      poolAsked = undefined
    })
  }
  const timer = setInterval(() => {
    const poolLate = poolAsked === undefined ? poolTook : now() - poolAsked
    if (poolAsked === undefined) askPool()
    const lateBy = Math.max(now() - last - every, poolLate)
    lateLooks = lateBy > late && requests >= busy ? lateLooks + 1 : 0
    requests = 0
    flowing = 0
    last = look()
  }, every).unref()

  return {
    stoodStill() {
      const at = look()
      return stop && at - stop.at < remembered ? stop.lasted : undefined
    },
    isOverloaded: () => lateLooks >= inARow || (flowing > late && requests >= inARow * busy),
    beginAnew() {
      last = now()
      lateLooks = 0
      flowing = 0
      stop = undefined
    },
    requestBegan() {
      requests += 1
      const at = now()
      flowing += Math.min(at - lastRequest, between)
      lastRequest = at
    },
    [Symbol.dispose]() {
      clearInterval(timer)
    },
  }
}
