import type { AuditStore } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { TraceStore } from '../traces/trace.ts'

interface Needs {
  readonly traces: Pick<TraceStore, 'sweep'>
  readonly audit: Pick<AuditStore, 'sweep'>
  /** Seconds; `null`: for ever. */
  readonly lifetimes: { readonly trace: number; readonly audit: number | null }
  readonly clock: Clock
  readonly log: Log
}

const everyTenMinutes = 600_000

/** Forgets sign-ins and changes of the registry that lie back longer than they are to be kept, from now on. */
export function sweepRecords({ traces, audit, lifetimes, clock, log }: Needs): AsyncDisposable {
  let running: Promise<unknown> = Promise.resolve()

  async function forget() {
    await traces.sweep(clock() - lifetimes.trace * 1000)
    if (lifetimes.audit !== null) await audit.sweep(clock() - lifetimes.audit * 1000)
  }
  const sweep = () => {
    running = forget().catch((err) => log.warn({ err }, 'old records could not be forgotten'))
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
