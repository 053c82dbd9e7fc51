/**
 * Whoever guesses names must not learn from how long an answer takes which of them there are. Times differ from run to
 * run; what takes them does not: each look at the registry and each comparison, one after the other.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openStores } from '../../src/stores/open.ts'
import { basic, startTestBroker, type TestBroker, type TestClient } from '../support/broker.ts'
import { signInWithPassword } from '../support/password.ts'
import { createVisitor } from '../support/visitor.ts'

const work = vi.hoisted((): string[] => [])
vi.mock('node:crypto', async (original) => {
  const real = await original<typeof import('node:crypto')>()
  return {
    ...real,
    timingSafeEqual(...[one, other]: Parameters<typeof real.timingSafeEqual>) {
      work.push(`compare ${one.byteLength} bytes`)
      return real.timingSafeEqual(one, other)
    },
    argon2(...[algorithm, parameters, done]: Parameters<typeof real.argon2>) {
      const { memory, passes, parallelism, tagLength } = parameters
      work.push([algorithm, memory, passes, parallelism, tagLength].join(' '))
      return real.argon2(algorithm, parameters, done)
    },
  }
})

const watched = ['clients', 'sources', 'apis', 'accounts', 'localUsers', 'consents', 'attempts', 'marks', 'grants']

async function open(needs: Parameters<typeof openStores>[0]) {
  const stores = await openStores(needs)
  const wrap = (name: string, store: object) =>
    new Proxy(store, {
      get(target, member, receiver) {
        const value: unknown = Reflect.get(target, member, receiver)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          work.push(`${name}.${String(member)}`)
          return value.apply(target, args)
        }
      },
    })
  const entries = watched.map((name) => [name, wrap(name, stores[name as keyof typeof stores])])
  return { ...stores, ...(Object.fromEntries(entries) as Partial<typeof stores>) }
}

let broker: TestBroker
let machine: TestClient
let posting: TestClient
let app: TestClient
beforeAll(async () => {
  broker = await startTestBroker({ parts: { openStores: open } })
  const grant = { grant_types: ['client_credentials'], redirect_uris: [], post_logout_redirect_uris: [] }
  machine = await broker.addClient(grant)
  posting = await broker.addClient({ ...grant, token_endpoint_auth_method: 'client_secret_post' })
  app = await broker.addClient()
  await broker.created('users', { username: 'known', password: 'a-good-password-0001' })
})
afterAll(() => broker?.[Symbol.asyncDispose]())

/** What a node does by itself when the registry was changed, at whatever moment. */
const alongside = ['sources.mappedClaims', 'sources.expiring']

async function during(ask: () => Promise<unknown>): Promise<readonly string[]> {
  work.length = 0
  await ask()
  return work.filter((one) => !alongside.includes(one))
}

describe('SEC-035 a wrong secret costs the same as a client that is not there', () => {
  type Way = (id: string) => readonly [form: Record<string, string>, headers?: Record<string, string>]
  const raw = (text: string) => ({ authorization: `Basic ${btoa(text)}` })
  const ways: Record<string, Way> = {
    'by Basic': (id) => [{}, basic({ id, secret: 'wrong' })],
    'by Basic, as it stands': (id) => [{}, raw(`${id}:wrong`)],
    'by Basic, without a secret': (id) => [{}, raw(`${id}:`)],
    'in the body': (id) => [{ client_id: id, client_secret: 'wrong' }],
    'by the name alone': (id) => [{ client_id: id }],
  }
  const paths = {
    '/token': { grant_type: 'client_credentials' },
    '/introspect': { token: 'a.b.c' },
    '/revoke': { token: 'x' },
  }

  it.each(Object.keys(paths).flatMap((path) => Object.keys(ways).map((way) => [path, way] as const)))(
    'at %s %s',
    async (path, way) => {
      const ask = async (id: string) => {
        const [form, headers] = ways[way]?.(id) ?? [{}]
        const answer = await broker.post(path, { ...paths[path as keyof typeof paths], ...form }, headers)
        expect(answer.status).toBe(401)
      }
      const stranger = randomUUID()
      const others = [randomUUID(), stranger, stranger]
      for (const { id } of [machine, posting]) {
        const known = await during(() => ask(id))
        expect(known.filter((one) => one === 'clients.get')).toHaveLength(1)
        for (const other of others) expect(await during(() => ask(other)), other).toEqual(known)
        // Nor does it count who was asked for before: here memory is emptied.
        await broker.admin('PATCH', `clients/${app.id}`, { client_name: randomUUID() })
        expect(await during(() => ask(id))).toEqual(known)
      }
    },
  )

  it('and a right one asks nobody, once it is known', async () => {
    const ask = () => broker.introspect(machine, 'a.b.c')
    await ask()
    expect((await during(ask)).filter((one) => one.startsWith('clients.'))).toEqual([])
  })
})

it('SEC-035 a wrong password costs the same as a name that nobody has', async () => {
  const tried = (username: string) =>
    during(() => signInWithPassword(broker, createVisitor(), app, { username, password: 'a-wrong-password' }))
  await tried('whoever comes first')
  const [known, unknown] = [await tried('known'), await tried('unknown')]
  expect(known.filter((one) => one.startsWith('argon2id'))).toHaveLength(1)
  expect(unknown).toEqual(known)
})
