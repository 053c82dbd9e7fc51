/** Whichever worker is asked for metrics answers for all of them: the primary passes its question on. */
import cluster, { type Worker } from 'node:cluster'
import { z } from 'zod'
import { newId } from '../ids.ts'
import type { Gather, Snapshot } from './exposition.ts'

/** Milliseconds. Whoever has not answered by then is left out: a worker that hangs must not hide the others. */
const patience = 1000

const Question = z.object({ gatehouse: z.enum(['metrics of all?', 'your metrics?']), id: z.string() })
const Part = z.object({ gatehouse: z.literal('my metrics'), id: z.string(), snapshot: z.array(z.looseObject({})) })
const Whole = z.object({
  gatehouse: z.literal('metrics of all'),
  id: z.string(),
  snapshots: z.array(z.array(z.looseObject({}))),
})

/** In the primary, once. */
export function relayMetrics(): void {
  const waiting = new Map<string, (from: Worker, snapshot: Snapshot) => void>()

  async function gather(asker: Worker, id: string): Promise<void> {
    const asked = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected())
    const snapshots = new Map<number, Snapshot>()
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, patience)
    waiting.set(id, (from, snapshot) => {
      snapshots.set(from.id, snapshot)
      if (snapshots.size === asked.length) resolve()
    })
    for (const worker of asked) worker?.send({ gatehouse: 'your metrics?', id })
    await promise
    clearTimeout(timer)
    waiting.delete(id)
    if (asker.isConnected()) asker.send({ gatehouse: 'metrics of all', id, snapshots: [...snapshots.values()] })
  }

  cluster.on('message', (worker, message: unknown) => {
    const question = Question.safeParse(message)
    if (question.success) void gather(worker, question.data.id)
    const part = Part.safeParse(message)
    if (part.success) waiting.get(part.data.id)?.(worker, part.data.snapshot)
  })
}

/** In a worker, once: asks for everybody's, and answers when asked. */
export const gatherFromWorkers: Gather = (own) => {
  const send = (message: object): void => {
    if (process.connected) process.send?.(message)
  }
  const waiting = new Map<string, (snapshots: readonly Snapshot[]) => void>()
  process.on('message', (message: unknown) => {
    const question = Question.safeParse(message)
    if (question.success && question.data.gatehouse === 'your metrics?') {
      const { id } = question.data
      own().then(
        (snapshot) => send({ gatehouse: 'my metrics', id, snapshot }),
        () => send({ gatehouse: 'my metrics', id, snapshot: [] }),
      )
    }
    const whole = Whole.safeParse(message)
    if (whole.success) waiting.get(whole.data.id)?.(whole.data.snapshots)
  })

  return async () => {
    const id = newId()
    const { promise, resolve } = Promise.withResolvers<readonly Snapshot[]>()
    const timer = setTimeout(() => resolve([]), patience * 2)
    waiting.set(id, resolve)
    send({ gatehouse: 'metrics of all?', id })
    const snapshots = await promise
    clearTimeout(timer)
    waiting.delete(id)
    return snapshots.length > 0 ? snapshots : [await own()]
  }
}
