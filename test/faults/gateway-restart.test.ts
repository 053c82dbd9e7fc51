/** F43: gateways ask while the broker restarts. Nobody passes whom it would not let pass, and nobody is told a lie. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { caddy, haproxy, nginx } from '../gateway/recipes/asking.ts'
import { as, host, listen, send } from '../gateway/recipes/world.ts'
import { freePort, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import type { Running } from '../support/program.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { isLong } from './length.ts'

const rounds = isLong ? 8 : 1
const keys = [randomBytes(32)]
const opened = new AsyncDisposableStack()
let folder: string
let port: number
let upstream: Upstream
let broker: TestBroker
let client: TestClient
let token: string
let api: number
let passed = 0

const start = () => startTestBroker({ port, keys, database: `sqlite:${join(folder, 'gatehouse.db')}` })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-f43-'))
  opened.defer(() => rm(folder, { recursive: true }))
  port = await freePort()
  upstream = opened.use(await startUpstream({ users: { rene } }))
  upstream.signInAs('rene')
  broker = await start()
  opened.defer(() => broker[Symbol.asyncDispose]())
  await broker.addSource(upstream)
  client = await broker.addClient()
  await broker.created('apis', { name: 'P', slug: 'patients', hosts: [host], path_prefix: '/', clients: [client.id] })
  token = (await broker.login(client, { params: { idp_hint: 'Okta' } })).tokens.access_token
  const behind = createHttp((request, response) => {
    passed += 1
    response.writeHead(request.headers['x-auth-user'] === 'rene@acme.test' ? 200 : 500).end()
  })
  api = await listen(behind)
  opened.defer(() => void behind.close().closeAllConnections())
}, 60_000)
afterAll(() => opened.disposeAsync())

describe.each([nginx, caddy, haproxy])('$name', (recipe) => {
  const before = (at: number) =>
    recipe.start({ broker: at, api, secret: 'none', issuer: broker.issuer, jwks: `${broker.issuer}/jwks` })

  it(
    'F43 says 503 while the broker restarts, lets nobody pass who may not, and goes on by itself',
    async () => {
      await using gateway = await before(port)
      const good: number[] = []
      const bad: number[] = []
      let going = true
      const ask = async (at: Running, lines: readonly string[], told: number[]) => {
        while (going) {
          told.push((await send(at.url, { lines })).status)
          await delay(10)
        }
      }
      const asking = [ask(gateway, as(token), good), ask(gateway, [], bad), ask(gateway, as('nobody'), bad)]
      for (let round = 0; round < rounds; round += 1) {
        await vi.waitFor(() => expect(good.at(-1)).toBe(200), { timeout: 15_000 })
        await broker[Symbol.asyncDispose]()
        await vi.waitFor(() => expect(good.at(-1)).toBe(503), { timeout: 15_000 })
        broker = await start()
        await vi.waitFor(() => expect(good.at(-1)).toBe(200), { timeout: 15_000 })
      }
      going = false
      await Promise.all(asking)
      expect(good.filter((status) => status !== 200 && status !== 503)).toEqual([])
      expect(bad.filter((status) => status !== 401 && status !== 503)).toEqual([])
      expect(passed).toBe(good.filter((status) => status === 200).length)
      passed = 0
    },
    60_000 + rounds * 20_000,
  )

  it('F43 puts a question once more that was dropped', async () => {
    let drops = 0
    // As a broker that ends with the question in its hands.
    const way = createServer((from) => {
      from.on('error', () => {})
      from.once('data', (first) => {
        if (drops > 0) {
          drops -= 1
          return void from.destroy()
        }
        const to = connect(port, '127.0.0.1')
        to.on('error', () => from.destroy()).pipe(from)
        to.write(first)
        from.on('close', () => to.destroy()).pipe(to)
      })
    })
    await new Promise<void>((done) => way.listen(0, '127.0.0.1', done))
    await using gateway = await before((way.address() as AddressInfo).port)
    drops = 1
    expect((await send(gateway.url, { lines: as(token) })).status).toBe(200)
    expect(drops).toBe(0)
    passed = 0
    way.close()
  }, 60_000)
})
