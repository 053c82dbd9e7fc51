/** The servers that are compared, and what there must be in them before anything is measured. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Upstream } from '../test/support/upstream.ts'
import { createBrowser, send } from './browser.ts'
import type { Evidence } from './calls.ts'
import { authorizePath, basic, login, type Party, post } from './flows.ts'
import { freePort, type Server, start } from './processes.ts'

const bare = join(import.meta.dirname, 'bare.ts')
const main = join(import.meta.dirname, '..', 'src', 'main.ts')
export const admin = { username: 'admin', password: randomBytes(12).toString('hex') }
const automation = { id: 'bench', secret: 'bench-secret-bench-secret-bench' }

const secretKey = randomBytes(32).toString('base64')

const application = 'https://app.example/callback'

export async function startBare(store: string | undefined): Promise<Server> {
  const port = await freePort()
  const server = await start([bare, String(port), ...(store ? [store] : [])], port, {})
  authorizePath.set(server.url, '/auth')
  return server
}

const databaseAt = (folder: string, port: number | string) => `sqlite:${join(folder, `gatehouse-${port}.db`)}`

/** Another process of the same broker. */
export const startAnother = (folder: string, store: string | undefined, ours: Server): Promise<Server> =>
  startOurs(folder, store, {
    GATEHOUSE_ISSUER: ours.url,
    DATABASE_URL: databaseAt(folder, new URL(ours.url).port),
  })

export async function startOurs(
  folder: string,
  store: string | undefined,
  more: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const port = await freePort()
  const settings = join(folder, `gatehouse-${port}.yaml`)
  // Tokens that were got ready must outlive the run.
  writeFileSync(settings, 'lifetimes: { access_token: 3600 }\n')
  return start(
    [
      '--max-semi-space-size=8',
      '--no-allocation-site-pretenuring',
      ...(process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : []),
      main,
    ],
    port,
    {
      PORT: String(port),
      GATEHOUSE_CONFIG: settings,
      DATABASE_URL: databaseAt(folder, port),
      LOG_LEVEL: 'warn',
      // As `npm start` and the image have it.
      MALLOC_ARENA_MAX: '1',
      GATEHOUSE_SECRET_KEY: secretKey,
      GATEHOUSE_BOOTSTRAP_ADMIN_USERNAME: admin.username,
      GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
      GATEHOUSE_BOOTSTRAP_CLIENT_ID: automation.id,
      GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: automation.secret,
      ...(store && { REDIS_URL: store }),
      ...more,
    },
  )
}

/** A client, and a source that brokers to an upstream which asks nobody anything. */
export async function prepare(server: Server, upstream: Upstream) {
  const credentials = `${automation.id}:${automation.secret}`
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
  const form = { grant_type: 'client_credentials', scope: 'admin' }
  const token = JSON.parse((await send(`${server.url}/token`, { form, headers: { authorization } })).text)
  const create = async (what: string, body: object) => {
    const answer = await fetch(`${server.url}/admin/api/v1/${what}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.access_token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(await answer.text())
    return (await answer.json()) as Record<'id' | 'key' | 'client_id' | 'client_secret' | 'callback_url', string>
  }
  const source = await create('authentication-sources', {
    alias: 'Quick',
    name: 'Quick',
    type: 'oidc',
    config: { ...upstream.config, scopes: ['openid', 'profile', 'email', 'groups'], allow_private_addresses: true },
  })
  upstream.register({ callbackUrls: [source.callback_url], logoutUrls: [] })
  const client = await create('clients', {
    client_name: 'Bench',
    redirect_uris: [application],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  })
  const host = 'api.bench.example'
  const api = await create('apis', { name: 'Patients', slug: 'patients', hosts: [host], clients: [client.client_id] })
  const { id: owner } = await create('applications', {
    name: 'Bench',
    owner: { name: 'Bench', email: 'bench@example.com' },
  })
  const { key } = await create(`applications/${owner}/api-keys`, { api_id: api.id })
  const party: Party = {
    url: server.url,
    client: { id: client.client_id, secret: client.client_secret },
    hints: { idp_hint: 'Quick' },
    introspected: {},
  }
  return { party, host, key }
}

export const bareParty = ({ url }: Server): Party => ({
  url,
  client: { id: 'bench', secret: 'bench-secret-bench-secret' },
  hints: {},
  introspected: { scope: 'opaque', resource: '' },
})

/** More than are remembered as genuine (src/tokens/genuine-tokens.ts). */
const strangers = 5500

interface Asked {
  readonly ours: Party
  /** Of another process of ours. */
  readonly another: Server
  readonly bare: Party
}

export async function gather({ ours, another, bare }: Asked, api: Pick<Evidence, 'host' | 'key'>): Promise<Evidence> {
  const machine = async (party: Party) =>
    (await post(party, '/token', { grant_type: 'client_credentials', ...party.introspected })).access_token
  async function strangersOf(party: Party): Promise<readonly string[]> {
    const many: string[] = []
    while (many.length < strangers)
      many.push(...(await Promise.all(Array.from({ length: 100 }, async () => machine(party)))))
    return many
  }
  return {
    ...api,
    token: (await login(ours, createBrowser())).access_token,
    strangers: { own: await strangersOf(ours), others: await strangersOf({ ...ours, url: another.url }) },
    introspected: { ours: await machine(ours), bare: await machine(bare) },
    asking: { ours: basic(ours).authorization, bare: basic(bare).authorization },
  }
}
