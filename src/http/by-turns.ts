/**
 * Collects what is to be done and does it when this turn of the event loop has brought all that it brings: whatever has
 * come on all connections is read first, and the answers leave one right after the other. Answered one by one, each of
 * them would wake whoever waits for it, and a busy server would look for news after every single request.
 */
export function createByTurns(): (work: () => void) => void {
  let waiting: (() => void)[] = []

  function doAll(): void {
    const all = waiting
    waiting = []
    for (const work of all) work()
  }

  return (work) => {
    if (waiting.push(work) === 1) setImmediate(doAll)
  }
}
