/** Private Redis servers: alone, with replicas, behind Sentinel, as a cluster, over TLS. Each can be hurt and mended. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort } from './broker.ts'
import { pathOf } from './program.ts'

export interface RedisServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly folder: string
  /** One command, on a connection of its own kept for that. */
  command(...words: readonly (string | number)[]): Promise<unknown>
  /** As a machine that stands still: nothing is answered, connections stay. */
  pause(): void
  resume(): void
  /** As a power cut. What lies on the disk stays. */
  kill(): Promise<void>
  start(): Promise<void>
  restart(): Promise<void>
}

// Also when a test ends without its word of farewell.
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const server of running) server.kill('SIGKILL')
})

type Settings = Readonly<Record<string, string | number>>

export async function startRedis(
  settings: Settings = {},
  program: 'server' | 'sentinel' = 'server',
): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'))
  const port = Number(settings.port ?? (await freePort()))
  const file = join(folder, 'redis.conf')
  const lines = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '""',
    appendonly: 'no',
    'repl-diskless-sync-delay': 0,
    ...settings,
  }
  const written = Object.entries(lines).filter(
    ([name]) =>
      name !== 'lines' && !(program === 'sentinel' && /^(save|appendonly|repl-diskless-sync-delay)$/.test(name)),
  )
  await writeFile(file, `${written.map(([name, value]) => `${name} ${value}`).join('\n')}\n${settings.lines ?? ''}\n`)
  const tls = settings['tls-port'] !== undefined
  let server: ChildProcess | undefined
  let client: Redis | undefined

  async function start(): Promise<void> {
    const output: string[] = []
    server = spawn(pathOf('redis'), [file, ...(program === 'sentinel' ? ['--sentinel'] : [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(server)
    server.stdout?.on('data', (text) => output.push(String(text)))
    for (let tries = 0; ; tries++) {
      if (server.exitCode !== null || tries > 400) throw new Error(`Redis did not start:\n${output.join('')}`)
      if (await listens(tls ? Number(settings['tls-port']) : port)) break
      await delay(15)
    }
    if (tls) return
    client = new Redis({
      ...(settings.requirepass !== undefined && { password: String(settings.requirepass) }),
      port,
      host: '127.0.0.1',
      retryStrategy: () => 50,
      maxRetriesPerRequest: 100,
    })
    client.on('error', () => {})
    while (String(await client.call('ping').catch(() => 'loading')) !== 'PONG') await delay(10)
  }

  async function kill(): Promise<void> {
    client?.disconnect()
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGCONT')
    server.kill('SIGKILL')
    await ended
    running.delete(server)
  }

  await start()
  return {
    port,
    folder,
    url: `redis://127.0.0.1:${port}`,
    async command(name = '', ...words) {
      if (!client) throw new Error('This server speaks TLS only')
      return client.call(String(name), ...words)
    },
    pause: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    kill,
    start,
    async restart() {
      await kill()
      await start()
    },
    async [Symbol.asyncDispose]() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Waits until the primary says so of as many replicas. */
export async function startReplicaOf(primary: RedisServer, settings: Settings = {}): Promise<RedisServer> {
  const replica = await startRedis({
    ...settings,
    replicaof: `127.0.0.1 ${primary.port}`,
    'repl-diskless-sync-delay': 0,
  })
  await until(async () =>
    String(await primary.command('info', 'replication')).includes(`port=${replica.port},state=online`),
  )
  return replica
}

export async function startSentinel(primary: RedisServer, name = 'main', quorum = 1): Promise<RedisServer> {
  return startRedis(
    {
      lines: [
        `sentinel monitor ${name} 127.0.0.1 ${primary.port} ${quorum}`,
        `sentinel down-after-milliseconds ${name} 500`,
        `sentinel failover-timeout ${name} 3000`,
        `sentinel parallel-syncs ${name} 1`,
      ].join('\n'),
    },
    'sentinel',
  )
}

export interface RedisCluster extends AsyncDisposable {
  readonly nodes: readonly RedisServer[]
  readonly url: string
}

/** Three primaries with a third of the slots each. */
export async function startCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(
    [0, 1, 2].map(() => startRedis({ 'cluster-enabled': 'yes', 'cluster-node-timeout': 2000 })),
  )
  const [first] = nodes
  if (!first) throw new Error('no node')
  const share = Math.ceil(16_384 / nodes.length)
  for (const [index, node] of nodes.entries()) {
    await node.command('cluster', 'addslotsrange', index * share, Math.min((index + 1) * share, 16_384) - 1)
    if (node !== first) await node.command('cluster', 'meet', '127.0.0.1', first.port)
  }
  for (const node of nodes) {
    await until(async () => {
      const info = String(await node.command('cluster', 'info'))
      return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3')
    })
  }
  return {
    nodes,
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    async [Symbol.asyncDispose]() {
      for (const node of nodes) await node[Symbol.asyncDispose]()
    },
  }
}

/** A server that speaks TLS only, with a certificate for `localhost`; `ca` is the path of what signed it. */
export async function startTlsRedis(): Promise<RedisServer & { readonly ca: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-tls-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, '-keyout', key, '-out', certificate],
    { stdio: 'ignore' },
  )
  const port = await freePort()
  const server = await startRedis({
    port: 0,
    'tls-port': port,
    'tls-cert-file': certificate,
    'tls-key-file': key,
    'tls-ca-cert-file': certificate,
    'tls-auth-clients': 'no',
  })
  return {
    ...server,
    port,
    url: `rediss://localhost:${port}`,
    ca: certificate,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function until(condition: () => Promise<boolean> | boolean, milliseconds = 15_000): Promise<void> {
  const end = performance.now() + milliseconds
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Still not so after ${milliseconds} ms: ${condition}`)
    await delay(25)
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1')
    const say = (is: boolean) => () => {
      socket.destroy()
      answer(is)
    }
    socket.once('connect', say(true)).once('error', say(false))
  })
}
