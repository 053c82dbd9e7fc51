import type { Work } from './flows.ts'
import type { Server } from './processes.ts'

export interface Sample {
  /** Milliseconds of processor time per request. */
  readonly cost: number
  /** Megabytes, with the load still on it. */
  readonly memory: number
}

/** Eight at once, for so many seconds. */
export async function measure(server: Server, work: Work, seconds: number): Promise<Sample> {
  const begin = { at: performance.now(), cost: server.processor() }
  let done = 0
  let memory = 0
  const until = begin.at + seconds * 1000
  const worker = async () => {
    while (performance.now() < until) {
      await work()
      done += 1
    }
    memory ||= server.memory()
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return { cost: (server.processor() - begin.cost) / done, memory }
}
