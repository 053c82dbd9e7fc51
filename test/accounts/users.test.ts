import { expect, it } from 'vitest'
import { createRecognise } from '../../src/accounts/recognise.ts'
import { userInput } from '../../src/accounts/user.ts'
import { UserInput } from '../../src/accounts/user-input.ts'
import { createUsers } from '../../src/accounts/users.ts'
import { system } from '../../src/audit/audit.ts'
import { createPasswordHasher } from '../../src/connectors/local/password-hash.ts'
import { newId } from '../../src/ids.ts'
import { createReadmit, createShutOut } from '../../src/sessions/shut-out.ts'
import { openRegistry } from './registry.ts'

const start = Date.parse('2026-03-01T12:00:00Z')
const passwords = createPasswordHasher()

async function setUp() {
  let now = start
  const clock = () => now
  const registry = await openRegistry(clock)
  const shutOut = createShutOut({ ...registry, clock, longestToken: 300, longestSignIn: 1800 })
  const needs = {
    ...registry,
    shutOut,
    readmit: createReadmit({ ...registry, clock }),
    hashPassword: passwords.hash,
    clock,
  }
  return {
    ...registry,
    needs,
    users: createUsers(needs),
    recognise: createRecognise({ ...registry, clock }),
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    async signIn(accountId: string) {
      const id = newId()
      const session = { id, accountId, sourceId: registry.local.id, subject: 's', upstream: null }
      await registry.sessions.save({
        ...session,
        startedAt: now,
        idleUntil: now + 1_800_000,
        expiresAt: now + 3_600_000,
      })
      return id
    },
    blockedAt: async (accountId: string) =>
      (await registry.marks.liveness({ jti: 'j', clientId: 'c', accountId })).accountBlockedAt,
    events: async () => (await registry.audit.list({ limit: 100 })).items,
    [Symbol.asyncDispose]: registry[Symbol.asyncDispose],
  }
}

const john = {
  username: 'john',
  password: 'correct horse battery',
  given_name: 'John',
  family_name: 'Doe',
  email: 'john@acme.com',
  email_verified: true,
  claims: { department: 'R&D' },
  groups: ['Everyone', 'Staff', 'Staff'],
  roles: ['viewer', { role: 'admin', client: 'gatehouse' }, { name: 'viewer' }],
}

const input = (change: Record<string, unknown> = {}) => UserInput.parse({ ...john, ...change })
const problems = (value: unknown): readonly string[] =>
  UserInput.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

it('makes a local user with an account, an identity and the roles it names', async () => {
  await using broker = await setUp()
  const user = await broker.users.create(system, input())
  expect(user.account).toMatchObject({
    version: 1,
    enabled: true,
    displayName: 'John Doe',
    roles: [
      { name: 'viewer', client: null },
      { name: 'admin', client: 'gatehouse' },
    ],
  })
  expect(user.local).toMatchObject({ username: 'john', sourceId: broker.local.id, hasPassword: true })
  expect(user.local?.groups).toEqual(['Everyone', 'Staff'])
  expect(user.identities).toEqual([
    {
      accountId: user.account.id,
      sourceId: broker.local.id,
      subject: user.local?.id,
      attributes: {
        department: 'R&D',
        given_name: 'John',
        family_name: 'Doe',
        email: 'john@acme.com',
        email_verified: true,
        preferred_username: 'john',
        groups: ['Everyone', 'Staff'],
      },
      linkedAt: start,
      lastLoginAt: null,
    },
  ])
  expect(await broker.users.get(user.account.id)).toEqual(user)
  expect((await broker.users.list({ limit: 10 })).items).toEqual([user])
  expect((await broker.roles.list({ limit: 10 })).items.map(({ name, client }) => [name, client])).toEqual([
    ['viewer', null],
    ['admin', 'gatehouse'],
  ])
})

it('cuts a name that is too long to show between two characters', async () => {
  await using broker = await setUp()
  const long = { given_name: 'a'.repeat(253), family_name: '😀'.repeat(100), password: undefined }
  const { account } = await broker.users.create(system, input(long))
  expect(account.displayName).toBe(`${'a'.repeat(253)} 😀`)
})

it('keeps the password as an argon2id hash, and shows and records neither', async () => {
  await using broker = await setUp()
  const user = await broker.users.create(system, input())
  const kept = await broker.localUsers.get(user.local?.id ?? '')
  expect(kept?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(await passwords.verify(john.password, kept?.passwordHash ?? null)).toBe(true)

  await broker.users.replace(system, user.account.id, input({ password: 'another good one' }), 1)
  const seen = JSON.stringify([await broker.users.list({ limit: 10 }), await broker.events()])
  for (const secret of [john.password, 'another good one', '$argon2id', 'passwordHash'])
    expect(seen).not.toContain(secret)
  expect((await broker.events()).map(({ action }) => action).toSorted()).toEqual(['user.changed', 'user.created'])
  const changed = (await broker.events()).find(({ action }) => action === 'user.changed')
  expect(changed).toMatchObject({
    actor: system,
    subject: { type: 'user', id: user.account.id, name: 'John Doe' },
    before: { username: 'john', password: '********' },
    after: { username: 'john', password: '******** (changed)' },
  })
})

it('makes nothing at all when one part of it is refused', async () => {
  await using broker = await setUp()
  await broker.users.create(system, input())
  await expect(broker.users.create(system, input({ username: 'ＪＯＨＮ' }))).rejects.toMatchObject({
    code: 'conflict',
    problems: [{ path: 'username', message: 'is taken' }],
  })
  expect((await broker.users.list({ limit: 10 })).items).toHaveLength(1)
  expect(await broker.events()).toHaveLength(1)
})

it('lets exactly one of many have a name', async () => {
  await using broker = await setUp()
  const made = await Promise.allSettled(
    Array.from({ length: 5 }, () => broker.users.create(system, input({ password: undefined }))),
  )
  expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

it('lets two sources have users of the same name', async () => {
  await using broker = await setUp()
  const here = await broker.users.create(system, input())
  const there = await broker.users.create(system, input({ authentication_source: 'staff' }))
  const byId = await broker.users.create(system, input({ username: 'jane', authentication_source: broker.staff.id }))
  expect([here, there, byId].map(({ local }) => local?.sourceId)).toEqual([
    broker.local.id,
    broker.staff.id,
    broker.staff.id,
  ])
})

it('makes users only where their passwords are kept', async () => {
  await using broker = await setUp()
  for (const authentication_source of ['Okta', 'nowhere']) {
    await expect(broker.users.create(system, input({ authentication_source }))).rejects.toMatchObject({
      code: 'invalid_input',
      problems: [{ path: 'authentication_source' }],
    })
  }
  await expect(broker.users.create(system, input({ username: undefined }))).rejects.toMatchObject({
    problems: [{ path: 'username', message: 'is required' }],
  })
})

it('changes a user as a whole, and their next token at once', async () => {
  await using broker = await setUp()
  const { account } = await broker.users.create(system, input())
  broker.pass(1000)
  const changed = await broker.users.replace(
    system,
    account.id,
    UserInput.parse({ username: 'johnny', name: 'Johnny', groups: ['Everyone'] }),
    1,
  )
  expect(changed.account).toMatchObject({ version: 2, displayName: 'Johnny', roles: [], updatedAt: start + 1000 })
  expect(changed.local).toMatchObject({ username: 'johnny', claims: { name: 'Johnny' }, hasPassword: true })
  expect(changed.identities[0]?.attributes).toEqual({
    name: 'Johnny',
    preferred_username: 'johnny',
    groups: ['Everyone'],
  })
  expect(await broker.blockedAt(account.id)).toBeNull()
})

it('is left as it was by the input that describes it', async () => {
  await using broker = await setUp()
  for (const made of [input(), input({ username: 'jane', authentication_source: 'staff', password: undefined })]) {
    const before = await broker.users.create(system, made)
    const same = UserInput.parse(userInput(before))
    const after = await broker.users.replace(system, before.account.id, same, before.account.version)
    expect(userInput(after)).toEqual(userInput(before))
    expect(after.local?.hasPassword).toBe(before.local?.hasPassword)
    expect(after.identities).toEqual(before.identities)
  }
})

it('refuses a change of something that is gone, changed or elsewhere', async () => {
  await using broker = await setUp()
  const { account } = await broker.users.create(system, input())
  const session = await broker.signIn(account.id)
  await expect(broker.users.get(newId())).rejects.toMatchObject({ code: 'not_found' })
  await expect(broker.users.replace(system, newId(), input(), 1)).rejects.toMatchObject({ code: 'not_found' })
  await expect(broker.users.replace(system, account.id, input(), 7)).rejects.toMatchObject({
    code: 'changed_meanwhile',
  })
  await expect(broker.users.remove(system, account.id, 7)).rejects.toMatchObject({ code: 'changed_meanwhile' })
  const moved = broker.users.replace(system, account.id, input({ authentication_source: 'staff' }), 1)
  await expect(moved).rejects.toMatchObject({ problems: [{ path: 'authentication_source' }] })
  expect(await broker.sessions.get(session)).toBeDefined()
  expect(await broker.blockedAt(account.id)).toBeNull()
})

it.each([
  ['is disabled', { enabled: false, password: undefined }],
  ['gets another password', { password: 'another good one' }],
])('shuts somebody out at once who %s', async (_, change) => {
  await using broker = await setUp()
  const { account } = await broker.users.create(system, input())
  const session = await broker.signIn(account.id)
  await broker.users.replace(system, account.id, input(change), 1)
  expect(await broker.sessions.get(session)).toBeUndefined()
  expect(await broker.blockedAt(account.id)).toBe(start / 1000)
})

it('removes a user with everything that is theirs, and shuts them out', async () => {
  await using broker = await setUp()
  const { account, local } = await broker.users.create(system, input())
  const session = await broker.signIn(account.id)
  await broker.users.remove(system, account.id, 1)
  await expect(broker.users.get(account.id)).rejects.toMatchObject({ code: 'not_found' })
  expect(await broker.localUsers.get(local?.id ?? '')).toBeUndefined()
  expect(await broker.accounts.identity(broker.local.id, local?.id ?? '')).toBeUndefined()
  expect(await broker.sessions.get(session)).toBeUndefined()
  expect(await broker.blockedAt(account.id)).toBe(start / 1000)
  const removed = (await broker.events()).find(({ action }) => action === 'user.removed')
  expect(removed).toMatchObject({ before: { username: 'john', password: '********' }, after: null })
})

it('lets people from elsewhere be disabled and given roles, and nothing else', async () => {
  await using broker = await setUp()
  const { id } = await broker.recognise(broker.okta, { subject: '00u1', attributes: { email: 'r@acme.com' } }, 'Rene')
  const rene = await broker.users.get(id)
  expect(rene.local).toBeNull()
  expect(userInput(rene)).toEqual({ enabled: true, roles: [] })

  const changed = await broker.users.replace(system, id, UserInput.parse({ enabled: false, roles: ['viewer'] }), 1)
  expect(changed.account).toMatchObject({
    enabled: false,
    roles: [{ name: 'viewer', client: null }],
    displayName: 'Rene',
  })
  expect(changed.identities[0]?.attributes).toEqual({ email: 'r@acme.com' })

  await expect(broker.users.replace(system, id, input(), 2)).rejects.toMatchObject({
    code: 'invalid_input',
    problems: ['username', 'password', 'given_name', 'family_name', 'email', 'email_verified', 'claims', 'groups'].map(
      (path) => ({ path, message: 'comes from the authentication source of this person' }),
    ),
  })
  await broker.users.remove(system, id, 2)
  expect((await broker.users.list({ limit: 10 })).items).toEqual([])
})

it('does not mistake somebody for the local user whose id another source calls them by', async () => {
  await using broker = await setUp()
  const { local } = await broker.users.create(system, input())
  const { id } = await broker.recognise(broker.okta, { subject: local?.id ?? '', attributes: {} }, 'Mallory')
  expect((await broker.users.get(id)).local).toBeNull()
})

it('lists people in pages and finds them by name', async () => {
  await using broker = await setUp()
  for (const username of ['anna', 'bert', 'carl']) {
    await broker.users.create(system, UserInput.parse({ username, name: `${username} Test` }))
  }
  const names = (page: { readonly items: readonly { readonly account: { readonly displayName: string } }[] }) =>
    page.items.map(({ account }) => account.displayName)
  const first = await broker.users.list({ limit: 2 })
  expect(names(first)).toEqual(['anna Test', 'bert Test'])
  expect(names(await broker.users.list({ limit: 2, after: first.next ?? '' }))).toEqual(['carl Test'])
  expect(names(await broker.users.list({ limit: 10, search: 'bert' }))).toEqual(['bert Test'])
})

it.each([
  ['short', 'must have at least 8 characters'],
  ['ééééééé', 'must have at least 8 characters'],
  ['x'.repeat(1025), 'must have at most 1024 bytes'],
  ['é'.repeat(513), 'must have at most 1024 bytes'],
  ['JohnTheGreat', 'must not be the user name or e-mail address'],
  ['John@acme.com', 'must not be the user name or e-mail address'],
  ['Password123', 'is one of the most common passwords'],
  ['aaaaaaaaaaaa', 'is one of the most common passwords'],
])('refuses the password %s', (password, message) => {
  expect(problems({ ...john, username: 'johnthegreat', password })).toEqual([`password: ${message}`])
})

it.each(['correct horse battery', 'élève à Genève', 'x7'.repeat(512), '👍👍👍👍👍👍👍🎉', '  a  b  c  '])(
  'allows a password of any composition (%#)',
  (password) => expect(problems({ ...john, password })).toEqual([]),
)

it.each([
  [{ username: '' }, 'username'],
  [{ username: ' john' }, 'username'],
  [{ username: 'jo\u0000hn' }, 'username'],
  [{ username: 'j'.repeat(256) }, 'username'],
  [{ email: 'john' }, 'email'],
  [{ groups: ['a\nb'] }, 'groups.0'],
  [{ roles: [{ client: 'gatehouse' }] }, 'roles.0'],
  [{ roles: ['r'.repeat(101)] }, 'roles.0'],
  [{ roles: ['two\tcolumns'] }, 'roles.0'],
  [{ claims: { realm_access: {} } }, 'claims.realm_access'],
  [{ claims: { note: 'x'.repeat(20_000) } }, 'claims'],
  [{ passwordHash: '$argon2id$…' }, ''],
])('refuses the input %o', (change, path) => {
  expect(problems({ ...john, ...change })).toEqual([expect.stringMatching(new RegExp(`^${path}: `))])
})
