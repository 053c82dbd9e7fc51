/**
 * Starts the whole story: Gatehouse, a stand-in for Okta, the Patient API and the web application, each a process; and
 * nginx before the Patient API, where there is one.
 */
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { findProgram } from '../scripts/programs.mjs'
import { startChild } from './child.ts'
import { loadSecrets } from './demo-secrets.ts'
import { setUp } from './set-up.ts'

interface Options {
  /** The ports to try first; where one is taken, or 0, any free one is used. */
  readonly ports?: { readonly broker: number; readonly okta: number; readonly app: number; readonly api: number }
  /** Keeps database, keys, secrets and logs. A second start with the same folder goes on where the first one ended. */
  readonly folder?: string
  /** The program, or `null` to do without. By default, that of this machine. */
  readonly nginx?: string | null
}

export interface Demo extends AsyncDisposable {
  readonly app: URL
  readonly broker: URL
  readonly okta: URL
  /** Of the Patient API, or of nginx before it. */
  readonly api: URL
  /** Whether nginx asks the broker about each request. */
  readonly isBehindNginx: boolean
  /** The web application's credentials at the broker. */
  readonly client: { readonly id: string; readonly secret: string }
  readonly folder: string
  /** Resolves, with a sentence about it, when one of the processes ends on its own. */
  readonly failed: Promise<string>
}

const clientId = '6fcc0833-0ec2-4542-bc2c-4cd88286dfc8:OPENID'

export async function startDemo({
  ports = { broker: 3000, okta: 3001, app: 3002, api: 3003 },
  folder = 'data/demo',
  nginx = findProgram('nginx', process.env) ?? null,
}: Options = {}): Promise<Demo> {
  const home = resolve(folder)
  await mkdir(home, { recursive: true, mode: 0o700 })
  const secrets = await loadSecrets(join(home, 'secrets.json'))

  const broker = new URL(`http://localhost:${await freePort(ports.broker)}`)
  // Another host, as in real life: cookies of the one are none of the other's.
  const okta = new URL(`http://127.0.0.1:${await freePort(ports.okta)}`)
  const app = new URL(`http://localhost:${await freePort(ports.app)}`)
  const api = new URL(`http://127.0.0.1:${await freePort(ports.api)}`)

  await using started = new AsyncDisposableStack()
  const failures: Promise<string>[] = []
  async function start(name: string, script: string, ready: URL, settings: Readonly<Record<string, string>>) {
    const child = started.use(await startChild({ name, script, ready, settings, log: join(home, `${name}.log`) }))
    failures.push(child.ended)
  }

  await start('okta', 'examples/okta-stand-in/main.ts', new URL('/.well-known/openid-configuration', okta), {
    ISSUER: okta.origin,
    CLIENT_ID: 'gatehouse',
    CLIENT_SECRET: secrets.okta,
    REDIRECT_URI: new URL('/broker/Okta/callback', broker).href,
    POST_LOGOUT_REDIRECT_URI: new URL('/broker/Okta/logged-out', broker).href,
  })
  const settings = {
    LOG_LEVEL: 'warn',
    GATEHOUSE_ISSUER: broker.origin,
    PORT: broker.port,
    DATABASE_URL: `sqlite:${join(home, 'gatehouse.db')}`,
    GATEHOUSE_SECRET_KEY: secrets.encryption,
    GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: secrets.admin,
  }
  await start('broker', 'src/main.ts', new URL('/.well-known/openid-configuration', broker), settings)
  await setUp({
    ...settings,
    OKTA: okta.origin,
    OKTA_CLIENT_SECRET: secrets.okta,
    WEB_APP: app.origin,
    WEB_APP_SECRET: secrets.webApp,
  })

  const own = nginx === null ? api : new URL(`http://127.0.0.1:${await freePort(0)}`)
  await start('patient-api', 'examples/patient-api/main.ts', own, {
    ISSUER: broker.origin,
    AUDIENCE: clientId,
    PORT: own.port,
    BEHIND_GATEWAY: String(nginx !== null),
  })
  if (nginx !== null)
    await start('nginx', 'examples/gateways/nginx/main.ts', api, {
      NGINX: nginx,
      FOLDER: join(home, 'nginx'),
      PORT: api.port,
      GATEHOUSE: broker.origin,
      PATIENT_API: own.origin,
    })
  await start('web-app', 'examples/web-app/main.ts', app, {
    URL: app.origin,
    ISSUER: broker.origin,
    CLIENT_ID: clientId,
    CLIENT_SECRET: secrets.webApp,
    PATIENT_API: api.origin,
  })

  const stop = started.move()
  return {
    app,
    broker,
    okta,
    api,
    isBehindNginx: nginx !== null,
    client: { id: clientId, secret: secrets.webApp },
    folder: home,
    failed: Promise.race(failures),
    [Symbol.asyncDispose]: () => stop.disposeAsync(),
  }
}

/** A port that nobody listens on, `wanted` if possible. */
async function freePort(wanted: number): Promise<number> {
  const probe = createServer()
  try {
    await once(probe.listen(wanted, '127.0.0.1'), 'listening')
    return (probe.address() as AddressInfo).port
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || wanted === 0) throw error
    return freePort(0)
  } finally {
    probe.close()
  }
}
