import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'

interface Needs {
  /** Answers the newest time that any node has told, after telling it this one. */
  readonly raiseTime: (time: number) => Promise<number>
  readonly clock: Clock
  readonly log: Log
}

const tellEvery = 10_000
const noteworthy = 1000

/**
 * Tells the registry the time now and then, and goes on from the newest that was told: a node that starts with its
 * clock set back finds expired what had expired before, and revokes no revocation.
 */
export async function keepTime({ raiseTime, clock, log }: Needs): Promise<AsyncDisposable> {
  const now = clock()
  const newest = await raiseTime(now)
  if (newest - now > noteworthy)
    log.warn(
      { behind: Math.round((newest - now) / 1000) },
      "this machine's clock is behind the newest time that the database was told: time goes on from that",
    )
  clock.raise?.(newest)

  let running: Promise<unknown> = Promise.resolve()
  const tell = () => {
    running = raiseTime(clock()).catch((err) => log.warn({ err }, 'the database could not be told the time'))
    return running
  }
  const timer = setInterval(tell, tellEvery).unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
      await tell()
    },
  }
}
