import { expect, it } from 'vitest'
import type { AccountStore } from '../../src/accounts/account.ts'
import { createRecognise } from '../../src/accounts/recognise.ts'
import { openRegistry } from './registry.ts'

const start = Date.parse('2026-03-01T12:00:00Z')

async function setUp() {
  let now = start
  const clock = () => now
  const registry = await openRegistry(clock)
  return {
    ...registry,
    recognise: createRecognise({ ...registry, clock }),
    pass: (milliseconds: number) => {
      now += milliseconds
    },
    people: async () => (await registry.accounts.list({ limit: 100 })).items,
    [Symbol.asyncDispose]: registry[Symbol.asyncDispose],
  }
}

const rene = { subject: '00u1', attributes: { email: 'rene@acme.com', groups: ['Everyone', 'Consultant'] } }

it('makes an account for somebody who comes for the first time, and says so in the audit', async () => {
  await using broker = await setUp()
  const account = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  expect(account).toMatchObject({ enabled: true, roles: [], displayName: 'Rene Klomp', version: 1 })
  expect(await broker.accounts.get(account.id)).toEqual(account)
  expect(await broker.accounts.identities(account.id)).toEqual([
    {
      accountId: account.id,
      sourceId: broker.okta.id,
      subject: '00u1',
      attributes: rene.attributes,
      linkedAt: start,
      lastLoginAt: start,
    },
  ])
  expect((await broker.audit.list({ limit: 10 })).items).toMatchObject([
    {
      at: start,
      actor: { kind: 'account', id: account.id },
      action: 'user.created',
      subject: { type: 'user', id: account.id, name: 'Rene Klomp' },
      before: null,
      after: { authentication_source: 'Okta', subject: '00u1' },
    },
  ])
})

it('SEC-050 finds the same account again, for ever', async () => {
  await using broker = await setUp()
  const first = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  broker.pass(400 * 86_400_000)
  const again = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  expect(again).toEqual(first)
  expect(await broker.people()).toHaveLength(1)
  expect((await broker.audit.list({ limit: 10 })).items).toHaveLength(1)
})

it('SEC-080 replaces what the source said before as a whole', async () => {
  await using broker = await setUp()
  const { id } = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  broker.pass(60_000)
  const renamed = await broker.recognise(broker.okta, { subject: '00u1', attributes: { groups: [] } }, 'Rene Jansen')
  expect(renamed).toMatchObject({ id, displayName: 'Rene Jansen', updatedAt: start + 60_000 })
  expect(await broker.accounts.identity(broker.okta.id, '00u1')).toMatchObject({
    attributes: { groups: [] },
    linkedAt: start,
    lastLoginAt: start + 60_000,
  })
})

it('keeps the roles and the state that an administrator gave', async () => {
  await using broker = await setUp()
  const account = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  const role = { name: 'admin', client: 'gatehouse' }
  await broker.roles.ensure(role, start)
  await broker.accounts.replace({ ...account, enabled: false, roles: [role] }, 1)
  expect(await broker.recognise(broker.okta, rene, 'R. Klomp')).toMatchObject({ enabled: false, roles: [role] })
})

it('SEC-076 takes the same subject at two sources for two people', async () => {
  await using broker = await setUp()
  const here = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  const there = await broker.recognise(broker.entra, rene, 'Rene Klomp')
  expect(there.id).not.toBe(here.id)
})

it('SEC-076 compares subjects character by character', async () => {
  await using broker = await setUp()
  const subjects = ['00u1', '00U1', '00u1 ', '00u１', 'rene@acme.com', 'Rene@acme.com']
  for (const subject of subjects) await broker.recognise(broker.okta, { ...rene, subject }, 'Rene Klomp')
  expect(await broker.people()).toHaveLength(subjects.length)
})

it.each([
  ['', 'nothing'],
  ['x'.repeat(256), '256 characters'],
])('SEC-076 refuses a subject that names nobody (%#)', async (subject) => {
  await using broker = await setUp()
  await expect(broker.recognise(broker.okta, { ...rene, subject }, 'Rene')).rejects.toMatchObject({
    code: 'upstream_invalid',
  })
  expect(await broker.people()).toEqual([])
})

it('SEC-050 makes a new account for somebody deleted and made anew at the source', async () => {
  await using broker = await setUp()
  const before = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  const after = await broker.recognise(broker.okta, { ...rene, subject: '00u2' }, 'Rene Klomp')
  expect(after.id).not.toBe(before.id)
})

it('SEC-050 makes a new account for somebody whose account was removed here', async () => {
  await using broker = await setUp()
  const before = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  await broker.accounts.remove(before.id, 1)
  const after = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  expect(after.id).not.toBe(before.id)
})

const cells = [true, false].flatMap((trusted) =>
  [true, false].flatMap((verified) => [true, false].map((verifiedHere) => ({ trusted, verified, verifiedHere }))),
)
it.each(cells)('SEC-077 never links by e-mail or user name: %o', async ({ trusted, verified, verifiedHere }) => {
  await using broker = await setUp()
  const mapping = { ...broker.entra.mapping, trust_email: trusted }
  const entra = await broker.sources.replace({ ...broker.entra, mapping, domains: ['acme.com'] }, 1)
  const said = (email_verified: boolean) => ({
    email: 'rene@acme.com',
    preferred_username: 'rene',
    email_verified,
    xms_edov: email_verified,
  })
  const here = await broker.recognise(broker.okta, { subject: 'a', attributes: said(verifiedHere) }, 'Rene')
  const there = await broker.recognise(entra, { subject: 'b', attributes: said(verified) }, 'Rene')
  expect(there.id).not.toBe(here.id)
  expect(await broker.accounts.identities(here.id)).toHaveLength(1)
})

it('makes one account of many first logins at once', async () => {
  await using broker = await setUp()
  const logins = Array.from({ length: 20 }, () => broker.recognise(broker.okta, rene, 'Rene Klomp'))
  const ids = new Set((await Promise.all(logins)).map(({ id }) => id))
  expect(ids.size).toBe(1)
  expect(await broker.people()).toHaveLength(1)
})

it('finds the account of a first login that another node finished meanwhile', async () => {
  await using broker = await setUp()
  const winner = await broker.recognise(broker.okta, rene, 'Rene Klomp')
  let looks = 0
  // Whether somebody is known is asked before the transaction, and so may be old in it.
  const late = (accounts: AccountStore): AccountStore => ({
    ...accounts,
    identity: async (...key) => (looks++ === 0 ? undefined : accounts.identity(...key)),
  })
  const recognise = createRecognise({
    clock: () => start,
    accounts: late(broker.accounts),
    transact: broker.transact,
  })
  expect((await recognise(broker.okta, rene, 'Rene Klomp')).id).toBe(winner.id)
  expect(looks).toBe(2)
  expect(await broker.people()).toHaveLength(1)
  expect((await broker.audit.list({ limit: 10 })).items).toHaveLength(1)
})

it('takes the character U+0000 in a name for nothing, and no subject that holds it', async () => {
  await using broker = await setUp()
  const attributes = { email: 'rene@acme.test\0', nickname: '\0' }
  const account = await broker.recognise(broker.okta, { subject: '00u1', attributes }, 'Rene\0 Klomp')
  expect(account.displayName).toBe('Rene Klomp')
  expect((await broker.accounts.identity(broker.okta.id, '00u1'))?.attributes).toEqual(attributes)
  await expect(broker.recognise(broker.okta, { ...rene, subject: '00u1\0' }, 'Rene')).rejects.toMatchObject({
    code: 'upstream_invalid',
  })
})

it('cannot tell when the store does not answer', async () => {
  const broker = await setUp()
  await broker[Symbol.asyncDispose]()
  await expect(broker.recognise(broker.okta, rene, 'Rene')).rejects.toMatchObject({ name: 'Unavailable' })
})
