/** F1: nodes die without a word, and what was begun at them goes on at the others. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Tokens } from '../support/hands.ts'
import { type Nodes, startNodes, type TestNode } from '../support/nodes.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { type Servers, startServers } from '../support/servers.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let servers: Servers
let upstream: Upstream
let broker: Nodes
let one: TestNode
let two: TestNode
beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
  servers = await startServers()
  broker = await startNodes({ env: servers.env })
  const [first, second] = broker.nodes
  if (!first || !second) throw new Error('there are not two nodes')
  one = first
  two = second
  await broker.addSource(upstream)
}, 60_000)
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await upstream[Symbol.asyncDispose]()
  await servers[Symbol.asyncDispose]()
})

const bothServe = () => vi.waitFor(() => expect(broker.balancer.inUse).toHaveLength(2), { timeout: 60_000 })
const dead = new Set<TestNode>()
const kill = async (node: TestNode) => {
  dead.add(node)
  await node.stop('SIGKILL')
}
const revive = async (node: TestNode) => {
  if (dead.delete(node)) await node.start()
}

/** Kills the one node, so that what comes next happens at the other. */
async function only(staying: TestNode): Promise<void> {
  const leaving = staying === one ? two : one
  await revive(staying)
  await vi.waitFor(() => expect(broker.balancer.inUse).toContain(staying.url), { timeout: 60_000 })
  await kill(leaving)
}

beforeEach(async () => {
  for (const node of [one, two]) await revive(node)
  await bothServe()
}, 120_000)

describe('F1', () => {
  it('a sign-in goes on when the node that has served it so far is killed, at every step', async () => {
    const client = await broker.addClient()
    const visitor = createVisitor()
    const { url, verifier } = broker.authorizationUrl(client)
    await kill(two)
    const door = await visitor.travel(url, ({ pathname }) => pathname.startsWith('/login/'))
    await only(two)
    const away = await visitor.travel(`${door.href}/source/Okta`, ({ origin }) => origin === upstream.issuer)
    await only(one)
    const callback = await visitor.travel(away, ({ pathname }) => pathname.endsWith('/broker/Okta/callback'))
    const arrived = await visitor.travel(callback, ({ href }) => href.startsWith(client.redirectUri))
    await only(two)
    const redeemed = await broker.redeem(client, arrived.searchParams.get('code') ?? '', verifier)
    expect(redeemed.status).toBe(200)
    const tokens = (await redeemed.json()) as Tokens
    await only(one)
    expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(true)
    const refreshed = await broker.refresh(client, tokens.refresh_token)
    expect(refreshed.status).toBe(200)
    await only(two)
    const again = await broker.login(client, { visitor })
    expect((await broker.introspect(client, again.tokens.access_token)).body.active).toBe(true)
    await only(one)
    const bye = await visitor.travel(
      `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: again.tokens.id_token, post_logout_redirect_uri: 'https://app.example/bye' })}`,
      ({ hostname }) => hostname === 'app.example',
    )
    expect(bye.href).toBe('https://app.example/bye')
    expect((await broker.introspect(client, again.tokens.access_token)).body.active).toBe(false)
  }, 300_000)

  it('a password is taken by the other node when the one that showed the form is dead', async () => {
    const client = await broker.addClient()
    await broker.created('users', { username: 'ada', password: 'a machine that weaves' })
    await kill(one)
    const login = await signInWithPassword(broker, createVisitor(), client, {
      username: 'ada',
      password: 'a machine that weaves',
    })
    expect((await broker.redeem(client, login.code ?? '', login.verifier)).status).toBe(200)
  }, 120_000)
})
