/** What gateways ask, asked of ours and of what it is compared with in turn. */
import { type Call, calls, type Evidence, type Who } from './calls.ts'
import type { LoadGenerator, Server } from './processes.ts'
import { askSteadily, type Latencies } from './steady.ts'
import { type Measured, median } from './table.ts'

interface Needs {
  readonly load: LoadGenerator
  readonly gates: Readonly<Partial<Record<Who, Server>> & { readonly ours: Server }>
  readonly evidence: Evidence
  readonly rounds: number
  readonly seconds: number
  readonly folder: string
}

/** How many ask, but for latencies. */
const atOnce = 16

/** Seconds until V8 has optimised what it will. */
const warmUp = 10

/** Ours and what it is compared with in turn. */
async function compare(call: Call, { load, gates, evidence, rounds, seconds }: Needs) {
  const { beside } = call
  const other = typeof beside === 'string' ? call : calls[beside.call]
  const kind = typeof beside === 'string' ? beside : 'ours'
  const sides = [
    { server: gates.ours, ...call.requests('ours', evidence) },
    { server: gates[kind], ...(other ?? call).requests(kind, evidence) },
  ] as const
  const costs: [number[], number[]] = [[], []]
  const rates: [number[], number[]] = [[], []]
  for (let round = 0; round <= rounds; round++)
    for (const side of [0, 1] as const) {
      const { server, requests, expected } = sides[side]
      if (!server) continue
      const before = server.processor()
      const port = Number(new URL(server.url).port)
      const { done, seconds: took } = await load.run({
        ...{ port, requests, expected, seconds: round === 0 ? Math.max(seconds, warmUp) : seconds },
        pace: { atOnce },
      })
      // The first one warms up.
      if (round === 0) continue
      costs[side].push((server.processor() - before) / done)
      rates[side].push(done / took)
    }
  const ofOther = (values: readonly number[]) => (values.length > 0 ? median(values) : undefined)
  return {
    ...{ ours: median(costs[0]), other: ofOther(costs[1]) },
    perSecond: { ours: median(rates[0]), other: ofOther(rates[1]) },
  }
}

interface PerSecond {
  readonly ours: number
  /** `undefined`: there is nothing to compare with here. */
  readonly other: number | undefined
}

/** Seconds: during the first half of one and the last half, not all connections are there. */
const steadily = 2

/** In turns, at 70 % of what each can do; what it is compared with in the same way, which shows what the machine adds. */
async function paceOf(call: Call, { gates, evidence, rounds, seconds, folder }: Needs, perSecond: PerSecond) {
  const sides = [
    { who: 'ours', most: perSecond.ours },
    ...(typeof call.beside === 'string' ? [{ who: call.beside, most: perSecond.other }] : []),
  ] as const
  const told = new Map<Who, Latencies[]>()
  for (let round = 0; round < rounds; round++)
    for (const { who, most } of sides) {
      const server = gates[who]
      if (!server || most === undefined) continue
      const port = Number(new URL(server.url).port)
      const asked = { port, ...call.requests(who, evidence), perSecond: 0.7 * most, folder }
      const latencies = await askSteadily({ ...asked, seconds: Math.max(2 * seconds, steadily) })
      if (latencies) told.set(who, [...(told.get(who) ?? []), latencies])
    }
  const texts = sides.map(({ who }) => `${who}: ${textOf(told.get(who) ?? [])}`)
  return `p99/p50 at 70 % load, of quarters of a second and of all, aim 5; ${texts.join('; ')}`
}

function textOf(told: readonly Latencies[]): string {
  if (told.length === 0) return 'not measured'
  const of = (read: (one: Latencies) => number, digits: number) => median(told.map(read)).toFixed(digits)
  const ratios = `${of((one) => one.ofQuarters, 1)} and ${of(({ p50, p99 }) => p99 / p50, 1)}`
  return `${ratios} (${of((one) => one.p50, 2)}, ${of((one) => one.p99, 2)} ms)`
}

const besideOf = ({ beside }: Call) =>
  beside === 'haproxy' ? 'HAProxy jwt_verify' : typeof beside === 'string' ? beside : beside.call

export async function askGates(names: readonly string[], needs: Needs): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  for (const [name, call] of Object.entries(calls)) {
    if (!names.includes(name)) continue
    const { perSecond, ...costs } = await compare(call, needs)
    const remark = call.paced ? await paceOf(call, needs, perSecond) : ''
    measured.push({ name, ...costs, beside: besideOf(call), aim: call.aim, remark })
  }
  return measured
}
