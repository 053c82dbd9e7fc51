/** Redis behind Sentinel loses its primary, again and again, while codes are redeemed (F7, F9), and is away at a start (F15). */
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { automation, basic, freePort, startTestBroker, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { type RedisServer, startRedis, startReplicaOf, startSentinel, until } from '../support/redis.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'
import { isLong } from './length.ts'

const params = { idp_hint: 'Okta' }
let upstream: Upstream

beforeAll(async () => {
  upstream = await startUpstream({ users: { rene } })
})
afterAll(() => upstream[Symbol.asyncDispose]())

it('F9 redeems no code twice over failovers, and F7 goes on within seconds with every session', {
  timeout: 600_000,
}, async () => {
  const failovers = isLong ? 5 : 1
  const codesEach = 20
  // On a machine that has nothing else to do; on others the second may be long.
  const limit = isLong ? 2000 : 8000
  await using first = await startRedis()
  await using second = await startReplicaOf(first)
  await using sentinel = await startSentinel(first)
  const primaryPort = async () =>
    Number(((await sentinel.command('sentinel', 'get-master-addr-by-name', 'main')) as string[])[1])
  const hasReplica = async () => {
    const info = String(await sentinel.command('sentinel', 'replicas', 'main'))
    return info.includes('master-link-status,ok') && !/flags,slave,(s_down|disconnected)|s_down/.test(info)
  }
  await using broker = await startTestBroker({
    settings: { redis_url: `redis+sentinel://127.0.0.1:${sentinel.port}/main` },
  })
  await broker.addSource(upstream)
  const client = await broker.addClient()
  const visitor = createVisitor()
  /** On a busy machine the replica may take longer to confirm than is waited for: then as a person would, again. */
  async function login(given: Parameters<typeof broker.login>[1], triesLeft = 4): ReturnType<typeof broker.login> {
    try {
      return await broker.login(client, given)
    } catch (error) {
      if (triesLeft === 0 || !/answered 503|temporarily_unavailable/.test(String(error))) throw error
      return login(given, triesLeft - 1)
    }
  }
  await login({ visitor, params })
  // Of others: presenting a code twice ends what it was given for.
  const refreshTokens: string[] = []
  while (refreshTokens.length < 10) refreshTokens.push((await login({ params })).tokens.refresh_token)

  let redeemed = 0
  for (let round = 0; round < failovers; round++) {
    await until(hasReplica, 30_000)
    await delay(1200)
    const codes: Awaited<ReturnType<typeof broker.authorize>>[] = []
    for (let index = 0; index < codesEach; index++) {
      // Without a page and without the upstream: it is the session of the first login that answers.
      const code = await broker.authorize(visitor, client, { prompt: 'none' })
      expect(code.answer).toHaveProperty('code')
      codes.push(code)
    }

    const redeem = async ({ answer, verifier }: (typeof codes)[number]) => {
      const response = await broker.redeem(client, answer.code ?? '', verifier)
      expect([200, 400, 503]).toContain(response.status)
      return response.status
    }
    const early = Promise.all(codes.map((code, index) => delay(index * 10).then(() => redeem(code))))
    const primary: RedisServer = (await primaryPort()) === first.port ? first : second
    await delay(100)
    await primary.kill()
    // Meanwhile: keys for those who verify by themselves, and for everybody else 503 with a time.
    const meanwhile = await broker.refresh(client, 'x')
    expect([400, 503]).toContain(meanwhile.status)
    if (meanwhile.status === 503) expect(Number(meanwhile.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await fetch(`${broker.issuer}/jwks`)).status).toBe(200)
    // The failover is over when the sentinels name another primary.
    const promoted = until(async () => (await primaryPort()) !== primary.port, 30_000).then(() => performance.now())
    // What is read may be answered before what is written with a guard, which has a connection of its own.
    const refresh = async (index: number) => {
      const answer = await broker.refresh(client, refreshTokens[index] ?? '')
      if (answer.status === 200) refreshTokens[index] = ((await answer.json()) as Tokens).refresh_token
      return answer.status
    }
    const goesOn = until(async () => {
      const status = await refresh(0)
      expect([200, 503]).toContain(status)
      return status === 200
    }, 30_000).then(() => performance.now())
    const [promotedAt, goesOnAt] = await Promise.all([promoted, goesOn])
    const before = await early
    expect(goesOnAt - promotedAt, 'milliseconds after there is a primary again').toBeLessThan(limit)
    for (const index of refreshTokens.keys()) expect(await refresh(index), 'every session lives').toBe(200)

    const after = await Promise.all(codes.map(redeem))
    for (const [index, status] of after.entries()) {
      expect(status === 200 && before[index] === 200, 'a code was redeemed twice').toBe(false)
      redeemed += Number(status === 200 || before[index] === 200)
    }
    await primary.start()
  }
  expect(redeemed).toBeGreaterThan(failovers)
})

it('F15 starts without its Redis, says so, refuses what needs it, and joins when it is there', async () => {
  const port = await freePort()
  await using broker = await startTestBroker({ settings: { redis_url: `redis://127.0.0.1:${port}` } })
  const ready = () => fetch(`${broker.issuer}/health/ready`)
  const first = await ready()
  expect(first.status).toBe(503)
  expect(await first.text()).toContain('redis')
  expect((await fetch(`${broker.issuer}/.well-known/openid-configuration`)).status).toBe(200)
  expect((await fetch(`${broker.issuer}/jwks`)).status).toBe(200)
  const asked = await broker.post('/introspect', { token: await broker.adminToken() }, basic(automation))
  expect(asked.status, 'whether it was revoked cannot be told').toBe(503)
  expect(asked.headers.get('retry-after')).not.toBeNull()

  await using _server = await startRedis({ port })
  const there = performance.now()
  await until(async () => (await ready()).status === 200)
  expect(performance.now() - there).toBeLessThan(5000)
  await broker.addSource(upstream)
  await broker.login(await broker.addClient(), { params })
})
