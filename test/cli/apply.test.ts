import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTestBroker, type TestBroker } from '../support/broker.ts'
import { startPostgres } from '../support/postgres.ts'
import { aPlace, oneOfEach, type Place, secrets } from './run.ts'

// Each process takes its seconds, and more on a busy machine.
vi.setConfig({ testTimeout: 90_000 })

type Entry = Record<string, unknown>
const keysOf = (steps: readonly Entry[], action: string) =>
  steps.filter((step) => step.action === action).map(({ kind, key }) => `${kind} ${key}`)

const everyKey = [
  'roles nurse',
  'authentication-sources Okta',
  'authentication-sources local',
  'authentication-sources Partner',
  'clients app',
  'clients gateway',
  'applications patient-app',
  'apis patients',
  'portals developers',
  'users local/ada',
  'api-keys patient-app/patients/live',
]

describe('gatehouse apply', () => {
  let place: Place
  beforeAll(async () => {
    place = await aPlace(secrets)
  })
  afterAll(() => place[Symbol.asyncDispose]())

  it('makes one of each kind at once, shows what was made once, and finds nothing to do afterwards', async () => {
    const file = await place.file('all.yaml', oneOfEach)
    const first = await place.json(['apply', file, '--yes'])
    expect(first.code, first.err).toBe(0)
    expect(first).toMatchObject({ applied: true, unchanged: 0 })
    expect(keysOf(first.steps, 'create')).toEqual(everyKey)
    const made = Object.fromEntries(first.made.map(({ key, members }: Entry) => [key, members]))
    expect(made).toEqual({
      gateway: { client_secret: expect.stringMatching(/^[\w-]{43}$/) },
      'patient-app': { client_id: expect.stringMatching(/:OPENID$/), client_secret: expect.any(String) },
      'patient-app/patients/live': { key: expect.stringMatching(/^gh_/) },
    })
    const shown = JSON.stringify(first.steps)
    for (const secret of [...Object.values(secrets), made.gateway.client_secret]) expect(shown).not.toContain(secret)

    const second = await place.json(['apply', file, '--yes', '--prune'])
    expect(second).toMatchObject({ code: 0, steps: [], unchanged: everyKey.length, applied: false, made: [] })
  })

  it('SEC-115 exports what it applies again without a change, and no secret', async () => {
    const { code, out } = await place.run(['export'])
    expect(code).toBe(0)
    for (const secret of Object.values(secrets)) expect(out).not.toContain(secret)
    const file = await place.file('exported.yaml', out)
    expect(await place.json(['apply', file, '--yes', '--prune'])).toMatchObject({ code: 0, steps: [] })
    const some = await place.json(['export', '--kinds', 'portals,apis'])
    expect(Object.keys(some).sort()).toEqual(['apis', 'code', 'err', 'portals'])
  })

  it('takes issuers of tokens, with the secrets that they share, and APIs that name them', async () => {
    const issuer = { issuer: 'urn:acme', shared_secret: 'env:ACME_SECRET', audiences: ['api://default'] }
    const file = await place.file('issuers.yaml', {
      'authentication-sources': [{ alias: 'Acme', name: 'Acme', type: 'jwt', config: issuer }],
      apis: [{ slug: 'bills', name: 'Bills', hosts: ['bills.example.com'], authentication_sources: ['Acme'] }],
    })
    const secret = { ACME_SECRET: 'thirty-two bytes are what it takes' }
    const short = await place.json(['apply', file, '--yes'], { ACME_SECRET: 'too short' })
    expect(short.code).not.toBe(0)
    expect(JSON.stringify(short)).toContain('Needs 32 bytes')
    const { code, steps, err } = await place.json(['apply', file, '--yes'], secret)
    expect(code, err).toBe(0)
    expect(keysOf(steps, 'create')).toEqual(['authentication-sources Acme', 'apis bills'])
    expect(JSON.stringify(steps)).not.toContain(secret.ACME_SECRET)
    expect(await place.json(['apply', file, '--yes'], secret)).toMatchObject({ code: 0, steps: [] })
    const empty = await place.file('no-issuers.yaml', oneOfEach)
    expect((await place.json(['apply', empty, '--yes', '--prune'])).code).toBe(0)
  })

  it('changes what differs, member by member, and only that', async () => {
    const file = await place.file('changed.yaml', {
      clients: [{ ...oneOfEach.clients[0], client_name: 'App' }],
      portals: [{ ...oneOfEach.portals[0], name: 'For developers' }],
    })
    const given = { APP_SECRET: 'what-the-app-was-given-later' }
    const { code, steps, unchanged } = await place.json(['apply', file, '--yes'], given)
    expect({ code, unchanged }).toEqual({ code: 0, unchanged: 0 })
    expect(steps).toEqual([
      {
        action: 'change',
        kind: 'clients',
        key: 'app',
        changes: [
          { path: 'client_name', after: 'App' },
          { path: 'client_secret', secret: true },
        ],
      },
      {
        action: 'change',
        kind: 'portals',
        key: 'developers',
        changes: [{ path: 'name', before: 'Developers', after: 'For developers' }],
      },
    ])
    expect(await place.json(['apply', file, '--yes'], given)).toMatchObject({ steps: [] })
  })

  it('writes nothing when one entry is refused, and says which', async () => {
    const file = await place.file('refused.yaml', {
      roles: [{ name: 'doctor' }],
      apis: [{ ...oneOfEach.apis[0], authentication_sources: ['Nobody'] }],
    })
    const { code, err } = await place.run(['apply', file, '--yes'])
    expect(code).toBe(1)
    expect(err).toContain(`${file}:13: apis.0.authentication_sources.0: there is no authentication source Nobody`)
    expect((await place.run(['export', '--kinds', 'roles'])).out).not.toContain('doctor')
  })

  it('deletes with --prune only, of the kinds that are named only, and nothing that is in use', async () => {
    const empty = await place.file('empty.yaml', { apis: [] })
    expect(await place.json(['apply', empty, '--yes'])).toMatchObject({ code: 0, steps: [] })
    const { code, err } = await place.run(['apply', empty, '--yes', '--prune'])
    expect(code).toBe(1)
    expect(err).toContain('apis patients cannot be deleted: it is used by the portal For developers')
    expect(err).toContain('is used by the client gateway')

    const clients = oneOfEach.clients.map((client) => ({ ...client, resource_server: null }))
    const more = await place.file('more.yaml', { apis: [], portals: [], 'api-keys': [], users: [], clients })
    const pruned = await place.json(['apply', more, '--yes', '--prune'])
    expect(pruned.code, pruned.err).toBe(0)
    const gone = ['api-keys patient-app/patients/live', 'users local/ada', 'portals developers', 'apis patients']
    expect(keysOf(pruned.steps, 'delete')).toEqual(gone)
    const left = await place.json(['export'])
    expect(left.clients).toHaveLength(2)
    expect(left).not.toHaveProperty('apis')

    // What is given by a mapping, or opens the admin API, is there by being named.
    const roles = await place.file('roles.yaml', {
      roles: [],
      'authentication-sources': oneOfEach['authentication-sources'],
    })
    expect(keysOf((await place.json(['apply', roles, '--yes', '--prune'])).steps, 'delete')).toEqual(['roles nurse'])
  })

  it('asks, and without anybody to ask does nothing', async () => {
    const file = await place.file('asks.yaml', oneOfEach)
    expect((await place.run(['apply', file])).code).toBe(2)
    const dry = await place.json(['apply', file, '--dry-run'])
    expect(dry).toMatchObject({ code: 0, applied: false })
    expect(keysOf(dry.steps, 'create')).toContain('apis patients')
    expect((await place.run(['export'])).out).not.toContain('patients')
  })
})

it('--prune keeps roles and clients that APIs and portals name, and deletes them after those', async () => {
  await using place = await aPlace(secrets)
  const audience = 'https://patients.example'
  const apis = [{ slug: 'patients', name: 'Patient API', audience, clients: ['app'], required_roles: ['nurse'] }]
  const portals = [
    { slug: 'developers', name: 'Developers', authentication_source: 'local', required_roles: ['developer'] },
  ]
  const names = [{ name: 'nurse' }, { name: 'nurse', client: audience }, { name: 'developer' }, { name: 'auditor' }]
  const local = [{ alias: 'local', name: 'Gatehouse account', type: 'local' }]
  const [app] = oneOfEach.clients
  const all = {
    roles: names,
    'authentication-sources': local,
    clients: [{ ...app, allowed_sources: null }],
    apis,
    portals,
  }
  expect((await place.json(['apply', await place.file('all.yaml', all), '--yes'])).code).toBe(0)

  const prune = async (content: object) =>
    place.json(['apply', await place.file('less.yaml', content), '--yes', '--prune'])
  const deleted = async (content: object) => keysOf((await prune(content)).steps, 'delete')
  expect(await deleted({ roles: [], apis, portals })).toEqual(['roles auditor'])
  expect(await prune({ clients: [] })).toMatchObject({
    code: 1,
    error: {
      code: 'in_use',
      message: expect.stringContaining('clients app cannot be deleted: it is used by the API Patient API'),
    },
  })
  expect(await prune({ roles: [], apis: [] })).toMatchObject({
    code: 1,
    error: {
      code: 'in_use',
      message: expect.stringContaining('roles developer cannot be deleted: it is used by the portal Developers'),
    },
  })
  expect(await deleted({ roles: [], clients: [], apis: [], portals: [] })).toEqual([
    ...['portals developers', 'apis patients', 'clients app'],
    ...['roles developer', `roles ${audience}:nurse`, 'roles nurse'],
  ])
})

it('makes a client and an API that name one another in one run, and deletes them in one', async () => {
  await using place = await aPlace(secrets)
  await using broker = await startTestBroker({ database: place.database })
  const environment = {
    GATEHOUSE_ISSUER: broker.config.issuer,
    GATEHOUSE_SECRET_KEY: broker.keys.map((key) => key.toString('base64')).join(','),
  }
  const apply = async (content: object, ...options: readonly string[]) =>
    place.json(['apply', await place.file('circle.yaml', content), '--yes', ...options], environment)
  const machine = { client_id: 'gateway', grant_types: ['client_credentials'] }
  const gateway = { ...machine, resource_server: { apis: ['patients'] } }
  const apis = [{ slug: 'patients', name: 'Patient API', clients: ['gateway', 'application:patient-app'] }]
  const applications = [{ slug: 'patient-app', name: 'Patient App', redirect_uris: ['https://patient.example/cb'] }]
  const made = await apply({ clients: [gateway], applications, apis })
  expect(made.code, made.err).toBe(0)
  const first = async (path: string) => ((await broker.admin('GET', path)).body.items as Entry[])[0] ?? {}
  const { id } = await first('apis')
  expect((await broker.admin('GET', 'clients/gateway')).body.resource_server).toEqual({ apis: [id] })
  // Files say nothing of what an application's own client stands for.
  const own = ((await first('applications')).client as Entry).client_id
  await broker.admin('PATCH', `clients/${own}`, { resource_server: { apis: [id] } })

  const keptBy = (name: string) => ({
    code: 1,
    error: { code: 'in_use', message: expect.stringContaining(`is used by the client ${name}`) },
  })
  expect(await apply({ apis: [] }, '--prune')).toMatchObject(keptBy('gateway'))
  expect(await apply({ apis: [], clients: [] }, '--prune')).toMatchObject(keptBy('Patient App'))
  expect((await broker.admin('GET', 'clients/gateway')).body.resource_server).toEqual({ apis: [id] })
  const pruned = await apply({ clients: [], applications: [], apis: [] }, '--prune')
  expect(pruned.code, pruned.err).toBe(0)
  const deleted = keysOf(pruned.steps, 'delete')
  expect(deleted.slice(0, 3)).toEqual(['apis patients', 'applications patient-app', 'clients gateway'])
  // Nobody is left whom the admin API would let in.
  const left = await place.run(['export'], environment)
  expect([left.code, left.out]).toEqual([0, expect.not.stringMatching(/patient|gateway/i)])
})

it('leaves the client of an application that files have no name for to the application', async () => {
  await using place = await aPlace(secrets)
  await using broker = await startTestBroker({ database: place.database })
  const environment = {
    GATEHOUSE_ISSUER: broker.config.issuer,
    GATEHOUSE_SECRET_KEY: broker.keys.map((key) => key.toString('base64')).join(','),
  }
  const { client } = await broker.created('applications', { name: 'By hand', redirect_uris: ['https://a.example/cb'] })
  const { client_id } = client as { client_id: string }
  const exported = await place.json(['export', '--kinds', 'clients'], environment)
  expect(exported.clients.map((one: Entry) => one.client_id)).not.toContain(client_id)
  const none = await place.file('none.yaml', { clients: [] })
  expect((await place.json(['apply', none, '--dry-run', '--prune'], environment)).code).toBe(0)
  const named = await place.file('named.yaml', { clients: [{ client_id, grant_types: ['client_credentials'] }] })
  expect(await place.json(['apply', named, '--yes'], environment)).toMatchObject({
    code: 1,
    error: { message: expect.stringContaining('clients.0.client_id: is an application’s own') },
  })
})

it('a running broker follows what was applied within two seconds, and lets nobody in who was switched off', async () => {
  await using place = await aPlace(secrets)
  const { folder: _, ...apply } = place
  await using broker: TestBroker = await startTestBroker({ database: place.database })
  const environment = {
    GATEHOUSE_ISSUER: broker.config.issuer,
    GATEHOUSE_SECRET_KEY: broker.keys.map((key) => key.toString('base64')).join(','),
  }
  const client = { client_id: 'machine', client_secret: 'env:APP_SECRET', grant_types: ['client_credentials'] }
  const on = await place.file('on.yaml', { clients: [client] })
  expect(await apply.json(['apply', on, '--yes'], environment)).toMatchObject({ code: 0 })

  const ask = () =>
    fetch(`${broker.config.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`machine:${secrets.APP_SECRET}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
  const within = async (wanted: number) => {
    for (const end = performance.now() + 2000; performance.now() < end; await delay(50)) {
      const { status } = await ask()
      if (status === wanted) return true
    }
    return false
  }
  expect(await within(200)).toBe(true)
  const off = await place.file('off.yaml', { clients: [{ ...client, enabled: false }] })
  expect(await apply.json(['apply', off, '--yes'], environment)).toMatchObject({ code: 0 })
  expect(await within(401)).toBe(true)

  const { body } = await broker.admin('GET', 'events')
  expect((body.items as Entry[])[0]).toMatchObject({ action: 'client.changed', actor: { kind: 'cli' } })
})

it('keeps the same registry on PostgreSQL', async () => {
  await using postgres = await startPostgres()
  const database = await postgres.fresh()
  await using place = await aPlace({
    ...secrets,
    DATABASE_URL: database,
    GATEHOUSE_SECRET_KEY: Buffer.alloc(32, 1).toString('base64'),
  })
  const file = await place.file('all.yaml', oneOfEach)
  const first = await place.json(['apply', file, '--yes'])
  expect(keysOf(first.steps, 'create'), first.err).toEqual(everyKey)
  expect(await place.json(['apply', file, '--yes', '--prune'])).toMatchObject({ code: 0, steps: [] })
})

it('takes Ctrl-C and Ctrl-D at the question for a no', async () => {
  await using place = await aPlace()
  const file = await place.file('all.yaml', { roles: oneOfEach.roles })
  for (const key of ['\x03', '\x04']) {
    const { code, out } = await place.type(['apply', file], key)
    expect(out).toContain('Apply this? [y/N]')
    expect(out).toMatch(/Nothing was changed\.\s*$/)
    expect(code).toBe(1)
  }
})
