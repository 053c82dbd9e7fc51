/** Whoever asks the broker about somebody else: introspection and the gateway's question, under attack. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStores } from '../../src/stores/open.ts'
import { bearer, type GatewayWorld, startGateway } from '../gateway/start-gateway.ts'
import type { TestClient } from '../support/broker.ts'
import { countingStores } from '../support/counting.ts'

const counted = countingStores(openStores)
let world: GatewayWorld
/** Milliseconds that the broker is ahead. */
let ahead = 0
let api: Awaited<ReturnType<GatewayWorld['addApi']>>
/** May ask about the API's tokens, and about another API's. */
let ours: TestClient
let theirs: TestClient

beforeAll(async () => {
  world = await startGateway({ parts: { openStores: counted.open, clock: () => Date.now() + ahead } })
  api = await world.addApi()
  const other = await world.addApi({ clients: [] })
  ours = await world.broker.addClient({ resource_server: { apis: [api.id] } })
  theirs = await world.broker.addClient({ resource_server: { apis: [other.id] } })
}, 60_000)
afterAll(async () => world?.[Symbol.asyncDispose]())

describe('SEC-100 introspection', () => {
  it('answers nobody who does not authenticate', async () => {
    const { access_token: token } = await world.login('rene')
    const wrong = { authorization: `Basic ${btoa(`${encodeURIComponent(ours.id)}:wrong`)}` }
    expect((await world.broker.post('/introspect', { token })).status).toBeGreaterThanOrEqual(400)
    const refused = await world.broker.post('/introspect', { token }, wrong)
    expect([refused.status, await refused.text()]).toEqual([401, expect.not.stringContaining('"active":true')])
  })

  it('tells a resource of tokens for its audience, and says exactly {"active":false} of everything else', async () => {
    const tokens = await world.login('rene')
    expect((await world.broker.introspect(ours, tokens.access_token)).body).toMatchObject({ active: true })
    const revoked = await world.login('rene')
    const own = { authorization: `Basic ${btoa(`${encodeURIComponent(world.client.id)}:${world.client.secret}`)}` }
    await world.broker.post('/revoke', { token: revoked.refresh_token }, own)

    const asks: readonly [TestClient, string, string][] = [
      [theirs, tokens.access_token, 'for another audience'],
      [ours, tokens.id_token, 'an ID token'],
      [ours, tokens.refresh_token, 'a refresh token of another client'],
      [ours, revoked.access_token, 'revoked'],
      [ours, 'garbage', 'garbage'],
      [ours, 'a.b.c', 'garbage in three parts'],
      [ours, `${tokens.access_token.slice(0, -6)}AAAAAA`, 'forged'],
      [ours, '', 'nothing'],
    ]
    for (const [client, token, what] of asks.filter(([, token]) => token !== ''))
      expect(await world.broker.introspect(client, token), what).toEqual({ status: 200, body: { active: false } })
    ahead = 301_000
    const late = await world.broker.introspect(ours, tokens.access_token)
    ahead = 0
    expect(late).toEqual({ status: 200, body: { active: false } })
  })

  it('writes nothing, whatever it is asked about', async () => {
    const { access_token } = await world.login('rene')
    for (const token of [access_token, 'garbage', `${access_token.slice(0, -6)}AAAAAA`]) {
      await world.broker.introspect(ours, token)
      const { cargo } = await counted.during(() => world.broker.introspect(ours, token))
      expect(cargo.flat().filter((call) => !['marks.liveness', 'artifacts.get'].includes(call))).toEqual([])
    }
  })
})

describe('SEC-102 what a gateway says about a request', () => {
  const said = (headers: readonly string[]) => world.send('/verify/forwarded', 'GET', ['Host', 'gatehouse', ...headers])

  it('is refused where it cannot be read', async () => {
    const token = bearer((await world.login('rene')).access_token)
    const good = { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Host': api.host, 'X-Forwarded-Uri': '/patients/1' }
    expect((await said([...token, ...Object.entries(good).flat()])).status).toBe(200)
    const changes: readonly Readonly<Record<string, string>>[] = [
      { 'X-Forwarded-Host': '' },
      { 'X-Forwarded-Host': `${api.host}, ${api.host}` },
      { 'X-Forwarded-Host': `${api.host}:port` },
      { 'X-Forwarded-Host': `user@${api.host}` },
      { 'X-Forwarded-Host': 'a' },
      { 'X-Forwarded-Uri': '' },
      { 'X-Forwarded-Uri': 'patients/1' },
      { 'X-Forwarded-Uri': `http://${api.host}/patients/1` },
      { 'X-Forwarded-Uri': '/patients/1\\..' },
      { 'X-Forwarded-Uri': '/patients/%' },
    ]
    for (const change of changes) {
      const answer = await said([...token, ...Object.entries({ ...good, ...change }).flat()])
      expect(answer.status, JSON.stringify(change)).toBe(403)
      expect(answer.headers['x-auth-user']).toBeUndefined()
    }
    expect((await said([...token, 'Forwarded', `host=${api.host};proto=https`])).status).toBe(403)
  })
})

describe('SEC-102 where a request comes from', () => {
  const unreadable = ['a', '198.51.100.1, unknown', 'a, 127.0.0.1', '<script>', '010.0.0.1', '198.51.100.1:']

  it('is refused at the check where a trusted proxy says what is no address, in the words of each gateway', async () => {
    const token = bearer((await world.login('rene')).access_token)
    for (const dialect of ['nginx', 'forwarded', 'envoy'] as const)
      for (const forwarded of unreadable) {
        const answer = await world.ask({ dialect, host: api.host, headers: [...token, 'X-Forwarded-For', forwarded] })
        expect(answer, `${dialect} ${forwarded}`).toMatchObject({ status: 403, reason: 'address_unreadable' })
        expect(answer.headers['x-auth-user']).toBeUndefined()
      }
    // What stands before the caller's own address is the caller's invention, and nobody's business.
    for (const forwarded of ['198.51.100.1', 'a, 198.51.100.1', '198.51.100.1:4711', '2001:db8::7']) {
      const answer = await world.ask({ host: api.host, headers: [...token, 'X-Forwarded-For', forwarded] })
      expect(answer.status, forwarded).toBe(200)
    }
  })

  it('is refused everywhere else, too, and nothing is done', async () => {
    const { client, broker } = world
    const form = { grant_type: 'client_credentials' }
    const authorization = `Basic ${btoa(`${encodeURIComponent(client.id)}:${client.secret}`)}`
    for (const forwarded of unreadable) {
      const headers = { 'x-forwarded-for': forwarded }
      const token = await broker.post('/token', form, { authorization, accept: 'application/json', ...headers })
      expect([token.status, await token.json()]).toMatchObject([400, { code: 'address_unreadable' }])
      for (const path of ['/.well-known/openid-configuration', '/jwks', '/health/live', '/admin/api/v1/clients'])
        expect((await fetch(new URL(path, broker.url), { headers })).status, path).toBe(400)
    }
    const readable = await fetch(new URL('/jwks', broker.url), { headers: { 'x-forwarded-for': 'a, 198.51.100.1' } })
    expect(readable.status).toBe(200)
  })

  it('is not asked of whoever speaks for nobody', async () => {
    await using strangers = await startGateway({ settings: { trusted_proxies: ['192.0.2.1'] } })
    for (const forwarded of unreadable) {
      const answer = await fetch(new URL('/jwks', strangers.broker.url), { headers: { 'x-forwarded-for': forwarded } })
      expect(answer.status, forwarded).toBe(200)
    }
  })
})

describe('SEC-111 what attackers choose', () => {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  async function heap(): Promise<number> {
    for (let count = 0; count < 3; count += 1) {
      collect()
      await new Promise(setImmediate)
    }
    return process.memoryUsage().heapUsed
  }

  it('leaves nothing behind at the gateway check: neither in the stores nor in memory', async () => {
    const [header = '', , signature = ''] = (await world.login('rene')).access_token.split('.')
    let number = 0
    /** As many distinct tokens, key ids, hosts, paths, keys and addresses. */
    async function flood(count: number): Promise<void> {
      const one = async () => {
        number += 1
        const kid = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: `kid-${number}` })).toString(
          'base64url',
        )
        const claims = { iss: world.broker.issuer, jti: `jti-${number}`, sub: `sub-${number}`, azp: `client-${number}` }
        const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
        const headers = ['X-API-Key', `ghk_${number}_secret`, 'X-Forwarded-For', `2001:db8::${number.toString(16)}`]
        const token = `${number % 2 ? kid : header}.${payload}.${signature}`
        const answer = await world.ask({
          host: number % 3 ? api.host : `host-${number}.example`,
          target: `/path-${number}`,
          headers: [...bearer(token), ...headers],
        })
        expect([401, 403]).toContain(answer.status)
      }
      for (let done = 0; done < count; done += 50) await Promise.all(Array.from({ length: 50 }, one))
    }
    await flood(1500)
    const before = await heap()
    const { cargo } = await counted.during(() => flood(3000))
    expect(cargo.flat()).toEqual([])
    const after = await heap()
    expect((after - before) / 3000, 'bytes kept for each').toBeLessThan(400)
  }, 120_000)
})
