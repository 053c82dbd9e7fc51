/** Real processes, `node src/main.ts` each, over the same stores and behind one address; to be hurt and mended. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { administratorPassword, automation, freePort } from './broker.ts'
import { createHands } from './hands.ts'
import type { Fault } from './node-faults.ts'
import { startRoundRobin } from './round-robin.ts'

interface Options {
  /** How many. */
  readonly count?: number
  /** Where the stores are, for example; without a database, one SQLite file is shared. */
  readonly env?: Readonly<Record<string, string>>
  /** Laid over the defaults. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** How many nodes the load balancer tries when it cannot connect. */
  readonly tries?: number
}

export interface TestNode {
  readonly url: URL
  readonly pid: number
  /** What it wrote: on the standard output (the log), and on the standard error. */
  readonly output: string
  readonly complaints: string
  /** @param env of this start, over the nodes' own. */
  start(env?: Readonly<Record<string, string>>): Promise<void>
  /** Answers the exit code when it has ended; `null` after SIGKILL. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGTERM' | 'SIGINT'): void
  /** For the event loop or the clock of that process alone. */
  inflict(fault: Fault): void
}

export type Nodes = Awaited<ReturnType<typeof startNodes>>

const main = join(import.meta.dirname, '..', '..', 'src', 'main.ts')
const faults = join(import.meta.dirname, 'node-faults.ts')

/** Started one after the other, and watched by a load balancer that only sends requests to those that are ready. */
export async function startNodes({ count = 2, env = {}, settings = {}, tries = 3 }: Options = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nodes-'))
  const config = join(folder, 'settings.yaml')
  await writeFile(config, stringify(settings))
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const balancer = await startRoundRobin(port, tries)
  const shared = {
    PATH: process.env.PATH ?? '',
    LOG_LEVEL: 'warn',
    DATABASE_URL: `sqlite:${join(folder, 'gatehouse.db')}`,
    GATEHOUSE_CONFIG: config,
    GATEHOUSE_ISSUER: issuer,
    GATEHOUSE_SECRET_KEY: randomBytes(32).toString('base64'),
    GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: administratorPassword,
    GATEHOUSE_BOOTSTRAP_CLIENT_ID: automation.id,
    GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: automation.secret,
    ...env,
  }
  const nodes: readonly TestNode[] = await Promise.all(
    Array.from({ length: count }, async () => createNode(await freePort(), shared)),
  )
  const dispose = async () => {
    await Promise.all(nodes.map((node) => node.stop('SIGKILL')))
    await balancer[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  }
  try {
    for (const node of nodes) await node.start()
  } catch (error) {
    await dispose()
    throw error
  }
  balancer.use(nodes.map(({ url }) => url))
  balancer.watch(nodes.map(({ url }) => url))

  return {
    ...createHands(issuer, automation),
    nodes,
    balancer,
    folder,
    [Symbol.asyncDispose]: dispose,
  }
}

function createNode(port: number, shared: Readonly<Record<string, string>>): TestNode {
  let child: ChildProcess | undefined
  let output = ''
  let complaints = ''
  return {
    url: new URL(`http://127.0.0.1:${port}`),
    get pid() {
      return child?.pid ?? 0
    },
    get output() {
      return output
    },
    get complaints() {
      return complaints
    },
    async start(env = {}) {
      const started = spawn(process.execPath, ['--import', faults, main], {
        env: { ...shared, PORT: String(port), ...env },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      child = started
      let ready = () => {}
      const announced = new Promise<void>((resolve) => {
        ready = resolve
      })
      started.stdout?.on('data', (chunk) => {
        output += chunk
        if (String(chunk).includes('Gatehouse is ready')) ready()
      })
      started.stderr?.on('data', (chunk) => {
        complaints += chunk
      })
      const ended = once(started, 'exit').then(() => true)
      if (await Promise.race([announced, ended])) throw new Error(`The node ended:\n${output}\n${complaints}`)
    },
    async stop(signal = 'SIGTERM') {
      if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
      const ended = once(child, 'exit')
      child.kill(signal)
      const [code] = await ended
      return code
    },
    signal(name) {
      child?.kill(name)
    },
    inflict(fault) {
      child?.send(fault)
    },
  }
}
