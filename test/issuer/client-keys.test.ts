/** Clients that publish their keys (`jwks_uri`): the provider with our hooks, and an address that really answers. */
import { randomUUID } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { type AdapterPayload, Provider } from 'oidc-provider'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { answerOutages } from '../../src/issuer/answers.ts'
import { fetchClientKeys } from '../../src/issuer/client-keys.ts'
import { listen } from '../../src/issuer/events.ts'
import { keepParsedClients } from '../../src/issuer/parsed-clients.ts'
import { createOutbound } from '../../src/outbound/outbound.ts'

const outbound = createOutbound({ timeout: 5, maxResponseBytes: 100_000 })
const publisher = createServer((_req, res) => publish(res))
const server = createServer((req, res) => answer(req, res))
const first = await newKey('first')
const second = await newKey('second')
let publish: (res: ServerResponse) => void
let answer: ReturnType<Provider['callback']>
let issuer: string
let fetches: number

async function newKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } as JWK }
}

beforeAll(async () => {
  for (const one of [publisher, server]) await new Promise<void>((done) => one.listen(0, '127.0.0.1', done))
})
afterAll(async () => {
  for (const one of [publisher, server]) one.close()
  await outbound[Symbol.asyncDispose]()
})

beforeEach(() => {
  fetches = 0
  const { port } = server.address() as AddressInfo
  issuer = `http://127.0.0.1:${port}`
  const client: AdapterPayload = {
    ...{ client_id: 'robot', redirect_uris: [], response_types: [], grant_types: ['client_credentials'] },
    ...{ token_endpoint_auth_method: 'private_key_jwt' },
    jwks_uri: `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/keys`,
  }
  const provider = new Provider(issuer, {
    adapter: (model) => ({
      find: async () => (model === 'Client' ? client : undefined),
      ...{ findByUid: async () => undefined, findByUserCode: async () => undefined },
      ...{ upsert: async () => {}, consume: async () => {}, destroy: async () => {}, revokeByGrantId: async () => {} },
    }),
    clientAuthMethods: ['private_key_jwt'],
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    fetch: fetchClientKeys({
      // Where the publisher of this test is. That nobody else's may be there, client-authentication.test.ts sees to.
      fetch: (url, init) => outbound.fetch(url, init, { allowPrivateAddresses: true }),
    }),
  })
  provider.use(answerOutages)
  listen(provider, () => {})
  keepParsedClients(
    provider,
    () => false,
    () => Date.now(),
  )
  answer = provider.callback()
})
afterEach(() => {
  vi.useRealTimers()
})

const publishes = (...keys: readonly (typeof first)[]) => {
  publish = (res) => {
    fetches += 1
    const headers = {
      'cache-control': 'public, max-age=86400',
      expires: new Date(Date.now() + 86_400_000).toUTCString(),
    }
    res.writeHead(200, headers).end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))
  }
}

async function ask({ kid, privateKey }: typeof first) {
  const claims = { iss: 'robot', sub: 'robot', aud: issuer, jti: randomUUID(), exp: Math.floor(Date.now() / 1000) + 60 }
  const assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
  const form = {
    grant_type: 'client_credentials',
    client_assertion: assertion,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  }
  const told = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(form) })
  const { error } = (await told.json()) as { error?: string }
  return error === undefined ? 'tokens' : `${told.status} ${error}`
}
/** Only dates: what waits, waits in real time. */
const pass = (seconds: number) => {
  const now = Date.now()
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(now + seconds * 1000)
}

it('looks there once for many requests', async () => {
  publishes(first)
  const results = [await ask(first), ...(await Promise.all([ask(first), ask(first)]))]
  expect(results).toEqual(['tokens', 'tokens', 'tokens'])
  expect(fetches).toBe(1)
})

it('SEC-034 finds a new key within a minute, whatever caches were told', async () => {
  publishes(first)
  expect(await ask(first)).toBe('tokens')
  publishes(first, second)
  expect(await ask(second)).toBe('401 invalid_client')
  pass(61)
  expect(await ask(second)).toBe('tokens')
  expect(await ask(first)).toBe('tokens')
})

it('SEC-034 takes no withdrawn key after five minutes, though it is asked with no other', async () => {
  publishes(first)
  expect(await ask(first)).toBe('tokens')
  publishes(second)
  pass(299)
  expect(await ask(first)).toBe('tokens')
  pass(2)
  expect(await ask(first)).toBe('401 invalid_client')
  expect(await ask(second)).toBe('tokens')
})

it.each<[string, (res: ServerResponse) => void]>([
  ['fail', (res) => res.writeHead(500).end()],
  ['plead for patience', (res) => res.writeHead(429).end()],
  ['are gone', (res) => res.destroy()],
])('cannot tell who it is while the keys %s, and can as soon as they are back', async (_what, how) => {
  publish = how
  for (const told of await Promise.all([ask(first), ask(first)])) expect(told).toBe('503 temporarily_unavailable')
  expect(await ask(first)).toBe('503 temporarily_unavailable')
  publishes(first)
  expect(await ask(first)).toBe('tokens')
})

it.each<[string, (res: ServerResponse) => void]>([
  ['a page', (res) => res.end('<html>')],
  ['nothing', (res) => res.writeHead(204).end()],
  ['no set of keys', (res) => res.end('{"keys":"none"}')],
  ['another address', (res) => res.writeHead(302, { location: '/elsewhere' }).end()],
  ['a no', (res) => res.writeHead(404).end()],
])('is nobody whose address has %s', async (_what, how) => {
  publish = how
  expect(await ask(first)).toBe('401 invalid_client')
})
