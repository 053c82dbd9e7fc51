import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { TraceStore } from '../traces/trace.ts'

interface Needs {
  readonly traces: Pick<TraceStore, 'sweep'>
  /** Milliseconds. */
  readonly lifetime: number
  readonly clock: Clock
  readonly log: Log
}

const everyTenMinutes = 600_000

/** Forgets sign-ins that lie back longer than they are to be kept, from now on. */
export function sweepTraces({ traces, lifetime, clock, log }: Needs): AsyncDisposable {
  let running: Promise<unknown> = Promise.resolve()

  const sweep = () => {
    running = traces
      .sweep(clock() - lifetime)
      .catch((err) => log.warn({ err }, 'the traces of old sign-ins could not be forgotten'))
  }
  const timer = setInterval(sweep, everyTenMinutes).unref()
  sweep()

  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}
