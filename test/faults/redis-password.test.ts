/** F16: Redis gets another password. Whoever is connected stays; a wrong one is told by its reason, and lets nobody in. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createLog } from '../../src/log.ts'
import { freePort, startTestBroker, type TestBroker } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const [old, fresh] = ['the-password-of-yesterday', 'the-password-of-tomorrow']
let redis: RedisServer
let upstream: Upstream
const lines: string[] = []
const log = createLog('info', { write: (line: string) => void lines.push(line) })
const address = (password: string) => `redis://gatehouse:${password}@127.0.0.1:${redis.port}`
const user = (...rules: string[]) => redis.command('acl', 'setuser', 'gatehouse', ...rules)
/** Whoever is connected as it, by cutting the connections. */
const hangUp = () => redis.command('client', 'kill', 'user', 'gatehouse')

beforeAll(async () => {
  redis = await startRedis()
  await user('on', `>${old}`, '~*', '&*', '+@all')
  upstream = await startUpstream({ users: { rene } })
})
afterAll(async () => {
  await upstream?.stop()
  await redis?.[Symbol.asyncDispose]()
})

const start = async (password: string, more: Parameters<typeof startTestBroker>[0] = {}) =>
  startTestBroker({ parts: { log }, ...more, settings: { redis_url: address(password) } })
const readiness = async (broker: TestBroker) => {
  const answer = await fetch(`${broker.issuer}/health/ready`)
  return { status: answer.status, text: await answer.text() }
}

it('F16 with two passwords that overlap nobody notices, however often connections are cut', {
  timeout: 90_000,
}, async () => {
  const port = await freePort()
  await using before = await start(old, { port })
  await before.addSource(upstream)
  const client = await before.addClient()
  const { tokens } = await before.login(client, { params: { idp_hint: 'Okta' } })
  await user(`>${fresh}`)
  expect((await before.introspect(client, tokens.access_token)).body.active).toBe(true)
  await hangUp()
  await expect
    .poll(async () => (await before.introspect(client, tokens.access_token)).status, { timeout: 10_000 })
    .toBe(200)

  // A node that has the new one already, beside it.
  await using after = await start(fresh)
  expect((await readiness(after)).status).toBe(200)
  await user(`<${old}`)
  // What is connected stays so: the old one is not needed for it.
  for (let turn = 0; turn < 5; turn++) {
    expect((await before.introspect(client, tokens.access_token)).body.active).toBe(true)
    await before.login(client, { params: { idp_hint: 'Okta' } })
  }
  expect((await readiness(before)).status).toBe(200)
})

it('F16 a wrong password is told by its reason, opens nothing, and is over by itself once it is right', {
  timeout: 90_000,
}, async () => {
  await user('resetpass', `>${old}`)
  await using broker = await start(old)
  await broker.addSource(upstream)
  const client = await broker.addClient()
  const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  lines.length = 0
  await user('resetpass', `>${fresh}`)
  await hangUp()
  await expect.poll(async () => (await readiness(broker)).status, { timeout: 15_000 }).toBe(503)
  await expect.poll(() => lines.join(''), { timeout: 15_000 }).toContain('WRONGPASS')
  for (const secret of [old, fresh]) expect(lines.join('')).not.toContain(secret)
  // Not yes, and not no.
  const asked = await broker.introspect(client, tokens.access_token)
  expect([asked.status, asked.body.active]).toEqual([503, undefined])
  expect((await fetch(`${broker.issuer}/jwks`)).status).toBe(200)

  await user(`>${old}`)
  await expect
    .poll(async () => (await broker.introspect(client, tokens.access_token)).body.active, { timeout: 30_000 })
    .toBe(true)
})

it('F16 a node that starts with a wrong one says so, and is not ready', { timeout: 60_000 }, async () => {
  await user('resetpass', `>${fresh}`)
  lines.length = 0
  await using broker = await start(old)
  expect((await fetch(`${broker.issuer}/health/ready`)).status).toBe(503)
  expect(lines.join('')).toContain('WRONGPASS')
})
