/**
 * What this broker costs beside a bare oidc-provider of the same version over the same kind of store, in processor time
 * per request: `npm run bench [ROUNDS] [SECONDS] [FLOW,FLOW]`. Rounds take turns in one run, so that what else the machine does
 * meets both. Method and results: docs/operations/performance.md.
 */
import { argon2Sync, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rene } from '../test/support/people.ts'
import { startUpstream, type Upstream } from '../test/support/upstream.ts'
import { send } from './browser.ts'
import { authorizePath, flows, type Party, passwordLogin, type Work } from './flows.ts'
import { freePort, pinned, type Server, start } from './processes.ts'
import { printTable } from './table.ts'

const rounds = Number(process.argv[2] ?? 3)
const seconds = Number(process.argv[3] ?? 2)
/** All of them unless some are named. */
const wanted = process.argv[4]?.split(',') ?? [...Object.keys(flows), 'password login']
const redisUrl = process.env.BENCH_REDIS_URL
const bare = join(import.meta.dirname, 'bare.ts')
const main = join(import.meta.dirname, '..', 'src', 'main.ts')
const admin = { username: 'admin', password: randomBytes(12).toString('hex') }
const automation = { id: 'bench', secret: 'bench-secret-bench-secret-bench' }

export interface Sample {
  /** Milliseconds of processor time per request. */
  readonly cost: number
  readonly perSecond: number
}

const application = 'https://app.example/callback'

async function startBare(store: string | undefined): Promise<Server> {
  const port = await freePort()
  const server = await start([bare, String(port), ...(store ? [store] : [])], port, {})
  authorizePath.set(server.url, '/auth')
  return server
}

async function startOurs(folder: string, store: string | undefined): Promise<Server> {
  const port = await freePort()
  return start(
    [...(process.env.BENCH_PROFILE ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`] : []), main],
    port,
    {
      PORT: String(port),
      DATABASE_URL: `sqlite:${join(folder, `gatehouse-${port}.db`)}`,
      LOG_LEVEL: 'warn',
      GATEHOUSE_SECRET_KEY: randomBytes(32).toString('base64'),
      GATEHOUSE_BOOTSTRAP_ADMIN_USERNAME: admin.username,
      GATEHOUSE_BOOTSTRAP_ADMIN_PASSWORD: admin.password,
      GATEHOUSE_BOOTSTRAP_CLIENT_ID: automation.id,
      GATEHOUSE_BOOTSTRAP_CLIENT_SECRET: automation.secret,
      ...(store && { REDIS_URL: store }),
    },
  )
}

/** A client, and a source that brokers to an upstream which asks nobody anything. */
async function prepare(server: Server, upstream: Upstream): Promise<Party> {
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
  return {
    api: { host, key },
    url: server.url,
    client: { id: client.client_id, secret: client.client_secret },
    hints: { idp_hint: 'Quick' },
    introspected: {},
  }
}

const bareParty = ({ url }: Server): Party => ({
  url,
  client: { id: 'bench', secret: 'bench-secret-bench-secret' },
  hints: {},
  introspected: { scope: 'opaque', resource: '' },
})

/** Eight at once, for so many seconds. */
async function measure(server: Server, work: Work): Promise<Sample> {
  const begin = { at: performance.now(), cost: server.processor() }
  let done = 0
  const until = begin.at + seconds * 1000
  const worker = async () => {
    while (performance.now() < until) {
      await work()
      done += 1
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return {
    cost: (server.processor() - begin.cost) / done,
    perSecond: (done / (performance.now() - begin.at)) * 1000,
  }
}

/** Arrivals at an even pace, whatever becomes of those before. */
async function latencies(work: Work, perSecond: number): Promise<{ readonly p50: number; readonly p99: number }> {
  const taken: number[] = []
  const begin = performance.now()
  const all: Promise<void>[] = []
  for (let count = 0; count < perSecond * seconds; count++) {
    const due = begin + (count * 1000) / perSecond
    while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve))
    all.push(work().then(() => void taken.push(performance.now() - due)))
  }
  await Promise.all(all)
  taken.sort((a, b) => a - b)
  const at = (share: number) => taken[Math.floor(taken.length * share)] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

async function compare(folder: string, store: string | undefined) {
  await using upstream = await startUpstream({ users: { rene } })
  await using theirs = await startBare(store)
  await using ours = await startOurs(folder, store)
  const idle = [ours.memory(), theirs.memory()] as const
  const parties = [await prepare(ours, upstream), bareParty(theirs)] as const
  const servers = [ours, theirs] as const

  const rows: (readonly [string, number, number, string])[] = []
  for (const [name, prepareWork] of Object.entries(flows)) {
    if (!wanted.includes(name)) continue
    const works = await Promise.all(parties.map(prepareWork))
    const costs: [number[], number[]] = [[], []]
    const rates: [number[], number[]] = [[], []]
    for (let round = 0; round <= rounds; round++)
      for (const side of [0, 1] as const) {
        const work = works[side]
        if (!work) continue
        const { cost, perSecond } = await measure(servers[side], work)
        // The first one warms up.
        if (round === 0) continue
        costs[side].push(cost)
        rates[side].push(perSecond)
      }
    let pace = ''
    if (name === 'introspection' && works[0]) {
      const { p50, p99 } = await latencies(works[0], median(rates[0]) * 0.7)
      pace = `p99/p50 at 70 % load ${(p99 / p50).toFixed(1)} (p50 ${p50.toFixed(2)} ms)`
    }
    rows.push([name, median(costs[0]), median(costs[1]), pace])
  }
  if (wanted.includes('password login')) {
    const hash = hashCost()
    const { cost } = await measure(ours, passwordLogin(parties[0], admin))
    rows.push(['password login (beside: the hash alone)', cost, hash, `${(hash / cost).toFixed(2)} of the pure rate`])
  }

  printTable(store ? 'Redis' : 'embedded (SQLite file; bare: memory)', rows)
  const memory = `memory: idle ${idle.map(Math.round).join(' / ')} MB, after load ${servers.map((server) => Math.round(server.memory())).join(' / ')} MB`
  console.log(
    `${memory}; first answer after ${Math.round(ours.started)} / ${Math.round(theirs.started)} ms (ours / bare)\n`,
  )
}

/** Milliseconds of processor time of one hash with the parameters of new passwords. */
function hashCost(): number {
  const begin = process.cpuUsage()
  const times = 20
  for (let count = 0; count < times; count++)
    argon2Sync('argon2id', {
      message: 'password',
      nonce: randomBytes(16),
      memory: 19_456,
      passes: 2,
      parallelism: 1,
      tagLength: 32,
    })
  const { user, system } = process.cpuUsage(begin)
  return (user + system) / 1000 / times
}

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
try {
  console.log(`${rounds} rounds of ${seconds} s, medians${pinned() ? ', servers on processor 0' : ''}\n`)
  await compare(folder, undefined)
  if (redisUrl) await compare(folder, redisUrl)
} finally {
  rmSync(folder, { recursive: true })
}
process.exit()
