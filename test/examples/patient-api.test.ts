import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTokenCheck } from '../../examples/patient-api/check-token.ts'
import { createPatientApi } from '../../examples/patient-api/patient-api.ts'

const issuer = 'https://login.example.com'
const audience = '6fcc0833-0ec2-4542-bc2c-4cd88286dfc8:OPENID'
const now = Math.floor(Date.now() / 1000)

const rsa = await generateKeyPair('RS256', { extractable: true })
const elliptic = await generateKeyPair('ES256')
const strange = await generateKeyPair('RS256')

const claims = {
  iss: issuer,
  aud: audience,
  sub: 'c0ffee',
  typ: 'Bearer',
  iat: now,
  exp: now + 300,
  groups: ['Everyone', 'Consultant'],
}
const sign = (payload: JWTPayload, key = rsa.privateKey, header = { alg: 'RS256', kid: 'rsa' }) =>
  new SignJWT({ ...claims, ...payload }).setProtectedHeader(header).sign(key)
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

const spki = await exportSPKI(rsa.publicKey)
const withHs256 = `${base64url({ alg: 'HS256', kid: 'rsa' })}.${base64url(claims)}`
const [header, , signature] = (await sign({})).split('.')
const refused: readonly [string, string][] = [
  ['an ID token', await sign({ typ: 'ID' })],
  ['a token that is bound by DPoP', await sign({ typ: 'DPoP', cnf: { jkt: 'x' } })],
  ['a token that is bound to a certificate', await sign({ cnf: { 'x5t#S256': 'x' } })],
  ['a token that does not say what it is', await sign({ typ: undefined })],
  ['an expired token', await sign({ exp: now - 1 })],
  ['a token without an end', await sign({ exp: undefined })],
  ['a token that is not valid yet', await sign({ nbf: now + 60 })],
  ["another issuer's", await sign({ iss: 'https://evil.example.com' })],
  ["another client's", await sign({ aud: 'another-client' })],
  ['one that names nobody', await sign({ sub: undefined })],
  ['one signed with a strange key', await sign({}, strange.privateKey)],
  ['one whose key is not published', await sign({}, strange.privateKey, { alg: 'RS256', kid: 'strange' })],
  [
    'another algorithm, though its key is published',
    await sign({}, elliptic.privateKey, { alg: 'ES256', kid: 'elliptic' }),
  ],
  ['an unsigned token', `${base64url({ alg: 'none' })}.${base64url(claims)}.`],
  [
    'HS256 with the public key for a secret',
    `${withHs256}.${createHmac('sha256', spki).update(withHs256).digest('base64url')}`,
  ],
  ['one whose groups were altered', `${header}.${base64url({ ...claims, groups: ['Staff'] })}.${signature}`],
  ['one without its signature', `${header}.${base64url(claims)}.`],
  ['no JWT at all', 'opaque'],
]

const servers: Server[] = []
let url: URL
let behind: URL
let keysAnswer = 200

async function listen(server: Server): Promise<URL> {
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

const startApi = (jwksUri: URL) => listen(createPatientApi(createTokenCheck({ issuer, audience, jwksUri })))

const get = (authorization?: string, path = '/patients/1', from = url) =>
  fetch(new URL(path, from), authorization === undefined ? {} : { headers: { authorization } })

beforeAll(async () => {
  const keys = [
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa' },
    { ...(await exportJWK(elliptic.publicKey)), kid: 'elliptic' },
  ]
  const issuerServer = createServer((_request, response) =>
    response.writeHead(keysAnswer).end(JSON.stringify({ keys })),
  )
  const jwksUri = await listen(issuerServer)
  url = await startApi(jwksUri)
  behind = await listen(createPatientApi(createTokenCheck({ issuer, audience, jwksUri }), { isBehindGateway: true }))
})

afterAll(() => {
  for (const server of servers) server.close()
})

describe('an access token is accepted', () => {
  it('and a consultant sees the record with the number masked', async () => {
    const answer = await get(`Bearer ${await sign({})}`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ name: 'Ada Fischer', born: '1984-03-12', ssn: '#########' })
  })

  it('and staff sees the number', async () => {
    const answer = await get(`Bearer ${await sign({ groups: ['Everyone', 'Staff'] })}`)
    expect(await answer.json()).toMatchObject({ ssn: '987-65-4320' })
  })

  it('with the scheme in lower case', async () => {
    expect((await get(`bearer ${await sign({})}`)).status).toBe(200)
  })

  it.each([
    ['a group that only contains the word', ['NonStaff', 'Staff-Friends']],
    ['another spelling', ['staff']],
    ['a string in place of a list', 'Staff'],
    ['no groups', undefined],
  ])('but the number stays masked for %s', async (_what, groups) => {
    const answer = await get(`Bearer ${await sign({ groups })}`)
    expect(await answer.json()).toMatchObject({ ssn: '#########' })
  })
})

describe('behind a gateway', () => {
  const ask = async (headers: Readonly<Record<string, string>>) => {
    const answer = await fetch(new URL('/patients/1', behind), {
      headers: { authorization: `Bearer ${await sign({ groups: ['Staff'] })}`, ...headers },
    })
    return { status: answer.status, body: await answer.json() }
  }

  it('what is covered is what the gateway says, whatever the token does', async () => {
    expect(await ask({ 'x-auth-mask': '[["$..ssn","hidden"]]' })).toMatchObject({ body: { ssn: 'hidden' } })
    expect(await ask({ 'x-auth-mask': '[]' })).toMatchObject({ body: { ssn: '987-65-4320' } })
  })

  it('nothing is shown without its word', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    expect(await ask({})).toEqual({ status: 500, body: { error: 'could_not_mask' } })
    vi.restoreAllMocks()
  })

  it('and the word of anybody else counts for nothing where there is no gateway', async () => {
    const headers = { authorization: `Bearer ${await sign({})}`, 'x-auth-mask': '[]' }
    const answer = await fetch(new URL('/patients/1', url), { headers })
    expect(await answer.json()).toMatchObject({ ssn: '#########' })
  })
})

describe('anything else is refused with 401 and a challenge', () => {
  it.each([
    ['nothing', undefined],
    ['another scheme', 'Basic cmVuZTpyZW5l'],
    ['the scheme alone', 'Bearer'],
  ])('%s: told how to authenticate, without an error', async (_what, authorization) => {
    const answer = await get(authorization)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Patient API"')
  })

  it.each(refused)('%s', async (_what, token) => {
    const answer = await get(`Bearer ${token}`)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="Patient API", error="invalid_token", error_description="[^"\\]+"$/,
    )
    expect(await answer.json()).toEqual({ error: 'invalid_token' })
  })
})

describe('when the keys cannot be had', () => {
  it('answers 503, for that says nothing about the token', async () => {
    const nobody = createServer()
    const gone = await listen(nobody)
    nobody.close()
    const answer = await get(`Bearer ${await sign({})}`, '/patients/1', await startApi(gone))
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
  })

  it('answers 503 also when the issuer answers with an error', async () => {
    const failing = await listen(createServer((_request, response) => response.writeHead(500).end()))
    expect((await get(`Bearer ${await sign({})}`, '/patients/1', await startApi(failing))).status).toBe(503)
  })

  it('keeps accepting with the keys it has', async () => {
    keysAnswer = 500
    expect((await get(`Bearer ${await sign({})}`)).status).toBe(200)
    keysAnswer = 200
  })
})

describe('who may come in finds', () => {
  it('404 where there is no patient', async () => {
    expect((await get(`Bearer ${await sign({})}`, '/patients/2')).status).toBe(404)
    expect((await get(`Bearer ${await sign({})}`, '/patients/constructor')).status).toBe(404)
  })

  it('405 for anything but reading', async () => {
    const authorization = `Bearer ${await sign({})}`
    const answer = await fetch(new URL('/patients/1', url), { method: 'DELETE', headers: { authorization } })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET')
  })
})
