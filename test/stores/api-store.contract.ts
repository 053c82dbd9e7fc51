import { describe, expect, it } from 'vitest'
import { collectionContract } from './collection.contract.ts'
import { anApi, aSource, type RegistryWorld, refused } from './world.ts'

export function apiStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  collectionContract(`ApiStore (${label})`, open, {
    of: ({ apis }) => apis,
    make: anApi,
    named: (api, name) => ({ ...api, name }),
  })

  describe(`ApiStore (${label})`, () => {
    it('finds an API by its audience', async () => {
      await using world = await open()
      const api = anApi({ audience: 'https://api.test/patients' })
      await world.stores.apis.add(api)
      expect(await world.stores.apis.byAudience('https://api.test/patients')).toEqual(api)
      expect(await world.stores.apis.byAudience('https://api.test')).toBeUndefined()
    })

    it('gives a slug and an audience to one API; having no audience is not having the same one', async () => {
      await using world = await open()
      const { apis } = world.stores
      await apis.add(anApi({ slug: 'patients', audience: 'https://api.test' }))
      expect((await refused(apis.add(anApi({ slug: 'patients' })), 'conflict')).map(({ path }) => path)).toEqual([
        'slug',
      ])
      expect(
        (await refused(apis.add(anApi({ audience: 'https://api.test' })), 'conflict')).map(({ path }) => path),
      ).toEqual(['audience'])
      await apis.add(anApi())
      await apis.add(anApi())
    })

    it('gives those of some ids that exist, or all', async () => {
      await using world = await open()
      const [one, two, three] = [anApi(), anApi(), anApi()]
      for (const api of [one, two, three]) await world.stores.apis.add(api)
      expect(await world.stores.apis.some('*')).toEqual([one, two, three])
      expect(await world.stores.apis.some([three.id, 'gone', one.id])).toEqual([one, three])
      expect(await world.stores.apis.some([])).toEqual([])
    })

    it('refuses a source that does not exist, and says which', async () => {
      await using world = await open()
      const okta = aSource()
      await world.stores.sources.add(okta)
      const problems = await refused(
        world.stores.apis.add(anApi({ authenticationSources: [okta.id, 'gone'] })),
        'invalid_input',
      )
      expect(problems).toEqual([{ path: 'authentication_sources', message: 'there is no authentication source gone' }])
    })

    it('lets a source go with the API that used it', async () => {
      await using world = await open()
      const okta = aSource()
      const api = anApi({ authenticationSources: [okta.id, okta.id] })
      await world.stores.sources.add(okta)
      await world.stores.apis.add(api)
      await world.stores.apis.remove(api.id, 1)
      await world.stores.sources.remove(okta.id, 1)
    })
  })
}
