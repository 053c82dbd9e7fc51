/** The scopes that APIs ask for: only a client that was given one gets it, for people, for itself, and in every way. */
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agree } from '../support/agree.ts'
import { basic, type Json, type TestClient, type Tokens } from '../support/broker.ts'
import { createVisitor } from '../support/visitor.ts'
import { bearer, type GatewayWorld, startGateway } from './start-gateway.ts'

const read = 'patients.read'
const audience = 'https://patients.example/'
const both = 'openid profile patients.read'

let world: GatewayWorld
/** It was given the scope, and the other was not. */
let given: TestClient
let other: TestClient
let host: string

beforeAll(async () => {
  world = await startGateway()
  given = await world.broker.addClient({ scope: `openid profile groups ${read} patients.write` })
  other = world.client
  host = (await world.addApi({ clients: [given.id, other.id], required_scopes: [read] })).host
  await world.addApi({ audience, clients: [], required_scopes: [read] })
})
afterAll(async () => world?.[Symbol.asyncDispose]())

const call = (token: string) => world.ask({ host, headers: bearer(token) })
const scopeOf = (token: string) => decodeJwt(token).scope

async function redeem(client: TestClient, params: Readonly<Record<string, string>>, more = {}) {
  const { code, verifier } = await agree(world.broker, createVisitor(), client, { idp_hint: 'Okta', ...params })
  const form = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: verifier }
  const answer = await world.broker.post('/token', { ...form, ...more }, basic(client))
  return (await answer.json()) as Tokens & { readonly scope: string }
}

/** `undefined`: the person was sent back to the application without one. */
async function consentPage(client: TestClient): Promise<string | undefined> {
  const visitor = createVisitor()
  let { url } = world.broker.authorizationUrl(client, { idp_hint: 'Okta', scope: both })
  while (!url.href.startsWith(client.redirectUri)) {
    const answer = await visitor.request(url)
    const location = answer.headers.get('location')
    if (location === null) return answer.text()
    url = new URL(location, url)
  }
  return undefined
}

describe('a person', () => {
  it('passes with a client that was given the scope and asks for it', async () => {
    const { access_token } = await world.login('rene', given, { scope: both })
    expect(scopeOf(access_token)).toBe(both)
    const answer = await call(access_token)
    expect([answer.status, answer.headers['x-auth-scopes']]).toEqual([200, 'openid,profile,patients.read'])
  })

  it('does not pass where it was not asked for', async () => {
    const { access_token } = await world.login('rene', given, { scope: 'openid profile' })
    expect(scopeOf(access_token)).toBe('openid profile')
    expect(await call(access_token)).toMatchObject({ status: 403, reason: 'insufficient_scope' })
  })

  it('does not pass with a client that was not given it: the name means nothing there', async () => {
    const { access_token } = await world.login('rene', other, { scope: both })
    expect(scopeOf(access_token)).toBe('openid profile')
    expect(await call(access_token)).toMatchObject({ status: 403, reason: 'insufficient_scope' })
  })

  it.each([
    ['for the client itself', {}],
    ['for an API with an audience', { resource: audience }],
  ])('%s, has it in whichever way the code is redeemed', async (_, params) => {
    for (const more of [{}, { ignored: 'yes' }]) {
      const { access_token, scope } = await redeem(given, { ...params, scope: both }, more)
      expect([scope, scopeOf(access_token)]).toEqual([both, both])
    }
  })

  it('keeps it in a refresh, less where it is asked for, and not at all once the client loses it', async () => {
    const losing = await world.broker.addClient({ scope: both })
    const signedIn = await redeem(losing, { scope: both })
    let { refresh_token } = signedIn
    const refresh = async (more = {}) => {
      const form = { grant_type: 'refresh_token', refresh_token, ...more }
      const told = (await (await world.broker.post('/token', form, basic(losing))).json()) as Tokens
      refresh_token = told.refresh_token
      return scopeOf(told.access_token)
    }
    expect(await refresh()).toBe(both)
    expect(await refresh({ scope: 'openid' })).toBe('openid')
    expect(await refresh({ scope: `openid ${read}` })).toBe(`openid ${read}`)

    expect((await world.broker.admin('PATCH', `clients/${losing.id}`, { scope: 'openid profile' })).status).toBe(200)
    expect(await refresh()).toBe('openid profile')
    expect(await refresh({ scope: `openid ${read}` })).toBe('openid')
  })

  it('is asked by a stranger’s application, once, and in its name', async () => {
    const stranger = await world.broker.addClient({ scope: both, first_party: false })
    await redeem(stranger, { scope: 'openid profile' })
    expect(await consentPage(stranger)).toContain('<bdi>patients.read</bdi>')
    const { access_token } = await redeem(stranger, { scope: both })
    expect(scopeOf(access_token)).toBe(both)
    expect(await consentPage(stranger), 'agreed to meanwhile').toBeUndefined()
  })
})

describe('a client that acts for itself', () => {
  const machine = (more: Json) =>
    world.broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'], ...more })
  const ask = async (client: TestClient, more: Readonly<Record<string, string>>) => {
    const answer = await world.broker.post('/token', { grant_type: 'client_credentials', ...more }, basic(client))
    return (await answer.json()) as Tokens & { readonly scope?: string; readonly error?: string }
  }

  it('has what it was given and asks for', async () => {
    const robot = await machine({ scope: read })
    expect(await ask(robot, { scope: `${read} patients.write` })).toMatchObject({ scope: read })
    const { access_token } = await ask(robot, { scope: read, resource: audience })
    expect(decodeJwt(access_token)).toMatchObject({ aud: audience, scope: read })
    expect((await ask(robot, {})).scope, 'not asked for').toBeUndefined()
  })

  it('has it nowhere when it was given nothing', async () => {
    const answer = await ask(await machine({}), { scope: read })
    expect(answer).toMatchObject({ error: 'invalid_scope' })
    expect(answer.access_token).toBeUndefined()
  })

  it('gets none of APIs with a token for the admin API', async () => {
    const robot = await machine({ scope: `admin:read ${read}` })
    expect(await ask(robot, { scope: `admin:read ${read}` })).toMatchObject({ scope: 'admin:read' })
  })
})
