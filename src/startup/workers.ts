/** Several processes that share one listener, and the one above them that keeps their number. */
import cluster, { type Worker } from 'node:cluster'
import { StartProblem } from '../errors.ts'
import type { Log } from '../log.ts'
import type { FirstAdministrator } from './first-start.ts'
import type { Stop, StopMessage } from './stop.ts'

/** What a process says when it serves. */
export interface Announcement {
  readonly issuer: string
  /** Where it listens, such as `http://127.0.0.1:3000`. */
  readonly address: string
  readonly administrator?: FirstAdministrator | undefined
}

interface Needs {
  readonly count: number
  readonly stop: Stop
  readonly log: Log
  /** Called once, when all of them serve for the first time. */
  readonly announce: (announcement: Announcement) => void
  /** So many may end by themselves within so many milliseconds; one more ends them all. */
  readonly limit?: { readonly deaths: number; readonly within: number }
}

const defaultLimit = { deaths: 5, within: 60_000 }
const betweenRestarts = 1000

/** A worker tells its primary that it serves. */
export const tellPrimary = (announcement: Announcement): void => void process.send?.({ serves: announcement })

/**
 * Forks the workers: the first alone, so that it makes what a new installation needs and says what hinders a start;
 * then the others. One that ends is replaced. Resolves when all have ended because they were asked to. Rejects with a
 * {@link StartProblem}, after ending the rest, when one cannot be started or too many end.
 */
export function runWorkers({ count, stop, log, announce, limit = defaultLimit }: Needs): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const living = new Set<Worker>()
  const serving = new Set<Worker>()
  let deaths: readonly number[] = []
  let first: Announcement | undefined
  let announced = false
  let failure: StartProblem | undefined

  const send = (worker: Worker, message: StopMessage) => worker.isConnected() && worker.send(message)
  const isEnding = () => failure !== undefined || stop.soon.aborted

  function finish(): void {
    if (living.size > 0 || !isEnding()) return
    if (failure) reject(failure)
    else resolve()
  }

  function giveUp(problem: StartProblem): void {
    failure ??= problem
    for (const worker of living) send(worker, 'stop now')
  }

  function start(): void {
    if (isEnding()) return
    const worker = cluster.fork()
    living.add(worker)
    worker.on('message', (message: unknown) => {
      const announcement = announcementIn(message)
      if (announcement) serves(worker, announcement)
    })
    worker.on('error', (err) => log.warn({ err, worker: worker.id }, 'a worker cannot be reached'))
    worker.once('exit', (code, signal) => ended(worker, signal ?? `exit code ${code}`))
  }

  function serves(worker: Worker, announcement: Announcement): void {
    serving.add(worker)
    if (!first) {
      first = announcement
      for (let others = count - 1; others > 0; others--) start()
    }
    if (announced || serving.size < count) return
    announced = true
    announce(first)
  }

  function ended(worker: Worker, how: string): void {
    living.delete(worker)
    serving.delete(worker)
    if (!isEnding()) {
      const now = performance.now()
      deaths = [...deaths.filter((at) => now - at < limit.within), now]
      if (!announced) giveUp(new StartProblem(`A worker process could not start (${how}).`))
      else if (deaths.length > limit.deaths) giveUp(tooMany(deaths.length, how))
      else replace(worker, how)
    }
    finish()
  }

  function replace({ process: { pid } }: Worker, how: string): void {
    log.error({ worker: pid, how }, 'a worker ended by itself; another one takes its place')
    setTimeout(start, deaths.length === 1 ? 0 : betweenRestarts)
  }

  const pass = (message: StopMessage) => () => {
    for (const worker of living) send(worker, message)
    finish()
  }
  stop.soon.addEventListener('abort', pass('stop soon'))
  stop.now.addEventListener('abort', pass('stop now'))
  start()
  return promise
}

const tooMany = (deaths: number, how: string): StartProblem =>
  new StartProblem(
    `${deaths} worker processes ended by themselves within a short time, the last one with ${how}. Giving up: what each of them wrote before says why.`,
  )

function announcementIn(message: unknown): Announcement | undefined {
  const found = typeof message === 'object' && message !== null && 'serves' in message
  return found ? (message.serves as Announcement) : undefined
}
