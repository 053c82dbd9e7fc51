/** Applications at the gateway: their key says which of them calls, and never who. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Json, TestClient } from '../support/broker.ts'
import { bearer, type GatewayWorld, startGateway } from './start-gateway.ts'

interface Registered {
  readonly id: string
  readonly client: TestClient
}

let world: GatewayWorld
/** Milliseconds that the broker is ahead. */
let ahead = 0
let registered: Registered
let other: Registered
let token: string
let api: Awaited<ReturnType<GatewayWorld['addApi']>>
let key: string

beforeAll(async () => {
  world = await startGateway({ parts: { clock: () => Date.now() + ahead } })
  registered = await register('Patient App')
  other = await register('Other App')
  api = await world.addApi({ clients: [], require_api_key: true, key_must_match_token: true })
  key = await keyOf(registered, api.id)
  token = (await world.login('rene', registered.client)).access_token
})
afterAll(async () => world?.[Symbol.asyncDispose]())

async function register(name: string): Promise<Registered> {
  const redirectUri = 'https://app.example/callback'
  const { id, client } = await world.broker.created('applications', { name, redirect_uris: [redirectUri] })
  const { client_id, client_secret } = client as { client_id: string; client_secret: string }
  return { id, client: { id: client_id, secret: client_secret, redirectUri } }
}

async function keyOf({ id }: Registered, apiId: string, more: Json = {}): Promise<string> {
  return String((await world.broker.created(`applications/${id}/api-keys`, { api_id: apiId, ...more })).key)
}

const call = (keys: readonly string[], as = token, host = api.host) =>
  world.ask({ host, headers: [...bearer(as), ...keys.flatMap((one) => ['X-API-Key', one])] })

it('lets the application pass with its own key and its own token, and names both apart', async () => {
  const answer = await call([key])
  expect(answer.status).toBe(200)
  expect(answer.headers).toMatchObject({
    'x-auth-application': registered.id,
    'x-auth-client': registered.client.id,
    'x-auth-user': 'rene@acme.test',
  })
})

it('never takes a key for a person, nor a token for a key', async () => {
  expect(await world.ask({ host: api.host, headers: ['X-API-Key', key] })).toMatchObject({ reason: 'token_missing' })
  expect(await call([])).toMatchObject({ status: 401, reason: 'api_key_missing' })
  expect(await world.ask({ host: api.host, headers: bearer(key) })).toMatchObject({ reason: 'token_malformed' })
})

it('SEC-104 refuses each bad key by its own name, with 401', async () => {
  const elsewhere = await keyOf(registered, (await world.addApi()).id)
  const expired = await keyOf(registered, api.id, { expires_at: new Date(Date.now() + 5000).toISOString() })
  ahead = 5000
  const refusals = {
    'not-a-key': 'api_key_unknown',
    [`${key}x`]: 'api_key_mistyped',
    [elsewhere]: 'api_key_wrong_api',
    [expired]: 'api_key_expired',
  }
  for (const [bad, reason] of Object.entries(refusals)) {
    const answer = await call([bad])
    expect(answer).toMatchObject({ status: 401, reason })
    expect(answer.headers['www-authenticate']).not.toContain('error=')
  }
  expect(await world.ask({ host: api.host, target: `/?api_key=${key}`, headers: bearer(token) })).toMatchObject({
    reason: 'api_key_missing',
  })
})

it('refuses two keys, and two tokens', async () => {
  expect(await call([key, key])).toMatchObject({ status: 401, reason: 'credentials_ambiguous' })
  const twice = await world.ask({ host: api.host, headers: [...bearer(token), ...bearer(token), 'X-API-Key', key] })
  expect(twice).toMatchObject({ status: 401, reason: 'credentials_ambiguous' })
})

it('refuses the key of another application, where it must be the same', async () => {
  const strange = await keyOf(other, api.id)
  expect(await call([strange])).toMatchObject({ status: 403, reason: 'api_key_not_of_client' })
  const lenient = await world.addApi({ clients: [registered.client.id], require_api_key: true })
  const answer = await call([await keyOf(other, lenient.id)], token, lenient.host)
  expect(answer.headers).toMatchObject({ 'x-auth-application': other.id, 'x-auth-client': registered.client.id })
})

describe('an API that asks for no key', () => {
  it('leaves alone what is no key of ours, and refuses one of ours that is not good', async () => {
    const open = await world.addApi({ clients: [registered.client.id] })
    expect((await call(['for-the-api-itself'], token, open.host)).headers['x-auth-application']).toBe('')
    expect(await call([key], token, open.host)).toMatchObject({ status: 401, reason: 'api_key_wrong_api' })
  })
})

it('stops at once when the key is revoked, and when its application is switched off by either side', async () => {
  const third = await register('Third App')
  const lenient = await world.addApi({ clients: [registered.client.id] })
  const make = await world.broker.created(`applications/${third.id}/api-keys`, { api_id: lenient.id })
  const use = () => call([String(make.key)], token, lenient.host)
  const change = async (method: string, address: string, body?: Json) => {
    const etag = (await world.broker.admin('GET', address)).headers.get('etag') ?? '*'
    expect((await world.broker.admin(method, address, body, { 'if-match': etag })).status).toBeLessThan(300)
  }
  expect((await use()).status).toBe(200)
  for (const by of ['consumer', 'publisher']) {
    await change('PATCH', `applications/${third.id}`, { [`disabled_by_${by}`]: true })
    expect(await use()).toMatchObject({ status: 401, reason: `application_disabled_by_${by}` })
  }
  await change('PATCH', `applications/${third.id}`, { disabled_by_consumer: false, disabled_by_publisher: false })
  expect((await use()).status).toBe(200)
  await change('DELETE', `applications/${third.id}/api-keys/${make.id}`)
  expect(await use()).toMatchObject({ status: 401, reason: 'api_key_unknown' })
})
