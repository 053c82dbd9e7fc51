/** Tokens of other issuers on two nodes over one database: what one is told counts on the other at the next call. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Json, startTestBroker, type TestBroker } from '../support/broker.ts'
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts'
import { type GatewayWorld, startGateway } from './start-gateway.ts'

const opened = new AsyncDisposableStack()
let issuer: TokenIssuer
let world: GatewayWorld
let other: TestBroker

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-issuers-'))
  opened.defer(() => rm(folder, { recursive: true }))
  const shared = { database: `sqlite:${join(folder, 'gatehouse.db')}`, keys: [randomBytes(32)] }
  issuer = opened.use(await startTokenIssuer())
  world = opened.use(await startGateway(shared))
  other = opened.use(await startTestBroker({ ...shared, issuer: world.broker.issuer }))
}, 60_000)
afterAll(() => opened.disposeAsync())

/** Of the other node. */
async function ask(host: string, token: string) {
  const headers = {
    authorization: `Bearer ${token}`,
    'x-forwarded-method': 'GET',
    'x-forwarded-host': host,
    'x-forwarded-uri': '/',
  }
  const { status, headers: said } = await fetch(new URL('/verify/forwarded', other.url), { headers })
  return { status, reason: said.get('x-gatehouse-reason') }
}

it('a source that is switched off on one node opens nothing on the other, not even to tokens that it knows', async () => {
  const config: Json = { ...issuer.config, ...issuer.introspection }
  const source = await world.broker.created('authentication-sources', { alias: 'T', name: 'T', type: 'jwt', config })
  const { host } = await world.addApi({ clients: [], authentication_sources: ['T'] })
  const [jwt, opaque] = [issuer.token(), issuer.issue('opaque')]
  await expect.poll(() => ask(host, jwt), { timeout: 15_000 }).toMatchObject({ status: 200 })
  expect(await ask(host, opaque)).toMatchObject({ status: 200 })

  const address = `authentication-sources/${source.id}`
  const change = async (enabled: boolean) => {
    const etag = (await world.broker.admin('GET', address)).headers.get('etag') ?? ''
    expect((await world.broker.admin('PATCH', address, { enabled }, { 'if-match': etag })).status).toBe(200)
  }
  await change(false)
  expect(await ask(host, jwt)).toEqual({ status: 401, reason: 'source_disabled' })
  expect(await ask(host, opaque)).toEqual({ status: 401, reason: 'source_disabled' })
  await change(true)
  await expect.poll(() => ask(host, jwt), { timeout: 15_000 }).toMatchObject({ status: 200 })
}, 60_000)
