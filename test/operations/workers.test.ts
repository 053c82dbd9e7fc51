/** Several processes behind one port: whichever is asked tells the numbers of all. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readMetrics } from '../support/prometheus.ts'

const root = join(import.meta.dirname, '..', '..')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-workers-'))
})
afterAll(() => rm(folder, { recursive: true }))

const program = `
import cluster from 'node:cluster'
const { relayMetrics, gatherFromWorkers } = await import('${root}/src/operations/cluster-metrics.ts')
const { createExposition } = await import('${root}/src/operations/exposition.ts')
const { createCounter, createGauge } = await import('${root}/src/operations/meters.ts')
if (cluster.isPrimary) {
  relayMetrics()
  const workers = [1, 2, 3].map((count) => cluster.fork({ COUNT: count }))
  let ready = 0
  cluster.on('message', (worker, message) => {
    if (message === 'ready' && ++ready === 3) workers[0].send('ask')
    if (message === 'hung') workers[0].send('ask')
    if (message.text) {
      process.send(message)
      if (message.asked === 1) workers[2].send('hang')
    }
  })
  process.on('message', () => { for (const worker of workers) worker.process.kill('SIGKILL'); process.exit(0) })
} else {
  const logins = createCounter({ name: 'logins_total', help: 'x', labels: ['source'] })
  const oldest = createGauge({ name: 'key_age', help: 'x', aggregator: 'max', read: () => Number(process.env.COUNT) })
  logins.add({ source: 'Okta' }, Number(process.env.COUNT))
  const exposition = await createExposition([logins, oldest])
  const gather = gatherFromWorkers(() => exposition.snapshot())
  let asked = 0
  process.on('message', async (message) => {
    if (message === 'ask') {
      asked += 1
      process.send({ asked, text: await exposition.text(await gather()) })
    }
    if (message === 'hang') {
      process.send('hung')
      const until = Date.now() + 5000
      while (Date.now() < until);
    }
  })
  process.send('ready')
}
`

it('adds up the workers, and leaves out one that hangs', { timeout: 60_000 }, async () => {
  const file = join(folder, 'program.mjs')
  await writeFile(file, program)
  const primary = fork(file, { stdio: 'inherit', execArgv: [] })
  try {
    const [first] = (await once(primary, 'message')) as [{ text: string }]
    const [second] = (await once(primary, 'message')) as [{ text: string }]
    const all = readMetrics(first.text)
    expect(all.value('logins_total', { source: 'Okta' })).toBe(6)
    expect(all.value('key_age')).toBe(3)
    expect(readMetrics(second.text).value('logins_total', { source: 'Okta' }), 'without the one that hangs').toBe(3)
  } finally {
    primary.send('end')
    await once(primary, 'exit')
  }
})
