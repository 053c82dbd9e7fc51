import { describe, expect, it } from 'vitest'
import { aClient, anAccount, atOnce, type RegistryWorld, refused } from './world.ts'

export function consentStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  async function withPerson(world: RegistryWorld) {
    const [client, account] = [aClient(), anAccount()]
    await world.stores.clients.add(client)
    await world.stores.accounts.add(account)
    return { accountId: account.id, clientId: client.id }
  }

  describe(`ConsentStore (${label})`, () => {
    it('adds what is agreed to later, and dates it', async () => {
      await using world = await open()
      const pair = await withPerson(world)
      const { consents } = world.stores
      expect(await consents.get(pair.accountId, pair.clientId)).toBeUndefined()
      await consents.give({ ...pair, scopes: ['openid', 'email'], givenAt: 1 })
      await consents.give({ ...pair, scopes: ['email', 'groups'], givenAt: 2 })
      expect(await consents.get(pair.accountId, pair.clientId)).toEqual({
        ...pair,
        scopes: ['openid', 'email', 'groups'],
        givenAt: 2,
      })
    })

    it('remembers an agreement to nothing in particular', async () => {
      await using world = await open()
      const pair = await withPerson(world)
      await world.stores.consents.give({ ...pair, scopes: [], givenAt: 1 })
      expect(await world.stores.consents.get(pair.accountId, pair.clientId)).toEqual({
        ...pair,
        scopes: [],
        givenAt: 1,
      })
    })

    it('loses neither of two agreements at once, on two nodes', async () => {
      await using world = await open()
      const pair = await withPerson(world)
      const nodes = [world.stores, await world.another()]
      await atOnce(20, (index) =>
        (nodes[index % 2] ?? world.stores).consents.give({ ...pair, scopes: [`scope-${index}`], givenAt: index }),
      )
      const consent = await world.stores.consents.get(pair.accountId, pair.clientId)
      expect([...(consent?.scopes ?? [])].sort()).toEqual(
        Array.from({ length: 20 }, (_, index) => `scope-${index}`).sort(),
      )
    })

    it('forgets what is withdrawn, and nothing else', async () => {
      await using world = await open()
      const [one, other] = [await withPerson(world), await withPerson(world)]
      for (const pair of [one, other]) await world.stores.consents.give({ ...pair, scopes: ['openid'], givenAt: 1 })
      await world.stores.consents.withdraw(one.accountId, one.clientId)
      expect(await world.stores.consents.get(one.accountId, one.clientId)).toBeUndefined()
      expect(await world.stores.consents.get(other.accountId, other.clientId)).toBeDefined()
    })

    it('lists what one person agreed to, the newest first', async () => {
      await using world = await open()
      const [one, other] = [await withPerson(world), await withPerson(world)]
      const { consents } = world.stores
      await consents.give({ ...one, scopes: ['openid'], givenAt: 1 })
      await consents.give({ ...other, scopes: ['openid'], givenAt: 1 })
      await consents.give({ ...one, clientId: other.clientId, scopes: ['email'], givenAt: 2 })
      expect(await consents.ofAccount(one.accountId)).toEqual([
        { ...one, clientId: other.clientId, scopes: ['email'], givenAt: 2 },
        { ...one, scopes: ['openid'], givenAt: 1 },
      ])
    })

    it('refuses the consent of somebody who is gone', async () => {
      await using world = await open()
      const pair = await withPerson(world)
      await world.stores.accounts.remove(pair.accountId, 1)
      await refused(world.stores.consents.give({ ...pair, scopes: ['openid'], givenAt: 1 }), 'not_found')
    })
  })
}
