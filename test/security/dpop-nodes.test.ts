/** A DPoP proof counts once, on however many nodes it is shown, and whichever store they share. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayWorld, startGateway } from '../gateway/start-gateway.ts'
import { basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { createHolder } from '../support/dpop.ts'
import { startRedis } from '../support/redis.ts'

describe.each(['SQLite', 'Redis'] as const)('two nodes over %s', (kind) => {
  const opened = new AsyncDisposableStack()
  const owner = createHolder()
  let world: GatewayWorld
  let other: TestBroker
  let machine: TestClient
  let host: string

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-dpop-'))
    opened.defer(() => rm(folder, { recursive: true }))
    const settings = kind === 'Redis' ? { redis_url: opened.use(await startRedis()).url } : {}
    const shared = { database: `sqlite:${join(folder, 'gatehouse.db')}`, keys: [randomBytes(32)], settings }
    world = opened.use(await startGateway(shared))
    other = opened.use(await startTestBroker({ ...shared, issuer: world.broker.issuer }))
    machine = await world.broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'] })
    host = (await world.addApi({ clients: [machine.id], sender_constraint: 'dpop' })).host
  }, 60_000)
  afterAll(() => opened.disposeAsync())

  const ask = async (node: URL, dpop: string) => {
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    const headers = { ...basic(machine), dpop }
    const answer = await fetch(new URL('/token', node), { method: 'POST', body: form, headers })
    return { status: answer.status, nonce: answer.headers.get('dpop-nonce'), ...((await answer.json()) as Tokens) }
  }

  it('SEC-105 take one proof between them, at a gateway and for a token', async () => {
    const nodes = [world.broker.url, other.url] as const
    const first = owner.proof('POST', `${world.broker.issuer}/token`)
    // The other node knows the client within a moment of its being made.
    await expect.poll(async () => (await ask(nodes[1], 'x')).status, { timeout: 15_000 }).toBe(400)
    const { access_token: token } = await ask(nodes[0], first)
    expect(await ask(nodes[1], first)).toMatchObject({ status: 400, error: 'invalid_dpop_proof' })

    const proof = owner.proof('GET', `https://${host}/`, { token })
    const headers = ['Authorization', `DPoP ${token}`, 'DPoP', proof]
    const at = async (node: URL) => {
      const { status, reason } = await world.ask({ host, headers, node })
      return status === 200 ? 'passes' : reason
    }
    const answers = await Promise.all([...nodes, ...nodes].map(at))
    expect(answers.filter((answer) => answer === 'passes')).toHaveLength(1)
    expect(new Set(answers)).toEqual(new Set(['passes', 'dpop_proof_replayed']))
    for (const node of nodes) expect(await at(node)).toBe('dpop_proof_replayed')
  }, 30_000)

  it('take one another’s nonces', async () => {
    const claims = { iat: Math.floor(Date.now() / 1000) - 3600 }
    const prove = (nonce?: string | null) =>
      owner.proof('POST', `${world.broker.issuer}/token`, { claims: { ...claims, ...(nonce && { nonce }) } })
    const { nonce, status } = await ask(world.broker.url, prove())
    expect(status).toBe(400)
    expect(await ask(other.url, prove(nonce))).toMatchObject({ status: 200, token_type: 'DPoP' })
  })
})
