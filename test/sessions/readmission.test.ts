/** What an administrator is told is done, is done: whoever may come in again does, in the same second too. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { formTo, send, walk } from '../support/pages.ts'
import { createVisitor } from '../support/visitor.ts'

let folder: string
let broker: TestBroker
/** Another node of it, for which time stands still: what it remembers it does not forget by itself. */
let other: TestBroker
let user: string
let source: string
let password = 'correct horse battery staple'
let client: TestClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-readmission-'))
  const database = `sqlite:${join(folder, 'gatehouse.db')}`
  broker = await startTestBroker({ database })
  const standing = Date.now()
  const { issuer, keys } = broker
  other = await startTestBroker({ database, issuer, keys, parts: { clock: () => standing } })
  user = (await broker.created('users', { username: 'ada', password })).id
  const { body } = await broker.admin('GET', 'authentication-sources?q=local')
  source = (body.items as { id: string }[])[0]?.id ?? ''
  client = await broker.addClient({ client_id: 'app', client_secret: 'a-secret-of-the-application' })
})

afterAll(async () => {
  for (const node of [other, broker]) await node?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Ada signs in; `undefined`: she may not. */
async function signIn(): Promise<Tokens | undefined> {
  const visitor = createVisitor()
  const { url, verifier } = broker.authorizationUrl(client, { idp_hint: 'local' })
  const page = await walk(visitor, url)
  const { url: arrived } = await send(visitor, page, formTo(page, '/source/local'), { username: 'ada', password })
  const code = arrived.searchParams.get('code')
  return code ? ((await (await broker.redeem(client, code, verifier)).json()) as Tokens) : undefined
}

/** Whether the access token that ada gets counts. */
async function comesIn(): Promise<boolean> {
  const tokens = await signIn()
  return tokens !== undefined && (await broker.introspect(client, tokens.access_token)).body.active === true
}

const countsAtTheOther = async (tokens: Tokens | undefined) => {
  const headers = { authorization: `Bearer ${tokens?.access_token}` }
  return (await fetch(new URL('/userinfo', other.url), { headers })).status === 200
}

const change = async (method: string, path: string, body?: Record<string, unknown>) => {
  const answer = await broker.admin(method, path, body)
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
}

async function offAndOn(path: string): Promise<void> {
  await change('PATCH', path, { enabled: false })
  await change('PATCH', path, { enabled: true })
}

describe('somebody comes in at once after', () => {
  it.each<[string, () => Promise<void>]>([
    [
      'they are given another password',
      () => {
        password = 'another one, longer than that'
        return change('PATCH', `users/${user}`, { password })
      },
    ],
    ['all their sessions were ended', () => change('POST', `users/${user}/end-sessions`)],
    ['they were switched off and on', () => offAndOn(`users/${user}`)],
    ['their source was switched off and on', () => offAndOn(`authentication-sources/${source}`)],
    ['the client was switched off and on', () => offAndOn(`clients/${client.id}`)],
    [
      'the client was removed and made anew',
      async () => {
        await change('DELETE', `clients/${client.id}`)
        client = await broker.addClient({ client_id: client.id, client_secret: client.secret })
      },
    ],
  ])('%s', async (_, happens) => {
    await happens()
    expect(await comesIn()).toBe(true)
  })
})

it('an application’s client gets tokens that count at once after the application was switched off and on', async () => {
  const { id, client: own } = await broker.created('applications', { name: 'Machine' })
  const { client_id, client_secret } = own as { client_id: string; client_secret: string }
  const machine = { id: client_id, secret: client_secret }
  for (const by of ['disabled_by_publisher', 'disabled_by_consumer']) {
    await change('PATCH', `applications/${id}`, { [by]: true })
    await change('PATCH', `applications/${id}`, { [by]: false })
    const answer = await broker.post('/token', { grant_type: 'client_credentials' }, basic(machine))
    const { access_token } = (await answer.json()) as Tokens
    expect((await broker.introspect(machine, access_token)).body.active, by).toBe(true)
  }
})

it('somebody who was switched off and on comes in at a node that remembers them as switched off', async () => {
  const before = await signIn()
  await change('PATCH', `users/${user}`, { enabled: false })
  expect(await countsAtTheOther(before)).toBe(false)
  await change('PATCH', `users/${user}`, { enabled: true })
  expect(await countsAtTheOther(await signIn())).toBe(true)
  expect(await countsAtTheOther(before)).toBe(false)
})
