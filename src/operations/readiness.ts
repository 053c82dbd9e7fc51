/** Whether this process should get requests and, if not, what is the matter: part by part, in words. */
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { EventLoop } from './event-loop.ts'
import { createStoreCheck, type Finding } from './store-checks.ts'
import type { StoreHealth } from './store-health.ts'

interface Needs {
  readonly stores: readonly StoreHealth[]
  readonly clock: Clock
  /** Milliseconds that this process's clock may differ from a store's. */
  readonly clockLimit: number
  readonly eventLoop: EventLoop
  readonly log: Log
}

type PartName = StoreHealth['name'] | 'clock' | 'event_loop' | 'process'

interface Part {
  readonly name: PartName
  /** What is the matter with it, in words for everybody. */
  readonly problem?: string | undefined
  /** For the log. */
  readonly cause?: unknown
}

export interface Readiness extends Disposable {
  /** Answers within a second, whatever does not. */
  look(): Promise<readonly Part[]>
  /** From now on this process is about to end, and not ready for that reason. */
  leave(): void
}

const lookEvery = 10_000

export function createReadiness({ stores, clock, clockLimit, eventLoop, log }: Needs): Readiness {
  let leaving = false
  const checks = stores.map(({ name, check }) => ({ name, check: createStoreCheck({ name, check }, clock) }))
  const tell = createTeller(log)

  async function look(): Promise<readonly Part[]> {
    const found = await Promise.all(checks.map(async ({ name, check }) => ({ name, ...(await check()) })))
    const stoodStill = eventLoop.stoodStill()
    const parts: readonly Part[] = [
      ...found,
      { name: 'clock', problem: clockProblem(found, clockLimit) },
      {
        name: 'event_loop',
        problem: stoodStill === undefined ? undefined : `stood still for ${inSeconds(stoodStill)}`,
      },
      { name: 'process', problem: leaving ? 'is about to end' : undefined },
    ]
    tell(parts)
    return parts
  }

  // So that the log has it where nobody asks.
  const timer = setInterval(look, lookEvery).unref()
  return {
    look,
    leave() {
      leaving = true
    },
    [Symbol.dispose]() {
      clearInterval(timer)
    },
  }
}

function clockProblem(found: readonly (Finding & Pick<StoreHealth, 'name'>)[], limit: number): string | undefined {
  const off = found.find(({ ahead }) => Math.abs(ahead) > limit)
  if (!off) return undefined
  return `is ${inSeconds(Math.abs(off.ahead))} ${off.ahead > 0 ? 'ahead of' : 'behind'} the clock of ${off.name}`
}

const inSeconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`

/** A line when something begins to be the matter, and one when it no longer is. That the process ends was asked for. */
function createTeller(log: Log): (parts: readonly Part[]) => void {
  const troubled = new Set<PartName>()
  return (parts) => {
    for (const { name, problem, cause } of parts) {
      if (name === 'process') continue
      if (problem !== undefined && !troubled.has(name)) {
        troubled.add(name)
        log.warn({ part: name, problem, ...(cause !== undefined && { err: cause }) }, 'not ready for requests')
      } else if (problem === undefined && troubled.delete(name)) {
        log.info({ part: name }, 'in order again')
      }
    }
  }
}
