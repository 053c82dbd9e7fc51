import { describe, expect, it } from 'vitest'
import type { Portal } from '../../src/portals/portal.ts'
import { collectionContract } from './collection.contract.ts'
import { anApi, aPortal, aSource, type RegistryWorld, refused } from './world.ts'

/** Adds the source first, without which a portal cannot be. */
const withSources = ({ portals, sources }: RegistryWorld['stores']) => ({
  ...portals,
  async add(portal: Portal) {
    if (!(await sources.get(portal.sourceId))) await sources.add(aSource({ id: portal.sourceId }))
    await portals.add(portal)
  },
})

export function portalStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  collectionContract(`PortalStore (${label})`, open, {
    of: withSources,
    make: aPortal,
    named: (portal, name) => ({ ...portal, name }),
  })

  describe(`PortalStore (${label})`, () => {
    it('has its slug to itself, and names only what is there', async () => {
      await using world = await open()
      const [source, api] = [aSource(), anApi()]
      const { apis, portals, sources } = world.stores
      await sources.add(source)
      await apis.add(api)
      const portal = aPortal({ sourceId: source.id, slug: 'developers', apis: [api.id] })
      await portals.add(portal)
      expect(await portals.get(portal.id)).toEqual(portal)
      const another = (given: Partial<Portal>) => portals.add(aPortal({ sourceId: source.id, ...given }))
      expect(await refused(another({ slug: 'developers' }), 'conflict')).toMatchObject([{ path: 'slug' }])
      expect(await refused(another({ apis: [api.id, 'gone'] }), 'invalid_input')).toMatchObject([{ path: 'apis' }])
      expect(await refused(another({ sourceId: 'gone' }), 'invalid_input')).toMatchObject([
        { path: 'authentication_source' },
      ])
    })

    it('keeps the source its people come through, which names it among its users', async () => {
      await using world = await open()
      const [source, other] = [aSource(), aSource()]
      const { portals, sources } = world.stores
      for (const each of [source, other]) await sources.add(each)
      const portal = aPortal({ sourceId: source.id })
      await portals.add(portal)
      const user = { id: portal.id, name: 'Developer portal' }
      expect(await sources.usage([source.id])).toEqual(new Map([[source.id, { apis: [], portals: [user] }]]))
      const problems = await refused(sources.remove(source.id, 1), 'in_use')
      expect(problems).toEqual([{ path: `portals/${portal.id}`, message: 'is used by the portal Developer portal' }])
      await portals.replace({ ...portal, sourceId: other.id }, 1)
      await sources.remove(source.id, 1)
    })
  })
}
