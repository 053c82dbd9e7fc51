import { afterEach, expect, it } from 'vitest'
import type { Clock } from '../../src/clock.ts'
import { createLog } from '../../src/log.ts'
import { watchEventLoop } from '../../src/operations/event-loop.ts'
import { healthRoutes } from '../../src/operations/health-routes.ts'
import { createReadiness } from '../../src/operations/readiness.ts'
import type { StoreHealth } from '../../src/operations/store-health.ts'
import { listen } from '../http/listen.ts'

afterEach(() => ends.splice(0).reduce((before, end) => before.then(end), Promise.resolve()))
const ends: (() => Promise<void>)[] = []

const well: StoreHealth['check'] = async () => ({})
const hung: StoreHealth['check'] = () => new Promise(() => {})

interface Options {
  readonly checks?: Partial<Record<StoreHealth['name'], StoreHealth['check']>>
  readonly clock?: Clock
  readonly now?: () => number
}

async function serve({ checks = { database: well }, clock = () => 1_000_000, now }: Options = {}) {
  const lines: string[] = []
  const eventLoop = watchEventLoop(now)
  const readiness = createReadiness({
    stores: Object.entries(checks).map(([name, check]) => ({ name: name as StoreHealth['name'], check })),
    clock,
    clockLimit: 15_000,
    eventLoop,
    log: createLog('info', { write: (line) => void lines.push(line) }),
  })
  const server = await listen([healthRoutes(readiness)])
  ends.push(async () => {
    await server[Symbol.asyncDispose]()
    readiness[Symbol.dispose]()
    eventLoop[Symbol.dispose]()
  })
  const ask = async (name: 'live' | 'ready') => {
    const answer = await fetch(`${server.url}/health/${name}`)
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> }
  }
  return { ask, readiness, eventLoop, told: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

/** A second later what the stores said no longer counts. */
const later = () => new Promise((resolve) => setTimeout(resolve, 1050))

it('is ready while everything is in order, and no cache keeps the answer', async () => {
  const { ask } = await serve({ checks: { database: well, redis: well } })
  const { status, headers, body } = await ask('ready')
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
  const ok = { ok: true }
  expect(body).toEqual({
    status: 'ok',
    parts: { database: ok, redis: ok, clock: ok, event_loop: ok, process: ok },
  })
})

it('says what a store says of itself, and keeps what an error says for the log', async () => {
  const { ask, told } = await serve({
    checks: {
      database: () => Promise.reject(new Error('connect ECONNREFUSED db.internal.example:5432')),
      redis: async () => ({ problem: 'may evict sessions (maxmemory-policy is not noeviction)' }),
    },
  })
  const { status, headers, body } = await ask('ready')
  expect([status, headers.get('retry-after'), headers.get('cache-control')]).toEqual([503, '5', 'no-store'])
  expect(body).toMatchObject({
    status: 'unavailable',
    parts: {
      database: { ok: false, problem: 'does not answer' },
      redis: { ok: false, problem: 'may evict sessions (maxmemory-policy is not noeviction)' },
    },
  })
  expect(JSON.stringify(body)).not.toContain('internal')
  expect(JSON.stringify(told())).toContain('db.internal.example')
})

it('answers within a second for a store that hangs, asks it nothing more meanwhile, and stays alive', async () => {
  let asked = 0
  const { ask } = await serve({
    checks: {
      database: () => {
        asked += 1
        return hung()
      },
    },
  })
  for (let turn = 0; turn < 2; turn++) {
    const begin = performance.now()
    const { status, body } = await ask('ready')
    expect(performance.now() - begin).toBeLessThan(1000)
    expect([status, body.parts]).toMatchObject([503, { database: { problem: 'does not answer in time' } }])
    await later()
  }
  expect(asked).toBe(1)
  expect((await ask('live')).body).toEqual({ status: 'ok' })
})

it('asks the stores once a second, however many want to know', async () => {
  let asked = 0
  const { ask } = await serve({
    checks: {
      database: async () => {
        asked += 1
        return {}
      },
    },
  })
  await Promise.all(Array.from({ length: 50 }, () => ask('ready')))
  expect(asked).toBeLessThanOrEqual(2)
  await later()
  await ask('ready')
  expect(asked).toBeGreaterThanOrEqual(2)
})

it('notices a store that is back, and tells the log once that it went and once that it came', async () => {
  let down = true
  const { ask, told } = await serve({
    checks: {
      database: async () => {
        if (down) throw new Error('cut')
        return {}
      },
    },
  })
  for (let turn = 0; turn < 3; turn++) expect((await ask('ready')).status).toBe(503)
  down = false
  await later()
  expect((await ask('ready')).status).toBe(200)
  expect(told()).toMatchObject([
    { level: 40, part: 'database', problem: 'does not answer', msg: 'not ready for requests' },
    { level: 30, part: 'database', msg: 'in order again' },
  ])
})

it.each([
  [90, 'is 90.0 s ahead of the clock of database'],
  [-90, 'is 90.0 s behind the clock of database'],
  [16, 'is 16.0 s ahead of the clock of database'],
])('leaves when its clock is %i s away from the store’s', async (seconds, problem) => {
  const now = 1_000_000
  const { ask, told } = await serve({
    clock: () => now + seconds * 1000,
    checks: { database: async () => ({ time: now }) },
  })
  for (let turn = 0; turn < 2; turn++) expect((await ask('ready')).body.parts).toMatchObject({ clock: { problem } })
  expect(told()).toMatchObject([{ part: 'clock', problem }])
})

it('takes no slow answer for a difference between clocks', async () => {
  let now = 1_000_000
  const { ask } = await serve({
    clock: () => now,
    checks: {
      database: async () => {
        const time = now + 19_000
        now += 20_000
        return { time }
      },
    },
  })
  expect((await ask('ready')).status).toBe(200)
})

it('leaves for five seconds after the process stood still', async () => {
  let now = 0
  const { ask } = await serve({ now: () => now })
  expect((await ask('ready')).status).toBe(200)
  now += 5250
  const { status, body } = await ask('ready')
  expect([status, body.parts]).toMatchObject([503, { event_loop: { problem: 'stood still for 5.0 s' } }])
  const statuses: number[] = []
  for (let turn = 0; turn < 4; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 300))
    now += 1500
    statuses.push((await ask('ready')).status)
  }
  expect(statuses).toEqual([503, 503, 503, 200])
})

it('counts no standing still of the time in which the process was loaded', async () => {
  let now = 0
  const { ask, eventLoop } = await serve({ now: () => now })
  now += 5250
  expect((await ask('ready')).status).toBe(503)
  eventLoop.beginAnew()
  expect((await ask('ready')).status).toBe(200)
})

it('is not ready from the moment on that it is about to end, and alive until it has', async () => {
  const { ask, readiness } = await serve()
  expect((await ask('ready')).status).toBe(200)
  readiness.leave()
  expect((await ask('ready')).body).toMatchObject({ parts: { process: { problem: 'is about to end' } } })
  expect((await ask('live')).status).toBe(200)
})
