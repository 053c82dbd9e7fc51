/** The real broker on a free port with a store in memory, and the hands of an administrator and an application. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Parts, startBroker } from '../../src/app.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Config } from '../../src/config/schema.ts'
import { silent } from '../../src/log.ts'
import { createHands } from './hands.ts'

export { basic, challengeOf, type Json, newVerifier, type TestClient, type Tokens } from './hands.ts'

type Settings = { readonly [K in keyof Config]?: Config[K] extends object ? Partial<Config[K]> : Config[K] }

export interface Options {
  readonly settings?: Settings
  readonly parts?: Partial<Parts>
  /** The issuer's path, such as `/auth`. */
  readonly path?: string
  readonly database?: string
  readonly keys?: readonly Buffer[]
  readonly port?: number
  /** Of another node, whose database and keys are given as well: this one listens on a port of its own. */
  readonly issuer?: string
  /** The bootstrap client. */
  readonly automation?: { readonly id: string; readonly secret: string }
}

export type TestBroker = Awaited<ReturnType<typeof startTestBroker>>

export const automation = { id: 'automation', secret: 'automation-secret-automation-secret' }
export const administratorPassword = 'correct horse battery staple'

export async function startTestBroker(options: Options = {}) {
  const { settings = {}, parts = {}, path = '', database = 'sqlite::memory:', keys = [randomBytes(32)] } = options
  const port = options.port ?? (await freePort())
  const issuer = options.issuer ?? `http://localhost:${port}${path}`
  const defaults = await loadConfig({}, join(import.meta.dirname, '..', '..'))
  const merged = Object.entries(defaults).map(([name, value]) => {
    const override = settings[name as keyof Settings]
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value)
    return [name, override === undefined ? value : isGroup ? { ...value, ...(override as object) } : override]
  })
  const config = {
    ...(Object.fromEntries(merged) as Config),
    issuer,
    listen: { host: '127.0.0.1', port },
    database_url: database,
    bootstrap: {
      admin: { username: 'admin', password: administratorPassword },
      client: options.automation ?? automation,
    },
  } as Config
  // A machine that is busy with other tests makes none of them fail.
  const broker = await startBroker(config, keys, { log: silent, isOverloaded: () => false, ...parts })

  return {
    ...createHands(issuer, options.automation ?? automation),
    config,
    keys,
    url: broker.url,
    drain: broker.drain,
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const address = probe.address()
  await new Promise((done) => probe.close(done))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
