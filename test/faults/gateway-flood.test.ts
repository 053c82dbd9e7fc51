/** F34: one client floods the gateway check and introspection; it alone is told to wait, and nothing is written. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { TestClient } from '../support/broker.ts'
import { type Nodes, startNodes, type TestNode } from '../support/nodes.ts'
import { rene } from '../support/people.ts'
import { startUpstream } from '../support/upstream.ts'
import { isLong } from './length.ts'

const seconds = isLong ? 30 : 3
const opened = new AsyncDisposableStack()
let broker: Nodes
let node: TestNode
let file: string
let greedy: TestClient
let modest: TestClient
const tokens = new Map<TestClient, string>()

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-f34-'))
  opened.defer(() => rm(folder, { recursive: true }))
  file = join(folder, 'gatehouse.db')
  const upstream = opened.use(await startUpstream({ users: { rene } }))
  upstream.signInAs('rene')
  broker = opened.use(await startNodes({ count: 1, env: { DATABASE_URL: `sqlite:${file}` } }))
  const [only] = broker.nodes
  if (!only) throw new Error('there is no node')
  node = only
  await broker.addSource(upstream)
  greedy = await broker.addClient()
  modest = await broker.addClient()
  await broker.created('apis', {
    name: 'Patient API',
    slug: 'patients',
    hosts: ['api.example'],
    clients: [greedy.id, modest.id],
    rate_limit: { requests: 200, window: 86_400, by: 'client' },
  })
  for (const client of [greedy, modest]) {
    const login = await broker.login(client, { params: { idp_hint: 'Okta' } })
    tokens.set(client, login.tokens.access_token)
  }
}, 60_000)
afterAll(() => opened.disposeAsync())

async function verify(token: string): Promise<Response> {
  const headers = {
    authorization: `Bearer ${token}`,
    'x-forwarded-method': 'GET',
    'x-forwarded-host': 'api.example',
    'x-forwarded-uri': '/patients/1',
  }
  const answer = await fetch(new URL('/verify/forwarded', node.url), { headers })
  await answer.arrayBuffer()
  return answer
}

function rows(): number {
  using database = new DatabaseSync(file, { readOnly: true })
  const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
  const counts = tables.map(
    ({ name }) => database.prepare(`SELECT count(*) AS count FROM "${String(name)}"`).get()?.count,
  )
  return counts.reduce<number>((sum, count) => sum + Number(count), 0)
}

it(
  'F34 sheds the client that floods, and answers everybody else, without a write for each question',
  async () => {
    const [flood = '', calm = ''] = [tokens.get(greedy), tokens.get(modest)]
    expect((await verify(calm)).status).toBe(200)
    const before = rows()
    const start = performance.now()
    const told = new Map<number, number>()
    const others: number[] = []
    let going = true
    const loop = async (work: () => Promise<void>) => {
      while (going) await work()
    }
    const count = (status: number) => void told.set(status, (told.get(status) ?? 0) + 1)
    const floods = Array.from({ length: 16 }, (_, at) =>
      loop(async () => {
        if (at % 4 < 2) return count((await verify(flood)).status)
        if (at % 4 === 2) return count((await verify(`${flood.slice(0, -6)}AAAAAA`)).status)
        const { status, body } = await broker.introspect(greedy, `garbage-${Math.random()}`)
        expect([status, body]).toEqual([200, { active: false }])
      }),
    )
    const calls = loop(async () => {
      others.push((await verify(calm)).status)
      await delay(250)
    })
    await delay(seconds * 1000)
    await vi
      .waitFor(() => expect(told.get(429)).toBeGreaterThan(200), { timeout: 30_000 })
      .finally(() => {
        going = false
      })
    await Promise.all([...floods, calls])

    // The first 200 of a day, and then no more; a forged token is none.
    expect(told.get(200)).toBe(200)
    expect([...told.keys()].sort()).toEqual([200, 401, 429])
    expect(others.filter((status) => status !== 200)).toEqual([])
    expect(others.length).toBeGreaterThan(seconds / 2)

    const begun = performance.now()
    const after = await verify(calm)
    expect([after.status, performance.now() - begun < 10_000]).toEqual([200, true])
    // Refused calls are kept for whoever asks with their reference, twenty of a kind in a second; there are two kinds.
    expect(rows() - before).toBeLessThan(((performance.now() - start) / 1000 + 2) * 45)
    expect(node.complaints).toBe('')
  },
  60_000 + seconds * 2000,
)
