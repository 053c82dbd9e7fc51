import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { createGzip } from 'node:zlib'
import { base64url, decodeProtectedHeader, exportJWK, exportSPKI, generateKeyPair, importJWK, SignJWT } from 'jose'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Arrival, RedirectConnector, Trip } from '../../src/connector.ts'
import { createOidcConnectorType } from '../../src/connectors/oidc/oidc.ts'
import { newSecret } from '../../src/ids.ts'
import { silent } from '../../src/log.ts'
import { createOutbound, type Outbound } from '../../src/outbound/outbound.ts'
import {
  type Behaviour,
  newKeyPair,
  type RogueUpstream,
  signAnything,
  startRogueUpstream,
} from '../support/rogue-upstream.ts'

const callbackUrl = new URL('http://127.0.0.1:3000/broker/rogue/callback')

let http: Outbound
let rogue: RogueUpstream
let connector: RedirectConnector

beforeEach(async () => {
  http = createOutbound({ timeout: 1, maxResponseBytes: 65_536 })
  rogue = await startRogueUpstream()
  connector = open(rogue.config)
})
afterEach(async () => {
  vi.useRealTimers()
  await http[Symbol.asyncDispose]()
  await rogue[Symbol.asyncDispose]()
})

function open(config: Readonly<Record<string, unknown>>, client = http): RedirectConnector {
  const type = createOidcConnectorType({ http: client, clock: () => Date.now(), log: silent })
  const opened = type.open(type.config.parse(config), { id: 'a-source', alias: 'Rogue' })
  if (opened.kind !== 'redirect') throw new Error('not a redirect connector')
  return opened
}

const newTrip = (wishes: Partial<Trip> = {}): Trip => ({
  state: newSecret(),
  callbackUrl,
  departedAt: Date.now(),
  forceLogin: false,
  ...wishes,
})

async function arrivalOf(url: URL): Promise<Arrival> {
  const response = await fetch(url, { redirect: 'manual' })
  return { url: new URL(response.headers.get('location') ?? ''), form: new URLSearchParams() }
}

async function signIn(behaviour: Behaviour = {}, wishes: Partial<Trip> = {}) {
  rogue.behave(behaviour)
  const trip = newTrip(wishes)
  const departure = await connector.depart(trip)
  return connector.arrive(trip, departure.memo, await arrivalOf(departure.url))
}

const refusedFor = (check: string) => ({ code: 'upstream_invalid', problems: [{ path: check }] })
const later = (seconds: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 })
const now = () => Math.floor(Date.now() / 1000)

describe('what an honest answer may look like', () => {
  it('joins the ID token and userinfo, and believes the ID token where they differ', async () => {
    expect(await signIn()).toMatchObject({
      subject: 'rogue|1',
      attributes: { sub: 'rogue|1', name: 'From the ID token', department: 'R&D' },
    })
  })

  it('takes the answers of providers that are known to differ', async () => {
    const identity = await signIn({
      discovery: ({ authorization_response_iss_parameter_supported: _, ...honest }) => honest,
      callback: ({ iss: _, ...honest }) => honest,
      claims: (honest) => ({ ...honest, aud: ['gatehouse'], auth_time: 0, at_hash: undefined, amr: 'pwd', acr: 2 }),
      tokens: (honest) => ({ ...honest, token_type: 'bearer' }),
    })
    expect(identity).toEqual({
      subject: 'rogue|1',
      attributes: { sub: 'rogue|1', name: 'From the ID token', department: 'R&D' },
      upstream: { idToken: expect.any(String) },
    })
  })

  it('takes what the discovery document says is null for what it does not have', async () => {
    const discovery = (honest: Record<string, unknown>) => ({
      ...{ ...honest, userinfo_endpoint: null, end_session_endpoint: null },
      ...{ id_token_signing_alg_values_supported: null, authorization_response_iss_parameter_supported: null },
    })
    expect((await signIn({ discovery })).attributes).toEqual({ sub: 'rogue|1', name: 'From the ID token' })
    expect(rogue.calls['/userinfo']).toBeUndefined()
  })

  it('works below a path', async () => {
    await using below = await startRogueUpstream({ path: '/realms/one' })
    connector = open(below.config)
    const trip = newTrip()
    const { url, memo } = await connector.depart(trip)
    expect(await connector.arrive(trip, memo, await arrivalOf(url))).toMatchObject({ subject: 'rogue|1' })
  })

  it('keeps members named like parts of every object as plain data', async () => {
    const { attributes } = await signIn({
      idToken: (claims) =>
        signAnything(
          rogue.key,
          { alg: 'RS256', kid: rogue.key.kid },
          JSON.stringify(claims).replace('{', '{"__proto__":{"admin":true},"constructor":"x",'),
        ),
    })
    expect(attributes.admin).toBeUndefined()
    expect(({} as { admin?: unknown }).admin).toBeUndefined()
  })
})

describe('the answer to the callback address', () => {
  it('SEC-053 refuses the answer of another issuer, and one that hides who it is', async () => {
    await expect(
      signIn({ callback: (honest) => ({ ...honest, iss: 'https://honest.example' }) }),
    ).rejects.toMatchObject(refusedFor('iss'))
    await expect(signIn({ callback: ({ iss: _, ...honest }) => honest })).rejects.toMatchObject(refusedFor('iss'))
    await expect(
      signIn({
        callback: ({ code: _, ...honest }) => ({ ...honest, error: 'access_denied', iss: 'https://honest.example' }),
      }),
    ).rejects.toMatchObject(refusedFor('iss'))
    const notAnnounced = ({ authorization_response_iss_parameter_supported: _, ...honest }: Record<string, unknown>) =>
      honest
    connector = open(rogue.config)
    await expect(
      signIn({ discovery: notAnnounced, callback: (honest) => ({ ...honest, iss: '' }) }),
    ).rejects.toMatchObject(refusedFor('iss'))
    expect(rogue.calls['/token']).toBeUndefined()
  })

  it('SEC-053 refuses another state, a missing one, and parameters that come twice', async () => {
    for (const callback of [
      (honest: Record<string, string>) => ({ ...honest, state: 'another' }),
      ({ state: _, ...honest }: Record<string, string>) => honest,
    ]) {
      await expect(signIn({ callback })).rejects.toMatchObject(refusedFor('state'))
    }
    rogue.behave({})
    const trip = newTrip()
    const departure = await connector.depart(trip)
    for (const name of ['code', 'state', 'iss']) {
      const arrival = await arrivalOf(departure.url)
      arrival.url.searchParams.append(name, 'another')
      await expect(connector.arrive(trip, departure.memo, arrival)).rejects.toMatchObject(refusedFor(name))
    }
    expect(rogue.calls['/token']).toBeUndefined()
  })

  it('SEC-053 sends the code to the token endpoint of the source it left for, with that source’s own address', async () => {
    let body = ''
    await signIn({
      answer: {
        '/token': async (req, res) => {
          for await (const chunk of req) body += chunk
          res.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
        },
      },
    }).catch(() => {})
    expect(new URLSearchParams(body).get('redirect_uri')).toBe(callbackUrl.href)
    expect(new URLSearchParams(body).get('code_verifier')).toMatch(/^[\w-]{43}$/)
  })
})

describe('the proof of who the broker is', () => {
  it.each(['PS384', 'ES384', 'EdDSA'])('says %s, as the key does', async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true })
    const { client_secret: _, ...config } = rogue.config
    connector = open({
      ...{ ...config, token_endpoint_auth_method: 'private_key_jwt' },
      private_key_jwk: { ...(await exportJWK(privateKey)), alg, kid: 'ours' },
    })
    let shown = ''
    const answer = {
      '/token': async (req: IncomingMessage, res: ServerResponse) => {
        shown = new URLSearchParams(Buffer.concat(await Array.fromAsync(req)).toString()).get('client_assertion') ?? ''
        res.writeHead(503).end()
      },
    }
    await expect(signIn({ answer })).rejects.toThrow('status 503')
    expect(decodeProtectedHeader(shown)).toEqual({ alg, kid: 'ours' })
  })
})

describe('the answer of the token endpoint', () => {
  const says = (status: number, type: string, body: string): Behaviour => ({
    answer: {
      '/token': (_, res) => void res.writeHead(status, { 'content-type': type }).end(body),
    },
  })

  it.each<[string, Behaviour]>([
    ['a status that speaks of credentials', says(401, 'text/plain', 'no')],
    ['Auth0’s words for a wrong secret', says(401, 'application/json', '{"error":"access_denied"}')],
    ['Google’s words for a wrong address', says(400, 'application/json', '{"error":"redirect_uri_mismatch"}')],
  ])('is about this broker, by %s', async (_, behaviour) => {
    await expect(signIn(behaviour)).rejects.toMatchObject({ code: 'upstream_misconfigured' })
  })

  it.each([
    [401, 'invalid_client', 'upstream_misconfigured'],
    [400, 'invalid_grant', 'upstream_refused'],
  ])('is read beside a challenge too: %s %s', async (status, error, code) => {
    const answer = {
      '/token': (_: unknown, res: ServerResponse) =>
        void res
          .writeHead(status, { 'content-type': 'application/json', 'www-authenticate': 'Basic realm="rogue"' })
          .end(JSON.stringify({ error, error_description: 'The secret has expired' })),
    }
    const message = expect.stringContaining(`${error} (The secret has expired)`)
    await expect(signIn({ answer })).rejects.toMatchObject({ code, message })
  })

  it('is described where nothing can be made of it', async () => {
    await expect(signIn(says(200, 'text/html', '<html>'))).rejects.toMatchObject({
      ...refusedFor('answer'),
      message: 'Rogue: the token endpoint answered with status 200 and the type text/html',
    })
  })
})

describe('the ID token', () => {
  const claim = (change: Record<string, unknown>): Behaviour => ({ claims: (honest) => ({ ...honest, ...change }) })

  it.each<[string, string, Behaviour]>([
    ['SEC-052 another nonce', 'nonce', claim({ nonce: 'swapped' })],
    ['SEC-052 no nonce', 'nonce', claim({ nonce: undefined })],
    ['SEC-054 another issuer', 'iss', claim({ iss: 'https://honest.example' })],
    ['SEC-054 the issuer with a slash more', 'iss', { claims: (honest) => ({ ...honest, iss: `${honest.iss}/` }) }],
    ['SEC-054 no issuer', 'iss', claim({ iss: undefined })],
    ['SEC-054 another audience', 'aud', claim({ aud: 'somebody-else' })],
    ['SEC-054 an audience that only begins like ours', 'aud', claim({ aud: 'gatehouse2' })],
    ['SEC-054 no audience', 'aud', claim({ aud: undefined })],
    ['SEC-054 several audiences and no azp', 'aud', claim({ aud: ['gatehouse', 'somebody-else'] })],
    ['SEC-054 another authorized party', 'azp', claim({ azp: 'somebody-else' })],
    ['SEC-054 another authorized party among several audiences', 'azp', claim({ aud: ['gatehouse', 'x'], azp: 'x' })],
    ['SEC-054 no subject', 'sub', claim({ sub: undefined })],
    ['SEC-054 an empty subject', 'sub', claim({ sub: '' })],
    ['SEC-054 a subject that is a number', 'sub', claim({ sub: 1 })],
    ['SEC-054 an endless subject', 'sub', claim({ sub: 'x'.repeat(256) })],
    ['SEC-054 the hash of another access token', 'at_hash', claim({ at_hash: 'MTIzNDU2Nzg5MDEyMzQ1Ng' })],
    ['SEC-054 a hash that is no text', 'at_hash', claim({ at_hash: 1 })],
    ['SEC-054 no ID token at all', 'id_token', { tokens: ({ id_token: _, ...honest }) => honest }],
    ['SEC-044 an expiry in the past', 'exp', claim({ exp: now() - 20 })],
    ['SEC-044 no expiry', 'exp', claim({ exp: undefined })],
    ['SEC-044 an expiry that is text', 'exp', claim({ exp: '9999999999' })],
    ['SEC-044 a beginning in the future', 'nbf', claim({ nbf: now() + 60 })],
    ['SEC-044 an issue in the future', 'iat', claim({ iat: now() + 60 })],
    ['SEC-044 no time of issue', 'iat', claim({ iat: undefined })],
    ['SEC-057 a login in the future', 'auth_time', claim({ auth_time: now() + 3600 })],
    [
      'SEC-041 no signature (alg none)',
      'alg',
      {
        idToken: async (claims) => `${base64url.encode('{"alg":"none"}')}.${base64url.encode(JSON.stringify(claims))}.`,
      },
    ],
    ['SEC-041 an algorithm that was not chosen', 'alg', { idToken: (claims) => signed(claims, 'PS256') }],
    ['SEC-041 HS256 with the public key', 'alg', { idToken: (claims) => hmac(claims, 'public key') }],
    ['SEC-041 HS256 with our client secret', 'alg', { idToken: (claims) => hmac(claims, 'client secret') }],
    ['SEC-041 the signature of another key', 'signature', { idToken: (claims) => signed(claims, 'RS256') }],
    [
      'SEC-041 no signature bytes',
      'signature',
      { tokens: (honest) => ({ ...honest, id_token: String(honest.id_token).replace(/[^.]+$/, '') }) },
    ],
    [
      'SEC-054 claims that were changed after signing',
      'signature',
      {
        tokens: (honest) => {
          const [header, payload = '', signature] = String(honest.id_token).split('.')
          const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
          return {
            ...honest,
            id_token: [header, base64url.encode(JSON.stringify({ ...claims, sub: 'root' })), signature].join('.'),
          }
        },
      },
    ],
    ['SEC-042 an unknown critical header', 'crit', { header: (honest) => ({ ...honest, crit: ['exp'], exp: 1 }) }],
    ['SEC-042 a key id that is a path', 'kid', { header: (honest) => ({ ...honest, kid: '../../rogue-1' }) }],
    ['SEC-042 a key id of 40 kilobytes', 'kid', { header: (honest) => ({ ...honest, kid: 'x'.repeat(40_000) }) }],
    ['SEC-044 something that is no JWT', 'answer', { tokens: (honest) => ({ ...honest, id_token: 'a.b' }) }],
    [
      'SEC-044 claims that are a list',
      'answer',
      { idToken: async () => `${base64url.encode('{"alg":"RS256"}')}.${base64url.encode('[]')}.x` },
    ],
    [
      'SEC-044 a claim that comes twice',
      'id_token',
      {
        idToken: (claims) =>
          signAnything(
            rogue.key,
            { alg: 'RS256', kid: rogue.key.kid },
            `{"sub":"somebody-else",${JSON.stringify(claims).slice(1)}`,
          ),
      },
    ],
  ])('%s is refused', async (_, check, behaviour) => {
    const refusal = await signIn(behaviour).catch((error: unknown) => error)
    expect(refusal).toMatchObject(refusedFor(check))
    // Neither the token nor the code is repeated to whoever reads the log.
    expect(inspect(refusal, { depth: 9, showHidden: true })).not.toMatch(/eyJ|code-\d|an-access-token|rogue\|1/)
    expect(rogue.calls['/userinfo']).toBeUndefined()
  })

  it('SEC-041 takes the algorithm that was configured, whatever the provider announces', async () => {
    const discovery = (honest: Record<string, unknown>) => ({
      ...honest,
      id_token_signing_alg_values_supported: ['RS256', 'PS256', 'HS256', 'none'],
    })
    for (const idToken of [
      async (claims: Record<string, unknown>) =>
        `${base64url.encode('{"alg":"none"}')}.${base64url.encode(JSON.stringify(claims))}.`,
      (claims: Record<string, unknown>) => hmac(claims, 'public key'),
      (claims: Record<string, unknown>) => signed(claims, 'PS256'),
    ]) {
      await expect(signIn({ discovery, idToken })).rejects.toMatchObject(refusedFor('alg'))
    }
  })

  it('SEC-044 allows for clocks that differ a little', async () => {
    const claims = (honest: Record<string, unknown>) => ({
      ...honest,
      exp: now() - 5,
      iat: now() + 5,
      auth_time: now() + 5,
    })
    expect(await signIn({ claims })).toMatchObject({ subject: 'rogue|1' })
    connector = open({ ...rogue.config, clock_tolerance: 0 })
    await expect(signIn({ claims })).rejects.toMatchObject({ code: 'upstream_invalid' })
  })

  it('SEC-042 looks at no key that the token itself brings or points to', async () => {
    let visits = 0
    const evil = await newKeyPair('evil')
    const listener = createServer((_, res) => {
      visits++
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [evil.publicJwk] }))
    })
    await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/jwks`
    try {
      for (const header of [{ jku: url }, { jwk: evil.publicJwk }, { x5u: url }]) {
        const idToken = (claims: Record<string, unknown>) =>
          new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'evil', ...header }).sign(evil.privateKey)
        await expect(signIn({ idToken })).rejects.toMatchObject(refusedFor('kid'))
      }
      expect(visits).toBe(0)
    } finally {
      listener.close()
    }
  })

  async function signed(claims: Record<string, unknown>, alg: string): Promise<string> {
    const { privateKey } = await newKeyPair(rogue.key.kid, alg)
    return new SignJWT(claims).setProtectedHeader({ alg, kid: rogue.key.kid }).sign(privateKey)
  }

  async function hmac(claims: Record<string, unknown>, secret: 'public key' | 'client secret'): Promise<string> {
    const key = await importJWK(rogue.key.publicJwk, 'RS256', { extractable: true })
    if (key instanceof Uint8Array) throw new Error('not a public key')
    const bytes = secret === 'public key' ? await exportSPKI(key) : 'a-secret'.padEnd(32, '\0')
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: rogue.key.kid }).sign(Buffer.from(bytes))
  }
})

describe('userinfo', () => {
  it.each<[string, string, (honest: Record<string, unknown>) => unknown]>([
    ['another subject', 'sub', (honest) => ({ ...honest, sub: 'rogue|2' })],
    ['no subject', 'sub', () => ({ name: 'Nobody' })],
    ['a list', 'answer', () => []],
  ])('SEC-054 refuses %s', async (_, check, userinfo) => {
    await expect(signIn({ userinfo })).rejects.toMatchObject(refusedFor(check))
  })

  it.each<[string, number, Record<string, string>]>([
    ['takes our access token for none', 401, { 'www-authenticate': 'Bearer error="invalid_token"' }],
    ['keeps us out', 403, {}],
    ['is not there', 404, {}],
    ['is a page', 200, { 'content-type': 'text/html' }],
  ])('that %s is named as what failed', async (_, status, headers) => {
    const answer = {
      '/userinfo': (_: unknown, res: ServerResponse) => void res.writeHead(status, headers).end('<html>'),
    }
    const message = expect.stringContaining(`the userinfo endpoint answered with status ${status}`)
    await expect(signIn({ answer })).rejects.toMatchObject({ ...refusedFor('userinfo'), message })
  })

  it("SEC-041 believes a signed answer only when one of the provider's keys signed it", async () => {
    const honest = await newKeyPair('rogue-1')
    const signedBy = (key: Parameters<SignJWT['sign']>[0]) => async () => {
      const claims = { sub: 'rogue|1', department: 'R&D', iss: rogue.issuer, aud: 'gatehouse' }
      return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'rogue-1' }).sign(key)
    }
    const answering = (jwt: () => Promise<string>): Behaviour => ({
      discovery: (published) => ({ ...published, userinfo_signing_alg_values_supported: ['RS256'] }),
      keySet: () => ({ keys: [rogue.key.publicJwk, { ...honest.publicJwk, kid: 'rogue-1' }] }),
      answer: {
        '/userinfo': async (_, res) => void res.writeHead(200, { 'content-type': 'application/jwt' }).end(await jwt()),
      },
    })
    await rogue.rotate('rogue-2')
    expect(await signIn(answering(signedBy(honest.privateKey)))).toMatchObject({ attributes: { department: 'R&D' } })
    const { privateKey: other } = await newKeyPair('rogue-1')
    await expect(signIn(answering(signedBy(other)))).rejects.toMatchObject(refusedFor('signature'))

    // Who does not say how userinfo is signed is held to the algorithm of ID tokens.
    const unannounced = (key: Parameters<SignJWT['sign']>[0]) => {
      connector = open(rogue.config)
      const { discovery: _, ...rest } = answering(signedBy(key))
      return signIn(rest)
    }
    expect(await unannounced(honest.privateKey)).toMatchObject({ attributes: { department: 'R&D' } })
    await expect(unannounced(other)).rejects.toMatchObject(refusedFor('signature'))
  })

  it('is not asked when the source says so', async () => {
    connector = open({ ...rogue.config, userinfo: false })
    expect((await signIn({ userinfo: () => ({ sub: 'rogue|2' }) })).attributes).toEqual({
      sub: 'rogue|1',
      name: 'From the ID token',
    })
    expect(rogue.calls['/userinfo']).toBeUndefined()
  })

  it('lends no assurance: what is about the exchange counts in the ID token only', async () => {
    const userinfo = (honest: Record<string, unknown>) => ({
      ...honest,
      acr: 'phr',
      amr: ['hwk'],
      auth_time: 1,
      sid: 'x',
      iss: 'y',
    })
    const identity = await signIn({ userinfo })
    expect(identity).not.toHaveProperty('acr')
    expect(identity).not.toHaveProperty('amr')
    expect(Object.keys(identity.attributes).sort()).toEqual(['department', 'name', 'sub'])
  })
})

describe('the discovery document', () => {
  it.each<[string, string, string, (honest: Record<string, unknown>) => unknown]>([
    ['another issuer', 'ISSUER_MISMATCH', 'issuer', (honest) => ({ ...honest, issuer: 'https://honest.example' })],
    [
      'the issuer with a slash more',
      'ISSUER_MISMATCH',
      'issuer',
      (honest) => ({ ...honest, issuer: `${honest.issuer}/` }),
    ],
    [
      'an issuer for all tenants',
      'ISSUER_MISMATCH',
      'issuer',
      (honest) => ({ ...honest, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }),
    ],
    ['no issuer', 'COULD_NOT_PARSE_CONFIG', 'discovery', ({ issuer: _, ...honest }) => honest],
    ['no keys', 'MISSING_JWKS', 'discovery', ({ jwks_uri: _, ...honest }) => honest],
    [
      'a script for an endpoint',
      'COULD_NOT_PARSE_CONFIG',
      'discovery',
      (honest) => ({ ...honest, authorization_endpoint: 'javascript:alert(1)' }),
    ],
    ['a list', 'COULD_NOT_PARSE_CONFIG', 'discovery', () => []],
  ])('SEC-055 with %s is refused', async (_, code, check, discovery) => {
    rogue.behave({ discovery })
    await expect(connector.check?.()).rejects.toMatchObject({ name: 'SourceProblem', code })
    await expect(connector.depart(newTrip())).rejects.toMatchObject(refusedFor(check))
  })

  it('SEC-055 tells who configured the issuer of all tenants what to do', async () => {
    rogue.behave({
      discovery: (honest) => ({ ...honest, issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }),
    })
    await expect(connector.check?.()).rejects.toThrow(/configure the issuer of the one tenant/)
  })

  it('SEC-108 leads nowhere inside: a name that resolves to a private address is not asked', async () => {
    await using wary = createOutbound({
      timeout: 1,
      maxResponseBytes: 65_536,
      lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    })
    connector = open({ ...rogue.config, issuer: 'https://idp.example', allow_private_addresses: false }, wary)
    await expect(connector.check?.()).rejects.toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' })
    await expect(connector.depart(newTrip())).rejects.toMatchObject({ code: 'upstream_misconfigured' })
  })
})

describe('the test of a source', () => {
  it('is content with a provider that works, and asks nobody to sign in', async () => {
    await connector.check?.()
    expect(Object.keys(rogue.calls).sort()).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })

  it.each<[string, string, Behaviour]>([
    ['has no keys', 'MISSING_JWKS', { keySet: () => ({ keys: [] }) }],
    [
      'has keys for encryption only',
      'MISSING_JWKS',
      { keySet: ({ keys }) => ({ keys: keys.map((key) => ({ ...key, use: 'enc' })) }) },
    ],
    ['has no key set', 'MISSING_JWKS', { keySet: () => 'nothing' }],
    [
      'does not find its key set',
      'REMOTE_HOST_RESPONDED_WITH_ERROR',
      { answer: { '/jwks': (_, res) => void res.writeHead(404).end() } },
    ],
    [
      'signs otherwise',
      'COULD_NOT_PARSE_CONFIG',
      { discovery: (honest) => ({ ...honest, id_token_signing_alg_values_supported: ['ES256'] }) },
    ],
    [
      'shows a page',
      'COULD_NOT_PARSE_CONFIG',
      { answer: { '/.well-known/openid-configuration': (_, res) => void res.end('<h1>Welcome</h1>') } },
    ],
    [
      'sends us elsewhere',
      'REMOTE_HOST_RESPONDED_WITH_ERROR',
      {
        answer: {
          '/.well-known/openid-configuration': (_, res) => void res.writeHead(302, { location: '/jwks' }).end(),
        },
      },
    ],
  ])('names the problem of a provider that %s', async (_, code, behaviour) => {
    rogue.behave(behaviour)
    await expect(connector.check?.()).rejects.toMatchObject({ name: 'SourceProblem', code })
  })
})

describe('keys that change', () => {
  it('SEC-056 follows a rotation without a restart', async () => {
    await signIn()
    await rogue.rotate('rogue-2')
    later(61)
    expect(await signIn()).toMatchObject({ subject: 'rogue|1' })
    expect(rogue.calls['/jwks']).toBe(2)
  })

  it('SEC-056 answers a flood of unknown keys with one look a minute, then refuses', async () => {
    await signIn()
    const flood = () =>
      Promise.allSettled(
        Array.from({ length: 20 }, () => signIn({ header: (honest) => ({ ...honest, kid: newSecret() }) })),
      )
    for (let minute = 1; minute <= 3; minute++) {
      later(61)
      const outcomes = [...(await flood()), ...(await flood())]
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: refusedFor('kid') })
      expect(rogue.calls['/jwks']).toBe(1 + minute)
    }
  })

  it('SEC-056 could not tell while the keys cannot be read', async () => {
    await expect(signIn({ answer: { '/jwks': (_, res) => void res.writeHead(500).end() } })).rejects.toMatchObject({
      name: 'Unavailable',
      who: 'Rogue',
    })
    expect(await signIn()).toMatchObject({ subject: 'rogue|1' })
  })
})

describe('SEC-109 answers without end', () => {
  const endless: NonNullable<Behaviour['answer']>[string] = (_, res) => {
    res.writeHead(200, { 'content-type': 'application/json' })
    const more = () => {
      while (!res.destroyed && res.write(' '.repeat(16_384))) {}
      if (!res.destroyed) res.once('drain', more)
    }
    more()
  }
  const bomb: NonNullable<Behaviour['answer']>[string] = (_, res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
    const gzip = createGzip({ level: 9 })
    gzip.on('error', () => {}).pipe(res)
    res.once('close', () => gzip.destroy())
    const more = () => void (!gzip.destroyed && gzip.write(Buffer.alloc(1_048_576, ' '), () => setImmediate(more)))
    more()
  }
  const drip: NonNullable<Behaviour['answer']>[string] = async (_, res) => {
    res.writeHead(200, { 'content-type': 'application/json' })
    while (!res.destroyed) {
      res.write(' ')
      await sleep(50)
    }
  }

  it.each(
    ['/.well-known/openid-configuration', '/jwks', '/token', '/userinfo'].flatMap((path) =>
      Object.entries({ endless, bomb, drip }).map(([name, answer]) => ({ path, name, answer })),
    ),
  )('SEC-109 $path ($name) is cut, and the login could not be decided', async ({ path, answer }) => {
    const started = performance.now()
    await expect(signIn({ answer: { [path]: answer } })).rejects.toMatchObject({ name: 'Unavailable', who: 'Rogue' })
    expect(performance.now() - started).toBeLessThan(2500)
  })
})
