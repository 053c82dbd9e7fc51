/** Client secrets and authorities that are good for a time only: shown, counted and told of before they are over. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { digest } from '../../src/ids.ts'
import { silent } from '../../src/log.ts'
import { watchExpiries } from '../../src/sources/expiry-watch.ts'
import type { Expiring } from '../../src/sources/sources.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { aSource } from '../stores/world.ts'
import { type Json, startTestBroker, type TestBroker } from '../support/broker.ts'
import { createAuthority } from '../support/certificates.ts'
import { recordLog } from '../support/log-lines.ts'

const day = 86_400_000
const start = Date.UTC(2026, 5, 1)
const config = { issuer: 'https://acme.okta.test', client_id: 'broker', client_secret: 'a secret' }
const at = (days: number) => new Date(start + days * day).toISOString()

describe('what is over soon', () => {
  let broker: TestBroker
  const { log, events, raw } = recordLog()
  beforeAll(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: start })
    broker = await startTestBroker({ parts: { log } })
  })
  afterAll(async () => {
    await broker?.[Symbol.asyncDispose]()
    vi.useRealTimers()
  })
  const stats = async () => (await broker.admin('GET', 'stats')).body.expiring

  it('is in the source’s status, in the statistics, in a metric and once in the log', async () => {
    const source = await broker.created('authentication-sources', {
      ...{ alias: 'Entra', name: 'Microsoft', type: 'oidc' },
      config: { ...config, client_secret_expires_at: '2026-06-06T02:00:00+02:00' },
    })
    expect(source).toMatchObject({
      config: { client_secret_expires_at: '2026-06-06T02:00:00+02:00' },
      status: { expiries: [{ what: 'client_secret', expires_at: at(5) }] },
    })
    const path = `authentication-sources/${source.id}`
    const told = { path, source_id: source.id, name: 'Microsoft', what: 'client_secret', expires_at: at(5) }
    expect(await stats()).toEqual([told])
    await vi.waitFor(async () => {
      const text = await (await fetch(`${broker.issuer}/metrics`)).text()
      expect(text).toMatch(`gatehouse_source_expiry_timestamp_seconds{source="Entra"} ${(start + 5 * day) / 1000}\n`)
    }, 10_000)
    await vi.waitFor(() => expect(events('source.expiring')).toHaveLength(1), 10_000)
    expect(events('source.expiring')).toMatchObject([
      { level: 40, source: 'Entra', what: 'client_secret', expires_at: at(5) },
    ])
    expect(raw.join('')).not.toContain(config.client_secret)

    const change = async (body: Json) => (await broker.admin('PATCH', path, body)).body
    expect(await change({ config: { client_secret_expires_at: at(91) } })).toMatchObject({
      status: { expiries: [{ expires_at: at(91) }] },
    })
    expect(await stats()).toEqual([])
    await change({ config: { client_secret_expires_at: at(2) } })
    vi.setSystemTime(start + 3 * day)
    expect(await stats()).toMatchObject([{ expires_at: at(2) }])
    await change({ enabled: false, description: 'Changed, although its secret is over' })
    expect(await stats()).toEqual([])
    vi.setSystemTime(start)
    expect((await change({ config: { client_secret_expires_at: null } })).status).not.toHaveProperty('expiries')
  })

  it('is of authorities’ certificates as well, each by itself', async () => {
    const root = createAuthority('Root', { notAfter: new Date(start + 40 * day) })
    const other = createAuthority('Other', { notAfter: new Date(start + 20 * day) })
    const far = createAuthority('Far', { notAfter: new Date(start + 400 * day) })
    await broker.created('authentication-sources', {
      ...{ alias: 'machines', name: 'Machines', type: 'certificate' },
      config: { ca_certificates: [root.pem, other.pem, far.pem] },
    })
    expect(await stats()).toMatchObject([
      { what: expect.stringContaining('CN=Other'), expires_at: at(20) },
      { what: expect.stringContaining('CN=Root'), expires_at: at(40) },
    ])
  })

  it('is of API keys and of clients’ secrets too, while they are good and nobody is switched off', async () => {
    const before = (await stats()) as Json[]
    const api = await broker.created('apis', { name: 'Patient API', slug: 'patients' })
    const application = await broker.created('applications', { name: 'Patient App' })
    const keys = `applications/${application.id}/api-keys`
    for (const expires_at of [at(100), null]) await broker.created(keys, { api_id: api.id, expires_at })
    const key = await broker.created(keys, { api_id: api.id, expires_at: at(3) })
    const client = await broker.addClient({ client_name: 'Gateway' })
    await broker.admin('POST', `clients/${client.id}/secret`, { overlap_seconds: 86_400 })
    const ours = async () => ((await stats()) as Json[]).filter(({ path }) => before.every((one) => one.path !== path))
    const ofClient = { path: `clients/${client.id}`, source_id: null, name: 'Gateway', what: 'client_secret' }
    const ofKey = { path: `${keys}/${key.id}`, source_id: null, name: 'Patient App', what: 'api_key' }
    expect(await ours()).toEqual([
      { ...ofClient, expires_at: at(1) },
      { ...ofKey, expires_at: at(3) },
    ])
    await broker.admin('PATCH', `clients/${client.id}`, { enabled: false })
    expect(await ours()).toMatchObject([ofKey])
    await broker.admin('PATCH', `applications/${application.id}`, { disabled_by_consumer: true })
    expect(await ours()).toEqual([])
    await broker.admin('PATCH', `clients/${client.id}`, { enabled: true })
    await broker.admin('PATCH', `applications/${application.id}`, { disabled_by_consumer: false })
    expect(await ours()).toHaveLength(2)
    vi.setSystemTime(start + 4 * day)
    expect(await ours(), 'one opens nothing any more, and of the other there is another').toEqual([])
    vi.setSystemTime(start)
  })

  it.each([
    ['of no secret', { ...config, client_secret: undefined, token_endpoint_auth_method: 'none' }, at(5)],
    ['that is no moment', config, 'next summer'],
    ['that is over already', config, at(-1)],
  ])('is refused %s, by name', async (_what, settings, client_secret_expires_at) => {
    const source = { alias: 'x', name: 'X', type: 'oidc', config: { ...settings, client_secret_expires_at } }
    const { status, body } = await broker.admin('POST', 'authentication-sources', source)
    expect([status, body.errors]).toEqual([
      400,
      [{ path: 'config.client_secret_expires_at', message: expect.any(String) }],
    ])
  })
})

describe('telling of it', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-expiries-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('comes 30, 7 and one day before, then each day, and from one of two nodes', async () => {
    let now = start
    const clock = () => now
    const open = { url: `sqlite:${join(folder, 'a.db')}`, vault: createVault([randomBytes(32)]), clock, log: silent }
    await using one = await openSqlStores(open)
    await using two = await openSqlStores(open)
    const entra = {
      source: aSource({ alias: 'Entra' }),
      what: 'client_secret',
      path: 'client_secret',
      expiresAt: start + 40 * day,
    }
    const told: number[] = []
    const node = ({ artifacts }: typeof one) =>
      watchExpiries({
        expiring: async (): Promise<readonly Expiring[]> => [entra],
        seen: () => {},
        once: (name, until) => artifacts.putOnce('ExpiryNotice', digest(name), {}, until),
        report: (event, { source } = {}) => {
          expect([event, source]).toEqual(['source.expiring', 'Entra'])
          told.push(Math.round((now - start) / day))
        },
        ...{ clock, log: silent },
      })
    await using first = node(one)
    await using second = node(two)
    for (let half = 0; half < 84; half++) {
      now = start + (half * day) / 2
      await Promise.all([first.look(), second.look()])
    }
    expect(told).toEqual([10, 33, 39, 40, 41])
  })

  it('is put off while the stores are away, and no node falls for it', async () => {
    const { log, lines } = recordLog()
    const needs = { seen: () => {}, once: async () => true, report: () => {}, clock: () => start, log }
    await using watch = watchExpiries({ ...needs, expiring: () => Promise.reject(new Error('away')) })
    await watch.look()
    expect(lines()).toMatchObject([{ level: 40 }, { level: 40 }])
  })
})
