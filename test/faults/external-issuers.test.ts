/** Drills with issuers of tokens over there: down, slow, silent, rotating, and strangers who make us ask them (F23, F34). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bearer, type GatewayWorld, startGateway } from '../gateway/start-gateway.ts'
import { breakableStores } from '../support/breakable.ts'
import type { Json } from '../support/broker.ts'
import { countingStores } from '../support/counting.ts'
import type { Claims } from '../support/forgeries.ts'
import { newKey, startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts'
import { isLong } from './length.ts'

const minute = 60_000
const hour = 60 * minute
const [first, second, third] = [newKey('key-1'), newKey('key-2'), newKey('key-3')]
const stores = breakableStores()
const counted = countingStores(stores.open)

let ahead: number
const now = () => Date.now() + ahead
let issuer: TokenIssuer
let world: GatewayWorld
let host: string

beforeEach(async () => {
  ahead = 0
  issuer = await startTokenIssuer({ now })
  issuer.publish([first])
  world = await startGateway({
    parts: { clock: now, openStores: counted.open },
    settings: { outbound: { timeout: 5 } },
  })
  host = await hostFor()
})
afterEach(async () => {
  stores.mend()
  issuer.misbehave(undefined)
  await world[Symbol.asyncDispose]()
  await issuer[Symbol.asyncDispose]()
})

async function hostFor(config: Json = {}): Promise<string> {
  const alias = `Issuer-${Object.keys(config).length}`
  const source = { alias, name: alias, type: 'jwt', config: { ...issuer.config, ...config } }
  await world.broker.created('authentication-sources', source)
  return (await world.addApi({ clients: [], authentication_sources: [alias] })).host
}

const long = () => ({ exp: Math.floor(now() / 1000) + 3600 })
const ask = (token = issuer.token(long()), at = host) => world.ask({ host: at, headers: bearer(token) })
const status = async (token?: string) => (await ask(token)).status
const strange = (kid: string, claims: Claims = {}) => issuer.token(claims, { kid }, third)
const looks = () => issuer.heard().filter((call) => call === 'GET /keys').length

describe('an issuer that is away', () => {
  it.each(['down', 'gone', 'rubbish'] as const)(
    'SEC-106 cannot be told about when it is %s from the beginning',
    async (how) => {
      issuer.misbehave(how)
      const answer = await ask()
      expect(answer).toMatchObject({ status: 503, reason: 'temporarily_unavailable' })
      expect(answer.headers).toMatchObject({ 'retry-after': '5' })
      expect(answer.headers['x-auth-subject']).toBeUndefined()
      issuer.misbehave(undefined)
      expect(await status(), 'it is not asked again at once').toBe(503)
      ahead += 5000
      expect(await status()).toBe(200)
    },
  )

  it('has its keys believed for a day, and then no longer', async () => {
    expect(await status()).toBe(200)
    issuer.misbehave('gone')
    for (let hours = 1; hours < 24; hours += 1) {
      ahead += hour
      expect(await status(), `after ${hours} hours`).toBe(200)
    }
    const known = issuer.token({ exp: Math.floor(now() / 1000) + 24 * 3600 })
    expect(await status(known)).toBe(200)
    ahead += hour
    expect(await ask()).toMatchObject({ status: 503 })
    expect(await ask(known), 'one that was verified before').toMatchObject({ status: 503 })
    issuer.misbehave(undefined)
    ahead += 5000
    expect(await status(known)).toBe(200)
  })

  it('holds up nobody whose key is known, when it never answers', async () => {
    expect(await status()).toBe(200)
    issuer.misbehave('silent')
    ahead += 11 * minute
    const begun = performance.now()
    for (let i = 0; i < 10; i += 1) expect(await status()).toBe(200)
    expect(performance.now() - begun, 'milliseconds, when one look at it takes 5000').toBeLessThan(5000)
  })

  it('is not refused for a key that could be new, and does not answer for', async () => {
    expect(await status()).toBe(200)
    issuer.misbehave('down')
    ahead += 2 * minute
    expect(await ask(strange('new'))).toMatchObject({ status: 503 })
    expect(await ask(strange('newer'))).toMatchObject({ status: 503 })
    expect(issuer.heard().filter((call) => call === 'GET /keys').length, 'rests after a failure').toBeLessThan(4)
    expect(await status(), 'the known key').toBe(200)
  })

  it('does not make a check read or write more than one thing', async () => {
    expect(await status()).toBe(200)
    const token = issuer.token()
    expect(await counted.during(() => ask(token))).toMatchObject({ cargo: [['marks.blockedAt']], registryReads: [] })
    expect(await counted.during(() => ask(token))).toMatchObject({ cargo: [['marks.blockedAt']], registryReads: [] })
  })

  it('SEC-106 lets nobody pass while live state is away, whoever vouches', async () => {
    expect(await status()).toBe(200)
    stores.cut()
    expect(await ask()).toMatchObject({ status: 503 })
  })
})

describe('keys that change', () => {
  it('are read at the first token that names a new one, and the old ones go when they are no longer published', async () => {
    const old = issuer.token(long())
    expect(await status(old)).toBe(200)
    ahead += minute
    issuer.publish([first, second])
    expect(await status(issuer.token(long(), { kid: 'key-2' }, second))).toBe(200)
    issuer.publish([second])
    expect(await status(old), 'until they are read again').toBe(200)
    ahead += 10 * minute
    await ask(old)
    await expect.poll(() => status(old), { timeout: 10_000 }).toBe(401)
    expect(await ask(old)).toMatchObject({ reason: 'token_key_unknown' })
    expect(await status()).toBe(200)
  })

  it('cost one look, however many ask at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask()))
    expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200))
    expect(looks()).toBe(1)
    ahead += minute
    issuer.publish([first, second])
    const anew = await Promise.all(Array.from({ length: 20 }, () => ask(issuer.token({}, { kid: 'key-2' }, second))))
    expect(anew.map((answer) => answer.status)).toEqual(Array(20).fill(200))
    expect(looks()).toBe(1)
  })
})

describe('SEC-111 strangers who name keys that nobody has', () => {
  it('make us look once a minute at most, and take nothing from others', async () => {
    expect(await status()).toBe(200)
    looks()
    const flood = async (name: string) => {
      for (let i = 0; i < (isLong ? 2000 : 100); i += 20)
        await Promise.all(
          Array.from({ length: 20 }, async (_, j) =>
            expect(await ask(strange(`${name}-${i + j}`))).toMatchObject({ status: 401, reason: 'token_key_unknown' }),
          ),
        )
    }
    await flood('a')
    expect(looks(), 'the keys have just been read').toBe(0)
    for (const round of ['b', 'c', 'd']) {
      ahead += minute
      await flood(round)
      expect(looks()).toBe(1)
    }
    issuer.publish([first, second])
    ahead += minute
    expect(await status(issuer.token({}, { kid: 'key-2' }, second))).toBe(200)
    expect(await status()).toBe(200)
  })

  it('do not make us look again for the same name', async () => {
    expect(await status()).toBe(200)
    ahead += minute
    expect(await status(strange('nobody'))).toBe(401)
    expect(looks()).toBe(2)
    ahead += minute
    expect(await status(strange('nobody'))).toBe(401)
    expect(looks()).toBe(0)
  })

  it('cannot keep a key from being found that comes by that name later', async () => {
    expect(await status()).toBe(200)
    ahead += minute
    expect(await status(strange('key-2'))).toBe(401)
    issuer.publish([first, second])
    ahead += 3 * minute
    expect(await status(issuer.token({}, { kid: 'key-2' }, second))).toBe(200)
  })
})

it('F34 whoever sends rubbish does not get an issuer asked about more at once than it can stand, and is shed', async () => {
  const opaque = await hostFor(issuer.introspection)
  expect((await ask(issuer.issue('good'), opaque)).status).toBe(200)
  issuer.misbehave('silent')
  issuer.heard()
  const begun = performance.now()
  const answers = Promise.all(Array.from({ length: 100 }, (_, i) => ask(`rubbish-${i}`, opaque)))
  expect((await ask('good', opaque)).status, 'one that is known').toBe(200)
  const statuses = (await answers).map((answer) => answer.status)
  expect(new Set(statuses)).toEqual(new Set([503]))
  expect(issuer.heard().length).toBeLessThanOrEqual(32)
  expect(performance.now() - begun).toBeLessThan(20_000)
  issuer.misbehave(undefined)
  ahead += 1000
  expect((await ask(issuer.issue('after'), opaque)).status).toBe(200)
}, 60_000)
