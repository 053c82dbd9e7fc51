/** nginx with a configuration of ours, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
// biome-ignore lint/correctness/useImportExtensions: it is plain JavaScript, with its types beside it.
import { findProgram } from '../../scripts/programs.mjs'

export interface Nginx extends AsyncDisposable {
  readonly url: URL
}

// Also when a test ends without its word of farewell.
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const server of running) server.kill('SIGKILL')
})

/** `http` is what stands in its http block, and listens at `port`. */
export async function startNginx(http: string, port: number): Promise<Nginx> {
  const program = findProgram('nginx', process.env)
  if (!program) throw new Error('There is no nginx on this machine')
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nginx-'))
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const temporary = kinds.map((kind) => `${kind}_temp_path ${join(folder, kind)};`).join('\n')
  const configuration = `
    daemon off; master_process off; worker_processes 1; pid ${join(folder, 'pid')}; error_log ${join(folder, 'error.log')};
    events { worker_connections 128; }
    http { access_log off; ${temporary}\n${http} }`
  const file = join(folder, 'nginx.conf')
  await writeFile(file, configuration)
  const server = spawn(program, ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], { stdio: 'ignore' })
  running.add(server)
  server.once('exit', () => running.delete(server))
  const url = new URL(`http://127.0.0.1:${port}`)
  const said = () => readFile(join(folder, 'error.log'), 'utf8').catch(() => '')

  for (let tries = 0; ; tries += 1) {
    if (await isListening(port)) break
    if (server.exitCode !== null || tries === 100) {
      server.kill('SIGKILL')
      throw new Error(`nginx does not start: ${await said()}`)
    }
    await delay(50)
  }

  return {
    url,
    async [Symbol.asyncDispose]() {
      const ended = server.exitCode === null ? once(server, 'exit') : undefined
      server.kill('SIGQUIT')
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
