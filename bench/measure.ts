import type { Work } from './flows.ts'
import type { Server } from './processes.ts'

export interface Sample {
  /** Milliseconds of processor time per request. */
  readonly cost: number
  /** Megabytes, with the load still on it. */
  readonly memory: number
}

/** What V8 has optimised by then is what it will. */
const warmUps = { times: 3000, seconds: 30 }

/** Before anything counts: as often as it takes, which on a slow machine is longer than a round. */
export const warmUp = (server: Server, work: Work): Promise<Sample> =>
  measure(server, work, warmUps.seconds, warmUps.times)

/** Eight at once, for so many seconds, or until it was done so many times. */
export async function measure(
  server: Server,
  work: Work,
  seconds: number,
  times = Number.POSITIVE_INFINITY,
): Promise<Sample> {
  const begin = { at: performance.now(), cost: server.processor() }
  let done = 0
  let memory = 0
  const until = begin.at + seconds * 1000
  const worker = async () => {
    while (performance.now() < until && done < times) {
      await work()
      done += 1
    }
    memory ||= server.memory()
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return { cost: (server.processor() - begin.cost) / done, memory }
}
