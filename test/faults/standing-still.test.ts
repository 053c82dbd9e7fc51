/** F5: a node whose event loop stands still leaves, comes back by itself, and harms nobody else. */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startLoad } from '../support/load.ts'
import { type Nodes, startNodes, type TestNode } from '../support/nodes.ts'
import { rene } from '../support/people.ts'
import { type Servers, startServers } from '../support/servers.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let servers: Servers
let upstream: Upstream
let broker: Nodes
let node: TestNode
let neighbour: TestNode
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  servers = await startServers()
  broker = await startNodes({ env: servers.env })
  const [first, second] = broker.nodes
  if (!first || !second) throw new Error('there are not two nodes')
  node = first
  neighbour = second
  await broker.addSource(upstream)
}, 60_000)
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
  await servers[Symbol.asyncDispose]()
})

async function ask(name: 'live' | 'ready') {
  const answer = await fetch(new URL(`/health/${name}`, node.url))
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

it.each([
  ['by work that does not end', () => node.inflict({ block: 5000 })],
  [
    'with the whole process',
    () => {
      node.signal('SIGSTOP')
      setTimeout(() => node.signal('SIGCONT'), 5000)
    },
  ],
])(
  'F5 a node held up for 5 s %s is alive, not ready, avoided, and ready again soon; the other serves on',
  async (_, hold) => {
    await vi.waitFor(() => expect(broker.balancer.inUse).toHaveLength(2), { timeout: 15_000 })
    const client = await broker.addClient()
    hold()
    await vi.waitFor(() => expect(broker.balancer.inUse).toEqual([neighbour.url]), { timeout: 5000 })
    const load = startLoad({ broker, client, people: 2 })
    await delay(2000)
    const held = await ask('ready')
    expect(held.status).toBe(503)
    expect(held.body.parts).toMatchObject({
      event_loop: { ok: false, problem: expect.stringMatching(/^stood still for \d+\.\d s$/) },
    })
    expect((await ask('live')).status).toBe(200)
    await vi.waitFor(() => expect(broker.balancer.inUse).toHaveLength(2), { timeout: 15_000 })
    await delay(500)
    await load.stop()
    expect(load.failures).toEqual([])
  },
  60_000,
)
