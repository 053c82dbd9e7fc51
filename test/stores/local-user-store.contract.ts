import { describe, expect, it } from 'vitest'
import { aLocalUser, aSource, type RegistryWorld, refused } from './world.ts'

export function localUserStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  async function withSource(world: RegistryWorld) {
    const source = aSource({ type: 'local' })
    await world.stores.sources.add(source)
    return source
  }

  describe(`LocalUserStore (${label})`, () => {
    it('SEC-086 finds a user however the name is written', async () => {
      await using world = await open()
      const source = await withSource(world)
      const user = aLocalUser({ sourceId: source.id, username: 'Rene' })
      await world.stores.localUsers.add(user)
      for (const name of ['Rene', ' rene ', 'RENE', 'ｒｅｎｅ']) {
        expect(await world.stores.localUsers.byUsername(source.id, name)).toEqual(user)
      }
      expect(await world.stores.localUsers.byUsername('another source', 'Rene')).toBeUndefined()
      expect(await world.stores.localUsers.get(user.id)).toEqual(user)
      expect(await world.stores.localUsers.some([user.id, 'nobody'])).toEqual([user])
    })

    it('SEC-086 refuses a look-alike of a name that is taken, and allows it at another source', async () => {
      await using world = await open()
      const [source, other] = [await withSource(world), await withSource(world)]
      await world.stores.localUsers.add(aLocalUser({ sourceId: source.id, username: 'rene' }))
      const problems = await refused(
        world.stores.localUsers.add(aLocalUser({ sourceId: source.id, username: 'RENE' })),
        'conflict',
      )
      expect(problems.map(({ path }) => path)).toEqual(['username'])
      await world.stores.localUsers.add(aLocalUser({ sourceId: other.id, username: 'RENE' }))
    })

    it('changes and removes a user', async () => {
      await using world = await open()
      const source = await withSource(world)
      const user = aLocalUser({ sourceId: source.id })
      await world.stores.localUsers.add(user)
      const replaced = await world.stores.localUsers.replace(
        { ...user, passwordHash: null, groups: ['Staff'], updatedAt: 9 },
        1,
      )
      expect(replaced).toEqual({ ...user, passwordHash: null, groups: ['Staff'], updatedAt: 9, version: 2 })
      expect(await world.stores.localUsers.get(user.id)).toEqual(replaced)
      await refused(world.stores.localUsers.replace(user, 1), 'changed_meanwhile')
      await world.stores.localUsers.remove(user.id)
      expect(await world.stores.localUsers.get(user.id)).toBeUndefined()
    })

    it('refuses a user of a source that is gone', async () => {
      await using world = await open()
      await refused(world.stores.localUsers.add(aLocalUser()), 'not_found')
    })
  })
}
