/**
 * Codes and refresh tokens over three processes and real stores (rows 18, 21 to 24): each request of a contest goes to
 * another node, and over Redis the primary is lost on the way. `npm run faults` has as many rounds as the rows say.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isLong } from '../faults/length.ts'
import { basic, type Json, type TestClient, type Tokens } from '../support/broker.ts'
import { type Nodes, startNodes } from '../support/nodes.ts'
import { rene } from '../support/people.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { type RedisServer, startRedis, startReplicaOf, startSentinel, until } from '../support/redis.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor, type Visitor } from '../support/visitor.ts'

const params = { idp_hint: 'Okta' }
const refresh_grace = 6
let upstream: Upstream
let postgres: Postgres
beforeAll(async () => {
  ;[upstream, postgres] = await Promise.all([startUpstream({ users: { rene } }), startPostgres()])
}, 60_000)
afterAll(async () => {
  for (const one of [upstream, postgres]) await one?.[Symbol.asyncDispose]()
})

interface Sentinel {
  readonly servers: readonly RedisServer[]
  primary(): Promise<RedisServer>
  readonly url: string
}

async function startRedisWithSentinel(opened: AsyncDisposableStack): Promise<Sentinel> {
  const one = opened.use(await startRedis())
  const other = opened.use(await startReplicaOf(one))
  const sentinel = opened.use(await startSentinel(one))
  const servers = [one, other]
  await until(async () => String(await sentinel.command('sentinel', 'replicas', 'main')).includes(String(other.port)))
  return {
    servers,
    url: `redis+sentinel://127.0.0.1:${sentinel.port}/main`,
    async primary() {
      const [, port] = (await sentinel.command('sentinel', 'get-master-addr-by-name', 'main')) as string[]
      const found = servers.find((server) => server.port === Number(port))
      if (!found) throw new Error(`nobody listens on ${port}`)
      return found
    },
  }
}

describe.each(['PostgreSQL', 'PostgreSQL and Redis'] as const)('three nodes over %s', (kind) => {
  const opened = new AsyncDisposableStack()
  let sentinel: Sentinel | undefined
  let broker: Nodes
  let client: TestClient
  let visitor: Visitor
  beforeAll(async () => {
    if (kind === 'PostgreSQL and Redis') sentinel = await startRedisWithSentinel(opened)
    const env = { DATABASE_URL: await postgres.fresh(), ...(sentinel && { REDIS_URL: sentinel.url }) }
    broker = opened.use(await startNodes({ count: 3, env, settings: { lifetimes: { refresh_grace } } }))
    await broker.addSource(upstream)
    client = await broker.addClient()
    visitor = createVisitor()
    await signIn()
  }, 60_000)
  afterAll(() => opened.disposeAsync())

  // Where the machine is busy, a replica may be too late to confirm something, which is 503 and worth another try.
  let unanswered = 0
  const patiently = <T>(work: () => Promise<T>) => vi.waitFor(work, { timeout: 15_000, interval: 100 })
  const signIn = () => patiently(async () => (await broker.login(client, { visitor, params })).tokens)
  const post = async (node: number, path: string, form: Readonly<Record<string, string>>) => {
    const url = new URL(path, broker.nodes[node % broker.nodes.length]?.url)
    const ask = () => fetch(url, { method: 'POST', headers: basic(client), body: new URLSearchParams(form) })
    let answer = await ask()
    for (let tries = 0; answer.status === 503 && tries < 100; tries++) {
      unanswered += 1
      await delay(100)
      answer = await ask()
    }
    const text = await answer.text()
    return { status: answer.status, body: (text ? JSON.parse(text) : {}) as Json & Tokens }
  }
  const refresh = (node: number, refresh_token: string) =>
    post(node, '/token', { grant_type: 'refresh_token', refresh_token })
  const isAlive = async (node: number, token: string) =>
    (await post(node, '/introspect', { token })).body.active === true
  const atOnce = <T>(count: number, work: (index: number) => Promise<T>) =>
    Promise.all(Array.from({ length: count }, (_, index) => work(index)))
  const isInGrace = (begun: number) => performance.now() - begun < refresh_grace * 1000
  const events = () => broker.nodes.map(({ output }) => output).join('')

  it('SEC-018 let exactly one of fifty redemptions at once succeed, round after round', async () => {
    for (let round = 0; round < (isLong ? 200 : 3); round++) {
      const { verifier, answer } = await patiently(() => broker.authorize(visitor, client, params))
      const form = { grant_type: 'authorization_code', code: answer.code ?? '', redirect_uri: client.redirectUri }
      unanswered = 0
      const answers = await atOnce(50, (node) => post(node, '/token', { ...form, code_verifier: verifier }))
      const won = answers.filter(({ status }) => status === 200)
      // Of one that could not be told whether it was the first, nothing comes.
      expect(won.length).toBeLessThanOrEqual(1)
      if (unanswered === 0) expect(won).toHaveLength(1)
      const refused = answers
        .filter(({ status }) => status !== 200)
        .map(({ status, body }) => `${status} ${body.error}`)
      expect(new Set(refused)).toEqual(new Set(['400 invalid_grant']))
      for (const node of [0, 1, 2]) expect(await isAlive(node, won[0]?.body.access_token ?? 'none')).toBe(false)
    }
  }, 600_000)

  it.each([2, 10, 50])(
    'SEC-021 give %i uses of one refresh token at once one new generation',
    async (count) => {
      for (let round = 0; round < (isLong ? 20 : 1); round++) {
        const { refresh_token } = await signIn()
        const answers = await atOnce(count, (node) => refresh(node, refresh_token))
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
        expect(new Set(answers.map(({ body }) => JSON.stringify(body))), 'one answer for all').toHaveLength(1)
        const [answer] = answers
        for (const node of [0, 1, 2]) expect(await isAlive(node, answer?.body.access_token ?? '')).toBe(true)
        expect((await refresh(1, answer?.body.refresh_token ?? '')).status).toBe(200)
      }
    },
    600_000,
  )

  it('SEC-021 repeat the identical answer within the grace, and end the family outside it, with an event', async () => {
    const tokens = await signIn()
    const first = await refresh(0, tokens.refresh_token)
    expect(await refresh(1, tokens.refresh_token)).toEqual(first)
    expect(await refresh(2, tokens.refresh_token)).toEqual(first)
    await delay(refresh_grace * 1000 + 300)
    const before = events().split('refresh_token_reused').length
    expect(await refresh(1, tokens.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', reason: 'refresh_token_reused' },
    })
    for (const node of [0, 1, 2]) {
      expect((await refresh(node, first.body.refresh_token)).status).toBe(400)
      for (const token of [first.body.access_token, tokens.access_token]) expect(await isAlive(node, token)).toBe(false)
    }
    await vi.waitFor(() => expect(events().split('refresh_token_reused').length).toBeGreaterThan(before), 5000)
  }, 60_000)

  it.each([0, 1, 2])(
    'SEC-022 know generation %i of four for what it is, made within one second',
    async (replayed) => {
      const generations = [(await signIn()).refresh_token]
      for (const node of [0, 1, 2]) generations.push((await refresh(node, generations.at(-1) ?? '')).body.refresh_token)
      const newest = generations.at(-1) ?? ''
      const replay = await refresh(replayed + 1, generations[replayed] ?? '')
      if (replayed === 2) {
        expect(replay.body.refresh_token, 'the last one is in its grace').toBe(newest)
        return
      }
      expect(replay).toMatchObject({ status: 400, body: { reason: 'refresh_token_reused' } })
      for (const node of [0, 1, 2]) expect((await refresh(node, newest)).body.error).toBe('invalid_grant')
    },
    60_000,
  )

  it('SEC-024 let no refresh win after a revocation was answered', async () => {
    for (let round = 0; round < (isLong ? 1000 : 5); round++) {
      const { refresh_token: token } = await signIn()
      const contest = atOnce(4, (node) => refresh(node, token))
      expect((await post(round, '/revoke', { token })).status).toBe(200)
      for (const node of [0, 1, 2]) expect((await refresh(node, token)).body.error).toBe('invalid_grant')
      for (const { status, body } of await contest) {
        if (status !== 200) continue
        expect(await isAlive(round + 1, body.access_token)).toBe(false)
        expect((await refresh(round + 2, body.refresh_token)).body.error).toBe('invalid_grant')
      }
    }
  }, 1_200_000)

  it('SEC-024 let no refresh win after a logout was answered', async () => {
    for (let round = 0; round < (isLong ? 1000 : 4); round++) {
      const tokens = await signIn()
      const begun = performance.now()
      const contest = atOnce(3, (node) => refresh(node, tokens.refresh_token))
      const bye = `${broker.issuer}/logout?${new URLSearchParams({ id_token_hint: tokens.id_token })}`
      expect((await visitor.request(bye)).status).toBe(303)
      for (const node of [0, 1, 2])
        expect((await refresh(node, tokens.refresh_token)).body).toMatchObject({
          error: 'invalid_grant',
          // Which it is as well, once the grace of whoever won the contest is over.
          reason: isInGrace(begun) ? 'session_ended' : expect.stringMatching(/^(session_ended|refresh_token_reused)$/),
        })
      for (const { status, body } of await contest) {
        if (status !== 200) continue
        expect(await isAlive(round, body.access_token)).toBe(false)
        expect((await refresh(round + 1, body.refresh_token)).body.error).toBe('invalid_grant')
      }
    }
  }, 1_200_000)

  it('SEC-023 find a reuse after all of them were restarted, and after another server was promoted', async () => {
    const [kept, stolen] = [await signIn(), await signIn()]
    const rotated = await refresh(0, kept.refresh_token)
    const other = await refresh(1, stolen.refresh_token)
    await Promise.all(broker.nodes.map((node) => node.stop()))
    await Promise.all(broker.nodes.map((node) => node.start()))
    if (sentinel) {
      const { primary } = sentinel
      const lost = await primary()
      await lost.kill()
      await until(async () => (await primary()) !== lost)
      await until(async () => (await refresh(0, 'x')).status === 400 && (await refresh(1, 'x')).status === 400)
    }
    await delay(refresh_grace * 1000)
    expect(await refresh(2, stolen.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant', reason: 'refresh_token_reused' },
    })
    for (const node of [0, 1]) {
      expect((await refresh(node, other.body.refresh_token)).body.error).toBe('invalid_grant')
      expect(await isAlive(node, other.body.access_token)).toBe(false)
    }
    // Both were of one session, and so of one grant; whoever signs in again has another one.
    expect((await refresh(0, rotated.body.refresh_token)).body.error).toBe('invalid_grant')
    const again = await signIn()
    expect((await refresh(1, again.refresh_token)).status).toBe(200)
  }, 60_000)
})
