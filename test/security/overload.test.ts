/** When more is asked than can be answered. The floods of passwords are in basic.test.ts, the real thing in test/faults. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { watchEventLoop } from '../../src/operations/event-loop.ts'
import { bearer, type GatewayWorld, startGateway } from '../gateway/start-gateway.ts'

let overloaded = false
let world: GatewayWorld

beforeAll(async () => {
  world = await startGateway({ parts: { isOverloaded: () => overloaded } })
}, 30_000)
afterAll(async () => world?.[Symbol.asyncDispose]())

it('SEC-112 sheds early with 503 and Retry-After, while health, keys and metadata are answered, and recovers', async () => {
  const { broker, client } = world
  const { host } = await world.addApi()
  const { access_token } = await world.login('rene')
  const ask = (dialect: 'nginx' | 'forwarded' | 'envoy') => world.ask({ dialect, host, headers: bearer(access_token) })
  const paths = ['/userinfo', '/admin', '/authorize?client_id=x', '/admin/api/v1/clients', '/login/x', '/']
  const introspected = () => broker.introspect(client, access_token)
  expect((await ask('forwarded')).status).toBe(200)
  overloaded = true
  try {
    for (const path of paths) {
      const answer = await fetch(new URL(path, broker.url), { redirect: 'manual' })
      expect(answer.status, path).toBe(503)
      expect(Number(answer.headers.get('retry-after')), path).toBeGreaterThan(0)
      expect(await answer.json(), path).toMatchObject({ error: 'temporarily_unavailable' })
    }
    expect((await introspected()).status).toBe(503)
    for (const dialect of ['forwarded', 'envoy'] as const)
      expect(await ask(dialect)).toMatchObject({ status: 503, reason: 'temporarily_unavailable' })
    // As it can hear it.
    expect(await ask('nginx')).toMatchObject({
      status: 403,
      headers: { 'x-gatehouse-status': '503', 'retry-after': '5' },
    })
    for (const path of ['/health/live', '/health/ready', '/jwks', '/.well-known/openid-configuration', '/metrics'])
      expect((await fetch(new URL(path, broker.url))).status, path).toBe(200)
    const metrics = await (await fetch(new URL('/metrics', broker.url))).text()
    const [, shed] =
      /gatehouse_refusals_total\{[^}]*endpoint="",reason="temporarily_unavailable"[^}]*\} (\d+)/.exec(metrics) ?? []
    expect(Number(shed)).toBe(paths.length + 4)
  } finally {
    overloaded = false
  }
  expect((await ask('forwarded')).status).toBe(200)
  expect(await introspected()).toMatchObject({ status: 200, body: { active: true } })
})

it('SEC-112 is overloaded when every look at the event loop comes late, not when one does, until one is in time', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  let now = 0
  const eventLoop = watchEventLoop(
    () => now,
    (done) => done(),
  )
  /** A timer that was due after a quarter of a second has its turn. */
  const look = async (after: number, requests = 50) => {
    for (let count = 0; count < requests; count += 1) eventLoop.requestBegan()
    now += after
    await vi.advanceTimersByTimeAsync(250)
  }
  try {
    await look(10_000)
    for (const _ of [1, 2, 3]) await look(250)
    expect(eventLoop.isOverloaded()).toBe(false)
    for (const _ of [1, 2, 3]) await look(1300)
    expect(eventLoop.isOverloaded()).toBe(false)
    await look(1300)
    expect(eventLoop.isOverloaded()).toBe(true)
    await look(300)
    expect(eventLoop.isOverloaded()).toBe(false)
    // Where others keep the processor, and few ask, it would help nobody.
    for (const _ of [1, 2, 3, 4, 5, 6]) await look(2000, 49)
    expect(eventLoop.isOverloaded()).toBe(false)
  } finally {
    eventLoop[Symbol.dispose]()
    vi.useRealTimers()
  }
})

it('SEC-112 is overloaded when what its threads are asked for comes late, though the event loop is idle', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  let now = 0
  const waiting: (() => void)[] = []
  const eventLoop = watchEventLoop(
    () => now,
    (done) => waiting.push(done),
  )
  const look = async () => {
    for (let count = 0; count < 50; count += 1) eventLoop.requestBegan()
    now += 250
    await vi.advanceTimersByTimeAsync(250)
  }
  try {
    // Asked at the first look; late from the sixth on, which is more than a second after it.
    for (const _ of [1, 2, 3, 4, 5, 6, 7, 8]) await look()
    expect(eventLoop.isOverloaded()).toBe(false)
    await look()
    expect(eventLoop.isOverloaded()).toBe(true)
    expect(waiting).toHaveLength(1)
    waiting.pop()?.()
    // It took long, and the next one does not.
    await look()
    expect(eventLoop.isOverloaded()).toBe(true)
    waiting.pop()?.()
    await look()
    expect(eventLoop.isOverloaded()).toBe(false)
  } finally {
    eventLoop[Symbol.dispose]()
    vi.useRealTimers()
  }
})

it('SEC-112 is overloaded when requests come and come before any timer has its turn, not when it stood still', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  let now = 0
  const eventLoop = watchEventLoop(
    () => now,
    (done) => done(),
  )
  const requests = (count: number, apart: number) => {
    for (let done = 0; done < count; done += 1) {
      now += apart
      eventLoop.requestBegan()
    }
  }
  try {
    requests(100, 1)
    now += 10_000
    requests(400, 1)
    expect(eventLoop.isOverloaded()).toBe(false)
    requests(700, 1)
    expect(eventLoop.isOverloaded()).toBe(true)
    vi.advanceTimersByTime(250)
    expect(eventLoop.isOverloaded()).toBe(false)
    // Few, however long they take.
    requests(199, 100)
    expect(eventLoop.isOverloaded()).toBe(false)
  } finally {
    eventLoop[Symbol.dispose]()
    vi.useRealTimers()
  }
})
