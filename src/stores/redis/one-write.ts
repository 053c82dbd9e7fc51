import { type Client, servers } from './client.ts'

export interface OneWrite {
  /** To be called before each command. */
  hold(): void
  /** Runs when the turn is over: the commands it sends leave with all others. */
  atTheEnd(run: () => void): void
}

/**
 * What is asked in one turn of the event loop leaves in one write to each server, whoever asks it. ioredis' own way to
 * do so (`enableAutoPipelining`) makes objects of which a tenth of all that requests allocate hangs, until the next
 * full collection.
 */
export function createOneWrite(client: Client): OneWrite {
  let isHeld = false
  let atTheEnd: (() => void)[] = []

  function hold(): void {
    if (isHeld) return
    isHeld = true
    const streams = servers(client).flatMap(({ stream }) => stream ?? [])
    for (const stream of streams) stream.cork()
    setImmediate(() => {
      const last = atTheEnd
      atTheEnd = []
      for (const run of last) run()
      isHeld = false
      for (const stream of streams) stream.uncork()
    })
  }

  return {
    hold,
    atTheEnd(run) {
      atTheEnd.push(run)
      hold()
    },
  }
}
