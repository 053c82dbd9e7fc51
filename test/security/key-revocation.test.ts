import { createPrivateKey, randomBytes, randomUUID, sign } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { basic, startTestBroker, type TestBroker, type TestClient, type Tokens } from '../support/broker.ts'
import { rene } from '../support/people.ts'
import { startUpstream, type Upstream } from '../support/upstream.ts'
import type { Visitor } from '../support/visitor.ts'

const keys = [randomBytes(32)]
let folder: string
let database: string
let upstream: Upstream
let broker: TestBroker
let other: TestBroker
let client: TestClient

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-revocation-'))
  database = `sqlite:${join(folder, 'gatehouse.db')}`
  upstream = await startUpstream({ users: { rene } })
  broker = await startTestBroker({ database, keys })
  other = await startTestBroker({ database, keys, issuer: broker.issuer })
  await broker.addSource(upstream)
  client = await broker.addClient()
})
afterAll(async () => {
  for (const server of [other, broker, upstream]) await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function storedKeys() {
  await using stores = await openSqlStores({ url: database, vault: createVault(keys), clock: Date.now, log: silent })
  return stores.keys.list()
}

const privateKey = async (kid: string): Promise<JWK> =>
  (await storedKeys()).find((key) => key.kid === kid)?.privateJwk ?? {}

/** As somebody signs who has the private key. */
function forge(token: string, jwk: JWK, claims: Readonly<Record<string, unknown>> = {}): string {
  const parts = [
    { ...decodeProtectedHeader(token), kid: jwk.kid },
    { ...decodeJwt(token), jti: randomUUID(), ...claims },
  ]
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  const signature = sign(
    'sha256',
    Buffer.from(signed),
    createPrivateKey({ key: jwk as JWK & { kty: string }, format: 'jwk' }),
  )
  return `${signed}.${signature.toString('base64url')}`
}

interface Held {
  readonly visitor: Visitor
  /** A person's access token, an ID token, and a machine's token for the admin API. */
  readonly access: string
  readonly id: string
  readonly admin: string
}

/** Every way in which we meet a token of ours: whether a node believes it. */
const ways: Readonly<Record<string, (node: TestBroker, held: Held) => Promise<boolean>>> = {
  async introspection({ url }, { access }) {
    const body = new URLSearchParams({ token: access })
    const answer = await fetch(new URL('/introspect', url), { method: 'POST', body, headers: basic(client) })
    return ((await answer.json()) as { active: boolean }).active
  },
  async userinfo({ url }, { access }) {
    const answer = await fetch(new URL('/userinfo', url), { headers: { authorization: `Bearer ${access}` } })
    expect([200, 401]).toContain(answer.status)
    return answer.status === 200
  },
  async administration({ url }, { admin }) {
    const headers = { authorization: `Bearer ${admin}` }
    const answer = await fetch(new URL('/admin/api/v1/users', url), { headers })
    expect([200, 401]).toContain(answer.status)
    return answer.status === 200
  },
  async 'hint to authorize'({ url }, { id, visitor }) {
    const { search } = broker.authorizationUrl(client, { prompt: 'none', id_token_hint: id }).url
    const headers = { cookie: visitor.cookies(broker.issuer) }
    const answer = await fetch(new URL(`/authorize${search}`, url), { redirect: 'manual', headers })
    return new URL(answer.headers.get('location') ?? 'about:blank').searchParams.has('code')
  },
  async 'hint to logout'({ url }, { id }) {
    // Without the session: nothing ends, and what the hint says is heard all the same.
    const query = new URLSearchParams({ id_token_hint: id, client_id: client.id })
    return (await fetch(new URL(`/logout?${query}`, url), { redirect: 'manual' })).status < 400
  },
}
const everyWay = Object.keys(ways)

async function believers(node: TestBroker, held: Held, asked = everyWay): Promise<readonly string[]> {
  const answers = await Promise.all(asked.map(async (way) => ((await ways[way]?.(node, held)) ? [way] : [])))
  return answers.flat()
}

const kidsAt = async ({ url }: TestBroker) =>
  ((await (await fetch(new URL('/jwks', url))).json()) as { keys: JWK[] }).keys.map(({ kid }) => kid)

describe('A signing key in the wrong hands', () => {
  it('SEC-047 is believed nowhere once it is revoked: at that node at once, at every other within two seconds', async () => {
    const { visitor, tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    const kid = String(decodeProtectedHeader(tokens.access_token).kid)
    const leaked = await privateKey(kid)
    const admin = await broker.adminToken()
    const held = { visitor, access: tokens.access_token, id: tokens.id_token, admin }
    const forged = {
      visitor,
      access: forge(held.access, leaked),
      id: forge(held.id, leaked),
      admin: forge(held.admin, leaked, { exp: Math.floor(Date.now() / 1000) + 300 }),
    }
    await vi.waitFor(async () => expect(await kidsAt(other)).toHaveLength(2), { timeout: 5000, interval: 50 })
    for (const node of [broker, other]) {
      expect(await believers(node, held)).toEqual(everyWay)
      // This is what a leak means; without it the rest would prove nothing.
      expect(await believers(node, forged)).toEqual(everyWay)
    }

    const answer = await broker.admin('POST', `signing-keys/${kid}/revoke`)
    const revokedAt = performance.now()
    expect(answer.status).toBe(200)
    expect(await believers(broker, forged, ['userinfo'])).toEqual([])
    // One small question at a time, so that what is measured is the node and not the machine.
    const first = () => believers(other, forged, ['userinfo'])
    await vi.waitFor(async () => expect(await first()).toEqual([]), { timeout: 5000, interval: 20 })
    expect(performance.now() - revokedAt).toBeLessThan(2000)
    expect(await believers(broker, held)).toEqual([])
    expect(await believers(broker, forged)).toEqual([])
    expect(await believers(other, held)).toEqual([])
    expect(await believers(other, forged)).toEqual([])
    for (const node of [broker, other]) expect(await kidsAt(node)).not.toContain(kid)
    expect((await storedKeys()).map((key) => key.kid)).not.toContain(kid)

    // The session and the refresh token are no work of the key: they go on, with the new one.
    const refreshed = (await (await broker.refresh(client, tokens.refresh_token)).json()) as Tokens
    const again = await broker.login(client, { visitor })
    const now = { visitor, access: refreshed.access_token, id: again.tokens.id_token, admin: await broker.adminToken() }
    expect(decodeProtectedHeader(now.access).kid).not.toBe(kid)
    expect(again.access.sid).toBe(decodeJwt(tokens.access_token).sid)
    for (const node of [broker, other]) expect(await believers(node, now)).toEqual(everyWay)
  })

  it('SEC-047 is told apart by its reason, and who revoked it is written down', async () => {
    const old = await broker.adminToken()
    const kid = String(decodeProtectedHeader(old).kid)
    const { body } = await broker.admin('POST', `signing-keys/${kid}/revoke`)
    const items = body.items as { kid: string; state: string }[]
    expect(items.map(({ state }) => state).sort()).toEqual(['active', 'next'])
    expect(items.map((item) => item.kid)).not.toContain(kid)
    const refused = await fetch(`${broker.issuer}/admin/api/v1/users`, { headers: { authorization: `Bearer ${old}` } })
    expect(await refused.json()).toMatchObject({ status: 401, code: 'token_key_unknown' })

    const events = (await broker.admin('GET', 'events')).body.items as { action: string; subject: { id: string } }[]
    expect(events.slice(0, 2)).toMatchObject([
      {
        action: 'signing_key.activated',
        actor: { kind: 'client', id: 'automation' },
        subject: { id: items.find(({ state }) => state === 'active')?.kid },
      },
      { action: 'signing_key.revoked', actor: { kind: 'client', id: 'automation' }, subject: { id: kid } },
    ])
    expect((await broker.admin('POST', `signing-keys/${kid}/revoke`)).status).toBe(404)
    expect((await broker.admin('POST', 'signing-keys/nobody/revoke')).status).toBe(404)
  })

  it('SEC-047 is revoked, like any rotation, by administrators alone', async () => {
    const before = await storedKeys()
    const [kid] = before.map((key) => key.kid)
    const reader = await broker.addClient({
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: 'admin:read',
    })
    const answer = await broker.post('/token', { grant_type: 'client_credentials', scope: 'admin:read' }, basic(reader))
    const { access_token } = (await answer.json()) as Tokens
    for (const [path, headers, status] of [
      [`signing-keys/${kid}/revoke`, { authorization: `Bearer ${access_token}` }, 403],
      ['signing-keys/rotate', { authorization: `Bearer ${access_token}` }, 403],
      [`signing-keys/${kid}/revoke`, {}, 401],
      ['signing-keys/rotate', {}, 401],
    ] as const) {
      const refused = await fetch(`${broker.issuer}/admin/api/v1/${path}`, { method: 'POST', headers })
      expect([path, refused.status]).toEqual([path, status])
    }
    expect(await storedKeys()).toEqual(before)
  })

  it('does not make a node refuse what another one signed with its successor a moment ago', async () => {
    const { visitor, tokens } = await broker.login(client, { params: { idp_hint: 'Okta' } })
    for (const way of everyWay) {
      // Twice in a row: of the second key the other node cannot have heard, for it was not even next.
      for (let times = 0; times < 2; times += 1) {
        const kid = String(decodeProtectedHeader(await broker.adminToken()).kid)
        expect((await broker.admin('POST', `signing-keys/${kid}/revoke`)).status).toBe(200)
      }
      const { privateJwk = {} } = (await storedKeys()).find(({ state }) => state === 'active') ?? {}
      const fresh = { visitor, access: forge(tokens.access_token, privateJwk), id: forge(tokens.id_token, privateJwk) }
      // One question only: whichever came first would teach the node the key for all others.
      expect(await believers(other, { ...fresh, admin: forge(await broker.adminToken(), privateJwk) }, [way])).toEqual([
        way,
      ])
    }
  })

  it('is not looked for at length: keys that are made up are refused at once, however many', async () => {
    const token = await broker.adminToken()
    const madeUp = () => {
      const header = { ...decodeProtectedHeader(token), kid: randomBytes(32).toString('base64url') }
      const [, body, signature] = token.split('.')
      return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}.${signature}`
    }
    const begun = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 200 }, () =>
        fetch(`${broker.issuer}/userinfo`, { headers: { authorization: `Bearer ${madeUp()}` } }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(200).fill(401))
    // One look for each would take twenty seconds.
    expect(performance.now() - begun).toBeLessThan(15_000)
  })
})
