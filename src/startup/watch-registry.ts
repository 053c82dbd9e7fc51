import type { Log } from '../log.ts'

interface Needs {
  /** The version that is in use already. */
  readonly since: number
  readonly registryVersion: () => Promise<number>
  readonly keepSchedule: () => Promise<boolean>
  readonly reload: () => Promise<void>
  readonly log: Log
}

const pollEvery = 1000
const scheduleEvery = 60_000

/** Takes over what any node has changed, within a second, and keeps the signing keys' schedule. */
export function watchRegistry({ since, registryVersion, keepSchedule, reload, log }: Needs): AsyncDisposable {
  let known = since
  let running: Promise<void> = Promise.resolve()

  async function look() {
    try {
      const version = await registryVersion()
      if (version !== known) await reload()
      known = version
    } catch (error) {
      log.warn({ err: error }, 'the registry could not be watched; what was known stays in use')
    }
  }

  async function rotate() {
    try {
      if (await keepSchedule()) await reload()
    } catch (error) {
      log.warn({ err: error }, 'the schedule of the signing keys could not be kept')
    }
  }

  /** One after the other, and each at most once in line: while the registry does not answer, no queue builds up. */
  const enqueue = (work: () => Promise<void>) => {
    let waiting = false
    return () => {
      if (waiting) return
      waiting = true
      running = running.then(async () => {
        waiting = false
        await work()
      })
    }
  }
  const lookSoon = enqueue(look)
  const rotateSoon = enqueue(rotate)
  const timers = [setInterval(lookSoon, pollEvery), setInterval(rotateSoon, scheduleEvery)]
  for (const timer of timers) timer.unref()
  lookSoon()
  rotateSoon()

  return {
    async [Symbol.asyncDispose]() {
      timers.map(clearInterval)
      await running
    },
  }
}
