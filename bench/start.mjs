/**
 * How long from the start of the process to the first answer of discovery, and how much memory it then keeps:
 * `npm run bench:start`. Each run begins with an empty folder; the second start of it finds its keys there.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const runs = Number(process.argv[2] ?? 5)
const root = join(import.meta.dirname, '..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** As `npm start` starts it. */
const [, ...parameters] = scripts.start.split(' ')

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  return port
}

async function start(folder) {
  const port = await freePort()
  const env = {
    ...process.env,
    PORT: String(port),
    DATABASE_URL: `sqlite:${join(folder, 'gatehouse.db')}`,
    LOG_LEVEL: 'silent',
  }
  const begin = performance.now()
  const broker = spawn(process.execPath, parameters, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] })
  while (broker.exitCode === null) {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/.well-known/openid-configuration`)
      if (answer.ok) break
    } catch {
      await sleep(5)
    }
  }
  if (broker.exitCode !== null) throw new Error('the broker did not start')
  const elapsed = performance.now() - begin
  const processor = processorTime(broker.pid)
  await sleep(3000)
  const idle = memory(broker.pid)
  broker.kill('SIGTERM')
  const [code] = await once(broker, 'exit')
  if (code !== 0) throw new Error(`the broker ended with ${code}`)
  return { elapsed, processor, memory: idle }
}

/** Megabytes. */
const memory = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

/** Milliseconds of user and system time. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

const results = { first: [], second: [] }
for (let run = 0; run < runs; run++) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-start-'))
  try {
    for (const kind of ['first', 'second']) results[kind].push(await start(folder))
  } finally {
    rmSync(folder, { recursive: true })
  }
}
for (const [kind, samples] of Object.entries(results)) {
  const of = (name) => Math.round(median(samples.map((sample) => sample[name])))
  console.log(
    `${kind} start: ${of('elapsed')} ms to discovery (${of('processor')} ms of processor time), ${of('memory')} MB when idle`,
  )
}
