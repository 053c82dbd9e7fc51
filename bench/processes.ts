/** Servers to be measured, each a process of its own on the first processor, and what they cost. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Load, Told } from './load.ts'

const pinning = spawnSync('taskset', ['-c', '0', 'true']).status === 0
export const pinned = (): boolean => pinning
/** Of the servers. */
const place = pinning ? ['taskset', '-c', '0'] : []

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export interface Server extends AsyncDisposable {
  readonly url: string
  /** Milliseconds from the start of the process to its first answer. */
  readonly started: number
  /** Milliseconds of user and system time of the process and its children, so far. */
  processor(): number
  /** Megabytes. */
  memory(): number
}

/** `program`: what runs the command, if it is not this Node.js; `ready`: what it answers with 200 when it is there. */
export async function start(
  command: readonly string[],
  port: number,
  env: Readonly<Record<string, string>>,
  { program = process.execPath, ready = '/.well-known/openid-configuration' } = {},
): Promise<Server> {
  const begin = performance.now()
  const whole = [...place, program, ...command]
  const child = spawn(whole[0] ?? '', whole.slice(1), {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  endWithUs(child)
  const url = `http://localhost:${port}`
  while (
    !(await fetch(url + ready).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended with ${child.exitCode}`)
    await sleep(5)
  }
  const started = performance.now() - begin
  return {
    url,
    started,
    processor: () => sum(child, (pid) => ticksOf(pid) * 10),
    memory: () => sum(child, memoryOf),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

const children = new Set<ChildProcess>()

/** However the bench ends: nobody else would end it. */
function endWithUs(child: ChildProcess): void {
  if (children.size === 0) {
    process.on('exit', () => children.forEach((one) => void one.kill()))
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  }
  children.add(child)
}

/** Of a hash alone, where the servers run. */
export function hashCost(seconds: number): number {
  const whole = [...place, process.execPath, join(import.meta.dirname, 'hash.ts'), String(seconds)]
  const env = { ...process.env, MALLOC_ARENA_MAX: '1' }
  return Number(spawnSync(whole[0] ?? '', whole.slice(1), { encoding: 'utf8', env }).stdout)
}

export interface LoadGenerator extends Disposable {
  /** Rejects with the first answer that is not as expected. */
  run(load: Load): Promise<Told>
}

/** On the second processor. */
export function startLoad(): LoadGenerator {
  const whole = [...(pinning ? ['taskset', '-c', '1'] : []), process.execPath, join(import.meta.dirname, 'load.ts')]
  const child = spawn(whole[0] ?? '', whole.slice(1), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return {
    async run(load) {
      const told = once(child, 'message')
      child.send(load)
      const [answer] = (await told) as [Told]
      if (answer.failed) throw new Error(answer.failed)
      return answer
    },
    [Symbol.dispose]: () => void child.kill(),
  }
}

const statOf = (pid: number) =>
  readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')

const ticksOf = (pid: number) => [11, 12, 13, 14].reduce((ticks, field) => ticks + Number(statOf(pid)[field]), 0)
const memoryOf = (pid: number) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

function sum({ pid = 0 }: ChildProcess, of: (pid: number) => number): number {
  const family = [pid]
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  for (const member of family)
    for (const name of all) {
      try {
        if (Number(statOf(Number(name))[1]) === member) family.push(Number(name))
      } catch {} // It has ended meanwhile.
    }
  return family.reduce((total, member) => total + of(member), 0)
}
