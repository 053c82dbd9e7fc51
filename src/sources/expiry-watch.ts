/** Whatever is good for a time only, in the settings of sources: known to the metrics, and told of in time. */
import type { Clock } from '../clock.ts'
import type { Report } from '../events.ts'
import type { Log } from '../log.ts'
import type { Expiring, Sources } from './sources.ts'

interface Needs {
  readonly expiring: Sources['expiring']
  /** Told what each look has found: the soonest 250 sources, whenever that is. */
  readonly seen: (expiring: readonly Expiring[]) => void
  /** `true` for exactly one of any number of calls, of all processes, until then. */
  readonly once: (name: string, until: number) => Promise<boolean>
  readonly report: Report
  readonly clock: Clock
  readonly log: Log
}

export interface ExpiryWatch extends AsyncDisposable {
  /** Resolves when it has been looked; never rejects. */
  look(): Promise<void>
}

const day = 86_400_000
const everyTenMinutes = 600_000
/** Days before the end, the nearest first. Each is told of once, and from the last day on each day. */
const stages = [1, 7, 30]

export function watchExpiries({ expiring, seen, once, report, clock, log }: Needs): ExpiryWatch {
  async function tell({ source, what, expiresAt }: Expiring): Promise<void> {
    const now = clock()
    const stage = stages.find((days) => expiresAt - now <= days * day)
    if (stage === undefined) return
    const isLast = stage === stages[0]
    const name = JSON.stringify([source.id, what, expiresAt, stage, isLast ? Math.floor(now / day) : null])
    if (!(await once(name, now + (isLast ? 2 : 31) * day))) return
    report('source.expiring', { source: source.alias, what, expires_at: new Date(expiresAt).toISOString() })
  }

  async function look(): Promise<void> {
    try {
      const found = await expiring(Number.MAX_SAFE_INTEGER, 250)
      seen(found)
      for (const one of found) await tell(one)
    } catch (err) {
      log.warn({ err }, 'what is over soon in the settings of sources could not be found out')
    }
  }

  let running = Promise.resolve()
  const lookAfter = () => {
    running = running.then(look)
    return running
  }
  const timer = setInterval(lookAfter, everyTenMinutes).unref()
  void lookAfter()

  return {
    look: lookAfter,

    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}
