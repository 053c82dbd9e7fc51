/** An application as its makers write it, with a library that knows nothing of us: its tokens are bound to its key (RFC 9449). */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import * as oauth from 'openid-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createBoundClient } from '../../examples/bound-tokens/bound-client.ts'
import { type GatewayWorld, startGateway } from '../gateway/start-gateway.ts'
import type { TestClient } from '../support/broker.ts'
import { createVisitor } from '../support/visitor.ts'

let world: GatewayWorld
let gateway: Server
let address: string
let client: TestClient

/** Asks about each request as Caddy does, and says what it was told. */
const startForwarding = () =>
  createServer(async (req, res) => {
    const { authorization = '', dpop } = req.headers
    const { status, headers } = await world.send('/verify/forwarded', 'GET', [
      ...['Host', 'gatehouse', 'X-Forwarded-Method', req.method ?? '', 'X-Forwarded-Proto', 'http'],
      ...['X-Forwarded-Host', req.headers.host ?? '', 'X-Forwarded-Uri', req.url ?? ''],
      ...['Authorization', authorization, ...(typeof dpop === 'string' ? ['DPoP', dpop] : [])],
    ])
    const challenge = headers['www-authenticate']
    res.writeHead(status, { ...(challenge && { 'www-authenticate': challenge }), 'content-type': 'application/json' })
    res.end(JSON.stringify({ user: headers['x-auth-user'], reason: headers['x-gatehouse-reason'] }))
  }).listen(0, '127.0.0.1')

beforeAll(async () => {
  world = await startGateway()
  gateway = startForwarding()
  await once(gateway, 'listening')
  const host = `localhost:${(gateway.address() as AddressInfo).port}`
  address = `http://${host}/patients/1?full=yes`
  client = await world.broker.addClient({ token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true })
  await world.addApi({ hosts: [host], clients: [client.id], sender_constraint: 'dpop' })
}, 60_000)
afterAll(async () => {
  gateway?.close().closeAllConnections()
  await world?.[Symbol.asyncDispose]()
})

it('SEC-105 signs in, calls an API, asks who the person is and refreshes, each with a proof of its own', async () => {
  const config = await oauth.discovery(new URL(world.broker.issuer), client.id, undefined, oauth.None(), {
    execute: [oauth.allowInsecureRequests],
  })
  expect(config.serverMetadata().dpop_signing_alg_values_supported).toContain('ES256')
  const own = createBoundClient(config, await oauth.randomDPoPKeyPair('ES256'))

  const pkceCodeVerifier = oauth.randomPKCECodeVerifier()
  const expectedState = oauth.randomState()
  const url = oauth.buildAuthorizationUrl(config, {
    redirect_uri: client.redirectUri,
    scope: 'openid profile email',
    state: expectedState,
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    dpop_jkt: await own.thumbprint(),
    idp_hint: 'Okta',
  })
  world.upstream.signInAs('rene')
  const arrived = await createVisitor().travel(url, ({ href }) => href.startsWith(client.redirectUri))

  const tokens = await own.redeem(arrived, { pkceCodeVerifier, expectedState, idTokenExpected: true })
  expect(tokens.token_type).toBe('dpop')
  const userinfo = new URL(`${world.broker.issuer}/userinfo`)
  expect(await (await own.call(tokens.access_token, userinfo)).json()).toMatchObject({ email: 'rene@acme.test' })

  const api = new URL(address)
  const passes = async (token: string) => (await (await own.call(token, api)).json()) as unknown
  for (const _ of [1, 2]) expect(await passes(tokens.access_token)).toEqual({ user: 'rene@acme.test' })
  const next = await own.refresh(tokens.refresh_token ?? '')
  expect(next.token_type).toBe('dpop')
  expect(await passes(next.access_token)).toEqual({ user: 'rene@acme.test' })

  const thief = createBoundClient(config, await oauth.randomDPoPKeyPair('ES256'))
  await expect(thief.call(next.access_token, api)).rejects.toMatchObject({
    status: 401,
    cause: [{ scheme: 'dpop', parameters: { error: 'invalid_token' } }],
  })
  await expect(oauth.fetchProtectedResource(config, next.access_token, api, 'GET')).rejects.toMatchObject({
    status: 401,
  })
  await expect(thief.refresh(next.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' })
  expect((await own.refresh(next.refresh_token ?? '')).token_type).toBe('dpop')
}, 30_000)

it.each(['PS256', 'Ed25519'])('SEC-105 with %s as well', async (algorithm) => {
  const machine = await world.broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'] })
  const config = await oauth.discovery(
    new URL(world.broker.issuer),
    machine.id,
    undefined,
    oauth.ClientSecretBasic(machine.secret),
    {
      execute: [oauth.allowInsecureRequests],
    },
  )
  const DPoP = oauth.getDPoPHandle(config, await oauth.randomDPoPKeyPair(algorithm))
  const { access_token, token_type } = await oauth.clientCredentialsGrant(config, undefined, { DPoP })
  expect(token_type).toBe('dpop')
  const { host } = new URL(address)
  const api = `http://${host}/machines/${algorithm}`
  await world.addApi({ hosts: [host], path_prefix: `/machines/${algorithm}`, clients: [machine.id] })
  const answer = await oauth.fetchProtectedResource(config, access_token, new URL(api), 'GET', null, undefined, {
    DPoP,
  })
  expect(answer.status).toBe(200)
})

it('is what docs/applications.md shows, word for word', async () => {
  const read = (file: string) => readFile(join(import.meta.dirname, '..', '..', file), 'utf8')
  const code = await read('examples/bound-tokens/bound-client.ts')
  expect(await read('docs/applications.md')).toContain(`\`\`\`ts\n${code}\`\`\`\n`)
})
