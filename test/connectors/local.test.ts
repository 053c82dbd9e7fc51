import { expect, it } from 'vitest'
import type { PasswordConnector } from '../../src/connector.ts'
import { createLocalConnectorType } from '../../src/connectors/local/local.ts'
import { createPasswordHasher, type PasswordHasher } from '../../src/connectors/local/password-hash.ts'
import { newId } from '../../src/ids.ts'
import { silent } from '../../src/log.ts'
import { openRegistry } from '../accounts/registry.ts'

const start = Date.parse('2026-03-01T12:00:00Z')
const hasher = createPasswordHasher()
const outdated = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'

async function setUp(passwords: PasswordHasher = hasher) {
  const registry = await openRegistry(() => start)
  const users = registry.localUsers
  const type = createLocalConnectorType({ users, passwords, clock: () => start, log: silent })
  const open = (source: { readonly id: string; readonly alias: string }) => type.open({}, source) as PasswordConnector
  return {
    ...registry,
    type,
    open,
    connector: open(registry.local),
    async add(username: string, passwordHash: string | null) {
      const own = { id: newId(), version: 1, createdAt: start, updatedAt: start, sourceId: registry.local.id }
      const user = { ...own, username, passwordHash, groups: ['Staff'], claims: { name: 'John Doe' } }
      await users.add(user)
      return user
    },
    [Symbol.asyncDispose]: registry[Symbol.asyncDispose],
  }
}

it('says who somebody is who knows the password', async () => {
  await using broker = await setUp()
  const john = await broker.add('John', await hasher.hash('correct horse battery'))
  const identity = {
    subject: john.id,
    attributes: { name: 'John Doe', preferred_username: 'John', groups: ['Staff'] },
    authTime: start / 1000,
    provenAt: start,
    amr: ['pwd'],
  }
  for (const username of ['John', 'john', ' JOHN ', 'ｊｏｈｎ']) {
    expect(await broker.connector.verify({ username, password: 'correct horse battery' })).toEqual(identity)
  }
})

it('knows the users of its own source only', async () => {
  await using broker = await setUp()
  await broker.add('john', await hasher.hash('correct horse battery'))
  const elsewhere = broker.open(broker.staff)
  expect(await elsewhere.verify({ username: 'john', password: 'correct horse battery' })).toBeUndefined()
})

it('says no more than no', async () => {
  await using broker = await setUp()
  await broker.add('john', await hasher.hash('correct horse battery'))
  await broker.add('jane', null)
  const password = 'correct horse battery'
  for (const attempt of [
    { username: 'john', password: 'wrong' },
    { username: 'john', password: '' },
    { username: 'jane', password },
    { username: 'jane', password: '' },
    { username: 'nobody', password },
    { username: '', password },
    { username: 'jo\u0000hn', password },
    { username: 'j'.repeat(256), password },
    { username: '__proto__', password },
  ]) {
    expect(await broker.connector.verify(attempt)).toBeUndefined()
  }
})

it('SEC-084 does not hash a password of more than a kilobyte', async () => {
  let hashed = 0
  const counting: PasswordHasher = {
    ...hasher,
    verify(...given) {
      hashed += 1
      return hasher.verify(...given)
    },
  }
  await using broker = await setUp(counting)
  const longest = 'é'.repeat(512)
  await broker.add('john', await hasher.hash(longest))
  expect(await broker.connector.verify({ username: 'john', password: `${longest}x` })).toBeUndefined()
  expect(hashed).toBe(0)
  expect(await broker.connector.verify({ username: 'john', password: longest })).toBeDefined()
})

it('SEC-085 takes as long for a name that does not exist as for a wrong password', async () => {
  await using broker = await setUp()
  await broker.add('john', await hasher.hash('correct horse battery'))
  await broker.add('jane', null)
  const cost = async (username: string) => {
    const before = process.cpuUsage()
    await broker.connector.verify({ username, password: 'wrong password' })
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  const times: Record<string, number[]> = { john: [], jane: [], nobody: [] }
  for (let round = 0; round < 9; round += 1) {
    for (const [name, each] of Object.entries(times)) each.push(await cost(name))
  }
  const median = (name: string) => times[name]?.toSorted((a, b) => a - b)[4] ?? 0
  for (const name of ['jane', 'nobody']) {
    expect(median(name) / median('john')).toBeGreaterThan(0.6)
    expect(median(name) / median('john')).toBeLessThan(1.7)
  }
})

it('hashes a password anew that was hashed with other parameters', async () => {
  await using broker = await setUp()
  const { id } = await broker.add('john', outdated)
  expect(await broker.connector.verify({ username: 'john', password: 'wrong' })).toBeUndefined()
  expect(await broker.localUsers.get(id)).toMatchObject({ passwordHash: outdated, version: 1 })
  expect(await broker.connector.verify({ username: 'john', password: 'password' })).toMatchObject({ subject: id })
  const after = await broker.localUsers.get(id)
  expect(after).toMatchObject({ passwordHash: expect.stringContaining('m=19456'), version: 2 })
  expect(await broker.connector.verify({ username: 'john', password: 'password' })).toMatchObject({ subject: id })
  expect(await broker.localUsers.get(id)).toEqual(after)
})

it('lets somebody in whose password cannot be hashed anew just now', async () => {
  const full: PasswordHasher = { ...hasher, hash: () => createPasswordHasher({ concurrency: 0, queue: 0 }).hash('x') }
  await using broker = await setUp(full)
  const { id } = await broker.add('john', outdated)
  expect(await broker.connector.verify({ username: 'john', password: 'password' })).toMatchObject({ subject: id })
  expect(await broker.localUsers.get(id)).toMatchObject({ passwordHash: outdated })
})

it('does not undo a new password that is set while the old one is hashed anew', async () => {
  let between = async (): Promise<void> => {}
  const slow: PasswordHasher = {
    ...hasher,
    async hash(password) {
      const phc = await hasher.hash(password)
      await between()
      return phc
    },
  }
  await using broker = await setUp(slow)
  const john = await broker.add('john', outdated)
  const passwordHash = await hasher.hash('a quite new one')
  between = async () => void (await broker.localUsers.replace({ ...john, passwordHash }, 1))
  await broker.connector.verify({ username: 'john', password: 'password' })
  expect(await broker.localUsers.get(john.id)).toMatchObject({ passwordHash })
})

it('cannot tell when the store does not answer', async () => {
  const broker = await setUp()
  await broker[Symbol.asyncDispose]()
  await expect(broker.connector.verify({ username: 'john', password: 'p' })).rejects.toMatchObject({
    name: 'Unavailable',
  })
})

it('has no settings', async () => {
  await using broker = await setUp()
  expect(broker.type.config.safeParse({}).success).toBe(true)
  expect(broker.type.config.safeParse({ users: [] }).success).toBe(false)
})

it('says of a password when it began to be looked at, since it may be changed before it is found right', async () => {
  await using registry = await openRegistry(() => start)
  let now = start
  const users = {
    ...registry.localUsers,
    async byUsername(sourceId: string, name: string) {
      const user = await registry.localUsers.byUsername(sourceId, name)
      now += 5000
      return user
    },
  }
  const type = createLocalConnectorType({ users, passwords: hasher, clock: () => now, log: silent })
  const own = { id: newId(), version: 1, createdAt: start, updatedAt: start, sourceId: registry.local.id }
  const passwordHash = await hasher.hash('correct horse battery')
  await users.add({ ...own, username: 'john', passwordHash, groups: [], claims: {} })
  const connector = type.open({}, registry.local) as PasswordConnector
  const identity = await connector.verify({ username: 'john', password: 'correct horse battery' })
  expect(identity).toMatchObject({ provenAt: start, authTime: start / 1000 + 5 })
})
