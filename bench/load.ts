/**
 * The load, in a process of its own on the other processor, so that neither the bench nor its garbage is in the way of
 * what is measured: sockets, requests as they were written down, and nothing else. Started by `startLoad` (processes.ts).
 */
import { connect, type Socket } from 'node:net'

export interface Load {
  readonly port: number
  /** Whole requests, in turn. */
  readonly requests: readonly string[]
  /** As every answer begins, such as `HTTP/1.1 200`. */
  readonly expected: string
  readonly seconds: number
  /** So many at once, each as soon as the last one is answered; or so many a second, whatever becomes of those before. */
  readonly pace: { readonly atOnce: number } | { readonly perSecond: number }
}

export interface Told {
  readonly done: number
  /** How long that took. */
  readonly seconds: number
  /** Milliseconds from when a request was due until its answer was there. */
  readonly p50: number
  readonly p99: number
  /** Milliseconds by which requests left late: what the generator itself adds. */
  readonly lateP99: number
  readonly failed?: string
}

interface Line {
  readonly socket: Socket
  due: number
}

const mostLines = 512

async function run({ port, requests, expected, seconds, pace }: Load): Promise<Told> {
  const texts = requests.map((text) => Buffer.from(text, 'latin1'))
  const taken: number[] = []
  const late: number[] = []
  const free: Line[] = []
  const all: Line[] = []
  const { promise: failure, reject } = Promise.withResolvers<never>()
  let turn = 0
  let onFree: (line: Line) => void = (line) => void free.push(line)

  function ask(line: Line, due: number): void {
    line.due = due
    line.socket.write(texts[turn++ % texts.length] ?? '')
  }

  function addLine(): Promise<Line> {
    const line: Line = { socket: connect({ port, host: '127.0.0.1', noDelay: true }), due: 0 }
    all.push(line)
    let before = ''
    line.socket.on('error', reject)
    line.socket.on('data', (chunk: Buffer) => {
      const text = before + chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      const length = end < 0 ? 0 : Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0)
      if (end < 0 || text.length < end + 4 + length) {
        before = text
        return
      }
      before = ''
      if (!text.startsWith(expected)) return reject(new Error(`not ${expected} but ${text.slice(0, 400)}`))
      taken.push(performance.now() - line.due)
      onFree(line)
    })
    return new Promise((resolve) => line.socket.once('connect', () => resolve(line)))
  }

  async function atOnce(count: number): Promise<void> {
    const lines = await Promise.all(Array.from({ length: count }, addLine))
    const until = performance.now() + seconds * 1000
    let left = lines.length
    await new Promise<void>((resolve) => {
      onFree = (line) => {
        const now = performance.now()
        if (now < until) return ask(line, now)
        left -= 1
        if (left === 0) resolve()
      }
      lines.forEach(onFree)
    })
  }

  async function evenly(perSecond: number): Promise<void> {
    free.push(...(await Promise.all(Array.from({ length: 64 }, addLine))))
    const begin = performance.now()
    const count = Math.floor(perSecond * seconds)
    const waiting: number[] = []
    onFree = (line) => {
      const due = waiting.shift()
      if (due === undefined) free.push(line)
      else ask(line, due)
    }
    for (let at = 0; at < count; at++) {
      const due = begin + (at * 1000) / perSecond
      // Spinning: a timer would come up to a millisecond late.
      while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve))
      late.push(performance.now() - due)
      const line = free.pop()
      if (line) ask(line, due)
      else {
        waiting.push(due)
        if (all.length < mostLines) void addLine().then((fresh) => onFree(fresh))
      }
    }
    while (taken.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  const began = performance.now()
  try {
    await Promise.race(['atOnce' in pace ? atOnce(pace.atOnce) : evenly(pace.perSecond), failure])
  } catch (error) {
    return { done: 0, seconds: 0, p50: 0, p99: 0, lateP99: 0, failed: String(error) }
  } finally {
    for (const { socket } of all) socket.destroy()
  }
  const elapsed = (performance.now() - began) / 1000
  return { done: taken.length, seconds: elapsed, p50: at(taken, 0.5), p99: at(taken, 0.99), lateP99: at(late, 0.99) }
}

function at(values: number[], share: number): number {
  values.sort((a, b) => a - b)
  return values[Math.floor(values.length * share)] ?? 0
}

process.on('message', async (load: Load) => process.send?.(await run(load)))
process.on('disconnect', () => process.exit())
