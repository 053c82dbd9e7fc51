/** What is taken away at one node is gone at the other at its very next question, whatever that one has in memory. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, freePort, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { signInWithPassword } from '../support/password.ts'
import { rene } from '../support/people.ts'
import { type RoundRobin, startRoundRobin } from '../support/round-robin.ts'
import { type Servers, startServers } from '../support/servers.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

let upstream: Upstream
let servers: Servers
let broker: TestBroker
let proxy: RoundRobin
let nodes: readonly TestBroker[]

beforeAll(async () => {
  ;[upstream, servers] = await Promise.all([startUpstream({ users: { rene } }), startServers()])
}, 60_000)
afterAll(async () => {
  for (const server of [upstream, servers]) await server?.[Symbol.asyncDispose]()
})

interface Stores {
  readonly database: string
  readonly redis?: string
}

const kinds: readonly (readonly [string, (folder: string) => Promise<Stores>])[] = [
  ['one file', async (folder) => ({ database: `sqlite:${join(folder, 'g.db')}` })],
  ['PostgreSQL', async () => ({ database: await servers.postgres.fresh() })],
  ['PostgreSQL and Redis', async () => ({ database: await servers.postgres.fresh(), redis: servers.redis.url })],
]

/** From now on every request goes to this node. */
function at(index: number): void {
  const node = nodes[index]
  if (node) proxy.use([node.url])
}

interface Stay {
  readonly client: TestClient
  readonly visitor: Visitor
  readonly tokens: Tokens
  readonly sid: string
  readonly accountId: string
  readonly sourceId: string
}

/** Each with an application and a person of its own: what one loses is nobody else's. */
async function stay(): Promise<Stay> {
  const client = await broker.addClient()
  const visitor = createVisitor()
  const username = `user-${randomBytes(4).toString('hex')}`
  const user = await broker.created('users', { username, password: 'a machine that weaves' })
  const login = await signInWithPassword(broker, visitor, client, { username, password: 'a machine that weaves' })
  const tokens = (await (await broker.redeem(client, login.code ?? '', login.verifier)).json()) as Tokens
  const { body } = await broker.admin('GET', `sessions?user=${user.id}`)
  const [session] = body.items as { id: string }[]
  return { client, visitor, tokens, sid: session?.id ?? '', accountId: user.id, sourceId: '' }
}

/** Through a source of its own, too. */
async function brokeredStay(): Promise<Stay> {
  const client = await broker.addClient()
  const alias = `Source-${randomBytes(4).toString('hex')}`
  const { id: sourceId } = await broker.created('authentication-sources', {
    alias,
    name: alias,
    type: 'oidc',
    config: upstream.config,
  })
  upstream.register({ callbackUrls: [`${broker.issuer}/broker/${alias}/callback`] })
  const { visitor, tokens, access } = await broker.login(client, { params: { idp_hint: alias } })
  return { client, visitor, tokens, sid: String(access.sid), accountId: String(access.sub), sourceId }
}

const lives = async ({ client, tokens }: Stay) => ({
  introspection: (await broker.introspect(client, tokens.access_token)).body.active === true,
  userinfo: (await broker.userinfo(tokens.access_token)).status === 200,
})
const canRefresh = async ({ client, tokens }: Stay) =>
  (await broker.refresh(client, tokens.refresh_token)).status === 200
const isSignedIn = async ({ visitor, client }: Stay) =>
  (await broker.authorize(visitor, client, { prompt: 'none' }).catch(() => ({ answer: {} as Record<string, string> })))
    .answer.code !== undefined

const revoke = ({ client }: Stay, token: string) => broker.post('/revoke', { token }, basic(client))
const admin = async (method: string, path: string, body?: Record<string, unknown>) => {
  const { status } = await broker.admin(method, path, body)
  expect([200, 204]).toContain(status)
}

interface Case {
  readonly of?: () => Promise<Stay>
  readonly end: (stay: Stay) => Promise<unknown>
  /** What goes on, besides. */
  readonly left?: 'refresh and session' | 'session'
}

const cases: readonly (readonly [string, Case])[] = [
  ['an access token that is revoked', { end: (s) => revoke(s, s.tokens.access_token), left: 'refresh and session' }],
  ['a grant, with its refresh token', { end: (s) => revoke(s, s.tokens.refresh_token), left: 'session' }],
  ['a session that an administrator ends', { end: ({ sid }) => admin('DELETE', `sessions/${sid}`) }],
  [
    'a session that somebody signs out of',
    { end: ({ visitor, tokens }) => visitor.request(`${broker.issuer}/logout?id_token_hint=${tokens.id_token}`) },
  ],
  ['an account that is disabled', { end: ({ accountId }) => admin('PATCH', `users/${accountId}`, { enabled: false }) }],
  ['an account that is removed', { end: ({ accountId }) => admin('DELETE', `users/${accountId}`) }],
  ['a client that is disabled', { end: ({ client }) => admin('PATCH', `clients/${client.id}`, { enabled: false }) }],
  ['a client that is removed', { end: ({ client }) => admin('DELETE', `clients/${client.id}`) }],
  [
    'a source that is disabled',
    {
      of: brokeredStay,
      end: ({ sourceId }) => admin('PATCH', `authentication-sources/${sourceId}`, { enabled: false }),
    },
  ],
  [
    'a source that is removed',
    { of: brokeredStay, end: ({ sourceId }) => admin('DELETE', `authentication-sources/${sourceId}`) },
  ],
]

describe.each(kinds)('over %s', (_, stores) => {
  const opened = new AsyncDisposableStack()
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-revocation-'))
    opened.defer(() => rm(folder, { recursive: true }))
    const port = await freePort()
    proxy = opened.use(await startRoundRobin(port))
    const { database, redis } = await stores(folder)
    const issuer = `http://localhost:${port}`
    const shared = { issuer, database, keys: [randomBytes(32)], ...(redis && { settings: { redis_url: redis } }) }
    const [first, second] = await Promise.all([startTestBroker(shared), startTestBroker(shared)])
    nodes = [opened.use(first), opened.use(second)]
    broker = first
    at(0)
    await broker.addSource(upstream)
  }, 60_000)
  afterAll(() => opened.disposeAsync())

  describe.each([
    ['the first node', 0, 1],
    ['the second node', 1, 0],
  ] as const)('at %s', (_, here, there) => {
    it.each(cases)('SEC-095 %s is gone at the other, at once', async (_, { of = stay, end, left }) => {
      at(there)
      const mine = await of()
      at(here)
      expect(await lives(mine)).toEqual({ introspection: true, userinfo: true })
      at(there)
      // The other one knows it well, and has it in memory as far as it keeps things there.
      expect(await lives(mine)).toEqual({ introspection: true, userinfo: true })
      at(here)
      await end(mine)
      at(there)
      expect(await lives(mine)).toEqual({ introspection: false, userinfo: false })
      expect(await canRefresh(mine)).toBe(left === 'refresh and session')
      expect(await isSignedIn(mine)).toBe(left !== undefined)
    })
  })
})
