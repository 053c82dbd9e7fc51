/** F12: Redis takes 200 ms to answer. Everything takes longer, nobody is told no, and nothing piles up. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { type Nodes, startNodes } from '../support/nodes.ts'
import { rene } from '../support/people.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { startTripMeter } from '../support/trip-meter.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const distance = 200
const crowd = 150
let upstream: Upstream
let redis: RedisServer
let far: Awaited<ReturnType<typeof startTripMeter>>
let broker: Nodes
beforeAll(async () => {
  ;[upstream, redis] = await Promise.all([startUpstream({ users: { rene } }), startRedis()])
  far = await startTripMeter(new URL(redis.url), distance)
  broker = await startNodes({ count: 1, env: { REDIS_URL: far.url } })
  // Also while it is busy enough to be avoided.
  broker.balancer.use(broker.nodes.map(({ url }) => url))
  // On a busy machine the first answers may come too late.
  await vi.waitFor(() => broker.addSource(upstream), { timeout: 60_000 })
}, 120_000)
afterAll(async () => {
  for (const one of [broker, far, redis, upstream]) await one?.[Symbol.asyncDispose]()
})

const metric = async (name: string) => {
  const text = await (await fetch(`${broker.issuer}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

it('F12 lets people in, refreshes and checks as before, a crowd at once and without growing by it', async () => {
  const client = await broker.addClient()
  const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  const refreshed = await broker.refresh(client, tokens.refresh_token)
  expect(refreshed.status).toBe(200)

  const ask = () => broker.introspect(client, tokens.access_token)
  expect((await ask()).body.active).toBe(true)
  const before = await metric('process_resident_memory_bytes')
  let served = 0
  for (let round = 0; round < 5; round++) {
    // A connection that was given up on a busy machine is there again in a moment.
    await vi.waitFor(async () => expect((await ask()).status).toBe(200), { timeout: 10_000 })
    let answers: Awaited<ReturnType<typeof ask>>[] = []
    const trips = await far.during(async () => {
      answers = await Promise.all(Array.from({ length: crowd }, ask))
    })
    // What cannot be had within a second is 503, on a machine that is busy with other things as well.
    expect(answers.filter(({ status, body }) => status !== 503 && body.active !== true)).toEqual([])
    served += answers.filter(({ status }) => status === 200).length
    expect(trips, 'those who ask at once share trips').toBeLessThan(crowd / 4)
  }
  expect(served).toBeGreaterThan(crowd)
  const grown = (await metric('process_resident_memory_bytes')) - before
  expect(grown / 1024 ** 2).toBeLessThan(100)
  expect((await fetch(`${broker.issuer}/health/ready`)).status).toBe(200)
}, 60_000)
