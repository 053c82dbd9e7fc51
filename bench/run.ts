/**
 * What this broker costs beside a bare oidc-provider of the same version over the same kind of store, in processor time
 * per request: `npm run bench [ROUNDS] [SECONDS] [FLOW,FLOW]`. Rounds take turns in one run, so that what else the machine does
 * meets both. Method and results: docs/operations/performance.md.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rene } from '../test/support/people.ts'
import { startUpstream } from '../test/support/upstream.ts'
import { calls } from './calls.ts'
import { flows, passwordLogin, type Work } from './flows.ts'
import { askGates } from './gates.ts'
import { startHaproxy } from './haproxy.ts'
import { measure, warmUp } from './measure.ts'
import { admin, bareParty, gather, prepare, startAnother, startBare, startOurs } from './parties.ts'
import { hashCost, pinned, startLoad } from './processes.ts'
import { bytesPerSession, crowd } from './redis-bytes.ts'
import { median, printCalls, printTable } from './table.ts'

const rounds = Number(process.argv[2] ?? 3)
const seconds = Number(process.argv[3] ?? 2)
/** All of them unless some are named. */
const wanted = process.argv[4]?.split(',') ?? [...Object.keys(flows), ...Object.keys(calls), 'password login']
const redisUrl = process.env.BENCH_REDIS_URL

async function compare(folder: string, store: string | undefined) {
  await using upstream = await startUpstream({ users: { rene, ...crowd } })
  await using theirs = await startBare(store)
  await using ours = await startOurs(folder, store)
  const idle = [ours.memory(), theirs.memory()] as const
  const { party, ...api } = await prepare(ours, upstream)
  const parties = [party, bareParty(theirs)] as const
  const servers = [ours, theirs] as const

  const loaded = [0, 0] as [number, number]
  async function inTurns(works: readonly [Work, Work]): Promise<readonly [number, number]> {
    const costs: [number[], number[]] = [[], []]
    for (const side of [0, 1] as const) if (works[side]) await warmUp(servers[side], works[side])
    for (let round = 0; round < rounds; round++)
      for (const side of [0, 1] as const) {
        const { cost, memory } = await measure(servers[side], works[side], seconds)
        loaded[side] = Math.max(loaded[side], memory)
        costs[side].push(cost)
      }
    return [median(costs[0]), median(costs[1])]
  }

  const rows: (readonly [string, number, number, string])[] = []
  for (const [name, prepareWork] of Object.entries(flows)) {
    if (!wanted.includes(name)) continue
    rows.push([name, ...(await inTurns([await prepareWork(parties[0]), await prepareWork(parties[1])])), ''])
  }
  if (wanted.includes('password login') && flows.login) {
    const before = hashCost(seconds)
    const [cost, theirLogin] = await inTurns([passwordLogin(parties[0], admin), await flows.login(parties[1])])
    const hash = (before + hashCost(seconds)) / 2
    rows.push(['password login (beside: the hash alone)', cost, hash, `${(hash / cost).toFixed(2)} of the pure rate`])
    rows.push(['login without upstream (password login less the hash)', cost - hash, theirLogin, ''])
  }

  const title = store ? 'Redis' : 'embedded (SQLite file; bare: memory)'
  if (rows.length > 0) printTable(title, rows)
  const asked = Object.keys(calls).filter((name) => wanted.includes(name))
  if (asked.length > 0) {
    await using haproxy = await startHaproxy(folder, ours.url)
    using load = startLoad()
    const gates = { ours, bare: theirs, ...(haproxy && { haproxy }) }
    const another = await startAnother(folder, store, ours)
    const evidence = await gather({ ours: parties[0], another, bare: parties[1] }, api)
    await another[Symbol.asyncDispose]()
    printCalls(title, await askGates(asked, { load, gates, evidence, rounds, seconds, folder }))
  }
  const megabytes = {
    idle,
    ...(loaded[0] > 0 && { 'under load': loaded }),
    'after load': servers.map((server) => server.memory()),
  }
  const memory = Object.entries(megabytes).map(([when, both]) => `${when} ${both.map(Math.round).join(' / ')} MB`)
  if (store) {
    const [own, theirBytes] = [
      await bytesPerSession(store, parties[0], upstream),
      await bytesPerSession(store, parties[1], upstream),
    ]
    console.log(
      `Redis, bytes per session with a refresh token: ${Math.round(own)} / ${Math.round(theirBytes)}, ${(own / theirBytes).toFixed(2)} of bare's`,
    )
  }
  console.log(
    `memory: ${memory.join(', ')}; first answer after ${Math.round(ours.started)} / ${Math.round(theirs.started)} ms (ours / bare)\n`,
  )
}

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
try {
  console.log(`${rounds} rounds of ${seconds} s, medians${pinned() ? ', servers on processor 0' : ''}\n`)
  await compare(folder, undefined)
  if (redisUrl) await compare(folder, redisUrl)
} finally {
  rmSync(folder, { recursive: true })
}
process.exit()
