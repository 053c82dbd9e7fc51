/**
 * What a second worker costs: processor time per request of the whole process tree, with one worker and with two, in
 * rounds that take turns: `npm run bench:workers [ROUNDS] [SECONDS] [FLOW,FLOW]`. Embedded, and over Redis with BENCH_REDIS_URL. The
 * aim is at most a tenth more. Method and results: docs/operations/performance.md.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rene } from '../test/support/people.ts'
import { startUpstream } from '../test/support/upstream.ts'
import { flows } from './flows.ts'
import { measure } from './measure.ts'
import { prepare, startOurs } from './parties.ts'
import { pinned } from './processes.ts'
import { median } from './table.ts'

const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 2)
/** All of them unless some are named. */
const wanted = process.argv[4]?.split(',') ?? Object.keys(flows)
const allowed = 1.1

async function compare(folder: string, store: string | undefined): Promise<void> {
  await using upstream = await startUpstream({ users: { rene } })
  await using another = await startUpstream({ users: { rene } })
  await using one = await startOurs(folder, store)
  await using two = await startOurs(folder, store, { GATEHOUSE_WORKERS: '2' })
  const servers = [one, two] as const
  const parties = [(await prepare(one, upstream)).party, (await prepare(two, another)).party] as const

  const title = store ? 'Redis' : 'embedded (SQLite file)'
  console.log(`| ${title} | one worker, CPU-ms | two, CPU-ms | two / one | at most ${allowed} |`)
  console.log('| --- | --- | --- | --- | --- |')
  for (const [name, prepareWork] of Object.entries(flows)) {
    if (!wanted.includes(name)) continue
    const works = [await prepareWork(parties[0]), await prepareWork(parties[1])] as const
    const costs = [[], []] as [number[], number[]]
    for (let round = 0; round <= rounds; round++)
      for (const side of [0, 1] as const) {
        const { cost } = await measure(servers[side], works[side], seconds)
        // The first one warms up.
        if (round > 0) costs[side].push(cost)
      }
    const [single, double] = [median(costs[0]), median(costs[1])]
    const ratio = double / single
    const cells = [name, single.toFixed(3), double.toFixed(3), ratio.toFixed(2), ratio <= allowed ? 'yes' : 'no']
    console.log(`| ${cells.join(' | ')} |`)
  }
  console.log(
    `\nmemory of the processes together: ${servers.map((server) => Math.round(server.memory())).join(' / ')} MB\n`,
  )
}

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
try {
  console.log(`${rounds} rounds of ${seconds} s, medians${pinned() ? ', servers on processor 0' : ''}\n`)
  await compare(folder, undefined)
  if (process.env.BENCH_REDIS_URL) await compare(folder, process.env.BENCH_REDIS_URL)
} finally {
  rmSync(folder, { recursive: true })
}
process.exit()
