/** Several processes behind one listener, as an operator meets them. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { freePort } from '../support/broker.ts'

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

let folder: string
let children: ChildProcess[]
beforeEach(async () => {
  children = []
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-workers-'))
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

function run(port: number, env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env.PATH,
      LOG_LEVEL: 'fatal',
      DATABASE_URL: `sqlite:${join(folder, 'gatehouse.db')}`,
      GATEHOUSE_WORKERS: '2',
      PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  const complained = text(child.stderr)
  const announced = Promise.race([once(child.stdout, 'data'), exit])
  return {
    child,
    exit,
    announced,
    said: text(child.stdout),
    complained,
  }
}

/** The processes right below this one. */
const workersOf = (child: ChildProcess): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === child.pid)
    .map(Number)

function parentOf(pid: string): number | undefined {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return undefined // It has ended meanwhile.
  }
}

/** Each time on a connection of its own, so that they are handed out in turn. */
async function isUp(port: number): Promise<boolean> {
  const [answer] = await once(get({ host: '127.0.0.1', port, path: '/health/ready', agent: false }), 'response')
  answer.resume()
  return answer.statusCode === 200
}

describe('two workers', () => {
  it('share a listener, a key and one first administrator, and end with the process', async () => {
    const port = await freePort()
    const { child, exit, announced, said, complained } = run(port)
    await announced
    const workers = workersOf(child)
    expect(workers).toHaveLength(2)
    for (let turn = 0; turn < 4; turn++) expect(await isUp(port)).toBe(true)
    child.kill('SIGTERM')
    await vi.waitFor(async () => expect(await isUp(port)).toBe(false), { interval: 50 })
    expect(await exit).toBe(0)
    expect(await complained).toBe('')
    const output = await said
    expect(output.match(/Gatehouse is ready/g)).toHaveLength(1)
    expect(output.match(/shown this once/g)).toHaveLength(1)
    expect((await readdir(folder)).filter((name) => name.startsWith('secret.key'))).toEqual(['secret.key'])
    expect(workers.map((pid) => parentOf(String(pid)))).toEqual([undefined, undefined])
  })

  it('end at once after Ctrl-C, which the terminal sends to each of them', async () => {
    const port = await freePort()
    const { child, exit, announced } = run(port)
    await announced
    const begin = performance.now()
    for (const pid of [child.pid, ...workersOf(child)]) process.kill(pid ?? 0, 'SIGINT')
    expect(await exit).toBe(0)
    expect(performance.now() - begin).toBeLessThan(1000)
  })

  it('are two again after one was killed, and nobody is turned away meanwhile', async () => {
    const port = await freePort()
    const { child, announced } = run(port)
    await announced
    const [victim = 0, survivor = 0] = workersOf(child)
    const answers: boolean[] = []
    process.kill(victim, 'SIGKILL')
    // A connection that the primary hands over in this very moment goes down with the victim.
    await vi.waitFor(() => expect(workersOf(child)).not.toContain(victim), { interval: 10 })
    await vi.waitFor(
      async () => {
        answers.push(await isUp(port))
        const workers = workersOf(child)
        expect(workers).toHaveLength(2)
        expect(workers).toContain(survivor)
        expect(workers).not.toContain(victim)
      },
      { timeout: 25_000, interval: 20 },
    )
    expect(answers.filter((up) => !up)).toEqual([])
  })

  it('are given up when they keep ending, in words and with an exit code', async () => {
    const port = await freePort()
    const { child, exit, announced, complained } = run(port)
    await announced
    const killer = setInterval(() => {
      for (const pid of workersOf(child)) process.kill(pid, 'SIGKILL')
    }, 50)
    expect(await exit).toBe(1)
    clearInterval(killer)
    expect(await complained).toMatch(/^\d+ worker processes ended by themselves .*SIGKILL.*\n$/)
  })

  it('do not outlive the process that started them', async () => {
    const port = await freePort()
    const { child, announced } = run(port)
    await announced
    const workers = workersOf(child)
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(workers.map((pid) => parentOf(String(pid)))).toEqual([undefined, undefined]), {
      timeout: 5000,
    })
  })
})

describe('a start that cannot be', () => {
  it('is told once, not once per worker', async () => {
    const port = await freePort()
    const first = run(port)
    await first.announced
    const { exit, complained, said } = run(port)
    expect(await exit).toBe(1)
    const complaint = await complained
    expect(complaint.match(/another program listens there already/g)).toHaveLength(1)
    expect(complaint).not.toMatch(/^\s+at /m)
    expect(await said).toBe('')
  })

  it('says why a database in memory has one process', async () => {
    const { exit, complained } = run(await freePort(), { DATABASE_URL: 'sqlite::memory:' })
    expect(await exit).toBe(1)
    expect(await complained).toContain('workers (GATEHOUSE_WORKERS): must be 1 with database_url sqlite::memory:')
  })
})
