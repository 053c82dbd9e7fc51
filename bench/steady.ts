/**
 * How long answers take under a steady load. h2load (nghttp2) asks, on the second processor: it is written in C, and not
 * late for reasons of its own, as a generator in Node.js is with one question of a hundred.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Load } from './load.ts'
import { pinned } from './processes.ts'
import { median } from './table.ts'

export interface Steady extends Pick<Load, 'port' | 'requests' | 'expected' | 'seconds'> {
  readonly perSecond: number
  /** For what h2load reads and writes. */
  readonly folder: string
}

/** Milliseconds. */
export interface Latencies {
  readonly p50: number
  readonly p99: number
  /** p99 / p50 of each quarter of a second, and of those the median: pauses of the machine's own spoil only some. */
  readonly ofQuarters: number
}

const connections = 64
/** Milliseconds between two of them: each asks at moments of its own, or all would wait for one another. */
const apart = 7
const opening = connections * apart

const isThere = spawnSync('h2load', ['--version']).status === 0

/** `undefined`: h2load is not installed. Of the requests, the first is asked again and again. */
export async function askSteadily(steady: Steady): Promise<Latencies | undefined> {
  if (!isThere) return undefined
  const { port, requests, expected = '', perSecond, seconds, folder } = steady
  const [head = '', body = ''] = (requests[0] ?? '').split('\r\n\r\n')
  const [line = '', ...headers] = head.split('\r\n')
  const log = join(folder, 'h2load.log')
  const form = join(folder, 'h2load.form')
  await rm(log, { force: true })
  await writeFile(form, body)
  const each = perSecond / connections
  const command = [
    ...(pinned() ? ['taskset', '-c', '1'] : []),
    ...['h2load', '--h1', '--threads=1', `--clients=${connections}`, '--rate=1', `--rate-period=${apart}ms`],
    ...[`--rps=${each}`, `--requests=${Math.floor(each * seconds) * connections}`, `--log-file=${log}`],
    // What it says itself.
    ...headers.filter((header) => !/^(host|content-length):/i.test(header)).flatMap((header) => ['--header', header]),
    ...(body ? [`--data=${form}`] : []),
    `http://127.0.0.1:${port}${line.split(' ')[1]}`,
  ]
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`h2load ended with ${code}`)
  return latenciesOf(await readFile(log, 'latin1'), Number(expected.slice('HTTP/1.1 '.length)))
}

/** Of the time in which all are there: each line has microseconds when it was asked, a status, and microseconds until its answer. */
function latenciesOf(log: string, expected: number): Latencies {
  const lines = log
    .trim()
    .split('\n')
    .map((line) => line.split('\t').map(Number) as [number, number, number])
  const wrong = lines.find(([, status]) => status !== expected)
  if (wrong) throw new Error(`h2load got ${wrong[1]}, not ${expected}`)
  const [begin, end] = [lines[0]?.[0] ?? 0, lines.at(-1)?.[0] ?? 0]
  const quarters = new Map<number, number[]>()
  for (const [at, , took] of lines) {
    if (at < begin + opening * 1000 || at > end - opening * 1000) continue
    const quarter = Math.floor((at - begin) / 250_000)
    const others = quarters.get(quarter)
    if (others) others.push(took / 1000)
    else quarters.set(quarter, [took / 1000])
  }
  const all = [...quarters.values()]
  const [p50, p99] = percentiles(all.flat())
  const ratios = all.map(percentiles).map(([half, most]) => most / half)
  return { p50, p99, ofQuarters: median(ratios) }
}

function percentiles(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0
  return [at(0.5), at(0.99)]
}
