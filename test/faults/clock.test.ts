/** F27 and F28: a node whose clock is wrong, and a clock that is set back while a node runs or before it starts. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { basic, type TestClient, type Tokens } from '../support/hands.ts'
import { type Nodes, startNodes, type TestNode } from '../support/nodes.ts'
import { rene } from '../support/people.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const hour = 3_600_000

let postgres: Postgres
let upstream: Upstream
let broker: Nodes
let node: TestNode
let other: TestNode
let client: TestClient
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  postgres = await startPostgres()
  broker = await startNodes({
    env: { DATABASE_URL: await postgres.fresh() },
    settings: { lifetimes: { access_token: 4 }, tokens: { clock_tolerance: 5 } },
  })
  const [first, second] = broker.nodes
  if (!first || !second) throw new Error('there are not two nodes')
  node = first
  other = second
  await broker.addSource(upstream)
  client = await broker.addClient()
}, 60_000)
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
  await postgres[Symbol.asyncDispose]()
})

const login = () => broker.login(client, { params: { idp_hint: 'Okta' } })
const isActive = async (token: string) => (await broker.introspect(client, token)).body.active
const revoke = (token: string) => broker.post('/revoke', { token }, basic(client))

async function ready(of: TestNode) {
  const answer = await fetch(new URL('/health/ready', of.url))
  return { status: answer.status, body: (await answer.json()) as { parts: Record<string, unknown> } }
}

/** What was signed out, revoked and used before; and what was alive. */
async function lives() {
  const [alive, ended, revoked] = [await login(), await login(), await login()]
  await ended.visitor.travel(
    `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: ended.tokens.id_token, post_logout_redirect_uri: 'https://app.example/bye' })}`,
    ({ hostname }) => hostname === 'app.example',
  )
  expect((await revoke(revoked.tokens.access_token)).status).toBe(200)
  return { alive, ended, revoked }
}

async function expectAsBefore({ alive, ended, revoked }: Awaited<ReturnType<typeof lives>>): Promise<Tokens> {
  expect(await isActive(ended.tokens.access_token)).toBe(false)
  expect((await broker.refresh(client, ended.tokens.refresh_token)).status).toBe(400)
  expect(await isActive(revoked.tokens.access_token)).toBe(false)
  const answer = await broker.refresh(client, alive.tokens.refresh_token)
  expect(answer.status).toBe(200)
  const refreshed = (await answer.json()) as Tokens
  expect(await isActive(refreshed.access_token)).toBe(true)
  const again = await broker.login(client, { visitor: alive.visitor })
  expect(again.access.sid).toBe(alive.access.sid)
  expect(await isActive(again.tokens.access_token)).toBe(true)
  expect(Number(again.access.iat)).toBeGreaterThanOrEqual(Number(alive.access.iat))
  return refreshed
}

it('F27 a node whose clock is 90 s off is not ready, says so once, and is left; within the limit it serves', async () => {
  const { alive } = await lives()
  for (const moved of [90_000, -90_000]) {
    await other.stop()
    await other.start({ CLOCK_MOVED: String(moved) })
    // A node that starts behind goes on from the newest time that is known, and so is right again.
    if (moved < 0) await vi.waitFor(async () => expect((await ready(other)).status).toBe(200), { timeout: 30_000 })
    for (let turn = 0; turn < 3; turn++) {
      const { status, body } = await ready(other)
      // It may be too busy to be ready.
      if (moved < 0) expect(body.parts.clock).toEqual({ ok: true })
      else
        expect([status, body.parts.clock]).toEqual([
          503,
          { ok: false, problem: expect.stringMatching(/^is (89|90)\.\d s ahead of the clock of database$/) },
        ])
    }
    if (moved > 0) {
      await vi.waitFor(() => expect(broker.balancer.inUse).toEqual([node.url]), { timeout: 30_000 })
      // It may be busy besides, and say so.
      expect(other.output.split('\n').filter((line) => line.includes('ahead of the clock'))).toHaveLength(1)
      expect((await broker.refresh(client, alive.tokens.refresh_token)).status).toBe(200)
    }
  }
}, 180_000)

it('F28 a clock that is set back an hour ends nobody’s session, and brings back nothing that was over', async () => {
  await other.stop()
  const before = await lives()
  const old = await login()
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  expect(await isActive(old.tokens.access_token)).toBe(false)
  node.inflict({ moveClock: -hour })
  const refreshed = await expectAsBefore(before)
  expect(await isActive(old.tokens.access_token)).toBe(false)
  expect(Math.abs(Number(decodeJwt(refreshed.access_token).iat) * 1000 - Date.now())).toBeLessThan(5000)
  expect((await ready(node)).body.parts.clock).toEqual({ ok: true })
  // And on it goes: a token made after the jump ends when its time is over.
  expect(refreshed.expires_in).toBe(4)
  await vi.waitFor(async () => expect(await isActive(refreshed.access_token)).toBe(false), { timeout: 15_000 })
  node.inflict({ moveClock: hour })
}, 180_000)

it('F28 a node that starts with its clock set back an hour goes on from where the others were', async () => {
  const before = await lives()
  const old = await login()
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  await node.stop()
  await node.start({ CLOCK_MOVED: String(-hour) })
  // Alone, and however long it was away: it may be behind by that, and say that it is not ready.
  broker.balancer.use([node.url])
  expect(node.output).toContain('behind the newest time that the database was told')
  await expectAsBefore(before)
  expect(await isActive(old.tokens.access_token)).toBe(false)
}, 180_000)
