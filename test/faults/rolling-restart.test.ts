/** F3: nodes are restarted one after the other under load, and nobody notices. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startLoad } from '../support/load.ts'
import { type Nodes, startNodes } from '../support/nodes.ts'
import { rene } from '../support/people.ts'
import { type Servers, startServers } from '../support/servers.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { isLong } from './length.ts'

const rounds = isLong ? 10 : 1

let servers: Servers
let upstream: Upstream
let broker: Nodes
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  servers = await startServers()
  // A balancer that tries nobody else: whoever sends it on to a node that is gone is told.
  broker = await startNodes({ env: servers.env, tries: 1 })
  await broker.addSource(upstream)
}, 60_000)
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
  await servers[Symbol.asyncDispose]()
})

it(
  'F3 restarts one node after the other under load without a failed request or a lost session',
  async () => {
    const client = await broker.addClient()
    const before = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const load = startLoad({ broker, client, people: 3, pause: 20 })
    for (let round = 0; round < rounds; round++) {
      for (const node of broker.nodes) {
        expect(await node.stop('SIGTERM')).toBe(0)
        expect(broker.balancer.inUse).not.toContain(node.url)
        await node.start()
        await vi.waitFor(() => expect(broker.balancer.inUse).toContain(node.url), { timeout: 10_000 })
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
    await load.stop()
    expect(load.failures).toEqual([])
    expect(load.durations.length).toBeGreaterThan(50)
    expect((await broker.refresh(client, before.tokens.refresh_token)).status).toBe(200)
    for (const { complaints } of broker.nodes) expect(complaints).toBe('')
  },
  60_000 + rounds * 60_000,
)
