/** Work that may fail and is then worth another try, later: a few times, and only so much of it at once. */
import { setTimeout as pause } from 'node:timers/promises'

export interface Deliveries<T> extends AsyncDisposable {
  /** Puts it in line. `false`: there is too much in line already, and it is not taken. */
  add(item: T): boolean
}

/** How often it was tried before and whether it will be tried again should it fail. */
export interface Turn {
  /** From 1. */
  readonly attempt: number
  readonly isLast: boolean
}

interface Needs<T> {
  /** Tries. `true`: it did not work, and may work later. Must not reject. */
  readonly attempt: (item: T, turn: Turn) => Promise<boolean>
  /** Items of the same lane wait for one another: one that is slow holds up its own kind only. */
  readonly laneOf: (item: T) => string
  readonly attempts: number
  /** Milliseconds until the second try; each further one takes three times as long, give or take a half, but a day at most. */
  readonly retryAfter: number
  /** Milliseconds that whoever stops waits for what is in line, each of which gets one last try at once. */
  readonly drain: number
  /** Told how many were given up when it stopped. */
  readonly onGivenUp: (count: number) => void
}

/** Milliseconds. A timer that is set for longer than 24 days rings at once. */
const longestWait = 24 * 60 * 60 * 1000

/** In all, and of one lane; and how much may be in line. */
const limits = { atOnce: 32, perLane: 4, inLine: 100_000 }

interface Job<T> {
  readonly item: T
  readonly attempt: number
}

interface Lane<T> {
  readonly waiting: Job<T>[]
  running: number
}

export function createDeliveries<T>(needs: Needs<T>): Deliveries<T> {
  const { attempt, laneOf, attempts, retryAfter, drain, onGivenUp } = needs
  const lanes = new Map<string, Lane<T>>()
  const resting = new Map<Job<T>, NodeJS.Timeout>()
  const empty = Promise.withResolvers<void>()
  let pending = 0
  let running = 0
  let stopping = false

  function queue(job: Job<T>): void {
    const name = laneOf(job.item)
    const lane = lanes.get(name) ?? { waiting: [], running: 0 }
    lane.waiting.push(job)
    lanes.set(name, lane)
    pump()
  }

  function pump(): void {
    while (running < limits.atOnce) {
      const next = lanes.entries().find(([, lane]) => lane.running < limits.perLane && lane.waiting.length > 0)
      const job = next?.[1].waiting.shift()
      if (!next || !job) return
      const [name, lane] = next
      // To the back, so that every lane has its turn.
      lanes.delete(name)
      lanes.set(name, lane)
      void run(name, lane, job)
    }
  }

  async function run(name: string, lane: Lane<T>, job: Job<T>): Promise<void> {
    running += 1
    lane.running += 1
    const isLast = stopping || job.attempt >= attempts
    const again = (await attempt(job.item, { attempt: job.attempt, isLast })) && !isLast
    running -= 1
    lane.running -= 1
    const next = { item: job.item, attempt: job.attempt + 1 }
    if (!again) pending -= 1
    else if (stopping) queue(next)
    else rest(next)
    if (lane.running === 0 && lane.waiting.length === 0 && lanes.get(name) === lane) lanes.delete(name)
    if (stopping && pending === 0) empty.resolve()
    pump()
  }

  function rest(job: Job<T>): void {
    const wait = Math.min(retryAfter * 3 ** (job.attempt - 2) * (0.5 + Math.random()), longestWait)
    resting.set(job, setTimeout(wake, wait, job).unref())
  }

  function wake(job: Job<T>): void {
    clearTimeout(resting.get(job))
    resting.delete(job)
    queue(job)
  }

  return {
    add(item) {
      if (pending >= limits.inLine) return false
      pending += 1
      queue({ item, attempt: 1 })
      return true
    },

    async [Symbol.asyncDispose]() {
      stopping = true
      for (const job of [...resting.keys()]) wake(job)
      if (pending === 0) return
      await Promise.race([empty.promise, pause(drain)])
      if (pending > 0) onGivenUp(pending)
    },
  }
}
