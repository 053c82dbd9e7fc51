/** More would not save anything, and where thousands ask at once those that are too many must be noticed while they come. */
const most = 64

/**
 * Collects what is to be done until `soon` comes, and then does all of it: one thing right after the other.
 *
 * @param soon such as `setImmediate`: when this turn of the event loop has brought all that it brings; or
 * `process.nextTick`: when all that can be done at once is done.
 */
export function createTogether(soon: (run: () => void) => unknown): (work: () => void) => void {
  let waiting: (() => void)[] = []

  function doAll(): void {
    const all = waiting
    waiting = []
    for (const work of all) work()
  }

  return (work) => {
    const count = waiting.push(work)
    if (count === 1) soon(doAll)
    else if (count === most) doAll()
  }
}
