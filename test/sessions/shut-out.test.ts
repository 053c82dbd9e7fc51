import { describe, expect, it } from 'vitest'
import { userInput } from '../../src/accounts/user.ts'
import { UserInput } from '../../src/accounts/user-input.ts'
import { createUsers } from '../../src/accounts/users.ts'
import { system } from '../../src/audit/audit.ts'
import { ClientInput, clientInput } from '../../src/clients/client-input.ts'
import { createClients } from '../../src/clients/clients.ts'
import { createLocalConnectorType } from '../../src/connectors/local/local.ts'
import { createPasswordHasher } from '../../src/connectors/local/password-hash.ts'
import { Unavailable } from '../../src/errors.ts'
import { newId } from '../../src/ids.ts'
import { silent } from '../../src/log.ts'
import { createReadmit, createShutOut } from '../../src/sessions/shut-out.ts'
import { SourceInput, sourceInput } from '../../src/sources/source-input.ts'
import { createSources } from '../../src/sources/sources.ts'
import { openRegistry } from '../accounts/registry.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const clock = () => now

type Registry = Awaited<ReturnType<typeof openRegistry>>
type Needs = Pick<Registry, 'transact' | 'marks'>

/** What may be shut out, each with its ways: of the person, the client and the source behind one grant. */
async function setUp() {
  const registry = await openRegistry(clock)
  const passwords = createPasswordHasher()
  const local = createLocalConnectorType({ users: registry.localUsers, passwords, clock, log: silent })
  const record = { succeeded: () => {}, failed: () => {}, vouched: () => {} }
  const nouns = ({ transact, marks }: Needs) => {
    const shutOut = createShutOut({ ...registry, marks, clock, longestToken: 300, longestSignIn: 1800 })
    const needs = { ...registry, transact, shutOut, readmit: createReadmit({ ...registry, clock }), clock }
    return {
      users: createUsers({ ...needs, hashPassword: passwords.hash }),
      clients: createClients({ ...needs, isOwnAudience: () => false, validate: async () => {} }),
      sources: createSources({ ...needs, connectors: new Map([['local', local]]), record }),
    }
  }
  const { users, clients } = nouns(registry)
  const { account } = await users.create(system, UserInput.parse({ username: 'john', password: 'correct horse' }))
  const client = await clients.create(system, ClientInput.parse({ redirect_uris: ['https://app.example.com/'] }))
  const source = registry.local

  async function signIn(): Promise<string> {
    const parts = { accountId: account.id, sourceId: source.id }
    const sessionId = newId()
    const stay = { startedAt: now, idleUntil: now + 60_000, expiresAt: now + 60_000 }
    await registry.sessions.save({ ...parts, ...stay, id: sessionId, subject: 's', upstream: null })
    const grant = { ...parts, sessionId, clientId: client.id, scopes: [], claims: [], resources: {} }
    return (await registry.grants.open({ ...grant, id: newId(), expiresAt: now + 60_000 })).id
  }

  const disabled = { enabled: false }
  const changes: Record<Change, (needs: Needs) => Promise<unknown>> = {
    'a user is disabled': async (needs) =>
      nouns(needs).users.replace(system, account.id, UserInput.parse({ ...(await user()), ...disabled }), 1),
    'a user is given another password': async (needs) =>
      nouns(needs).users.replace(
        system,
        account.id,
        UserInput.parse({ ...(await user()), password: 'battery staple' }),
        1,
      ),
    'a user is removed': (needs) => nouns(needs).users.remove(system, account.id, 1),
    'a client is disabled': (needs) =>
      nouns(needs).clients.replace(system, client.id, ClientInput.parse({ ...clientInput(client), ...disabled }), 1),
    'a client is removed': (needs) => nouns(needs).clients.remove(system, client.id, 1),
    'a source is disabled': (needs) =>
      nouns(needs).sources.replace(system, source.id, SourceInput.parse({ ...sourceInput(source), ...disabled }), 1),
    'a source is removed': (needs) => nouns(needs).sources.remove(system, source.id, 1),
  }
  const user = async () => userInput(await users.get(account.id))

  return {
    ...registry,
    signIn,
    changes,
    isIn: async (grantId: string) => (await registry.grants.get(grantId)) !== undefined,
    marked: async () => {
      const question = { jti: 'j', accountId: account.id, clientId: client.id, sourceAlias: source.alias }
      const { accountBlockedAt, clientBlockedAt, sourceBlockedAt } = await registry.marks.liveness(question)
      return accountBlockedAt ?? clientBlockedAt ?? sourceBlockedAt
    },
    events: async () => (await registry.audit.list({ limit: 10 })).items.length,
    [Symbol.asyncDispose]: registry[Symbol.asyncDispose],
  }
}

type Change = (typeof names)[number]
const names = [
  'a user is disabled',
  'a user is given another password',
  'a user is removed',
  'a client is disabled',
  'a client is removed',
  'a source is disabled',
  'a source is removed',
] as const

describe.each(names)('when %s', (name) => {
  it('whoever was in is out, and so is whoever came in before the change was there to be seen', async () => {
    await using broker = await setUp()
    const before = await broker.signIn()
    let between = ''
    const transact: Registry['transact'] = async (work) => {
      const result = await broker.transact(work)
      between = await broker.signIn()
      return result
    }
    await broker.changes[name]({ ...broker, transact })
    expect(await broker.marked()).toBe(now / 1000)
    expect(await broker.isIn(before)).toBe(false)
    expect(await broker.isIn(between)).toBe(false)
  })

  it('nothing has changed unless the mark could be written', async () => {
    await using broker = await setUp()
    const grant = await broker.signIn()
    const events = await broker.events()
    const marks = { ...broker.marks, block: () => Promise.reject(new Unavailable('store', 'no answer')) }
    await expect(broker.changes[name]({ ...broker, marks })).rejects.toBeInstanceOf(Unavailable)
    expect(await broker.events()).toBe(events)
    expect(await broker.isIn(grant)).toBe(true)
    await broker.changes[name](broker) // In the version it has always been in.
  })

  it('nobody is shut out by a change that is not made', async () => {
    await using broker = await setUp()
    const grant = await broker.signIn()
    const audit = { ...broker.audit, record: () => Promise.reject(new Unavailable('store', 'the disk is full')) }
    const transact: Registry['transact'] = (work) => broker.transact((stores) => work({ ...stores, audit }))
    await expect(broker.changes[name]({ ...broker, transact })).rejects.toBeInstanceOf(Unavailable)
    expect(await broker.marked()).toBeNull()
    expect(await broker.isIn(grant)).toBe(true)
  })
})
