/** How many calls an API takes of whom, counted by all nodes together. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { openStores } from '../../src/stores/open.ts'
import { breakableStores } from '../support/breakable.ts'
import { type Json, startTestBroker } from '../support/broker.ts'
import { countingStores } from '../support/counting.ts'
import { recordLog } from '../support/log-lines.ts'
import { startRedis } from '../support/redis.ts'
import { bearer, type GatewayWorld, startGateway } from './start-gateway.ts'

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterAll(() => void vi.useRealTimers())

/** A time at which a window of a minute has just begun. */
const atBeginning = (): void => void vi.setSystemTime(Math.ceil(Date.now() / 60_000) * 60_000)
const minute = { requests: 2, window: 60 }

describe('a limit', () => {
  const log = recordLog()
  const stores = breakableStores()
  let world: GatewayWorld
  let rene: string
  let john: string

  beforeAll(async () => {
    atBeginning()
    world = await startGateway({ parts: { log: log.log, openStores: stores.open } })
    rene = (await world.login('rene')).access_token
    john = (await world.login('john')).access_token
  })
  afterEach(stores.mend)
  afterAll(async () => world?.[Symbol.asyncDispose]())

  const api = async (rateLimit: Json, more: Json = {}) => {
    const { host } = await world.addApi({ rate_limit: { ...minute, ...rateLimit }, ...more })
    return (token: string, from = '198.51.100.1', more: readonly string[] = []) =>
      world.ask({ host, headers: [...(token ? bearer(token) : []), 'X-Forwarded-For', from, ...more] })
  }

  it('says what is left of it, refuses what is over it until the window ends, and then begins anew', async () => {
    atBeginning()
    const call = await api({ by: 'user' })
    const slug = expect.stringMatching(/^"api-\d+";q=2;w=60$/)
    expect((await call(rene)).headers).toMatchObject({
      'ratelimit-policy': slug,
      ratelimit: expect.stringMatching(/;r=1;t=60$/),
    })
    expect((await call(rene)).headers.ratelimit).toMatch(/;r=0;t=60$/)
    vi.setSystemTime(Date.now() + 20_000)
    const refused = await call(rene)
    expect(refused).toMatchObject({ status: 429, reason: 'rate_limited', headers: { 'retry-after': '40' } })
    expect(refused.headers['www-authenticate']).toBeUndefined()
    expect(refused.headers['x-auth-user']).toBeUndefined()
    vi.setSystemTime(Date.now() + 40_001)
    expect((await call(rene)).status).toBe(200)
  })

  it('is told to nginx as 403 with the status beside it, and to Envoy as it is', async () => {
    atBeginning()
    const { host } = await world.addApi({ rate_limit: { ...minute, requests: 1 } })
    const ask = (dialect: 'nginx' | 'envoy') => world.ask({ dialect, host, headers: bearer(rene) })
    expect((await ask('nginx')).status).toBe(200)
    expect(await ask('nginx')).toMatchObject({
      status: 403,
      headers: { 'x-gatehouse-status': '429', 'retry-after': '60' },
      body: { status: 429 },
    })
    expect((await ask('envoy')).status).toBe(429)
  })

  it('counts people, clients and addresses each for themselves', async () => {
    atBeginning()
    const byUser = await api({ by: 'user' })
    const byClient = await api({})
    const byAddress = await api({ by: 'address' })
    for (const call of [byUser, byClient, byAddress]) for (let n = 0; n < 2; n += 1) await call(rene)
    const next = (call: typeof byUser) => Promise.all([call(john), call(rene, '203.0.113.9')])
    expect((await next(byUser)).map(({ status }) => status)).toEqual([200, 429])
    expect((await next(byClient)).map(({ status }) => status)).toEqual([429, 429])
    expect((await next(byAddress)).map(({ status }) => status)).toEqual([429, 200])
  })

  it('by address holds strangers to it too; by anything else a bad token costs nobody anything', async () => {
    atBeginning()
    const byAddress = await api({ by: 'address' })
    expect([(await byAddress('')).status, (await byAddress('x')).status]).toEqual([401, 401])
    expect(await byAddress('x')).toMatchObject({ status: 429, reason: 'rate_limited' })
    const byUser = await api({ by: 'user' })
    const forged = `${rene.slice(0, -8)}AAAAAAAA`
    for (let n = 0; n < 4; n += 1) expect((await byUser(forged)).reason).toBe('token_signature')
    expect((await byUser(rene)).status).toBe(200)
  })

  it('counts the calls of an application together, whichever of its keys they come with', async () => {
    atBeginning()
    const { id: apiId, host } = await world.addApi({
      require_api_key: true,
      rate_limit: { ...minute, by: 'application' },
    })
    const keysOf = async (name: string, count: number) => {
      const { id } = await world.broker.created('applications', { name, redirect_uris: [] })
      const made = Array.from({ length: count }, () =>
        world.broker.created(`applications/${id}/api-keys`, { api_id: apiId }),
      )
      return (await Promise.all(made)).map(({ key }) => String(key))
    }
    const [one = '', two = ''] = await keysOf('One', 2)
    const [other = ''] = await keysOf('Other', 1)
    const call = (key: string) => world.ask({ host, headers: [...bearer(rene), 'X-API-Key', key] })
    expect([(await call(one)).status, (await call(two)).status, (await call(one)).status]).toEqual([200, 200, 429])
    expect((await call(two)).status).toBe(429)
    expect((await call(other)).status).toBe(200)
  })

  it('is only told where the API only reports', async () => {
    atBeginning()
    const call = await api({ by: 'user', requests: 1 }, { enforcement: 'report' })
    await call(rene)
    expect(await call(rene)).toMatchObject({ status: 200, headers: { 'x-auth-user': 'rene@acme.test' } })
    expect(log.events('gateway.would_refuse').at(-1)).toMatchObject({ reason: 'rate_limited' })
  })

  it('is that of now once it was changed', async () => {
    atBeginning()
    const { id, host } = await world.addApi({ rate_limit: { ...minute, requests: 1 } })
    const call = () => world.ask({ host, headers: bearer(rene) })
    await call()
    expect((await call()).status).toBe(429)
    const raise = { rate_limit: { ...minute, requests: 5 } }
    await world.broker.admin('PATCH', `apis/${id}`, raise, { 'if-match': '*' })
    expect((await call()).status).toBe(200)
  })

  it('SEC-106 that cannot be counted is neither kept nor broken: 503', async () => {
    atBeginning()
    const call = await api({ by: 'address' })
    expect((await call(rene)).status).toBe(200)
    stores.cut()
    expect(await call(rene)).toMatchObject({ status: 503, reason: 'temporarily_unavailable' })
  })
})

it('is counted in the one trip that the check needs anyway, once the credentials were seen', async () => {
  atBeginning()
  const counted = countingStores(openStores)
  await using world = await startGateway({ parts: { openStores: counted.open } })
  const { host } = await world.addApi({ rate_limit: { requests: 100, window: 60, by: 'user' } })
  const headers = bearer((await world.login('rene')).access_token)
  const ask = () => world.ask({ host, headers })
  expect(await counted.during(ask), 'the first time').toMatchObject({ trips: 2 })
  const { trips, cargo } = await counted.during(ask)
  expect(trips).toBe(1)
  expect(cargo[0]?.toSorted()).toEqual(['attempts.count', 'marks.liveness'])

  const byAddress = await world.addApi({ rate_limit: { requests: 1, window: 60, by: 'address' } })
  const strange = () => world.ask({ host: byAddress.host, headers: bearer('x') })
  await strange()
  expect(await counted.during(strange), 'whoever is over it').toMatchObject({ trips: 0 })
})

describe.each(['SQL', 'Redis'] as const)('on two nodes over %s', (kind) => {
  it('SEC-104 there is one limit, and not one each', async () => {
    atBeginning()
    await using opened = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-limit-'))
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    const settings = kind === 'Redis' ? { redis_url: opened.use(await startRedis()).url } : {}
    const shared = { database: `sqlite:${join(folder, 'gatehouse.db')}`, keys: [randomBytes(32)], settings }
    const world = opened.use(await startGateway(shared))
    const { host } = await world.addApi({ rate_limit: { requests: 5, window: 60, by: 'user' } })
    const headers = bearer((await world.login('rene')).access_token)
    const { issuer } = world.broker
    const second = opened.use(await startTestBroker({ ...shared, issuer }))
    const nodes = [world.broker.url, second.url]
    const statuses: number[] = []
    for (let n = 0; n < 8; n += 1) {
      const { status } = await world.ask({ host, headers, node: nodes[n % 2] })
      statuses.push(status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429, 429])
  })
})
