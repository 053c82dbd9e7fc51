/** Programs of somebody else's: where they are, and servers among them with files of ours, in a folder of their own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, open, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findProgram, programs } from '../../scripts/programs.mjs'

type ProgramName = keyof typeof programs

export interface Running extends AsyncDisposable {
  readonly folder: string
  readonly url: URL
  /** What it has said so far. */
  readonly said: () => Promise<string>
}

interface Start {
  readonly name: ProgramName
  readonly port: number
  /** By their names in the folder. */
  readonly files: (folder: string) => Readonly<Record<string, string>>
  /** The program serves some of them as somebody else. */
  readonly isReadable?: boolean
  readonly command: (folder: string) => readonly string[]
  /** Beside which it writes into its own output. */
  readonly log?: string
  readonly farewell: NodeJS.Signals
  readonly env?: Readonly<Record<string, string>>
}

// Also when a test ends without its word of farewell.
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const server of running) server.kill('SIGKILL')
})

/** The path of the program, which `npm test` has seen to. */
export function pathOf(name: ProgramName): string {
  const program = findProgram(name, process.env)
  const { title, variable } = programs[name]
  if (!program) throw new Error(`There is no ${title}: run npm test, which installs it, or set ${variable}`)
  return program
}

/** The folder with what was installed along with it, whatever links lead there. */
export const folderOf = async (name: ProgramName): Promise<string> => dirname(await realpath(pathOf(name)))

/** Resolves when it listens at `port` of the loopback address. */
export async function startProgram({
  name,
  port,
  files,
  command,
  log,
  farewell,
  env,
  ...more
}: Start): Promise<Running> {
  const program = pathOf(name)
  const folder = await mkdtemp(join(tmpdir(), `gatehouse-${name}-`))
  for (const [file, content] of Object.entries(files(folder))) await writeFile(join(folder, file), content)
  if (more.isReadable) await chmod(folder, 0o755)
  const output = await open(join(folder, 'output.log'), 'w')
  const server = spawn(program, command(folder), {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ['ignore', output.fd, output.fd],
  })
  await output.close()
  running.add(server)
  server.once('exit', () => running.delete(server))
  const read = (file: string) => readFile(join(folder, file), 'utf8').catch(() => '')
  const said = async () => `${await read('output.log')}${log === undefined ? '' : await read(log)}`

  for (let tries = 0; ; tries += 1) {
    if (await isListening(port)) break
    if (server.exitCode !== null || tries === 400) {
      server.kill('SIGKILL')
      throw new Error(`${name} does not start: ${await said()}`)
    }
    await delay(50)
  }

  return {
    folder,
    url: new URL(`http://127.0.0.1:${port}`),
    said,
    async [Symbol.asyncDispose]() {
      const ended = server.exitCode === null ? once(server, 'exit') : undefined
      server.kill(farewell)
      const hard = setTimeout(() => server.kill('SIGKILL'), 2000)
      await ended
      clearTimeout(hard)
      await rm(folder, { recursive: true })
    },
  }
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => done(true)).once('error', () => done(false))
    socket.once('connect', () => socket.destroy())
  })
