/** Two nodes over one database, each request at the other one: nothing that matters is in a process. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { signInWithPassword } from '../support/password.ts'
import { john, rene } from '../support/people.ts'
import { type RoundRobin, startRoundRobin } from '../support/round-robin.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let folder: string
let upstream: Upstream
let proxy: RoundRobin
let nodes: readonly TestBroker[]
/** Both, in turn. */
let broker: TestBroker
let client: TestClient
let sourceId: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-nodes-'))
  upstream = await startUpstream({ users: { rene: { ...rene, dept: 'R&D' }, john } })
  const port = await freePort()
  proxy = await startRoundRobin(port)
  const shared = {
    issuer: `http://localhost:${port}`,
    database: `sqlite:${join(folder, 'g.db')}`,
    keys: [randomBytes(32)],
  }
  // At once, on an empty database: one of them makes the administrator and the first key.
  nodes = await Promise.all([startTestBroker(shared), startTestBroker(shared)])
  proxy.use(nodes.map(({ url }) => url))
  const [first] = nodes
  if (!first) throw new Error('there is no node')
  broker = first
  sourceId = (await broker.addSource(upstream)).id
  client = await broker.addClient()
})
afterAll(async () => {
  for (const server of [...nodes, proxy, upstream]) await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** The same question to each node by itself, in the end with the same answer. */
const everywhere = (ask: (node: string) => Promise<void>) =>
  vi.waitFor(() => Promise.all(nodes.map(({ url }) => ask(url.href.replace(/\/$/, '')))), {
    timeout: 10_000,
    interval: 100,
  })

describe('two nodes', () => {
  it('are one issuer: one administrator, one key that signs, the same keys published', async () => {
    const users = await broker.admin('GET', 'users')
    expect(users.body.items).toHaveLength(1)
    await everywhere(async (node) => {
      const { keys } = (await (await fetch(`${node}/jwks`)).json()) as { keys: { kid: string }[] }
      expect(keys).toHaveLength(2)
    })
    const published = await Promise.all(
      nodes.map(async ({ url }) => (await (await fetch(new URL('/jwks', url))).json()) as { keys: { kid: string }[] }),
    )
    const [one, two] = published.map(({ keys }) => keys.map(({ kid }) => kid))
    expect(one).toEqual(two)
  })

  it('tell the whole story together', async () => {
    const { visitor, tokens, access } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    expect(access).toMatchObject({ name: 'Rene Klomp', groups: ['Everyone', 'Consultant'] })
    const again = await broker.login(client, { visitor })
    expect(again.access.sid).toBe(access.sid)
    for (let turn = 0; turn < 4; turn++) {
      expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(true)
      expect((await broker.userinfo(tokens.access_token)).status).toBe(200)
    }
    const refreshed = (await (await broker.refresh(client, tokens.refresh_token)).json()) as Tokens
    const bye = await visitor.travel(
      `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: 'https://app.example/bye' })}`,
      ({ hostname }) => hostname === 'app.example',
    )
    expect(bye.href).toBe('https://app.example/bye')
    await Promise.all(
      nodes.map(async () => {
        expect((await broker.introspect(client, refreshed.access_token)).body).toEqual({ active: false })
        expect((await broker.refresh(client, refreshed.refresh_token)).status).toBe(400)
      }),
    )
    const [one = 0, two = 0] = proxy.turns
    expect(Math.abs(one - two)).toBeLessThanOrEqual(1)
  })

  it('take a password typed at one and shown the form by the other', async () => {
    await broker.created('users', { username: 'ada', password: 'a machine that weaves' })
    const visitor = createVisitor()
    const login = await signInWithPassword(broker, visitor, client, {
      username: 'ada',
      password: 'a machine that weaves',
    })
    expect((await broker.redeem(client, login.code ?? '', login.verifier)).status).toBe(200)
  })

  it('use a code once, whichever gets it, and rotate a refresh token for one of many', async () => {
    const { verifier, answer } = await broker.authorize(createVisitor(), client, { idp_hint: 'Okta' })
    const redeemed = await Promise.all(
      Array.from({ length: 6 }, () => broker.redeem(client, answer.code ?? '', verifier)),
    )
    expect(redeemed.filter(({ status }) => status === 200)).toHaveLength(1)

    const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const refreshed = await Promise.all(Array.from({ length: 6 }, () => broker.refresh(client, tokens.refresh_token)))
    expect(refreshed.map(({ status }) => status)).toEqual(Array(6).fill(200))
    const answers = await Promise.all(refreshed.map(async (one) => ((await one.json()) as Tokens).refresh_token))
    expect(new Set(answers).size).toBe(1)
  })

  it('sign eight clients in at once on one session', async () => {
    const { visitor, access } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const apps = await Promise.all(
      Array.from({ length: 8 }, (_, index) => broker.addClient({ client_name: `App ${index}` })),
    )
    const logins = await Promise.all(apps.map((app) => broker.login(app, { visitor })))
    expect(new Set(logins.map((login) => login.access.sid))).toEqual(new Set([access.sid]))
    const tabs = await Promise.all([1, 2, 3].map(() => broker.login(client, { visitor })))
    expect(new Set(tabs.map((tab) => tab.access.client_session)).size).toBe(1)
  })

  it('know of every change in the registry soon, and of who is shut out at once', async () => {
    const { visitor, tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const mapping = { attributes: { department: 'dept' } }
    await broker.admin('PATCH', `authentication-sources/${sourceId}`, { mapping })
    await vi.waitFor(
      async () => {
        // Two in a row, and so one at each node.
        for (let turn = 0; turn < 2; turn++) {
          const login = await broker.login(client, { visitor })
          expect([login.access.department, login.id.department]).toEqual(['R&D', 'R&D'])
        }
      },
      { timeout: 10_000, interval: 100 },
    )
    await everywhere(async (node) => {
      const metadata = (await (await fetch(`${node}/.well-known/openid-configuration`)).json()) as {
        claims_supported: string[]
      }
      expect(metadata.claims_supported).toContain('department')
    })

    await broker.admin('PATCH', `authentication-sources/${sourceId}`, { enabled: false })
    for (let turn = 0; turn < 2; turn++) {
      expect((await broker.introspect(client, tokens.access_token)).body.active).toBe(false)
      expect((await broker.userinfo(tokens.access_token)).status).toBe(401)
    }
  })

  it('go on when one of them stops in the middle of a sign-in', async () => {
    await broker.admin('PATCH', `authentication-sources/${sourceId}`, { enabled: true })
    const [staying, leaving] = nodes
    if (!staying || !leaving) throw new Error('there are not two nodes')
    const visitor = createVisitor()
    const { url, verifier } = broker.authorizationUrl(client, { idp_hint: 'Okta' })
    const callback = await visitor.travel(url, ({ pathname }) => pathname.endsWith('/broker/Okta/callback'))
    proxy.use([staying.url])
    await leaving[Symbol.asyncDispose]()
    const back = await visitor.travel(callback, ({ href }) => href.startsWith(client.redirectUri))
    expect((await broker.redeem(client, back.searchParams.get('code') ?? '', verifier)).status).toBe(200)
  })
})
