/** What the Dockerfile makes, put together without a container engine: its files, and its command as an ordinary user. */
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import lock from '../../package-lock.json' with { type: 'json' }

const root = join(import.meta.dirname, '..', '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const run = promisify(execFile)

export const dockerfile = read('Dockerfile')
/** Instructions of the last stage, and the image that it begins with. */
export const stage = dockerfile.slice(dockerfile.lastIndexOf('FROM '))
export const instruction = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(stage)?.[1] ?? ''
export const command = JSON.parse(instruction('CMD')) as readonly string[]
/** What the stage says with `ENV`. */
const variables = Object.fromEntries(
  instruction('ENV')
    .split(' ')
    .map((pair) => pair.split('=') as [string, string]),
)

/** The files that .dockerignore lets in: it excludes everything and names exceptions. */
const [everything, ...exceptions] = read('.dockerignore')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))

/** As `npm ci --omit=dev` leaves them: what development shares with something optional stays. */
const productionPackages = Object.entries(lock.packages).flatMap(([path, entry]) =>
  path === '' || 'dev' in entry ? [] : [path],
)

export type Image = Awaited<ReturnType<typeof buildImage>>

/** Throws when a file is not there that the Dockerfile copies. */
export async function buildImage() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-image-'))
  const app = join(folder, 'app')
  const node = join(folder, 'node')
  const nobody = { uid: 65534, gid: 65534 }
  const asNobody: Partial<typeof nobody> = process.getuid?.() === 0 ? nobody : {}

  if (everything !== '*') throw new Error('.dockerignore does not begin by ignoring everything')
  for (const exception of exceptions) {
    const path = exception.replace(/^!/, '')
    mkdirSync(dirname(join(app, path)), { recursive: true })
    cpSync(join(root, path), join(app, path), { recursive: true })
  }
  for (const path of productionPackages.filter((one) => existsSync(join(root, one))))
    cpSync(join(root, path), join(app, path), {
      recursive: true,
      filter: (one) => one === join(root, path) || !/\/node_modules(\/|$)/.test(one.slice(join(root, path).length)),
    })
  try {
    linkSync(process.execPath, node)
  } catch {
    cpSync(process.execPath, node)
  }
  const [, ...compile] = (/^RUN (node .*?) &&/m.exec(stage)?.[1] ?? '').split(' ')
  await run(node, compile, { cwd: app, env: {} })
  mkdirSync(join(app, 'data'))
  if (asNobody.uid !== undefined) {
    chmodSync(folder, 0o755)
    chownSync(join(app, 'data'), nobody.uid, nobody.gid)
  } else await run('chmod', ['-R', 'a-w', join(app, 'src'), join(app, 'node_modules')])

  return {
    app,
    /** The image's command, with the image's variables and these, as a user who may write nothing but `data`. */
    start(env: Readonly<Record<string, string>>): ChildProcessByStdio<null, Readable, Readable> {
      const [, ...parameters] = command
      const options = { cwd: app, env: { ...variables, ...env }, ...asNobody }
      return spawn(node, parameters, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    },
    /** Another program of the image. Rejects when it ends with anything but 0. */
    run: (parameters: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      run(node, [...parameters], { cwd: app, env: { ...variables, ...env }, ...asNobody }),
    async [Symbol.asyncDispose]() {
      await run('chmod', ['-R', 'u+w', folder])
      rmSync(folder, { recursive: true })
    },
  }
}
