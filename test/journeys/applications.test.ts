import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Json, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import { createVisitor } from '../support/visitor.ts'

let upstream: Upstream
let broker: TestBroker
let gateway: TestClient
let source: Json & { id: string }
let number = 0
let now = Date.now()

function pass(milliseconds: number): void {
  now += milliseconds
  vi.setSystemTime(now)
}

beforeAll(async () => {
  // The OpenID provider reads the clock itself.
  vi.useFakeTimers({ toFake: ['Date'], now })
  upstream = await startUpstream({ users: { ada: { sub: 'ada', name: 'Ada' } } })
  broker = await startTestBroker({ parts: { clock: () => now } })
  source = await broker.addSource(upstream)
  const machine = { redirect_uris: [], grant_types: ['client_credentials'], resource_server: { apis: '*' } }
  gateway = await broker.addClient(machine)
})
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
  vi.useRealTimers()
})

async function register(api: Json = {}) {
  number += 1
  const redirectUri = `https://app${number}.example/callback`
  const application = await broker.created('applications', { name: `App ${number}`, redirect_uris: [redirectUri] })
  const { client_id, client_secret } = application.client as { client_id: string; client_secret: string }
  const { id: apiId } = await broker.created('apis', { name: `API ${number}`, slug: `api-${number}`, ...api })
  return {
    path: `applications/${application.id}`,
    client: { id: client_id, secret: client_secret, redirectUri },
    addKey: (more: Json = {}) => broker.created(`applications/${application.id}/api-keys`, { api_id: apiId, ...more }),
  }
}

const login = (client: TestClient, params: Readonly<Record<string, string>> = {}) =>
  broker.login(client, { visitor: createVisitor(), params: { idp_hint: 'Okta', ...params } })

const isActive = async (token: string) => (await broker.introspect(gateway, token)).body.active

describe('an application', () => {
  it('signs people in through its own client, whose tokens an API accepts while the application has a good key', async () => {
    const { client, path, addKey } = await register()
    const { tokens, access } = await login(client)
    expect(access).toMatchObject({ azp: client.id, aud: client.id, identity_provider_alias: 'Okta' })
    expect(await isActive(tokens.access_token), 'not entitled yet').toBe(false)

    const key = await addKey({ expires_at: new Date(now + 60_000).toISOString() })
    expect(await isActive(tokens.access_token)).toBe(true)
    expect((await broker.admin('DELETE', `${path}/api-keys/${key.id}`)).status).toBe(204)
    expect(await isActive(tokens.access_token)).toBe(false)

    await addKey({ expires_at: new Date(now + 60_000).toISOString() })
    expect(await isActive(tokens.access_token)).toBe(true)
    pass(60_000)
    expect(await isActive(tokens.access_token)).toBe(false)
    expect((await broker.introspect(client, tokens.access_token)).body.active, 'it is alive all the same').toBe(true)
  })

  it('cannot have what the provider does not know, and is told which member that was', async () => {
    const { client } = await register()
    const answer = await broker.admin('PATCH', `clients/${client.id}`, { id_token_signed_response_alg: 'HS256' })
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toEqual([expect.objectContaining({ path: 'id_token_signed_response_alg' })])
  })

  it.each(['disabled_by_publisher', 'disabled_by_consumer'])('that is %s loses its tokens at once', async (flag) => {
    const { client, path, addKey } = await register()
    await addKey()
    const { tokens } = await login(client)
    expect(await isActive(tokens.access_token)).toBe(true)
    expect((await broker.admin('PATCH', path, { [flag]: true })).status).toBe(200)
    expect(await isActive(tokens.access_token)).toBe(false)
    const refreshed = await broker.refresh(client, tokens.refresh_token)
    expect([refreshed.status, ((await refreshed.json()) as Json).reason]).toEqual([401, 'client_disabled'])
    pass(1000)
    expect((await broker.admin('PATCH', path, { [flag]: false })).status).toBe(200)
    expect(await isActive(tokens.access_token), 'what was given before stays dead').toBe(false)
    pass(1000)
    expect(await isActive((await login(client)).tokens.access_token)).toBe(true)
  })

  it('may ask for the audience of an API that names its clients once it has a key for it', async () => {
    const audience = `https://api.example.com/${number}`
    const named = await broker.addClient()
    const { client, addKey } = await register({ audience, clients: [named.id] })
    await expect(login(client, { resource: audience })).rejects.toThrow('invalid_target')
    await addKey()
    const { access, tokens } = await login(client, { resource: audience })
    expect(access.aud).toBe(audience)
    expect(await isActive(tokens.access_token)).toBe(true)
  })

  it('goes with its client: nobody signs in to it any more', async () => {
    const { client, path } = await register()
    const { tokens } = await login(client)
    expect((await broker.admin('DELETE', path)).status).toBe(204)
    expect((await broker.refresh(client, tokens.refresh_token)).status).toBe(401)
    await expect(login(client)).rejects.toThrow()
  })
})

describe('the status of a source', () => {
  const status = async () => (await broker.admin('GET', `authentication-sources/${source.id}`)).body.status as Json

  it('says when sign-ins through it last succeeded, and last failed and why', async () => {
    const fresh = await broker.created('authentication-sources', { alias: 'Fresh', name: 'Fresh', type: 'local' })
    expect(fresh.status).toEqual({ last_success: null, last_failure: null })

    pass(60_000)
    const client = await broker.addClient()
    await login(client)
    const succeeded = new Date(now).toISOString()
    await vi.waitFor(async () => expect(await status()).toMatchObject({ last_success: succeeded }), 5000)

    pass(60_000)
    upstream.refuse('access_denied', 'Not assigned')
    const visitor = createVisitor()
    await visitor
      .travel(broker.authorizationUrl(client, { idp_hint: 'Okta' }).url, ({ pathname }) =>
        pathname.endsWith('/callback'),
      )
      .then((url) => visitor.request(url))
    const failed = { at: new Date(now).toISOString(), reason: 'upstream_refused' }
    await vi.waitFor(
      async () => expect(await status()).toEqual({ last_success: succeeded, last_failure: failed }),
      5000,
    )
    const listed = (await broker.admin('GET', 'authentication-sources')).body.items as Json[]
    expect(listed.find(({ id }) => id === source.id)?.status).toEqual({ last_success: succeeded, last_failure: failed })
  })

  it('does not count a wrong password against it', async () => {
    const people = await broker.created('authentication-sources', { alias: 'people', name: 'People', type: 'local' })
    await broker.created('users', {
      username: 'grace',
      password: 'correct horse battery',
      authentication_source: 'people',
    })
    const client = await broker.addClient({ allowed_sources: ['people'] })
    const visitor = createVisitor()
    const page = await visitor.travel(broker.authorizationUrl(client, { idp_hint: 'people' }).url, ({ pathname }) =>
      pathname.startsWith('/login/'),
    )
    const type = async (password: string) => {
      const csrf = /name="csrf" value="([^"]+)"/.exec(await (await visitor.request(page)).text())?.[1] ?? ''
      const body = new URLSearchParams({ csrf, username: 'grace', password })
      return visitor.request(`${page.origin}${page.pathname}/source/people`, { method: 'POST', body })
    }
    const status = async () => (await broker.admin('GET', `authentication-sources/${people.id}`)).body.status
    expect((await type('wrong')).status).toBe(401)
    expect((await type('correct horse battery')).status).toBe(303)
    const succeeded = new Date(now).toISOString()
    await vi.waitFor(async () => expect(await status()).toEqual({ last_success: succeeded, last_failure: null }), 5000)
  })
})
