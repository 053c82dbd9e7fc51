/** A PostgreSQL server of one's own, on a free port and in a temporary folder, that can be stopped, killed and paused. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { freePort } from './broker.ts'
import { folderOf, pathOf } from './program.ts'

const run = promisify(execFile)

export type Postgres = Awaited<ReturnType<typeof startPostgres>>

/** @param settings of the server, over the ones that make it quick: what it holds need not outlive the machine. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}) {
  const folderOfPrograms = await folderOf('postgres')
  const program = (name: string) => join(folderOfPrograms, name)
  const user = await unprivileged()
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'))
  if (user) await chown(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const port = await freePort()

  const account = ['--username=gatehouse', '--auth=trust', '--encoding=UTF8', '--locale=C']
  await run(program('initdb'), [`--pgdata=${data}`, ...account, '--no-sync', '--no-instructions'], {
    ...user,
    cwd: folder,
  })
  // Whoever is called `locked` needs a password.
  const access = ['locked 127.0.0.1/32 scram-sha-256', 'all 127.0.0.1/32 trust'].map((who) => `host all ${who}\n`)
  await writeFile(join(data, 'pg_hba.conf'), access.join(''))

  let server: ChildProcess | undefined
  let control: Promise<Client> | undefined
  let databases = 0

  async function start(): Promise<void> {
    const all = { ...quick, port: String(port), unix_socket_directories: '', ...settings }
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    server = spawn(pathOf('postgres'), ['-D', data, ...options], { ...user, cwd: folder, stdio: 'ignore' })
    process.once('exit', killAll)
    for (;;) {
      try {
        await query('select 1')
        return
      } catch (error) {
        if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`, { cause: error })
        await delay(20)
      }
    }
  }

  /** The server and its processes, one for each connection. */
  function pids(): readonly number[] {
    const pid = server?.pid
    if (pid === undefined) return []
    const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
    const children = all.map((line) => line.trim().split(/\s+/).map(Number)).filter(([, parent]) => parent === pid)
    return [pid, ...children.map(([child = 0]) => child)]
  }

  function signalAll(signal: NodeJS.Signals): void {
    for (const pid of pids()) {
      try {
        process.kill(pid, signal)
      } catch {
        // It has ended by itself meanwhile.
      }
    }
  }

  const killAll = (): void => signalAll('SIGKILL')

  async function ended(signal: () => void): Promise<void> {
    const ending = server
    await disconnect()
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const exit = once(ending, 'exit')
    signal()
    await exit
    process.off('exit', killAll)
    server = undefined
  }

  async function connect(): Promise<Client> {
    const client = new Client({ connectionString: url('postgres') })
    client.on('error', () => {
      control = undefined
    })
    await client.connect()
    return client
  }

  async function disconnect(): Promise<void> {
    const client = await control?.catch(() => undefined)
    control = undefined
    // A server that is paused never says goodbye.
    await Promise.race([client?.end(), delay(200)])
  }

  /** As the server's owner: in the database of this address, or outside of every database that was made here. */
  async function query<Row extends object>(text: string, database?: string): Promise<readonly Row[]> {
    if (database !== undefined) {
      const client = new Client({ connectionString: database })
      client.on('error', () => {})
      await client.connect()
      return await client
        .query<Row>(text)
        .then(({ rows }) => rows)
        .finally(() => client.end())
    }
    control ??= connect()
    try {
      return (await (await control).query<Row>(text)).rows
    } catch (error) {
      control = undefined
      throw error
    }
  }

  const url = (database: string, who = 'gatehouse') => `postgres://${who}@127.0.0.1:${port}/${database}`

  /** Answers the address of a new database: an empty one, or a copy of another that nobody is connected to. */
  async function fresh(template = 'template0'): Promise<string> {
    databases += 1
    const name = `world_${databases}`
    await query(`create database ${name} template ${new URL(template, 'postgres://x/').pathname.slice(1)}`)
    return url(name)
  }

  await start()
  return {
    port,
    data,
    url,
    query,
    fresh,
    start,
    /** Everything in one database as SQL, as a backup has it. */
    async dump(database: string) {
      const { stdout } = await run(program('pg_dump'), [database], { maxBuffer: 64 * 1024 * 1024 })
      return stdout
    },
    /** Lets it end what is under way and tell everybody. */
    stop: () => ended(() => server?.kill('SIGINT')),
    kill: () => ended(killAll),
    /** It keeps every connection, and says nothing. */
    pause: () => signalAll('SIGSTOP'),
    /** Harmless when it is not paused. */
    resume: () => signalAll('SIGCONT'),
    /** Makes it speak TLS from its next start on; answers the file of the certificate, which is its own authority. */
    async useTls() {
      const [key, certificate] = [join(data, 'server.key'), join(data, 'server.crt')]
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
      const files = ['-keyout', key, '-out', certificate]
      await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files], user)
      await appendFile(join(data, 'postgresql.conf'), 'ssl = on\n')
      return certificate
    },
    async [Symbol.asyncDispose]() {
      await ended(killAll)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const quick = {
  listen_addresses: '127.0.0.1',
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  shared_buffers: '32MB',
  autovacuum: 'off',
}

/** PostgreSQL does not run as root. */
async function unprivileged(): Promise<{ readonly uid: number; readonly gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const idOf = async (option: string) => {
    const { stdout } = await run('id', [option, 'postgres']).catch(() => run('id', [option, 'nobody']))
    return Number(stdout)
  }
  return { uid: await idOf('-u'), gid: await idOf('-g') }
}
