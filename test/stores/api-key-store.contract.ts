import { describe, expect, it } from 'vitest'
import { aClient, anApi, anApiKey, anApplication, beginning, minute, type RegistryWorld, refused } from './world.ts'

async function withApplication({ stores }: RegistryWorld) {
  const [api, other, application] = [anApi(), anApi(), anApplication()]
  for (const each of [api, other]) await stores.apis.add(each)
  await stores.clients.add(aClient({ id: application.clientId }))
  await stores.applications.add(application)
  const key = (given: Parameters<typeof anApiKey>[0] = {}) =>
    anApiKey({ applicationId: application.id, apiId: api.id, ...given })
  return { ...stores, api, other, application, key }
}

export function apiKeyStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  describe(`ApiKeyStore (${label})`, () => {
    it('finds a key by its public name, together with whose it is', async () => {
      await using world = await open()
      const { apiKeys, applications, application, key } = await withApplication(world)
      const own = key({ prefix: 'gh_own', expiresAt: beginning + minute, lastUsedAt: beginning })
      await apiKeys.add(own)
      await apiKeys.add(key({ prefix: 'gh_other' }))
      expect(await apiKeys.byPrefix('gh_own')).toEqual({ key: own, application })
      expect(await apiKeys.byPrefix('gh_ow_')).toBeUndefined()
      const changed = await applications.replace({ ...application, disabledByConsumer: true, name: 'Other' }, 1)
      expect(await apiKeys.byPrefix('gh_own')).toEqual({ key: own, application: changed })
      expect(await apiKeys.get(own.id)).toEqual(own)
    })

    it('gives a public name once, and no key to what is not there', async () => {
      await using world = await open()
      const { apiKeys, key } = await withApplication(world)
      await apiKeys.add(key({ prefix: 'gh_own' }))
      expect(await refused(apiKeys.add(key({ prefix: 'gh_own' })), 'conflict')).toMatchObject([{ path: 'prefix' }])
      await refused(apiKeys.add(key({ applicationId: 'gone' })), 'not_found')
      await refused(apiKeys.add(key({ apiId: 'gone' })), 'not_found')
    })

    it('raises the version with each change, and removes only the version it was asked to', async () => {
      await using world = await open()
      const { apiKeys, key } = await withApplication(world)
      const own = key()
      await apiKeys.add(own)
      const changed = await apiKeys.replace({ ...own, expiresAt: beginning + minute }, 1)
      expect(changed).toEqual({ ...own, version: 2, expiresAt: beginning + minute })
      await refused(apiKeys.replace(own, 1), 'changed_meanwhile')
      await refused(apiKeys.remove(own.id, 1), 'changed_meanwhile')
      await apiKeys.remove(own.id, 2)
      expect(await apiKeys.get(own.id)).toBeUndefined()
    })

    it('tells which keys open an API now, and counts them', async () => {
      await using world = await open()
      const { apiKeys, api, other, key } = await withApplication(world)
      const good = [key(), key({ expiresAt: beginning + minute }), key()]
      const elsewhere = key({ apiId: other.id })
      for (const each of [...good, key({ expiresAt: beginning }), elsewhere]) await apiKeys.add(each)
      expect(await apiKeys.opening(api.id, { now: beginning, limit: 2 })).toEqual(good.slice(0, 2))
      expect(await apiKeys.opening(api.id, { now: beginning + minute, limit: 9 })).toEqual([good[0], good[2]])
      expect(await apiKeys.countByApi([api.id, other.id, 'gone'], beginning)).toEqual(
        new Map([
          [api.id, 3],
          [other.id, 1],
        ]),
      )
      expect(await apiKeys.countByApi([], beginning)).toEqual(new Map())
    })

    it('lists the keys of one application, page by page, found by name and public name', async () => {
      await using world = await open()
      const { apiKeys, clients, applications, key } = await withApplication(world)
      const elsewhere = anApplication()
      await clients.add(aClient({ id: elsewhere.clientId }))
      await applications.add(elsewhere)
      const mine = ['One', 'Two_', 'Three'].map((name) => key({ name }))
      for (const each of [mine[0], key({ applicationId: elsewhere.id }), mine[1], mine[2]]) {
        if (each) await apiKeys.add(each)
      }
      const { applicationId = '' } = mine[0] ?? {}
      const first = await apiKeys.ofApplication(applicationId, { limit: 2 })
      expect(first.items).toEqual(mine.slice(0, 2))
      const second = await apiKeys.ofApplication(applicationId, { limit: 2, after: first.next ?? '' })
      expect(second).toEqual({ items: mine.slice(2), next: null })
      const search = async (words: string) =>
        (await apiKeys.ofApplication(applicationId, { limit: 9, search: words })).items
      expect(await search('t')).toEqual(mine.slice(1))
      expect(await search('\0')).toEqual([])
      expect(await search('O_')).toEqual(mine.slice(1, 2))
      expect(await search(mine[2]?.prefix ?? '')).toEqual(mine.slice(2))
      await refused(apiKeys.ofApplication(applicationId, { limit: 1, after: 'nonsense' }), 'invalid_input')
    })

    it('knows which APIs are open to a client by keys that are good, each once', async () => {
      await using world = await open()
      const { apiKeys, applications, application, api, other, key } = await withApplication(world)
      const { clientId } = application
      expect(await apiKeys.opened(clientId, beginning)).toEqual([])
      await apiKeys.add(key())
      await apiKeys.add(key())
      await apiKeys.add(key({ apiId: other.id, expiresAt: beginning + minute }))
      expect((await apiKeys.opened(clientId, beginning)).toSorted()).toEqual([api.id, other.id].toSorted())
      expect(await apiKeys.opened(clientId, beginning + minute)).toEqual([api.id])
      expect(await apiKeys.opened('app', beginning)).toEqual([])
      for (const by of ['disabledByPublisher', 'disabledByConsumer'] as const) {
        const { version } = (await applications.get(application.id)) ?? application
        await applications.replace({ ...application, [by]: true }, version)
        expect(await apiKeys.opened(clientId, beginning), by).toEqual([])
      }
    })

    it('notes when keys were used without changing them, and never backwards', async () => {
      await using world = await open()
      const { apiKeys, key } = await withApplication(world)
      const [one, two] = [key(), key()]
      for (const each of [one, two]) await apiKeys.add(each)
      await apiKeys.used(
        [one.id, 'gone', ...Array.from({ length: 600 }, (_, index) => `none-${index}`)],
        beginning + minute,
      )
      await apiKeys.used([one.id], beginning)
      await apiKeys.used([], beginning)
      expect(await apiKeys.get(one.id)).toEqual({ ...one, lastUsedAt: beginning + minute })
      expect(await apiKeys.get(two.id)).toEqual(two)
    })

    it('says of no key that it was used before it was made', async () => {
      await using world = await open()
      const { apiKeys, key } = await withApplication(world)
      const own = key({ createdAt: beginning + minute })
      await apiKeys.add(own)
      await apiKeys.used([own.id], beginning)
      const used = { ...own, lastUsedAt: own.createdAt }
      expect([await apiKeys.get(own.id), (await apiKeys.byPrefix(own.prefix))?.key]).toEqual([used, used])
      await apiKeys.used([own.id], beginning + 60 * minute)
      expect((await apiKeys.get(own.id))?.lastUsedAt).toBe(beginning + 60 * minute)
    })

    it('loses the keys of an application with it', async () => {
      await using world = await open()
      const { apiKeys, applications, apis, application, api, key } = await withApplication(world)
      const own = key()
      await apiKeys.add(own)
      await applications.remove(application.id, 1)
      expect(await apiKeys.get(own.id)).toBeUndefined()
      await apis.remove(api.id, 1)
    })
  })
}
