/** Tokens that are bound to a certificate (RFC 8705 §3): the broker learns of it from a proxy that ended TLS and is ours. */
import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GatewayWorld, secret, startGateway } from '../gateway/start-gateway.ts'
import { basic, type Json, type TestClient, type Tokens } from '../support/broker.ts'
import { createAuthority, type Issued } from '../support/certificates.ts'
import { createHolder } from '../support/dpop.ts'
import { createVisitor } from '../support/visitor.ts'

const authority = createAuthority()
const own = authority.issue({ subject: [['CN', 'app']] })
/** The same name, and another key. */
const namesake = authority.issue({ subject: [['CN', 'app']] })
const elsewhere = createAuthority().issue({ subject: [['CN', 'app']] })
const x5t = createHash('sha256').update(own.certificate.raw).digest('base64url')
const bound = { tls_client_certificate_bound_access_tokens: true }

let world: GatewayWorld
let client: TestClient
let publicClient: TestClient
let host: string

beforeAll(async () => {
  const gateway = { secrets: [secret], certificate_headers: ['client-cert' as const] }
  world = await startGateway({ settings: { gateway } })
  client = await world.broker.addClient(bound)
  publicClient = await world.broker.addClient({ token_endpoint_auth_method: 'none', ...bound })
  host = (await world.addApi({ clients: [client.id, publicClient.id, world.client.id], sender_constraint: 'mtls' }))
    .host
}, 60_000)
afterAll(async () => world?.[Symbol.asyncDispose]())

type Form = Readonly<Record<string, string>>
type Headers = Readonly<Record<string, string>>

const proxy = { 'x-gatehouse-gateway': secret }
const shown = ({ certificate }: Issued): Headers => ({ 'client-cert': `:${certificate.raw.toString('base64')}:` })
const by = (one: Issued): Headers => ({ ...shown(one), ...proxy })
const credentials = (of: TestClient): { form: Form; headers: Headers } =>
  of.secret === '' ? { form: { client_id: of.id }, headers: {} } : { form: {}, headers: basic(of) }

async function askForTokens(of: TestClient, form: Form, headers: Headers = {}) {
  const asked = { ...form, ...credentials(of).form }
  const answer = await world.broker.post('/token', asked, { ...credentials(of).headers, ...headers })
  return { status: answer.status, body: (await answer.json()) as Tokens & Json }
}

async function codeFor(of: TestClient): Promise<Form> {
  world.upstream.signInAs('rene')
  const { answer, verifier } = await world.broker.authorize(createVisitor(), of, { idp_hint: 'Okta' })
  const { code = '' } = answer
  return { grant_type: 'authorization_code', code, redirect_uri: of.redirectUri, code_verifier: verifier }
}

const signIn = async (of: TestClient) => (await askForTokens(of, await codeFor(of), by(own))).body
const refresh = (of: TestClient, refresh_token: string, headers?: Headers) =>
  askForTokens(of, { grant_type: 'refresh_token', refresh_token }, headers)

describe('a client whose tokens are bound to its certificate', () => {
  it('SEC-037 gets tokens that name the certificate, which introspection tells in either way', async () => {
    const machine = await world.broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'], ...bound })
    const signedIn = await signIn(client)
    const tokens = [
      signedIn,
      (await refresh(client, signedIn.refresh_token, by(own))).body,
      (await askForTokens(machine, { grant_type: 'client_credentials' }, by(own))).body,
    ]
    for (const [index, { access_token, token_type }] of tokens.entries()) {
      expect(token_type).toBe('Bearer')
      expect(decodeJwt(access_token)).toMatchObject({ cnf: { 'x5t#S256': x5t }, typ: 'Bearer' })
      const asking = index === 2 ? machine : client
      const ways: readonly Form[] = [{}, { ignored: 'yes' }]
      const answers = ways.map(async (more) =>
        (await world.broker.post('/introspect', { token: access_token, ...more }, basic(asking))).json(),
      )
      const [short, long] = await Promise.all(answers)
      expect(short).toEqual(long)
      expect(short).toMatchObject({ active: true, token_type: 'Bearer', cnf: { 'x5t#S256': x5t } })
    }
    const metadata = await (await fetch(`${world.broker.issuer}/.well-known/openid-configuration`)).json()
    expect(metadata).toMatchObject({ tls_client_certificate_bound_access_tokens: true })
  })

  it.each<[string, string, () => Headers]>([
    ['without one', 'certificate_missing', () => ({})],
    ['through a proxy that says there is none', 'certificate_missing', () => ({ ...proxy, 'client-cert': '' })],
    ['that nobody vouches for', 'certificate_not_believed', () => shown(own)],
    [
      'that somebody vouches for with another secret',
      'certificate_not_believed',
      () => ({ ...shown(own), 'x-gatehouse-gateway': 'x'.repeat(40) }),
    ],
    [
      'in a header that no proxy of ours writes',
      'certificate_not_believed',
      () => ({ ...proxy, 'x-gatehouse-client-cert': own.certificate.raw.toString('base64') }),
    ],
    ['that cannot be read', 'certificate_unreadable', () => ({ ...proxy, 'client-cert': ':AAAA:' })],
  ])('SEC-037 gets none %s: %s', async (_, reason, headers) => {
    const { refresh_token } = await signIn(client)
    for (const form of [await codeFor(client), { grant_type: 'refresh_token', refresh_token }])
      expect(await askForTokens(client, form, headers())).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant', reason },
      })
    expect((await refresh(client, refresh_token, by(own))).status).toBe(200)
  })

  it('SEC-037 may not show the certificate through a peer that is no proxy of ours', async () => {
    const settings = { gateway: { secrets: [secret], certificate_headers: ['client-cert' as const] } }
    await using stranger = await startGateway({ settings: { ...settings, trusted_proxies: ['192.0.2.1'] } })
    const machine = await stranger.broker.addClient({
      ...{ redirect_uris: [], grant_types: ['client_credentials'] },
      ...bound,
    })
    const headers = { ...basic(machine), ...by(own) }
    const answer = await stranger.broker.post('/token', { grant_type: 'client_credentials' }, headers)
    expect([answer.status, await answer.json()]).toMatchObject([400, { reason: 'certificate_not_believed' }])
  })

  it('SEC-037 has its refresh token bound when it is public: another certificate gets nothing, and the owner still does', async () => {
    const { refresh_token } = await signIn(publicClient)
    for (const thief of [namesake, elsewhere])
      expect(await refresh(publicClient, refresh_token, by(thief))).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant', reason: 'token_binding_unproven' },
      })
    expect((await refresh(publicClient, refresh_token)).body).toMatchObject({ reason: 'certificate_missing' })
    const next = await refresh(publicClient, refresh_token, by(own))
    expect(next.status).toBe(200)
    expect(decodeJwt(next.body.access_token)).toMatchObject({ cnf: { 'x5t#S256': x5t } })
  })

  it('binds to one thing at a time', async () => {
    const dpop = createHolder().proof('POST', `${world.broker.issuer}/token`)
    const answer = await askForTokens(client, await codeFor(client), { ...by(own), dpop })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    const both = { ...bound, dpop_bound_access_tokens: true, redirect_uris: ['https://app.example/callback'] }
    const { status, body } = await world.broker.admin('POST', 'clients', both)
    expect([status, body.errors]).toMatchObject([400, [{ path: 'dpop_bound_access_tokens' }]])
  })
})

describe('a token that is bound to a certificate', () => {
  it('SEC-037 SEC-105 passes at a gateway that has seen it, and with no other one or none', async () => {
    const { access_token: token } = await signIn(client)
    const ask = async (headers: Headers) => {
      const all = Object.entries({ authorization: `Bearer ${token}`, ...headers }).flat()
      const { status, reason } = await world.ask({ host, headers: all })
      return status === 200 ? 'passes' : reason
    }
    expect(await ask(by(own))).toBe('passes')
    for (const wrong of [by(namesake), by(elsewhere), proxy, shown(own), {}])
      expect(await ask(wrong)).toBe('token_binding_unproven')
    const plain = (await world.login('rene')).access_token
    expect(await ask({ ...by(own), authorization: `Bearer ${plain}` })).toBe('token_not_bound')
    expect(await ask({ ...by(own), authorization: `DPoP ${token}` })).toBe('token_not_bound')
  })

  it('SEC-037 SEC-105 opens userinfo to who has the certificate, and to nobody else', async () => {
    const { access_token: token } = await signIn(client)
    const ask = async (headers: Headers) =>
      (await fetch(`${world.broker.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}`, ...headers } }))
        .status
    expect(await ask(by(own))).toBe(200)
    for (const wrong of [by(namesake), by(elsewhere), proxy, shown(own), {}]) expect(await ask(wrong)).toBe(401)
  })
})
