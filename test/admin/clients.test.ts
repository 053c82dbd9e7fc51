import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { secretDigest, secretName } from '../../src/clients/client-secret.ts'
import { startAdmin, webApp } from './start-admin.ts'

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })

describe('a client', () => {
  it('has its id to itself', async () => {
    await using admin = await startAdmin()
    await admin.call('POST', 'clients', { ...webApp, client_id: 'app' })
    const { status, body } = await admin.call('POST', 'clients', { ...webApp, client_id: 'app' })
    expect([status, body.errors]).toEqual([
      409,
      [{ path: 'client_id', message: 'is the id of another client already' }],
    ])
  })

  it('says to the hour when its secret was used last, and never that it was before it was made', async () => {
    await using admin = await startAdmin()
    const { client_id, client_secret } = (await admin.call('POST', 'clients', webApp)).body
    const secret = secretName({ digest: secretDigest(client_secret) })
    const shown = async () => (await admin.call('GET', `clients/${client_id}`)).body.secrets
    for (const [at, last_used_at] of [
      ['2026-02-03T04:00:00.000Z', '2026-02-03T04:05:06.000Z'],
      ['2026-02-03T05:00:00.000Z', '2026-02-03T05:00:00.000Z'],
    ] as const) {
      await admin.stores.secretUses.note([{ clientId: client_id, secret }], Date.parse(at))
      expect(await shown()).toEqual([{ created_at: '2026-02-03T04:05:06.000Z', expires_at: null, last_used_at }])
    }
  })

  it('says everything the contract promises, and its secret once', async () => {
    await using admin = await startAdmin()
    const made = (await admin.call('POST', 'clients', webApp)).body
    expect(made).toEqual({
      client_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
      client_name: 'Web application',
      application_type: 'web',
      redirect_uris: ['https://app.example.com/callback'],
      post_logout_redirect_uris: [],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      enabled: true,
      web_origins: [],
      first_party: true,
      allowed_sources: null,
      token_profile: 'broker',
      resource_server: null,
      require_pkce: true,
      secrets: [{ created_at: '2026-02-03T04:05:06.000Z', expires_at: null, last_used_at: null }],
      created_at: '2026-02-03T04:05:06.000Z',
      updated_at: '2026-02-03T04:05:06.000Z',
    })
    const { client_secret, ...rest } = made
    expect((await admin.call('GET', `clients/${made.client_id}`)).body).toEqual(rest)
    const patched = await admin.call('PATCH', `clients/${made.client_id}`, { client_name: 'Other' })
    const others = [patched.body, (await admin.call('GET', 'clients')).body, (await admin.call('GET', 'events')).body]
    expect(JSON.stringify(others)).not.toContain(client_secret)
    expect((await admin.stores.clients.get(made.client_id))?.secrets).toMatchObject([
      { digest: secretDigest(client_secret), expiresAt: null },
    ])
  })

  it('may be given its id and its secret', async () => {
    await using admin = await startAdmin()
    const given = { ...webApp, client_id: '6fcc0833-0001:OPENID', client_secret: 's'.repeat(32) }
    const made = await admin.call('POST', 'clients', given)
    expect(made.body).toMatchObject({ client_id: given.client_id, client_secret: given.client_secret })
    expect(made.headers.get('location')).toMatch(/\/clients\/6fcc0833-0001%3AOPENID$/)
    expect((await admin.call('GET', 'clients/6fcc0833-0001:OPENID')).status).toBe(200)
    expect((await admin.call('GET', 'clients/6fcc0833-0001%3AOPENID')).status).toBe(200)
    const again = await admin.call('POST', 'clients', given)
    expect(again.status).toBe(409)
    expect(again.body.code).toBe('conflict')
    expect((await admin.call('PATCH', 'clients/6fcc0833-0001:OPENID', { client_id: 'other' })).status).toBe(400)
  })

  it('gets another secret when it is asked for, and keeps it otherwise', async () => {
    await using admin = await startAdmin()
    const { client_id, client_secret: first } = (await admin.call('POST', 'clients', webApp)).body
    const stored = async () => (await admin.stores.clients.get(client_id))?.secrets.map(({ digest }) => digest)
    await admin.call('PUT', `clients/${client_id}`, { ...webApp, client_name: 'Other' })
    expect(await stored()).toEqual([secretDigest(first)])
    expect((await admin.call('POST', `clients/${client_id}/secret`, undefined, { 'if-match': '"1"' })).status).toBe(412)
    const rotated = await admin.call('POST', `clients/${client_id}/secret`, undefined, { 'if-match': '"2"' })
    expect(rotated.headers.get('etag')).toBe('"3"')
    expect(rotated.body.client_secret).toMatch(/^[\w-]{43}$/)
    expect(rotated.body.client_secret).not.toBe(first)
    expect(await stored()).toEqual([secretDigest(rotated.body.client_secret)])
    const own = { client_secret: 'o'.repeat(40) }
    expect((await admin.call('PATCH', `clients/${client_id}`, own)).body.client_secret).toBeUndefined()
    expect(await stored()).toEqual([secretDigest(own.client_secret)])
    expect(JSON.stringify((await admin.call('GET', 'events')).body)).not.toContain(own.client_secret)
  })

  it('without a secret has none, and is shown one when it begins to need it', async () => {
    await using admin = await startAdmin()
    const spa = { ...webApp, token_endpoint_auth_method: 'none' }
    const { client_id, client_secret } = (await admin.call('POST', 'clients', spa)).body
    expect(client_secret).toBeUndefined()
    expect((await admin.call('POST', `clients/${client_id}/secret`)).status).toBe(400)
    const confidential = await admin.call('PATCH', `clients/${client_id}`, {
      token_endpoint_auth_method: 'client_secret_post',
    })
    expect(confidential.body.client_secret).toMatch(/^[\w-]{43}$/)
    await admin.call('PATCH', `clients/${client_id}`, { token_endpoint_auth_method: 'none' })
    expect((await admin.stores.clients.get(client_id))?.secrets).toEqual([])
  })

  it('names its sources by id or alias', async () => {
    await using admin = await startAdmin()
    const { id } = (await admin.call('POST', 'authentication-sources', { alias: 'people', name: 'P', type: 'local' }))
      .body
    for (const name of ['people', id]) {
      expect(
        (await admin.call('POST', 'clients', { ...webApp, allowed_sources: [name] })).body.allowed_sources,
      ).toEqual([id])
    }
    const { status, body } = await admin.call('POST', 'clients', { ...webApp, allowed_sources: [id, 'Okta'] })
    expect(status).toBe(400)
    expect(body.errors).toEqual([{ path: 'allowed_sources.1', message: 'there is no authentication source Okta' }])
    expect((await admin.call('DELETE', `authentication-sources/${id}`)).status).toBe(204)
    const { items } = (await admin.call('GET', 'clients?q=web')).body
    expect(items.map(({ allowed_sources }: { allowed_sources: unknown }) => allowed_sources)).toEqual([[], []])
  })

  it.each([
    [{ client_id: 'has blank' }, 'client_id'],
    [{ client_id: 'ümlaut' }, 'client_id'],
    [{ client_id: 'https://login.example.com/admin/api' }, 'client_id'],
    [{ client_id: 'https://login.example.com/' }, 'client_id'],
    [{ client_id: 'urn:gatehouse:client' }, 'client_id'],
    [{ client_secret: 'short' }, 'client_secret'],
    [{ token_endpoint_auth_method: 'client_secret_jwt' }, 'token_endpoint_auth_method'],
    [{ client_secret: 's'.repeat(40), token_endpoint_auth_method: 'none' }, 'client_secret'],
    [{ redirect_uris: [] }, 'redirect_uris'],
    [{ grant_types: ['implicit'] }, 'grant_types.0'],
    [{ grant_types: ['password'] }, 'grant_types.0'],
    [{ response_types: ['token'] }, 'response_types.0'],
    [{ grant_types: ['client_credentials'], response_types: ['code'] }, 'response_types'],
    [{ grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' }, 'grant_types'],
    [{ token_endpoint_auth_method: 'none', require_pkce: false }, 'require_pkce'],
    [{ token_endpoint_auth_method: 'none', resource_server: { apis: '*' } }, 'resource_server'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'jwks'],
    [{ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'RSA', d: 'x' }] } }, 'jwks'],
    [{ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...p256, use: 'enc' }] } }, 'jwks'],
    [{ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...p256, crv: 'P-384' }] } }, 'jwks'],
    [{ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...p256, alg: 'ES384' }] } }, 'jwks'],
    [
      {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'RS256',
        jwks: { keys: [p256] },
      },
      'jwks',
    ],
    [{ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'http://localhost/keys' }, 'jwks_uri'],
    [{ resource_server: { apis: ['nothing'] } }, 'resource_server.apis.0'],
    [{ scope: 'openid  profile' }, 'scope'],
    [{ token_profile: 'keycloak' }, 'token_profile'],
    [{ id_token_signed_response_alg: 'HS256' }, 'id_token_signed_response_alg'],
    [{ web_origins: ['*'] }, 'web_origins.0'],
    [{ web_origins: ['https://app.example.com/'] }, 'web_origins.0'],
    [{ web_origins: ['http://app.example.com'] }, 'web_origins.0'],
    [{ web_origins: ['null'] }, 'web_origins.0'],
    [{ application_type: 'browser' }, 'application_type'],
  ])('is refused with %j', async (change, where) => {
    await using admin = await startAdmin()
    const { status, body } = await admin.call('POST', 'clients', { ...webApp, ...change })
    expect(status).toBe(400)
    expect(body.errors.map((problem: { path: string }) => problem.path)).toContain(where)
    expect((await admin.call('GET', 'clients')).body.items).toEqual([])
  })

  it('may publish keys for others as well beside the one it says with who it is', async () => {
    await using admin = await startAdmin()
    const byKey = { ...webApp, token_endpoint_auth_method: 'private_key_jwt' }
    for (const change of [
      { jwks: { keys: [p256] } },
      {
        jwks: {
          keys: [
            { ...p256, use: 'enc' },
            { ...p256, use: 'sig', alg: 'ES256' },
          ],
        },
      },
      { jwks: { keys: [p256] }, token_endpoint_auth_signing_alg: 'ES256' },
      { jwks_uri: 'https://app.example.com/keys' },
    ])
      expect((await admin.call('POST', 'clients', { ...byKey, ...change })).status, JSON.stringify(change)).toBe(201)
  })

  it('that is disabled or removed loses its grants at once', async () => {
    await using admin = await startAdmin()
    const { client_id } = (await admin.call('POST', 'clients', webApp)).body
    const blockedAt = async () => (await admin.stores.marks.liveness({ jti: 'x', clientId: client_id })).clientBlockedAt
    await admin.call('PATCH', `clients/${client_id}`, { client_name: 'Other' })
    expect(await blockedAt()).toBeNull()
    await admin.call('PATCH', `clients/${client_id}`, { enabled: false })
    const first = await blockedAt()
    expect(first).not.toBeNull()
    admin.advance(60_000)
    await admin.call('DELETE', `clients/${client_id}`)
    expect(await blockedAt()).toBe((first ?? 0) + 60)
  })

  it('cannot have the audience of an API for its id, nor an API a client’s id for its audience', async () => {
    await using admin = await startAdmin()
    const api = { name: 'P', slug: 'p', audience: 'https://api.example.com' }
    await admin.call('POST', 'apis', api)
    const { body } = await admin.call('POST', 'clients', { ...webApp, client_id: api.audience })
    expect(body.errors).toEqual([{ path: 'client_id', message: 'is the audience of an API' }])
    await admin.call('POST', 'clients', { ...webApp, client_id: 'https://client.example.com' })
    const refused = await admin.call('POST', 'apis', { ...api, slug: 'q', audience: 'https://client.example.com' })
    expect(refused.body.errors).toEqual([{ path: 'audience', message: 'is the id of a client' }])
  })
})
