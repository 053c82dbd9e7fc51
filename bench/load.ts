/**
 * The load, in a process of its own on the other processor, so that neither the bench nor its garbage is in the way of
 * what is measured: sockets, requests as they were written down, and nothing else. Started by `startLoad` (processes.ts).
 */
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  /** Whole requests, in turn. */
  readonly requests: readonly string[]
  /** As every answer begins, such as `HTTP/1.1 200`; without it, whatever comes is counted. */
  readonly expected?: string
  readonly seconds: number
  /** So many at once, each as soon as the last one is answered; or so many a second, whatever becomes of those before. */
  readonly pace: { readonly atOnce: number } | Even
}

interface Even {
  readonly perSecond: number
  /** Opened, and used once, before it begins; 64 without it. */
  readonly connections?: number
  /** Milliseconds after which those who found no connection go away unasked; without it, they wait. */
  readonly patience?: number
}

export interface Told {
  readonly done: number
  /** How long that took. */
  readonly seconds: number
  /** How many found no connection in time. */
  readonly gaveUp: number
  /** How often each status came; `503 without Retry-After` is one of its own. */
  readonly statuses: Readonly<Record<string, number>>
  readonly failed?: string
}

/** Milliseconds: how long it sleeps between looks at what has come. */
const shortest = 0.05
const nothing = new Int32Array(new SharedArrayBuffer(4))

/** Node.js lets one in for each turn of its loop, and others have to wait: not all at once. */
const together = 64

async function run({ port, requests, expected, seconds, pace }: Load): Promise<Told> {
  const texts = requests.map((text) => Buffer.from(text, 'latin1'))
  let done = 0
  const statuses: Record<string, number> = {}
  const free: Socket[] = []
  const all: Socket[] = []
  const { promise: failure, reject } = Promise.withResolvers<never>()
  let turn = 0
  let gaveUp = 0
  let onFree: (line: Socket) => void = (line) => void free.push(line)

  const ask = (line: Socket): void => void line.write(texts[turn++ % texts.length] ?? '')

  function addLine(): Promise<Socket> {
    const line = connect({ port, host: '127.0.0.1', noDelay: true })
    all.push(line)
    let before = ''
    line.on('error', reject)
    line.on('data', (chunk: Buffer) => {
      const text = before + chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      const length = end < 0 ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0)
      if (end < 0 || text.length < end + 4 + length) {
        before = text
        return
      }
      before = ''
      const status = statusOf(text)
      statuses[status] = (statuses[status] ?? 0) + 1
      if (expected !== undefined && !text.startsWith(expected))
        return reject(new Error(`not ${expected} but ${text.slice(0, 400)}`))
      done += 1
      onFree(line)
    })
    return new Promise((resolve) => line.once('connect', () => resolve(line)))
  }

  async function atOnce(count: number): Promise<void> {
    const lines = await Promise.all(Array.from({ length: count }, addLine))
    const until = performance.now() + seconds * 1000
    let left = lines.length
    await new Promise<void>((resolve) => {
      onFree = (line) => {
        if (performance.now() < until) return ask(line)
        left -= 1
        if (left === 0) resolve()
      }
      lines.forEach(onFree)
    })
  }

  async function openMore(): Promise<void> {
    const fresh = await Promise.all(Array.from({ length: together }, addLine))
    await new Promise<void>((resolve) => {
      const before = free.length
      onFree = (line) => {
        if (free.push(line) === before + together) resolve()
      }
      fresh.forEach(ask)
    })
  }

  async function evenly({ perSecond, connections = together, patience = Infinity }: Even): Promise<void> {
    while (all.length < connections) await openMore()
    done = 0
    for (const status of Object.keys(statuses)) delete statuses[status]
    const begin = performance.now()
    const count = Math.floor(perSecond * seconds)
    // By number: they come evenly, so that their times need not be kept.
    let waiting = 0
    const dueOf = (number: number) => begin + (number * 1000) / perSecond
    onFree = (line) => {
      while (waiting > 0 && performance.now() - dueOf(at - waiting) > patience) {
        waiting -= 1
        gaveUp += 1
      }
      if (waiting === 0) return void free.push(line)
      ask(line)
      waiting -= 1
    }
    let at = 0
    for (; at < count; at++) {
      const due = dueOf(at)
      // A timer would come up to a millisecond late, and whoever spins leaves the processor to nobody else.
      for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
        if (left > shortest) Atomics.wait(nothing, 0, 0, Math.min(left - shortest / 2, shortest))
        await new Promise((resolve) => setImmediate(resolve))
      }
      // The one that was used longest ago: none is idle until the server closes it.
      const line = free.shift()
      if (line) ask(line)
      else waiting += 1
    }
    while (done + gaveUp < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  const began = performance.now()
  try {
    await Promise.race(['atOnce' in pace ? atOnce(pace.atOnce) : evenly(pace), failure])
  } catch (error) {
    return { done: 0, seconds: 0, gaveUp, statuses, failed: String(error) }
  } finally {
    for (const line of all) line.destroy()
  }
  return { done, seconds: (performance.now() - began) / 1000, gaveUp, statuses }
}

function statusOf(answer: string): string {
  const status = answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)
  return status === '503' && !/\r\nretry-after: *[1-9]/i.test(answer) ? '503 without Retry-After' : status
}

process.on('message', async (load: Load) => process.send?.(await run(load)))
process.on('disconnect', () => process.exit())
