/** More would not save anything, and where thousands ask at once those that are too many must be noticed while they come. */
const most = 64

/**
 * Collects what is to be done until nothing has been added between two looks, and then does all of it: one thing right
 * after the other.
 *
 * @param soon when to look: `setImmediate`, after what this turn of the event loop has brought; or `process.nextTick`,
 * when all that can be done at once is done.
 * @param around goes round all that is done at once.
 */
export function createTogether(
  soon: (look: () => void) => unknown,
  around: (all: () => void) => void = (all) => all(),
): (work: () => void) => void {
  let waiting: (() => void)[] = []

  function doAll(): void {
    const all = waiting
    waiting = []
    around(() => {
      for (const work of all) work()
    })
  }

  function lookLater(seen: number): void {
    soon(() => (waiting.length > seen ? lookLater(waiting.length) : doAll()))
  }

  return (work) => {
    const count = waiting.push(work)
    if (count === 1) lookLater(count)
    else if (count === most) doAll()
  }
}
