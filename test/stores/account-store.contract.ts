import { describe, expect, it } from 'vitest'
import { collectionContract } from './collection.contract.ts'
import { anAccount, anIdentity, aSource, type RegistryWorld, refused } from './world.ts'

export function accountStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  collectionContract(`AccountStore (${label})`, open, {
    of: ({ accounts }) => accounts,
    make: anAccount,
    named: (account, name) => ({ ...account, displayName: name }),
  })

  describe(`AccountStore (${label})`, () => {
    it('finds an identity by source and subject, and never by one of them alone', async () => {
      await using world = await open()
      const { accounts, sources } = world.stores
      const [okta, entra] = [aSource(), aSource()]
      const account = anAccount()
      for (const source of [okta, entra]) await sources.add(source)
      await accounts.add(account)
      const identity = anIdentity({ accountId: account.id, sourceId: okta.id, subject: 'Rene' })
      await accounts.link(identity)
      expect(await accounts.identity(okta.id, 'Rene')).toEqual(identity)
      expect(await accounts.identity(okta.id, 'rene')).toBeUndefined()
      expect(await accounts.identity(entra.id, 'Rene')).toBeUndefined()
      const second = { ...anAccount(), displayName: 'Second' }
      await accounts.add(second)
      const other = anIdentity({ accountId: second.id, sourceId: entra.id, subject: 'rene' })
      await accounts.link(other)
      expect(await accounts.identities(account.id)).toEqual([identity])
      const both = await accounts.identitiesOf([account.id, second.id, 'nobody'])
      expect(both.map(({ accountId }) => accountId).toSorted()).toEqual([account.id, second.id].toSorted())
      expect(await accounts.identitiesOf([])).toEqual([])
    })

    it('lets one of many first logins of one person link them, on two nodes', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const okta = aSource()
      await world.stores.sources.add(okta)
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, async (_, index) => {
          const { transact } = nodes[index % 2] ?? world.stores
          const account = anAccount()
          await transact(async ({ accounts }) => {
            await accounts.add(account)
            await accounts.link(anIdentity({ accountId: account.id, sourceId: okta.id, subject: 'first' }))
          })
          return account.id
        }),
      )
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value)
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.code)
      expect(lost).toEqual(Array(9).fill('conflict'))
      expect((await world.stores.accounts.identity(okta.id, 'first'))?.accountId).toBe(won[0])
      expect((await world.stores.accounts.list({ limit: 99 })).items.map(({ id }) => id)).toEqual(won)
    })

    it('replaces what the source said as a whole', async () => {
      await using world = await open()
      const { accounts, sources } = world.stores
      const [okta, account] = [aSource(), anAccount()]
      await sources.add(okta)
      await accounts.add(account)
      const identity = anIdentity({ accountId: account.id, sourceId: okta.id })
      await accounts.link(identity)
      const seen = { attributes: { groups: ['Staff'] }, lastLoginAt: 5 }
      await accounts.seen({ sourceId: okta.id, subject: identity.subject, ...seen })
      expect(await accounts.identity(okta.id, identity.subject)).toEqual({ ...identity, ...seen })
    })

    it('searches by what the sources call the person too: user name, e-mail address and subject', async () => {
      await using world = await open()
      const { accounts, sources } = world.stores
      const [okta, rene] = [aSource(), anAccount({ displayName: 'Rene Klomp' })]
      const john = anAccount({ displayName: 'John Doe' })
      await sources.add(okta)
      for (const account of [rene, john]) await accounts.add(account)
      const identity = anIdentity({ accountId: rene.id, sourceId: okta.id, subject: '00uRene' })
      await accounts.link({ ...identity, attributes: { preferred_username: 'rklomp', email: 'Rene@acme.com' } })
      const found = async (search: string) => (await accounts.list({ limit: 9, search })).items.map(({ id }) => id)
      for (const search of ['rklomp', 'rene@ACME', '00urene', 'klomp rklomp'])
        expect(await found(search)).toEqual([rene.id])
      await accounts.seen({ ...identity, attributes: { preferred_username: 'renek' } })
      expect(await found('renek')).toEqual([rene.id])
      expect(await found('rklomp')).toEqual([])
      await accounts.replace({ ...rene, displayName: 'René Müller' }, 1)
      expect(await found('müller renek')).toEqual([rene.id])
      expect(await found('klomp')).toEqual([])

      const entra = aSource()
      await sources.add(entra)
      await accounts.link(anIdentity({ accountId: rene.id, sourceId: entra.id, subject: 'azure-7' }))
      expect(await found('azure renek')).toEqual([rene.id])
      await sources.remove(okta.id, 1)
      expect(await found('renek')).toEqual([])
      expect(await found('azure müller')).toEqual([rene.id])
      await accounts.unlink(rene.id, entra.id)
      expect(await found('azure')).toEqual([])
      await accounts.remove(rene.id, 2)
      expect(await found('müller')).toEqual([])
      expect(await found('john')).toEqual([john.id])
    })

    it('finds somebody by all that two sources on two nodes call them, who say it at once', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()] as const
      const [sources, account] = [[aSource(), aSource()] as const, anAccount()]
      await world.stores.accounts.add(account)
      for (const source of sources) {
        await world.stores.sources.add(source)
        await world.stores.accounts.link(anIdentity({ accountId: account.id, sourceId: source.id }))
      }
      for (let round = 0; round < 10; round++) {
        const say = (index: 0 | 1) =>
          nodes[index].accounts.seen({
            ...{ sourceId: sources[index].id, subject: '00u1', lastLoginAt: round },
            attributes: { preferred_username: `name${index}round${round}` },
          })
        await Promise.all([say(0), say(1)])
        const search = `name0round${round} name1round${round}`
        expect((await world.stores.accounts.list({ limit: 9, search })).items).toHaveLength(1)
      }
    })

    it('unties an account from one source, and tells how often it was tied to it', async () => {
      await using world = await open()
      const { accounts, sources } = world.stores
      const [okta, entra, account, other] = [aSource(), aSource(), anAccount(), anAccount()]
      for (const source of [okta, entra]) await sources.add(source)
      for (const one of [account, other]) await accounts.add(one)
      for (const subject of ['a', 'b'])
        await accounts.link(anIdentity({ accountId: account.id, sourceId: okta.id, subject }))
      const [kept, others] = [
        anIdentity({ accountId: account.id, sourceId: entra.id, subject: 'a' }),
        anIdentity({ accountId: other.id, sourceId: okta.id, subject: 'c' }),
      ]
      for (const identity of [kept, others]) await accounts.link(identity)
      expect(await accounts.unlink(account.id, okta.id)).toBe(2)
      expect(await accounts.unlink(account.id, okta.id)).toBe(0)
      expect(await accounts.identitiesOf([account.id, other.id])).toEqual(expect.arrayContaining([kept, others]))
      expect(await accounts.identities(account.id)).toEqual([kept])
      // It may be tied to somebody else.
      await accounts.link(anIdentity({ accountId: other.id, sourceId: okta.id, subject: 'a' }))
    })

    it('refuses a login of, and a link to, what is gone', async () => {
      await using world = await open()
      const okta = aSource()
      await world.stores.sources.add(okta)
      const nobody = anIdentity({ sourceId: okta.id })
      await refused(world.stores.accounts.link(nobody), 'not_found')
      await refused(world.stores.accounts.seen({ ...nobody, lastLoginAt: 1 }), 'not_found')
    })

    it('takes the identities of a removed account with it, so that the next login is a first one', async () => {
      await using world = await open()
      const { accounts, sources } = world.stores
      const [okta, account] = [aSource(), anAccount()]
      await sources.add(okta)
      await accounts.add(account)
      const identity = anIdentity({ accountId: account.id, sourceId: okta.id })
      await accounts.link(identity)
      await accounts.remove(account.id, 1)
      expect(await accounts.identity(okta.id, identity.subject)).toBeUndefined()
    })

    it('gives people only roles that exist', async () => {
      await using world = await open()
      const roles = [{ name: 'admin', client: 'gatehouse' }]
      const problems = await refused(world.stores.accounts.add(anAccount({ roles })), 'invalid_input')
      expect(problems).toEqual([{ path: 'roles', message: 'there is no role admin of gatehouse' }])
      await world.stores.roles.ensure({ name: 'admin', client: null }, 1)
      await refused(world.stores.accounts.add(anAccount({ roles })), 'invalid_input')
      await world.stores.roles.ensure({ name: 'admin', client: 'gatehouse' }, 1)
      await world.stores.accounts.add(anAccount({ roles }))
    })
  })
}
