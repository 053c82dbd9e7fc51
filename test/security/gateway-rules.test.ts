/** What gateways are told, row by row of the security test plan. Limits and refused calls: test/gateway/. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noRules } from '../../src/apis/api-rules.ts'
import type { Caller } from '../../src/gateway/reader.ts'
import { objection } from '../../src/gateway/rules.ts'
import type { Confirmation } from '../../src/tokens/possession/confirmation.ts'
import { bearer, type GatewayWorld, secret, startGateway } from '../gateway/start-gateway.ts'
import { createAuthority } from '../support/certificates.ts'
import { startTokenIssuer } from '../support/token-issuer.ts'

let world: GatewayWorld
/** Milliseconds that the broker is ahead. */
let ahead = 0
let token: string

beforeAll(async () => {
  world = await startGateway({ parts: { clock: () => Date.now() + ahead } })
  token = (await world.login('rene')).access_token
})
afterAll(async () => world?.[Symbol.asyncDispose]())

describe('headers that only the gateway writes', () => {
  const forgeries = [
    ...['X_Auth_Subject', 'X-Auth_Groups', 'x.auth.roles', 'X_AUTH-USER', 'X.Auth_Assertion', 'X_Auth_Mask'].map(
      (name): readonly [string, string] => [name, 'forged'],
    ),
    ...['X-Auth-Subject', 'close, x-auth-mask'].map((value): readonly [string, string] => ['Connection', value]),
  ]

  it.each(['nginx', 'forwarded', 'envoy'] as const)(
    'SEC-101 are refused in any other spelling, also where the API only reports: %s',
    async (dialect) => {
      for (const enforcement of ['enforce', 'report']) {
        const { host } = await world.addApi({ enforcement })
        for (const forged of forgeries) {
          const answer = await world.ask({ dialect, host, headers: [...bearer(token), ...forged] })
          expect(answer, forged.join()).toMatchObject({ status: 403, reason: 'identity_header_forged' })
          expect(answer.headers['x-auth-user']).toBeUndefined()
        }
      }
    },
  )

  it('SEC-101 say what is to be covered for this caller, never what the caller says', async () => {
    const { host } = await world.addApi({
      identity_headers: ['subject'],
      mask: [
        { json_path: '$..ssn', unless_group: 'Staff' },
        { json_path: '$.notes[*]', unless_role: 'nurse', with: 'über "alles"' },
        { json_path: '$.born', unless_group: 'Consultant' },
        { json_path: '$.secret', unless_group: 'Nobody', unless_role: 'nurse' },
      ],
    })
    const john = (await world.login('john')).access_token
    const maskFor = async (as: string) => {
      const { headers } = await world.ask({ host, headers: [...bearer(as), 'X-Auth-Mask', '[]'] })
      expect(headers['x-auth-mask']).toMatch(/^[\x20-\x7e]+$/)
      return JSON.parse(String(headers['x-auth-mask']))
    }
    expect(await maskFor(token)).toEqual([
      ['$..ssn', '#########'],
      ['$.notes[*]', 'über "alles"'],
      ['$.secret', '#########'],
    ])
    expect(await maskFor(john)).toEqual([['$.born', '#########']])
  })

  it('SEC-101 cover everything for those whom an API that only reports does not know', async () => {
    const mask = [{ json_path: '$..ssn', unless_group: 'Staff' }]
    const { host } = await world.addApi({ mask, enforcement: 'report' })
    const { headers } = await world.ask({ host })
    expect(headers['x-auth-mask']).toBe('[["$..ssn","#########"]]')
  })
})

describe('a stronger or newer sign-in (RFC 9470)', () => {
  const params = (challenge: unknown) =>
    Object.fromEntries([...String(challenge).matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]))

  it('SEC-106 is asked for by a challenge that, put into an authorization request, leads to a token that passes', async () => {
    const { host } = await world.addApi({ required_acr: ['urn:example:mfa'], max_auth_age: 60 })
    const ask = (as: string) => world.ask({ host, headers: bearer(as) })
    const refused = await ask(token)
    expect(refused).toMatchObject({ status: 401, reason: 'insufficient_user_authentication' })
    const { error, acr_values, max_age } = params(refused.headers['www-authenticate'])
    expect({ error, acr_values, max_age }).toEqual({
      error: 'insufficient_user_authentication',
      acr_values: 'urn:example:mfa',
      max_age: '60',
    })
    const stronger = (await world.login('rene', world.client, { acr_values, max_age })).access_token
    expect((await ask(stronger)).status).toBe(200)
    ahead = 61_000
    expect((await ask(stronger)).reason).toBe('insufficient_user_authentication')
    ahead = 0
  })

  it('names only what the API asks for, and no client that acts for itself has it', async () => {
    const machine = await world.broker.addClient({ redirect_uris: [], grant_types: ['client_credentials'] })
    const { host } = await world.addApi({ max_auth_age: 3600, clients: [world.client.id, machine.id] })
    expect((await world.ask({ host, headers: bearer(token) })).status).toBe(200)
    const refused = await world.ask({ host, headers: bearer(await world.machineToken(machine)) })
    expect(refused).toMatchObject({ status: 401, reason: 'insufficient_user_authentication' })
    expect(params(refused.headers['www-authenticate'])).not.toHaveProperty('acr_values')
  })
})

describe('a token that is bound to a key', () => {
  const caller = (cnf?: unknown): Caller => ({
    ...{ subject: 's', account: 's', user: 'rene', email: '', groups: [], roles: [], source: 'Okta', client: 'app' },
    ...{ scopes: [], claims: { ...(cnf !== undefined && { cnf }) } },
  })
  const mine = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0'
  type Asked = 'mtls' | 'dpop' | 'either' | null
  const judgeBy = (proven: Confirmation, cnf: unknown, asked: Asked = null) =>
    objection({ ...noRules, sender_constraint: asked }, caller(cnf), { proven, now: 0 })?.reason
  const judge = (cnf: unknown, thumbprint?: string, asked: Asked = null) =>
    judgeBy(thumbprint === undefined ? {} : { 'x5t#S256': thumbprint }, cnf, asked)

  it('SEC-105 passes with the certificate that it names, and with no other, whether the API asks for that or not', () => {
    for (const asked of ['mtls', 'either', null] as const) {
      expect(judge({ 'x5t#S256': mine }, mine, asked)).toBeUndefined()
      expect(judge({ 'x5t#S256': mine }, `${mine.slice(0, -1)}1`, asked)).toBe('token_binding_unproven')
      expect(judge({ 'x5t#S256': mine }, undefined, asked)).toBe('token_binding_unproven')
      expect(judge({ 'x5t#S256': [mine] }, mine, asked)).toBe('token_binding_unproven')
    }
  })

  it('SEC-105 SEC-038 is good in the hands of who has the certificate, as a gateway that proves itself vouches', async () => {
    const authority = createAuthority()
    const [own, others] = ['rene', 'john'].map((name) => authority.issue({ subject: [['CN', name]] }))
    const settings = { gateway: { secrets: [secret], certificate_headers: ['client-cert' as const] } }
    await using opened = new AsyncDisposableStack()
    const issuer = opened.use(await startTokenIssuer())
    const gateway = opened.use(await startGateway({ settings }))
    const all = { alias: 'Tokens', name: 'Tokens', type: 'jwt', config: issuer.config }
    await gateway.broker.created('authentication-sources', all)
    const rules = { authentication_sources: ['Tokens'], clients: [], sender_constraint: 'mtls' }
    const { host } = await gateway.addApi(rules)
    const x5t = createHash('sha256')
      .update(own?.certificate.raw ?? '')
      .digest('base64url')
    const bound = bearer(issuer.token({ cnf: { 'x5t#S256': x5t } }))
    const show = (one: typeof own) => ['Client-Cert', `:${one?.certificate.raw.toString('base64')}:`]
    const proof = ['X-Gatehouse-Gateway', secret]
    const reason = async (...headers: string[]) => {
      const answer = await gateway.ask({ host, headers })
      return answer.status === 200 ? 'passes' : answer.reason
    }
    expect(await reason(...bound, ...show(own), ...proof)).toBe('passes')
    expect(await reason(...bound, ...show(others), ...proof)).toBe('token_binding_unproven')
    expect(await reason(...bound, ...proof)).toBe('token_binding_unproven')
    expect(await reason(...bound, ...show(own))).toBe('token_binding_unproven')
    expect(await reason(...bearer(issuer.token()), ...show(own), ...proof)).toBe('token_not_bound')
  })

  it('SEC-105 is asked for by the API: one that is bound to nothing does not pass, whatever certificate comes along', () => {
    for (const cnf of [undefined, {}, 'x', null, [mine]])
      for (const asked of ['mtls', 'dpop', 'either'] as const) expect(judge(cnf, mine, asked)).toBe('token_not_bound')
    expect(judge(undefined, mine)).toBeUndefined()
  })

  it('SEC-105 does not pass where it is bound to what cannot be proven here', () => {
    for (const cnf of [{ jkt: 'x' }, { jwk: {} }, { 'x5t#S256': mine, jkt: 'x' }])
      for (const asked of ['mtls', 'dpop', 'either', null] as const)
        expect(judge(cnf, mine, asked)).toBe('token_binding_unproven')
    expect(judge({ 'x5t#S256': mine }, mine, 'dpop')).toBe('token_not_bound')
  })

  it('SEC-105 passes with the key that it names, and where it names two, with both', () => {
    for (const asked of ['dpop', 'either', null] as const) {
      expect(judgeBy({ jkt: mine }, { jkt: mine }, asked)).toBeUndefined()
      expect(judgeBy({ jkt: 'x' }, { jkt: mine }, asked)).toBe('token_binding_unproven')
      expect(judgeBy({ 'x5t#S256': mine }, { jkt: mine }, asked)).toBe('token_binding_unproven')
      const both = { 'x5t#S256': mine, jkt: 'x' }
      expect(judgeBy({ jkt: 'x' }, both, asked)).toBe('token_binding_unproven')
      expect(judgeBy({ jkt: 'x', 'x5t#S256': mine }, both, asked)).toBeUndefined()
    }
    expect(judgeBy({ jkt: mine }, { jkt: mine }, 'mtls')).toBe('token_not_bound')
    expect(judgeBy({ jkt: mine }, undefined, 'dpop')).toBe('token_not_bound')
  })
})

describe('claim rules', () => {
  const claims = {
    ...{ level: 3, levels: [1, 2], strict: true, flags: [true, false], none: null, empty: [], text: 'a' },
    ...{ address: { country: 'DE', codes: ['x', 'y'] }, 'https://acme.test/role': 'boss' },
    entitlements: [{ name: 'read' }, { name: 'write' }],
  }
  const caller: Caller = {
    ...{ subject: 's', account: 's', user: 'rene', email: '', groups: [], roles: [], source: 'Okta', client: 'app' },
    ...{ scopes: [], claims },
  }

  it.each([
    ['level', 'any', [3], true],
    ['level', 'any', ['3'], false],
    ['level', 'exact', [3], true],
    ['level', 'exact', [3, 4], false],
    ['levels', 'all', [1], true],
    ['levels', 'exact', [2, 1], true],
    ['levels', 'exact', [1], false],
    ['levels', 'none', ['1', 3], true],
    ['strict', 'any', [true], true],
    ['strict', 'any', ['true', 1], false],
    ['strict', 'none', [true], false],
    ['flags', 'all', [true, false], true],
    ['none', 'any', ['null'], false],
    ['none', 'none', ['x'], true],
    ['empty', 'any', ['x'], false],
    ['empty', 'all', ['x'], false],
    ['empty', 'exact', ['x'], false],
    ['empty', 'none', ['x'], true],
    ['text', 'any', ['A', 'a '], false],
    ['address.country', 'any', ['AT', 'DE'], true],
    ['address.codes', 'exact', ['y', 'x'], true],
    ['address.codes.1', 'any', ['y'], true],
    ['address', 'any', ['[object Object]'], false],
    ['https://acme.test/role', 'any', ['boss'], true],
    ['entitlements.1.name', 'any', ['write'], true],
    ['entitlements.2.name', 'any', ['write'], false],
    ['absent', 'none', ['x'], true],
    ['absent.below', 'all', ['x'], false],
    ['__proto__.x', 'any', ['x'], false],
    ['levels.length', 'any', [2], false],
  ] as const)('of %s, %s of %j: %s', (claim, match, values, holds) => {
    const rules = { ...noRules, claims: [{ claim, match, values: [...values] }] }
    const found = objection(rules, caller, { proven: {}, now: 0 })
    expect(found?.reason).toBe(holds ? undefined : 'claim_mismatch')
  })

  it('say which claim it was, and not what it should have been', () => {
    const rules = { ...noRules, claims: [{ claim: 'text', match: 'any' as const, values: ['classified'] }] }
    const found = objection(rules, caller, { proven: {}, now: 0 })
    expect(found).toMatchObject({ status: 403, detail: 'Claim text of user rene is not as required.' })
  })
})
