/** F42: settings that are no good are refused before anything changes, whichever way they come. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aPlace, type Place } from '../cli/run.ts'
import { freePort, type Json, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { createAuthority } from '../support/certificates.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

let place: Place
let broker: TestBroker
let upstream: Upstream
let source: Json & { id: string }
let client: TestClient
let environment: Record<string, string>
beforeAll(async () => {
  place = await aPlace()
  upstream = await startUpstream({ users: { rene: { ...rene, groups: ['Staff'] } } })
  broker = await startTestBroker({ database: place.database })
  source = await broker.addSource(upstream, { mapping: { groups: { claim: 'groups', filter: 'Staff' } } })
  client = await broker.addClient()
  environment = {
    GATEHOUSE_ISSUER: broker.issuer,
    GATEHOUSE_SECRET_KEY: broker.keys.map((key) => key.toString('base64')).join(','),
  }
})
afterAll(async () => {
  for (const one of [broker, place]) await one?.[Symbol.asyncDispose]()
  await upstream?.stop()
})

const expired = createAuthority('Old', { notAfter: new Date(Date.now() - 60_000) })

const bad: Record<string, [path: string, entry: Json]> = {
  'a source with an unknown setting': ['config.isuer', { config: { isuer: 'x' } }],
  'a source whose issuer is none': ['config.issuer', { config: { issuer: 'not an address' } }],
  'a filter that is no expression': [
    'mapping.groups.filter',
    { mapping: { groups: { claim: 'groups', filter: '(' } } },
  ],
  'a filter that could stall us': [
    'mapping.groups.filter',
    { mapping: { groups: { claim: 'groups', filter: '(a+)\\1' } } },
  ],
  'a key that is none': [
    'config.private_key_jwk',
    {
      config: {
        token_endpoint_auth_method: 'private_key_jwt',
        private_key_jwk: { kty: 'RSA', n: 'x', e: 'AQAB' },
        client_secret: null,
      },
    },
  ],
}

it.each(Object.keys(bad))(
  'F42 %s is refused by the API, by validate and by a plan, and what runs stays',
  { timeout: 60_000 },
  async (what) => {
    const [path, change] = bad[what] ?? ['', {}]
    const kept = (await broker.admin('GET', `authentication-sources/${source.id}`)).body
    const refused = await broker.admin('PATCH', `authentication-sources/${source.id}`, change)
    expect([refused.status, refused.body.code]).toEqual([400, 'invalid_input'])
    expect((refused.body.errors as Json[]).map((problem) => String(problem.path))).toEqual(
      expect.arrayContaining([expect.stringMatching(path)]),
    )
    const { alias, name, type, config, mapping } = kept as Json as {
      [name: string]: unknown
      config: Json
      mapping: Json
    }
    const entry = {
      ...{ alias, name, type, mapping: { ...mapping, ...((change.mapping as Json) ?? {}) } },
      config: { ...config, ...((change.config as Json) ?? {}) },
    }
    const file = await place.file('bad.yaml', { 'authentication-sources': [entry], roles: [{ name: 'not-made' }] })
    for (const args of [
      ['validate', file],
      ['apply', file, '--dry-run'],
      ['apply', file, '--yes'],
    ]) {
      const { code, err } = await place.run(args, environment)
      expect([args[0], code], err).toEqual([args[0], 1])
      expect(err).toMatch(/bad\.yaml:\d+/)
    }
    const { etag: _, ...after } = {
      etag: '',
      ...(await broker.admin('GET', `authentication-sources/${source.id}`)).body,
    }
    expect({ ...after, status: null }).toEqual({ ...kept, status: null })
    expect((await broker.admin('GET', 'roles?q=not-made')).body.items).toEqual([])
    const { access } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    expect(access.groups).toEqual(['Staff'])
  },
)

it('F42 a server that is started with wrong settings says which, and does not start beside the one that runs', {
  timeout: 60_000,
}, async () => {
  const port = await freePort()
  const settings = join(place.folder, 'settings.yaml')
  await writeFile(settings, 'lifetimes:\n  access_token: soon\n')
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', '..', 'src', 'main.ts')], {
    env: {
      PATH: process.env.PATH,
      ...environment,
      PORT: String(port),
      DATABASE_URL: place.database,
      GATEHOUSE_CONFIG: settings,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [exit, err] = await Promise.all([once(child, 'close'), text(child.stderr)])
  expect(exit[0]).toBe(1)
  expect(err).toContain('lifetimes.access_token')
  expect((await broker.login(client, { params: { idp_hint: 'Okta' } })).tokens.access_token).toBeTruthy()
})

it('F42 an authority that has expired is refused by the API, its test, validate and a plan, and what runs stays', {
  timeout: 60_000,
}, async () => {
  const good = createAuthority('Good', {})
  const machines = { alias: 'machines', name: 'Machines', type: 'certificate' }
  const kept = await broker.created('authentication-sources', { ...machines, config: { ca_certificates: [good.pem] } })
  const config = { ca_certificates: [good.pem, expired.pem] }
  const refused = await broker.admin('PATCH', `authentication-sources/${kept.id}`, { config })
  expect([refused.status, refused.body.code]).toEqual([400, 'invalid_input'])
  expect(refused.body.errors).toEqual([
    { path: 'config.ca_certificates.1', message: expect.stringMatching(/^O=Acme, CN=Old expired at 20\d\d-/) },
  ])
  const made = await broker.admin('POST', 'authentication-sources', { ...machines, alias: 'new', config })
  expect(made.status).toBe(400)
  const { body: tested } = await broker.admin('POST', 'authentication-sources/test', { type: 'certificate', config })
  expect(tested).toMatchObject({ ok: false, problem: { code: 'CERTIFICATE_EXPIRED' } })
  const file = await place.file('expired.yaml', { 'authentication-sources': [{ ...machines, config }] })
  for (const args of [
    ['validate', file],
    ['apply', file, '--dry-run'],
    ['apply', file, '--yes'],
  ]) {
    const { code, err } = await place.run(args, environment)
    expect([args[0], code], err).toEqual([args[0], 1])
    expect(err).toMatch(/expired\.yaml:\d+.*CN=Old expired at/)
  }
  expect((await broker.admin('GET', `authentication-sources/${kept.id}`)).body).toEqual(kept)
})
