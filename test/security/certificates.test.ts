/** Client certificates at the gateway's check, through HTTP: whose word about them counts, and whom they name. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bearer, type GatewayWorld, secret, startGateway } from '../gateway/start-gateway.ts'
import type { Json } from '../support/broker.ts'
import { createAuthority, emailName, type Issued } from '../support/certificates.ts'

const root = createAuthority()
const between = root.authority({ subject: [['CN', 'Between']] })
const john = root.issue({
  subject: [
    ['O', 'Acme'],
    ['OU', 'Staff'],
    ['CN', 'john'],
  ],
  san: [emailName('john@acme.test')],
})

let world: GatewayWorld
let source: { readonly id: string }
let host: string

beforeAll(async () => {
  world = await startGateway({
    settings: { gateway: { secrets: [secret], certificate_headers: ['client-cert', 'x-gatehouse-client-cert'] } },
  })
  source = await addSource('machines', { subjects: ['CN=*', 'CN=*,**'], organizational_units_as_groups: true })
  host = (await world.addApi({ authentication_sources: ['machines'] })).host
})
afterAll(async () => world?.[Symbol.asyncDispose]())

const addSource = (alias: string, config: Json = {}, more: Json = {}) =>
  world.broker.created('authentication-sources', {
    ...{ alias, name: alias, type: 'certificate', config: { ca_certificates: [root.pem], ...config } },
    ...{ mapping: { roles: [{ when_group: 'Staff', role: 'nurse' }] }, ...more },
  })

const proven = ['X-Gatehouse-Gateway', secret]
const shown = ({ certificate }: Pick<Issued, 'certificate'>) => [
  'Client-Cert',
  `:${certificate.raw.toString('base64')}:`,
]
const call = (where: string, of: Issued, more: readonly string[] = []) =>
  world.ask({ host: where, headers: [...proven, ...shown(of), ...more] })

async function change(address: string, body: Json) {
  const answer = await world.broker.admin('PATCH', address, body, { 'if-match': '*' })
  expect(answer.status).toBe(200)
}

it('SEC-037 names a caller, mapped as the source says, and bound to the key of the certificate', async () => {
  const answer = await call(host, john)
  expect(answer).toMatchObject({
    status: 200,
    headers: {
      'x-auth-subject': 'john',
      'x-auth-user': 'john',
      'x-auth-email': 'john@acme.test',
      'x-auth-groups': 'Staff',
      'x-auth-source': 'machines',
      'x-auth-client': '',
    },
  })
  expect(answer.headers['x-auth-roles']?.toString().split(',')).toContain('nurse')
  const claims = [{ claim: 'subject_dn', values: ['CN=john,OU=Staff,O=Acme'] }]
  const rules = { authentication_sources: [{ source: 'machines', roles: [{ role: 'visitor' }] }], claims }
  expect((await call((await world.addApi(rules)).host, john)).headers['x-auth-roles']).toBe('visitor')
})

it('SEC-037 is refused with the reason that its holder and the operator need', async () => {
  const hour = 3_600_000
  const refusals: readonly [Issued, string][] = [
    [createAuthority('Root').issue(), 'certificate_untrusted'],
    [between.issue(), 'certificate_untrusted'],
    [root.issue({ notAfter: new Date(Date.now() - hour) }), 'certificate_expired'],
    [root.issue({ notBefore: new Date(Date.now() + hour) }), 'certificate_not_yet_valid'],
    [root.issue({ extendedKeyUsage: null }), 'certificate_not_for_clients'],
    [root.issue({ digest: 'sha1' }), 'certificate_weak'],
    [root.issue({ subject: [['OU', 'x']] }), 'certificate_subject_not_allowed'],
    [
      root.issue({
        subject: [
          ['CN', 'a'],
          ['CN', 'b'],
        ],
      }),
      'certificate_subject_unclear',
    ],
  ]
  for (const [certificate, reason] of refusals) {
    const answer = await call(host, certificate)
    expect(answer).toMatchObject({ status: reason.endsWith('allowed') ? 403 : 401, reason })
    expect(answer.headers['www-authenticate'] ?? '').not.toContain('error=')
  }
  const chain = ['Client-Cert-Chain', `:${between.certificate.raw.toString('base64')}:`]
  expect((await call(host, between.issue(), chain)).status).toBe(200)
})

it('SEC-037 is refused when its authority has taken it back, and nobody can tell without a current list', async () => {
  const bad = root.issue({ subject: [['CN', 'bad']] })
  await addSource('listed', { crls: [root.revocations([bad.certificate])] })
  await addSource('late', { crls: [root.revocations([], { nextUpdate: new Date(Date.now() - 60_000) })], crl_stale: 0 })
  const at = async (alias: string, of: Issued) =>
    call((await world.addApi({ authentication_sources: [alias] })).host, of)
  expect(await at('listed', bad)).toMatchObject({ status: 401, reason: 'certificate_revoked' })
  expect((await at('listed', john)).status).toBe(200)
  const late = await at('late', john)
  expect(late).toMatchObject({ status: 503, reason: 'temporarily_unavailable' })
  expect(Number(late.headers['retry-after'])).toBeGreaterThan(0)
  // What one source knows to be revoked, another with the same authority does not let pass.
  const both = await world.addApi({ authentication_sources: ['listed', 'machines'] })
  expect(await call(both.host, bad)).toMatchObject({ reason: 'certificate_revoked' })
})

describe('SEC-038 a certificate in a header', () => {
  it('is nothing without the secret of a gateway, or with a wrong one', async () => {
    for (const headers of [[], ['X-Gatehouse-Gateway', 'a-secret-that-somebody-has-made-up-here']])
      expect(await world.ask({ host, headers: [...headers, ...shown(john)] })).toMatchObject({
        status: 401,
        reason: 'certificate_not_believed',
        headers: { 'x-gatehouse-reason': 'certificate_not_believed' },
      })
    const twice = [...proven, ...proven, ...shown(john)]
    expect(await world.ask({ host, headers: twice })).toMatchObject({ reason: 'certificate_not_believed' })
  })

  it('is nothing in a header that the gateways do not write', async () => {
    const pem = encodeURIComponent(john.pem)
    for (const other of [
      ['X-Forwarded-Client-Cert', `Cert="${pem}"`],
      ['X-Forwarded-Tls-Client-Cert', pem],
    ])
      expect(await world.ask({ host, headers: [...proven, ...other] })).toMatchObject({
        status: 401,
        reason: 'certificate_not_believed',
      })
    for (const unknown of ['Client_Cert', 'X-SSL-Client-Cert', 'SSL-Client-Cert'])
      expect(await world.ask({ host, headers: [...proven, unknown, pem] })).toMatchObject({
        reason: 'certificate_missing',
      })
  })

  it('is refused when there is more than one, beside whatever else', async () => {
    const { access_token } = await world.login('rene')
    const own = await world.addApi()
    const second = ['X-Gatehouse-Client-Cert', encodeURIComponent(john.pem)]
    for (const more of [second, shown(root.issue())]) {
      expect(await call(host, john, more)).toMatchObject({ status: 401, reason: 'certificate_ambiguous' })
      expect(await call(own.host, john, [...more, ...bearer(access_token)])).toMatchObject({
        reason: 'certificate_ambiguous',
      })
    }
  })

  it('is refused when the gateway says that it is not good', async () => {
    const headers = ['X-Gatehouse-Client-Cert', encodeURIComponent(john.pem), 'X-Gatehouse-Client-Verify']
    expect((await world.ask({ host, headers: [...proven, ...headers, 'SUCCESS'] })).status).toBe(200)
    expect(await world.ask({ host, headers: [...proven, ...headers, 'FAILED:expired'] })).toMatchObject({
      reason: 'certificate_refused',
    })
  })
})

describe('beside other credentials', () => {
  it('a certificate says nothing of who calls', async () => {
    const { access_token } = await world.login('rene')
    const both = await world.addApi({ authentication_sources: ['Okta', 'machines'] })
    const answer = await call(both.host, john, bearer(access_token))
    expect(answer.headers).toMatchObject({ 'x-auth-user': 'rene@acme.test', 'x-auth-source': 'Okta' })
    expect(await call(both.host, john, bearer('opaque'))).toMatchObject({ status: 401, reason: 'token_malformed' })
    expect(await call(both.host, john, ['Authorization', 'Negotiate abc'])).toMatchObject({ reason: 'token_missing' })
    expect(await call(both.host, john, ['Authorization', `Basic ${btoa('a:b')}`])).toMatchObject({
      reason: 'basic_not_accepted',
    })
    // Unproven beside a good token it is somebody's noise.
    expect((await world.ask({ host: both.host, headers: [...shown(john), ...bearer(access_token)] })).status).toBe(200)
  })

  it('only an API that takes nothing else asks for one', async () => {
    expect(await world.ask({ host, headers: proven })).toMatchObject({ status: 401, reason: 'certificate_missing' })
    const both = await world.addApi({ authentication_sources: ['Okta', 'machines'] })
    expect(await world.ask({ host: both.host, headers: proven })).toMatchObject({ reason: 'token_missing' })
    expect((await call(both.host, john)).headers['x-auth-source']).toBe('machines')
    const none = await world.addApi({ authentication_sources: ['Okta'] })
    expect(await call(none.host, john)).toMatchObject({ status: 401, reason: 'token_missing' })
  })

  it('a key says which application calls, and no more', async () => {
    const application = await world.broker.created('applications', {
      name: 'App',
      redirect_uris: ['https://a.example/'],
    })
    const api = await world.addApi({ authentication_sources: ['machines'], require_api_key: true })
    expect(await call(api.host, john)).toMatchObject({ reason: 'api_key_missing' })
    const made = await world.broker.created(`applications/${application.id}/api-keys`, { api_id: api.id })
    const answer = await call(api.host, john, ['X-API-Key', String(made.key)])
    expect(answer.headers).toMatchObject({ 'x-auth-subject': 'john', 'x-auth-application': application.id })
  })
})

describe('a source of certificates', () => {
  it('counts until its sunset, and while it is on', async () => {
    const sunset = new Date(Date.now() - 1000).toISOString()
    const over = await world.addApi({ authentication_sources: [{ source: 'machines', sunset }] })
    expect(await call(over.host, john)).toMatchObject({ status: 403, reason: 'api_source_sunset' })
    await change(`authentication-sources/${source.id}`, { enabled: false })
    expect(await call(host, john)).toMatchObject({ status: 401, reason: 'source_disabled' })
    await change(`authentication-sources/${source.id}`, { enabled: true })
    expect((await call(host, john)).status).toBe(200)
    await change(`authentication-sources/${source.id}`, { config: { subjects: ['CN=rene,**'] } })
    expect(await call(host, john)).toMatchObject({ status: 403, reason: 'certificate_subject_not_allowed' })
    await change(`authentication-sources/${source.id}`, { config: { subjects: [] } })
    expect((await call(host, john)).status).toBe(200)
  })

  it('tells administrators when its authorities expire, and what a test of it finds', async () => {
    const { body } = await world.broker.admin('GET', `authentication-sources/${source.id}`)
    const expires = new Date(root.certificate.validTo).toISOString()
    expect(body.status).toMatchObject({ expiries: [{ what: 'O=Acme, CN=Root', expires_at: expires }] })
    const old = createAuthority('Old', { notAfter: new Date(Date.now() - 60_000) })
    const test = async (config: Json) =>
      (await world.broker.admin('POST', 'authentication-sources/test', { type: 'certificate', config })).body
    expect(await test({ ca_certificates: [root.pem] })).toEqual({ ok: true })
    expect(await test({ ca_certificates: [old.pem] })).toMatchObject({
      ok: false,
      problem: { code: 'CERTIFICATE_EXPIRED' },
    })
    expect(await test({ ca_certificates: ['x'] })).toMatchObject({ problem: { code: 'COULD_NOT_PARSE_CONFIG' } })
  })

  it('is no way to sign in', async () => {
    const answer = await world.broker.admin('POST', 'clients', {
      ...{ client_name: 'App', redirect_uris: ['https://a.example/'], allowed_sources: [source.id] },
    })
    expect(answer.status).toBe(400)
  })
})
