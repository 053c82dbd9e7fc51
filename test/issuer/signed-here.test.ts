/** What this process has signed itself it need not verify: counted, since nobody sees it otherwise. */
import crypto from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'

const verify = vi.spyOn(crypto, 'verify')

let folder: string
let upstream: Upstream
let broker: TestBroker
let client: TestClient
const database = () => `sqlite:${join(folder, 'gatehouse.db')}`

beforeAll(async () => {
  syncBuiltinESMExports()
  upstream = await startUpstream({ users: { rene } })
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
  broker = await startTestBroker({ database: database() })
  await broker.addSource(upstream)
  client = await broker.addClient({ grant_types: ['authorization_code', 'refresh_token', 'client_credentials'] })
})
afterAll(async () => {
  verify.mockRestore()
  syncBuiltinESMExports()
  await broker?.[Symbol.asyncDispose]()
  await upstream?.stop()
  await rm(folder, { recursive: true })
})

/** Whether it is found good, and how many signatures were verified for that. */
async function shown(token: string) {
  verify.mockClear()
  const answer = await broker.post('/introspect', { token }, basic(client))
  return { active: ((await answer.json()) as { active: boolean }).active, verified: verify.mock.calls.length }
}

async function tokensFor(form: Readonly<Record<string, string>>): Promise<Tokens> {
  const answer = await broker.post('/token', form, basic(client))
  expect(answer.status).toBe(200)
  return (await answer.json()) as Tokens
}

it('is good at first sight: of a machine, for a code, for a refresh token, and of the provider', async () => {
  const { tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
  const refreshed = await tokensFor({ grant_type: 'refresh_token', refresh_token: String(tokens.refresh_token) })
  const machine = await tokensFor({ grant_type: 'client_credentials' })
  // A field that nobody knows has the provider answer, which ignores it.
  const long = await tokensFor({ grant_type: 'client_credentials', ignored: 'yes' })
  for (const { access_token } of [tokens, refreshed, machine, long])
    expect(await shown(access_token)).toEqual({ active: true, verified: 0 })
})

it('is refused where one byte of it is another, and nothing verified', async () => {
  const { access_token } = await tokensFor({ grant_type: 'client_credentials' })
  const [head, body, signature = ''] = access_token.split('.')
  const forged = `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`
  expect(await shown(forged)).toEqual({ active: false, verified: 0 })
  expect(await shown(access_token)).toEqual({ active: true, verified: 0 })
})

it('is verified where it has a name that was signed nowhere', async () => {
  const { access_token } = await tokensFor({ grant_type: 'client_credentials' })
  const [head, body = '', signature] = access_token.split('.')
  const members = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), jti: 'another' }
  const forged = `${head}.${Buffer.from(JSON.stringify(members)).toString('base64url')}.${signature}`
  expect(await shown(forged)).toEqual({ active: false, verified: 1 })
})

it('is verified once where another process has signed it', async () => {
  const issuer = broker.config.issuer
  await using other = await startTestBroker({ issuer, database: database(), keys: broker.keys })
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const answer = await fetch(new URL('/token', other.url), { method: 'POST', body, headers: basic(client) })
  const { access_token } = (await answer.json()) as Tokens
  for (const verified of [1, 1, 0]) expect(await shown(access_token)).toEqual({ active: true, verified })
})
