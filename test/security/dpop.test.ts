/** Tokens that are bound to a key by DPoP (RFC 9449): got, used, refreshed and stolen, at every door that takes tokens. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Answered, type GatewayWorld, startGateway } from '../gateway/start-gateway.ts'
import { breakableStores } from '../support/breakable.ts'
import { basic, type Json, type TestClient, type Tokens } from '../support/broker.ts'
import { createHolder, type Holder } from '../support/dpop.ts'
import { startTokenIssuer } from '../support/token-issuer.ts'
import { createVisitor } from '../support/visitor.ts'

const stores = breakableStores()
let world: GatewayWorld
let host: string
let publicClient: TestClient
const owner = createHolder()
const thief = createHolder()

beforeAll(async () => {
  world = await startGateway({ parts: { openStores: stores.open } })
  publicClient = await world.broker.addClient({ token_endpoint_auth_method: 'none' })
  host = (await world.addApi({ clients: [world.client.id, publicClient.id] })).host
}, 60_000)
afterAll(async () => world?.[Symbol.asyncDispose]())

type Form = Readonly<Record<string, string>>
type Headers = Readonly<Record<string, string>>

const endpoint = () => `${world.broker.issuer}/token`
const proofFor = (holder: Holder) => ({ dpop: holder.proof('POST', endpoint()) })
const who = (client: TestClient): { form: Form; headers: Headers } =>
  client.secret === '' ? { form: { client_id: client.id }, headers: {} } : { form: {}, headers: basic(client) }

async function askForTokens(client: TestClient, form: Form, headers: Headers = {}) {
  const answer = await world.broker.post(
    '/token',
    { ...form, ...who(client).form },
    { ...who(client).headers, ...headers },
  )
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Tokens & Json }
}

async function codeFor(client: TestClient, params: Form = {}): Promise<Form> {
  world.upstream.signInAs('rene')
  const { answer, verifier } = await world.broker.authorize(createVisitor(), client, { idp_hint: 'Okta', ...params })
  const { code = '' } = answer
  return { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: verifier }
}

async function signIn(client: TestClient, holder: Holder): Promise<Tokens & Json> {
  const { status, body } = await askForTokens(client, await codeFor(client), proofFor(holder))
  expect(body).toMatchObject({ token_type: 'DPoP' })
  expect(status).toBe(200)
  return body
}

const refresh = (client: TestClient, refresh_token: string, headers: Headers = {}) =>
  askForTokens(client, { grant_type: 'refresh_token', refresh_token }, headers)

const withProof = (token: string, proof: string, scheme = 'DPoP') => [
  'Authorization',
  `${scheme} ${token}`,
  'DPoP',
  proof,
]
const call = { method: 'GET', target: '/patients/1?full=yes' }
const address = (at: string) => `https://${at}/patients/1`
const reasonOf = ({ status, reason }: Answered) => (status === 200 ? 'passes' : reason)
const askAt = async (at: string, headers: readonly string[], more: Partial<typeof call> = {}) =>
  world.ask({ ...call, ...more, host: at, headers: ['X-Forwarded-Proto', 'https', ...headers] })

describe('a token that was asked for with a proof', () => {
  it('SEC-105 names the key, whichever way it was got, and introspection says so in either way', async () => {
    const machine = await world.broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'] })
    const first = await signIn(publicClient, owner)
    const next = await refresh(publicClient, first.refresh_token, proofFor(owner))
    const own = await askForTokens(machine, { grant_type: 'client_credentials' }, proofFor(owner))
    const watcher = await world.broker.addClient({
      ...{ redirect_uris: [], grant_types: [], response_types: [] },
      resource_server: { apis: '*' },
    })
    const ways: readonly Form[] = [{}, { ignored: 'yes' }]
    for (const { access_token, token_type } of [first, next.body]) {
      expect(token_type).toBe('DPoP')
      expect(decodeJwt(access_token)).toMatchObject({ cnf: { jkt: owner.thumbprint }, typ: 'DPoP' })
      const [short, long] = await Promise.all(
        ways.map(async (more) => {
          const answer = await world.broker.post('/introspect', { token: access_token, ...more }, basic(watcher))
          return (await answer.json()) as Json
        }),
      )
      expect(short).toEqual(long)
      expect(short).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: owner.thumbprint } })
    }
    expect(own.body.token_type).toBe('DPoP')
    expect(decodeJwt(own.body.access_token)).toMatchObject({ cnf: { jkt: owner.thumbprint } })
    const profiled = await world.broker.addClient({ token_profile: 'rfc9068' })
    expect(decodeJwt((await signIn(profiled, owner)).access_token)).toMatchObject({ cnf: { jkt: owner.thumbprint } })
  })

  it('is asked for as the metadata says, and is nobody’s without a good proof', async () => {
    const metadata = await (await fetch(`${world.broker.issuer}/.well-known/openid-configuration`)).json()
    expect(metadata).toMatchObject({ dpop_signing_alg_values_supported: ['ES256', 'PS256', 'EdDSA', 'Ed25519'] })
    const form = { grant_type: 'client_credentials' }
    const machine = await world.broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'] })
    const bad: readonly string[] = [
      'x',
      owner.proof('GET', endpoint()),
      owner.proof('POST', `${world.broker.issuer}/userinfo`),
      owner.proof('POST', endpoint(), { by: thief.key }),
      owner.proof('POST', endpoint(), { header: { alg: 'none' } }),
      owner.proof('POST', endpoint(), { header: { typ: 'JWT' } }),
    ]
    for (const dpop of bad)
      expect(await askForTokens(machine, form, { dpop }), dpop).toMatchObject({
        status: 400,
        body: { error: 'invalid_dpop_proof' },
      })
    const old = owner.proof('POST', endpoint(), { claims: { iat: Math.floor(Date.now() / 1000) - 3600 } })
    const late = await askForTokens(machine, form, { dpop: old })
    expect(late).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } })
    const nonce = late.headers.get('dpop-nonce')
    const dated = { iat: Math.floor(Date.now() / 1000) - 3600, nonce }
    const again = { dpop: owner.proof('POST', endpoint(), { claims: dated }) }
    expect((await askForTokens(machine, form, again)).body.token_type).toBe('DPoP')
    expect(await askForTokens(machine, form, again)).toMatchObject({
      status: 400,
      body: { error: 'invalid_dpop_proof', reason: 'dpop_proof_replayed' },
    })
  })

  it('SEC-105 is had once for a proof, also for one that is dated ahead, for as long as it is good', async () => {
    const machine = await world.broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'] })
    const ask = (dpop: string) => askForTokens(machine, { grant_type: 'client_credentials' }, { dpop })
    const ahead = owner.proof('POST', endpoint(), { claims: { iat: Math.floor(Date.now() / 1000) + 290 } })
    expect((await ask(ahead)).body.token_type).toBe('DPoP')
    const begun = Date.now()
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      for (const seconds of [1, 295, 310, 500, 585]) {
        vi.setSystemTime(begun + seconds * 1000)
        expect(await ask(ahead), `after ${seconds} seconds`).toMatchObject({
          status: 400,
          body: { reason: 'dpop_proof_replayed' },
        })
      }
      vi.setSystemTime(begun + 600_000)
      expect((await ask(ahead)).body.error).toBe('use_dpop_nonce')
    } finally {
      vi.useRealTimers()
    }
  })

  it('SEC-105 is refused to a client that always binds its tokens and brings no proof, whichever way it asks', async () => {
    const always = { dpop_bound_access_tokens: true }
    const client = await world.broker.addClient(always)
    const machine = await world.broker.addClient({
      ...{ redirect_uris: [], grant_types: ['client_credentials'] },
      ...always,
    })
    const { refresh_token } = await signIn(client, owner)
    for (const [by, form] of [
      [client, await codeFor(client)],
      [client, { grant_type: 'refresh_token', refresh_token }],
      [machine, { grant_type: 'client_credentials' }],
    ] as const)
      expect(await askForTokens(by, form), form.grant_type).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant', reason: 'dpop_proof_missing' },
      })
    expect((await refresh(client, refresh_token, proofFor(owner))).body.token_type).toBe('DPoP')
  })

  it('SEC-105 is for the key that the authorization request named (dpop_jkt), and for no other', async () => {
    const params = { dpop_jkt: owner.thumbprint }
    const by = async (headers: Headers) => askForTokens(publicClient, await codeFor(publicClient, params), headers)
    expect(await by(proofFor(thief))).toMatchObject({ status: 400, body: { reason: 'token_binding_unproven' } })
    expect(await by({})).toMatchObject({ status: 400, body: { reason: 'dpop_proof_missing' } })
    expect((await by(proofFor(owner))).body.token_type).toBe('DPoP')
  })

  it('SEC-105 is no less for a proof that was none: the code is good for its owner, and what its session gave stays', async () => {
    const params = { dpop_jkt: owner.thumbprint }
    const visitor = createVisitor()
    const form = async () => {
      const { answer, verifier } = await world.broker.authorize(visitor, publicClient, { idp_hint: 'Okta', ...params })
      const { code = '' } = answer
      return { grant_type: 'authorization_code', code, redirect_uri: publicClient.redirectUri, code_verifier: verifier }
    }
    const used = proofFor(owner)
    const { body } = await askForTokens(publicClient, await form(), used)
    const code = await form()
    for (const [wrong, reason] of [
      [{}, 'dpop_proof_missing'],
      [proofFor(thief), 'token_binding_unproven'],
      [used, 'dpop_proof_replayed'],
    ] as const)
      expect((await askForTokens(publicClient, code, wrong)).body.reason).toBe(reason)
    expect((await askForTokens(publicClient, code, proofFor(owner))).body.token_type).toBe('DPoP')
    expect((await refresh(publicClient, body.refresh_token, proofFor(owner))).status).toBe(200)
    expect((await askForTokens(publicClient, code, proofFor(owner))).body.reason).toBe('code_reused')
  })
})

describe('a page’s script', () => {
  it('may send proofs from an origin of its client, and is told of nonces', async () => {
    const origin = 'https://spa.example'
    const client = await world.broker.addClient({ token_endpoint_auth_method: 'none', web_origins: [origin] })
    for (const path of ['/token', '/userinfo']) {
      const asked = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' }
      const preflight = await fetch(world.broker.issuer + path, { method: 'OPTIONS', headers: asked })
      expect(preflight.headers.get('access-control-allow-headers'), path).toMatch(/dpop/i)
    }
    const told = await askForTokens(client, await codeFor(client), { origin, ...proofFor(owner) })
    expect(told).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
    expect(told.headers.get('access-control-expose-headers')).toMatch(/dpop-nonce/i)
    expect(told.headers.get('dpop-nonce')).toMatch(/^[\w-]{43}$/)
  })
})

describe('a refresh token of a public client', () => {
  it('SEC-037 SEC-105 is bound likewise: neither without a proof nor with another key, and its owner still has it', async () => {
    const { refresh_token } = await signIn(publicClient, owner)
    const refused = { status: 400, body: { error: 'invalid_grant', reason: 'token_binding_unproven' } }
    expect(await refresh(publicClient, refresh_token)).toMatchObject(refused)
    expect(await refresh(publicClient, refresh_token, proofFor(thief))).toMatchObject(refused)
    const next = await refresh(publicClient, refresh_token, proofFor(owner))
    expect(next).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
    // Within the grace for answers that got lost, too.
    expect(await refresh(publicClient, refresh_token)).toMatchObject(refused)
    expect(await refresh(publicClient, refresh_token, proofFor(thief))).toMatchObject(refused)
    expect(await refresh(publicClient, next.body.refresh_token)).toMatchObject(refused)
  })

  it('is told to be bound; that of a client that authenticates is good for this client, whatever its key', async () => {
    const own = await signIn(publicClient, owner)
    const answer = await world.broker.post('/introspect', { token: own.refresh_token, client_id: publicClient.id })
    expect([answer.status, await answer.json()]).toMatchObject([200, { active: true, cnf: { jkt: owner.thumbprint } }])
    const client = await world.broker.addClient()
    const { refresh_token } = await signIn(client, owner)
    expect((await refresh(client, refresh_token, proofFor(thief))).body.token_type).toBe('DPoP')
  })

  it('gives a token that is bound to nothing only to a client that authenticates and need not bind it', async () => {
    const client = await world.broker.addClient()
    const { refresh_token } = await signIn(client, owner)
    expect((await refresh(client, refresh_token)).body.token_type).toBe('Bearer')
  })
})

describe('at a gateway', () => {
  let token: string
  const right = (at = host) => owner.proof('GET', address(at), { token })
  beforeAll(async () => {
    token = (await signIn(world.client, owner)).access_token
  })

  it.each(['nginx', 'forwarded', 'envoy'] as const)('SEC-105 passes with a proof of its key: %s', async (dialect) => {
    const headers = ['X-Forwarded-Proto', 'https', ...withProof(token, right())]
    expect(reasonOf(await world.ask({ ...call, dialect, host, headers }))).toBe('passes')
    const other = ['X-Forwarded-Proto', 'http', ...withProof(token, right())]
    expect(reasonOf(await world.ask({ ...call, dialect, host, headers: other }))).toBe('dpop_proof_mismatch')
    // A gateway that says nothing of the scheme leaves it open.
    expect(reasonOf(await world.ask({ ...call, dialect, host, headers: withProof(token, right()) }))).toBe('passes')
  })

  it.each<[string, () => string]>([
    ['with its default port', () => owner.proof('GET', `https://${host}:443/patients/1`, { token })],
    ['with its query', () => owner.proof('GET', `https://${host}/patients/1?full=yes#x`, { token })],
    ['in capitals', () => owner.proof('GET', `HTTPS://${host.toUpperCase()}/patients/1`, { token })],
  ])('the address may be written %s', async (_, proof) => {
    expect(reasonOf(await askAt(host, withProof(token, proof())))).toBe('passes')
  })

  const now = () => Math.floor(Date.now() / 1000)
  it.each<[string, string, () => string]>([
    ['by another key', 'token_binding_unproven', () => thief.proof('GET', address(host), { token })],
    [
      'by another key that shows ours',
      'dpop_proof_invalid',
      () => owner.proof('GET', address(host), { token, by: thief.key }),
    ],
    ['for another method', 'dpop_proof_mismatch', () => owner.proof('POST', address(host), { token })],
    ['for a method in other letters', 'dpop_proof_mismatch', () => owner.proof('get', address(host), { token })],
    ['for another path', 'dpop_proof_mismatch', () => owner.proof('GET', `https://${host}/patients/2`, { token })],
    ['for another host', 'dpop_proof_mismatch', () => owner.proof('GET', address('api.other'), { token })],
    ['for another port', 'dpop_proof_mismatch', () => owner.proof('GET', `https://${host}:8443/patients/1`, { token })],
    ['for no address', 'dpop_proof_mismatch', () => owner.proof('GET', '/patients/1', { token })],
    ['for another token', 'dpop_proof_mismatch', () => owner.proof('GET', address(host), { token: `${token}x` })],
    ['for no token', 'dpop_proof_invalid', () => owner.proof('GET', address(host))],
    [
      'made minutes ago',
      'dpop_proof_stale',
      () => owner.proof('GET', address(host), { token, claims: { iat: now() - 120 } }),
    ],
    [
      'to be made in half a minute',
      'dpop_proof_stale',
      () => owner.proof('GET', address(host), { token, claims: { iat: now() + 40 } }),
    ],
    [
      'without a time',
      'dpop_proof_invalid',
      () => owner.proof('GET', address(host), { token, claims: { iat: undefined } }),
    ],
    [
      'without a name',
      'dpop_proof_invalid',
      () => owner.proof('GET', address(host), { token, claims: { jti: undefined } }),
    ],
    [
      'of another type',
      'dpop_proof_invalid',
      () => owner.proof('GET', address(host), { token, header: { typ: 'JWT' } }),
    ],
    [
      'by no algorithm',
      'dpop_proof_invalid',
      () => owner.proof('GET', address(host), { token, header: { alg: 'none' } }),
    ],
    ['by a secret', 'dpop_proof_invalid', () => owner.proof('GET', address(host), { token, header: { alg: 'HS256' } })],
    [
      'with a critical extension',
      'dpop_proof_invalid',
      () => owner.proof('GET', address(host), { token, header: { crit: ['x'] } }),
    ],
    [
      'that shows the private key',
      'dpop_proof_invalid',
      () => owner.proof('GET', address(host), { token, header: { jwk: owner.key.export({ format: 'jwk' }) } }),
    ],
    ['that is none', 'dpop_proof_invalid', () => 'x.y.z'],
    ['that is the token itself', 'dpop_proof_invalid', () => token],
    ['that is empty', 'dpop_proof_missing', () => ''],
  ])('SEC-105 does not pass with a proof %s: %s', async (_, reason, proof) => {
    const answer = await askAt(host, withProof(token, proof()))
    expect(answer).toMatchObject({ status: 401, reason })
    const error = reason === 'token_binding_unproven' ? 'invalid_token' : 'invalid_dpop_proof'
    const challenge = String(answer.headers['www-authenticate'])
    expect(challenge).toMatch(/^DPoP realm="/)
    expect(challenge).toContain(`error="${error}"`)
    expect(challenge).toContain('algs="ES256 PS256 EdDSA Ed25519"')
  })

  it('says what a proof was not made for, and keeps of the address no more than where it is', async () => {
    const details = [
      ['POST', address(host), {}, 'htm is not GET, as which the call came.'],
      ['GET', `http://${host}/patients/1`, {}, `htu is not at https://${host}, where the call came.`],
      ['GET', `https://${host}/patients/2`, {}, 'htu is another path than that of the call.'],
      ['GET', address(host), { ath: 'x' }, 'ath is not of this token.'],
      ['GET', address(host), { iat: 1 }, expect.stringMatching(/^iat is \d+ seconds ago\.$/)],
    ] as const
    for (const [method, url, claims, detail] of details) {
      const { body } = await askAt(host, withProof(token, owner.proof(method, url, { token, claims })))
      expect(body).toMatchObject({ detail })
    }
  })

  it('SEC-105 does not pass as if nobody had to prove anything', async () => {
    const bare = ['Authorization', `Bearer ${token}`]
    expect(await askAt(host, bare)).toMatchObject({ status: 401, reason: 'token_binding_unproven' })
    expect(await askAt(host, withProof(token, right(), 'Bearer'))).toMatchObject({ reason: 'dpop_scheme_wrong' })
    const missing = await askAt(host, ['Authorization', `DPoP ${token}`])
    expect(missing).toMatchObject({ status: 401, reason: 'dpop_proof_missing' })
    expect(missing.headers['www-authenticate']).toMatch(/^DPoP .*error="invalid_dpop_proof"/)
    const twice = [...withProof(token, right()), 'DPoP', right()]
    expect(await askAt(host, twice)).toMatchObject({ status: 401, reason: 'credentials_ambiguous' })
  })

  it('SEC-105 passes once with each proof, and two at once are one and a replay', async () => {
    const proof = right()
    const answers = await Promise.all([1, 2, 3].map(() => askAt(host, withProof(token, proof))))
    expect(answers.map(reasonOf).toSorted()).toEqual(['dpop_proof_replayed', 'dpop_proof_replayed', 'passes'])
    expect(reasonOf(await askAt(host, withProof(token, right())))).toBe('passes')
  })

  it('a token that is bound to nothing needs no proof, and gets no further with one', async () => {
    const plain = (await world.login('rene')).access_token
    expect(reasonOf(await askAt(host, ['Authorization', `Bearer ${plain}`]))).toBe('passes')
    const proof = owner.proof('GET', address(host), { token: plain })
    expect(await askAt(host, withProof(plain, proof))).toMatchObject({ status: 401, reason: 'token_not_bound' })
    expect(await askAt(host, withProof(plain, proof, 'Bearer'))).toMatchObject({ reason: 'dpop_scheme_wrong' })
  })

  it('SEC-105 an API that asks for DPoP takes bound tokens alone, and says so', async () => {
    const plain = (await world.login('rene')).access_token
    for (const [sender_constraint, schemes] of [
      ['dpop', /^DPoP [^,]*(, \w+=[^,]*)*$/],
      ['either', /^Bearer .*, DPoP /],
    ] as const) {
      const { host: at, slug } = await world.addApi({ sender_constraint })
      expect(reasonOf(await askAt(at, withProof(token, right(at))))).toBe('passes')
      expect(await askAt(at, ['Authorization', `Bearer ${plain}`])).toMatchObject({
        status: 401,
        reason: 'token_not_bound',
      })
      expect((await askAt(at, [])).headers['www-authenticate']).toMatch(schemes)
      const metadata = await fetch(`${world.broker.issuer}/.well-known/oauth-protected-resource/${slug}`)
      const required = sender_constraint === 'dpop' || undefined
      expect(((await metadata.json()) as Json).dpop_bound_access_tokens_required).toBe(required)
    }
    const { host: at } = await world.addApi({ sender_constraint: 'mtls' })
    expect(await askAt(at, withProof(token, right(at)))).toMatchObject({ status: 401, reason: 'token_not_bound' })
  })

  it('SEC-106 could not be told while nobody knows whether the proof was here before', async () => {
    const headers = withProof(token, right())
    stores.cutAfter('liveness')
    try {
      expect((await askAt(host, headers)).status).toBe(503)
    } finally {
      stores.mend()
    }
    expect(reasonOf(await askAt(host, headers))).toBe('passes')
  })

  it('SEC-105 a token of another issuer is held to its key likewise', async () => {
    await using issuer = await startTokenIssuer()
    const source = { alias: 'Tokens', name: 'Tokens', type: 'jwt', config: issuer.config }
    await world.broker.created('authentication-sources', source)
    const rules = { authentication_sources: ['Tokens'], clients: [], sender_constraint: 'dpop' }
    const { host: at } = await world.addApi(rules)
    const bound = issuer.token({ cnf: { jkt: owner.thumbprint } })
    const by = (holder: Holder) => withProof(bound, holder.proof('GET', address(at), { token: bound }))
    expect(reasonOf(await askAt(at, by(owner)))).toBe('passes')
    expect(reasonOf(await askAt(at, by(thief)))).toBe('token_binding_unproven')
    expect(reasonOf(await askAt(at, ['Authorization', `Bearer ${bound}`]))).toBe('token_binding_unproven')
    expect(reasonOf(await askAt(at, ['Authorization', `Bearer ${issuer.token()}`]))).toBe('token_not_bound')
  })
})

describe('at the broker’s own doors', () => {
  it('SEC-105 opens userinfo with a proof of its key, and with nothing less', async () => {
    const { access_token: token } = await signIn(publicClient, owner)
    const url = `${world.broker.issuer}/userinfo`
    const ask = async (headers: Headers) => {
      const answer = await fetch(url, { headers })
      return { status: answer.status, challenge: answer.headers.get('www-authenticate') ?? '' }
    }
    const by = (dpop: string, scheme = 'DPoP') => ask({ authorization: `${scheme} ${token}`, dpop })
    const right = () => owner.proof('GET', url, { token })
    const used = right()
    expect((await by(used)).status).toBe(200)
    expect(await by(used)).toMatchObject({ status: 401, challenge: expect.stringContaining('invalid_dpop_proof') })
    expect((await by(right(), 'Bearer')).status).toBe(400)
    expect(await ask({ authorization: `Bearer ${token}` })).toMatchObject({ status: 401 })
    expect((await ask({ authorization: `DPoP ${token}` })).status).toBe(400)
    for (const wrong of [
      thief.proof('GET', url, { token }),
      owner.proof('POST', url, { token }),
      owner.proof('GET', endpoint(), { token }),
      owner.proof('GET', url),
      owner.proof('GET', url, { token, claims: { iat: 1 } }),
    ])
      expect(await by(wrong)).toMatchObject({ status: 401, challenge: expect.stringMatching(/DPoP .*error=/) })
  })

  it('SEC-105 opens no administration, where nobody is asked for a proof', async () => {
    const { id, secret } = { id: 'automation', secret: 'automation-secret-automation-secret' }
    const form = { grant_type: 'client_credentials', scope: 'admin' }
    const answer = await world.broker.post('/token', form, { ...basic({ id, secret }), ...proofFor(owner) })
    const { access_token: token, token_type } = (await answer.json()) as Tokens & Json
    expect(token_type).toBe('DPoP')
    const address = `${world.broker.issuer}/admin/api/v1/clients`
    for (const scheme of ['Bearer', 'DPoP']) {
      const dpop = owner.proof('GET', address, { token })
      const refused = await fetch(address, { headers: { authorization: `${scheme} ${token}`, dpop } })
      expect(refused.status).toBe(401)
    }
  })
})
