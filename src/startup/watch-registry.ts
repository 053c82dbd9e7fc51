import { Unavailable } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Soon } from '../soon.ts'

interface Needs {
  /** The version that is in use already. */
  readonly since: number
  readonly registryVersion: () => Promise<number>
  /** The same; `undefined` where that means to wait. */
  readonly versionAtOnce: () => number | undefined
  readonly keepSchedule: () => Promise<boolean>
  readonly reload: () => Promise<void>
  readonly log: Log
}

export interface RegistryWatch extends AsyncDisposable {
  /**
   * What the registry held when this was called is in use here when it is done: at once, where the registry is at hand and
   * has not changed. Otherwise, and however many call it, it is asked ten times a second at most. Rejects with `Unavailable`.
   */
  catchUp(): Soon<void>
}

const pollEvery = 1000
const scheduleEvery = 60_000
const betweenLooks = 100

/** Takes over what any node has changed, within a second, and keeps the signing keys' schedule. */
export function watchRegistry({
  since,
  registryVersion,
  versionAtOnce,
  keepSchedule,
  reload,
  log,
}: Needs): RegistryWatch {
  let known = since
  let running: Promise<void> = Promise.resolve()
  let lookedAt = Number.NEGATIVE_INFINITY
  let coming: Promise<void> | undefined

  async function look() {
    lookedAt = performance.now()
    const version = await registryVersion()
    if (version !== known) await reload()
    known = version
  }

  async function poll() {
    try {
      await look()
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

  /** A look that has not begun yet is one for everybody who asks until it does. */
  async function nextLook(): Promise<void> {
    const pause = lookedAt + betweenLooks - performance.now()
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
    const done = running.then(() => {
      coming = undefined
      return look()
    })
    running = done.catch(() => {})
    try {
      await done
    } catch (cause) {
      throw cause instanceof Unavailable ? cause : new Unavailable('store', 'The registry could not be read', { cause })
    }
  }

  const lookSoon = enqueue(poll)
  const rotateSoon = enqueue(rotate)
  const timers = [setInterval(lookSoon, pollEvery), setInterval(rotateSoon, scheduleEvery)]
  for (const timer of timers) timer.unref()
  lookSoon()
  rotateSoon()

  return {
    catchUp() {
      if (versionAtOnce() === known) return
      coming ??= nextLook()
      return coming
    },

    async [Symbol.asyncDispose]() {
      timers.map(clearInterval)
      await running
    },
  }
}
