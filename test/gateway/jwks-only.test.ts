/** docs/gateways/jwks-only.md, held to by a verifier that shares nothing with the broker. */
import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, type TestClient, type Tokens } from '../support/broker.ts'
import { forge } from '../support/forgeries.ts'
import { createJwksGateway } from '../support/jwks-gateway.ts'
import { bearer, type GatewayWorld, startGateway } from './start-gateway.ts'

const audience = 'https://api.example.com/patients'
let world: GatewayWorld
let api: Awaited<ReturnType<GatewayWorld['addApi']>>
let rfc9068: TestClient
let rene: Tokens

beforeAll(async () => {
  world = await startGateway()
  rfc9068 = await world.broker.addClient({ token_profile: 'rfc9068' })
  const grants = ['authorization_code', 'refresh_token', 'client_credentials']
  const machine = await world.broker.addClient({ grant_types: grants })
  machines.push(machine)
  api = await world.addApi({ audience, clients: [world.client.id, rfc9068.id, machine.id] })
  await world.addApi({ audience: 'https://api.example.com/bills', clients: [world.client.id] })
  rene = await login()
})
afterAll(async () => world?.[Symbol.asyncDispose]())
const machines: TestClient[] = []

/** As an application that asks for the API's audience in both places. */
async function login(as: TestClient = world.client, resource = audience): Promise<Tokens> {
  const { createVisitor } = await import('../support/visitor.ts')
  world.upstream.signInAs('rene')
  const { verifier, answer } = await world.broker.authorize(createVisitor(), as, { idp_hint: 'Okta', resource })
  return (await (await world.broker.redeem(as, answer.code ?? '', verifier, { resource })).json()) as Tokens
}

const gateway = (more: Partial<Parameters<typeof createJwksGateway>[0]> = {}) =>
  createJwksGateway({ issuer: world.broker.issuer, audiences: [audience], ...more })

describe('a gateway that only validates JWTs', () => {
  it('finds the keys by the issuer, and lets the caller pass by name', async () => {
    const check = await gateway({ asksForKind: true })
    expect(check(rene.access_token)).toEqual({ status: 200, user: 'rene@acme.test' })
  })

  it('takes both profiles', async () => {
    const check = await gateway({ asksForKind: true })
    const { access_token: token } = await login(rfc9068)
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).typ).toBe('at+jwt')
    expect(check(token)).toMatchObject({ status: 200 })
  })

  it('lets nobody pass with a token for another API, or for none', async () => {
    const check = await gateway()
    const other = await login(world.client, 'https://api.example.com/bills')
    expect((await gateway({ audiences: ['https://api.example.com/bills'] }))(other.access_token).status).toBe(200)
    expect(check(other.access_token)).toEqual({ status: 401, why: 'aud' })
    expect(check((await world.login('rene')).access_token)).toEqual({ status: 401, why: 'aud' })
  })

  it('takes groups for roles, any one of them', async () => {
    expect((await gateway({ roles: ['Staff', 'Consultant'] }))(rene.access_token)).toMatchObject({ status: 200 })
    expect((await gateway({ roles: ['Staff'] }))(rene.access_token)).toEqual({ status: 403, why: 'roles' })
    const { access_token: token } = await login(rfc9068)
    expect((await gateway({ roles: ['Consultant'] }))(token)).toMatchObject({ status: 200 })
  })

  it('names the user by another claim, or by sub where there is none', async () => {
    expect((await gateway({ userClaim: 'name' }))(rene.access_token)).toMatchObject({ user: 'Rene Klomp' })
    expect((await gateway({ userClaim: 'nothing' }))(rene.access_token)).toMatchObject({
      user: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    const [machine] = machines
    const form = { grant_type: 'client_credentials', resource: audience }
    const answer = await world.broker.post('/token', form, machine && basic(machine))
    expect((await gateway())(((await answer.json()) as Tokens).access_token)).toEqual({
      status: 200,
      user: machine?.id,
    })
  })

  it('SEC-043 never has an ID token before it that has the audience of an API', async () => {
    expect((await gateway())(rene.id_token)).toEqual({ status: 401, why: 'aud' })
  })

  it('would take an ID token where the client’s id is the audience and nobody asks for the kind, as the page says', async () => {
    const tokens = await world.login('rene')
    const careless = await gateway({ audiences: [world.client.id] })
    expect(careless(tokens.id_token)).toMatchObject({ status: 200 })
    const careful = await gateway({ audiences: [world.client.id], asksForKind: true })
    expect(careful(tokens.access_token)).toMatchObject({ status: 200 })
    expect(careful(tokens.id_token)).toEqual({ status: 401, why: 'typ' })
  })

  it('refuses what is not signed by us, or not for long enough', async () => {
    const check = await gateway()
    const [head = '', body = '', tail = ''] = rene.access_token.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url').toString())
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    expect(check(forge(header, claims, privateKey))).toEqual({ status: 401, why: 'signature' })
    const altered = Buffer.from(JSON.stringify({ ...claims, groups: ['Staff'] })).toString('base64url')
    expect(check(`${head}.${altered}.${tail}`)).toEqual({ status: 401, why: 'signature' })
    expect(claims.exp - claims.iat).toBe(world.broker.config.lifetimes.access_token)
    expect(claims).toMatchObject({ nbf: 0, aud: audience, iss: world.broker.issuer })
  })

  it('does not know of an ended session until the token expires; one that asks knows it at once', async () => {
    const { access_token: token } = await login()
    const ask = async () => (await world.ask({ host: api.host, headers: bearer(token) })).status
    const check = await gateway()
    expect([check(token).status, await ask()]).toEqual([200, 200])
    expect((await world.broker.post('/revoke', { token }, basic(world.client))).status).toBe(200)
    expect([check(token).status, await ask()]).toEqual([200, 401])
  })
})
