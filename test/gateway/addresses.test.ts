/** Whose address it is: the longest path on the host, and nobody's where two programs could differ (SEC-103). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordLog } from '../support/log-lines.ts'
import { bearer, type GatewayWorld, startGateway } from './start-gateway.ts'

const log = recordLog()
let world: GatewayWorld
let token: string

beforeAll(async () => {
  world = await startGateway({ parts: { log: log.log } })
  token = (await world.login('rene')).access_token
  const apis: readonly [string, string[], string][] = [
    ['everything', ['api.example'], '/'],
    ['patients', ['api.example', 'api.example:8443'], '/patients'],
    ['admin', ['api.example'], '/patients/admin'],
    ['names', ['api.example'], '/n%C3%A4men'],
    ['alone', ['other.example'], '/only'],
    ['six', ['[2001:db8::1]'], '/'],
  ]
  for (const [slug, hosts, path_prefix] of apis) {
    const required_groups = slug === 'admin' ? ['Staff'] : []
    await world.broker.created('apis', {
      name: slug,
      slug,
      hosts,
      path_prefix,
      required_groups,
      clients: [world.client.id],
    })
  }
})
afterAll(async () => world?.[Symbol.asyncDispose]())

/** The slug of the API that decided, or why none did. */
async function ownerOf(target: string, host = 'api.example', dialect: 'nginx' | 'forwarded' | 'envoy' = 'forwarded') {
  log.clear()
  const { status, reason } = await world.ask({ host, target, dialect, headers: bearer(token) })
  const [told] = [...log.events('gateway.allowed'), ...log.events('gateway.refused')]
  return status === 200 || reason === 'group_missing' ? told?.what : reason
}

describe('the longest path decides', () => {
  it.each([
    ['/', 'everything'],
    ['/x/y', 'everything'],
    ['/patients', 'patients'],
    ['/patients/', 'patients'],
    ['/patients?a=../b', 'patients'],
    ['/patients/1/notes', 'patients'],
    ['/patientsx', 'everything'],
    ['/patients/admin', 'admin'],
    ['/patients/admin/users', 'admin'],
    ['/patients/administrators', 'patients'],
    ['/n%c3%a4men/1', 'names'],
    ['/files/*.txt', 'everything'],
  ])('%s belongs to %s', async (target, slug) => {
    expect(await ownerOf(target)).toBe(slug)
  })

  it.each([
    ['API.Example.', '/patients', 'patients'],
    ['api.example:8443', '/patients', 'patients'],
    ['api.example:8443', '/x', 'everything'],
    ['api.example:443', '/patients/admin', 'admin'],
    ['[2001:DB8:0::1]:80', '/', 'six'],
    ['other.example', '/only/this', 'alone'],
    ['other.example', '/', 'address_unknown'],
    ['api.example.evil.test', '/patients', 'address_unknown'],
    ['evil.test, api.example', '/patients', 'address_ambiguous'],
    ['evil.test,api.example', '/patients', 'address_ambiguous'],
    ['api.example@evil.test', '/patients', 'address_ambiguous'],
    ['api.example/patients', '/patients', 'address_ambiguous'],
    ['2130706433', '/', 'address_ambiguous'],
  ])('at %s, %s belongs to %s', async (host, target, slug) => {
    expect(await ownerOf(target, host)).toBe(slug)
  })
})

describe('what can be read in two ways', () => {
  it.each([
    '/x/../patients/admin',
    '/x/..;/patients/admin',
    '/x;/../patients/admin',
    '/patients;admin=1/admin',
    '/./patients/admin',
    '/patients/./admin',
    '//patients/admin',
    '/patients//admin',
    '/patients%2Fadmin',
    '/patients%2fadmin',
    '/patients/%61dmin',
    '/patients/%2e%2e/admin',
    '/patients%5cadmin',
    '/patients\\admin',
    '/patients/admin%00',
    '/patients/admin%09',
    '/patients/%25%36%31dmin',
    '/patients/%',
    '/patients/%zz',
    '/patients/admin#x',
    '/patients/x#/../admin',
    'http://api.example/patients/admin',
    'patients/admin',
    '/Patients/admin',
    '/patients/ADMIN',
    '/patients/aDmin/x',
    `/${'x'.repeat(9000)}`,
  ])('SEC-103 is refused: %s', async (target) => {
    expect(await ownerOf(target)).toBe('address_ambiguous')
    expect(await ownerOf(target, 'api.example', 'nginx')).toBe('address_ambiguous')
  })

  it.each(['/x/../patients/admin', '/patients%2fadmin', '/patients/%61dmin', '/patients//admin', '/patients/admin#x'])(
    'SEC-103 is refused from Envoy as well, as it was sent: %s',
    async (target) => {
      expect(await ownerOf(target, 'api.example', 'envoy')).toBe('address_ambiguous')
    },
  )

  it('SEC-101 is refused where a header could be taken for one of ours', async () => {
    const forged = ['X_Auth_Subject', 'X.Auth.Roles', 'x_auth-user', 'X-Auth_Assertion']
    for (const name of forged) {
      const headers = [...bearer(token), name, 'admin']
      expect(await world.ask({ host: 'api.example', headers }), name).toMatchObject({
        reason: 'identity_header_forged',
      })
    }
    const headers = [...bearer(token), 'Connection', 'close, X-Auth-Subject']
    expect(await world.ask({ host: 'api.example', headers })).toMatchObject({ reason: 'identity_header_forged' })
  })

  it('is refused when the question itself has two answers', async () => {
    const twice = (name: string) => [...bearer(token), name, '/x']
    expect(await world.ask({ dialect: 'nginx', host: 'api.example', headers: twice('X-Original-URI') })).toMatchObject({
      reason: 'question_incomplete',
    })
    expect(await world.ask({ host: 'api.example', headers: twice('X-Forwarded-Uri') })).toMatchObject({
      reason: 'question_incomplete',
    })
    expect(await world.ask({ host: 'api.example', headers: twice('X-Forwarded-Host') })).toMatchObject({
      reason: 'question_incomplete',
    })
  })
})
