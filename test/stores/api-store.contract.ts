import { describe, expect, it } from 'vitest'
import { noRules } from '../../src/apis/api-rules.ts'
import { collectionContract } from './collection.contract.ts'
import {
  aClient,
  accepted,
  anApi,
  anApiKey,
  anApplication,
  aPortal,
  aSource,
  beginning,
  minute,
  type RegistryWorld,
  refused,
} from './world.ts'

export function apiStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  collectionContract(`ApiStore (${label})`, open, {
    of: ({ apis }) => apis,
    make: anApi,
    named: (api, name) => ({ ...api, name }),
  })

  describe(`ApiStore (${label})`, () => {
    it('finds the APIs that a client may call, by its whole id', async () => {
      await using world = await open()
      const { apis, clients } = world.stores
      for (const id of ['a_b', 'say "hi"\\', 'axb', 'a_b2']) await clients.add(aClient({ id }))
      const [first, other, second] = [
        anApi({ clients: ['a_b', 'say "hi"\\'] }),
        anApi({ clients: ['axb', 'a_b2'] }),
        anApi({ clients: ['a_b'] }),
      ]
      for (const api of [first, other, second]) await apis.add(api)
      expect(await apis.entitling('a_b')).toEqual([first, second])
      expect(await apis.entitling('say "hi"\\')).toEqual([first])
      expect(await apis.entitling('nobody')).toEqual([])
    })

    it('keeps a client that an API names, and names the API; and takes on none that is not there', async () => {
      await using world = await open()
      const { apis, clients } = world.stores
      const [client, api] = [aClient({ id: 'app' }), anApi({ clients: ['app', 'app'] })]
      expect(await refused(apis.add(api), 'invalid_input')).toEqual([
        { path: 'clients', message: 'there is no client app' },
      ])
      await clients.add(client)
      await apis.add(api)
      expect(await refused(clients.remove('app', 1), 'in_use')).toEqual([
        { path: `apis/${api.id}`, message: 'is used by the API Patient API' },
      ])
      await clients.replace({ ...client, enabled: false }, 1)
      await apis.replace({ ...api, clients: [] }, 1)
      await clients.remove('app', 2)
      await clients.add(client)
      await apis.replace({ ...api, clients: ['app'] }, 2)
      await apis.remove(api.id, 3)
      await clients.remove('app', 1)
    })

    it('keeps an API that clients stand for, and names them; and they name none that is not there', async () => {
      await using world = await open()
      const { apis, clients } = world.stores
      const [api, other] = [anApi(), anApi()]
      const standing = aClient({ id: 'gateway', resourceServer: { apis: [api.id, api.id, other.id] } })
      expect(await refused(clients.add(standing), 'invalid_input')).toEqual([
        { path: 'resource_server.apis', message: `there is no API ${api.id}` },
        { path: 'resource_server.apis', message: `there is no API ${other.id}` },
      ])
      await apis.add(api)
      await apis.add(other)
      await clients.add(standing)
      await clients.add(aClient({ id: 'nameless', metadata: {}, resourceServer: { apis: [api.id] } }))
      await clients.add(aClient({ id: 'any', resourceServer: { apis: '*' } }))
      expect(await refused(apis.remove(api.id, 1), 'in_use')).toEqual([
        { path: 'clients/gateway', message: 'is used by the client Patient App' },
        { path: 'clients/nameless', message: 'is used by the client nameless' },
      ])
      expect((await clients.standingFor(api.id, 9)).map(({ id }) => id)).toEqual(['gateway', 'nameless'])
      expect((await clients.standingFor(api.id, 1)).map(({ id }) => id)).toEqual(['gateway'])

      await clients.remove('nameless', 1)
      await clients.replace({ ...standing, resourceServer: { apis: [other.id] } }, 1)
      await apis.remove(api.id, 1)
      await refused(apis.remove(other.id, 1), 'in_use')
      await clients.replace({ ...standing, resourceServer: null }, 2)
      await apis.remove(other.id, 1)
    })

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
        world.stores.apis.add(anApi({ authenticationSources: [okta.id, 'gone'].map(accepted) })),
        'invalid_input',
      )
      expect(problems).toEqual([{ path: 'authentication_sources', message: 'there is no authentication source gone' }])
    })

    it('lets a source go with the API that used it', async () => {
      await using world = await open()
      const okta = aSource()
      const api = anApi({ authenticationSources: [okta.id].map(accepted) })
      await world.stores.sources.add(okta)
      await world.stores.apis.add(api)
      await world.stores.apis.remove(api.id, 1)
      await world.stores.sources.remove(okta.id, 1)
    })

    it('keeps what it says of each source, its rules, and its address, which no other may have', async () => {
      await using world = await open()
      const { apis, sources } = world.stores
      const [okta, entra] = [aSource(), aSource()]
      for (const source of [okta, entra]) await sources.add(source)
      const api = anApi({
        name: 'Patients',
        hosts: ['api.test', 'api.test:8443'],
        pathPrefix: '/patients',
        authenticationSources: [
          { sourceId: entra.id, roles: [{ when_group: 'Staff', role: 'nurse' }], sunset: beginning + minute },
          accepted(okta.id),
        ],
        rules: { ...noRules, require_api_key: true, required_groups: ['Staff'], enforcement: 'report' },
      })
      await apis.add(api)
      expect(await apis.get(api.id)).toEqual(api)

      const problems = await refused(
        apis.add(anApi({ hosts: ['b.test', 'api.test'], pathPrefix: '/patients' })),
        'conflict',
      )
      expect(problems).toEqual([{ path: 'hosts.1', message: 'api.test/patients belongs to the API Patients' }])
      await apis.add(anApi({ hosts: ['api.test'], pathPrefix: '/patients/x' }))
      await apis.add(anApi({ hosts: ['api.test'] }))

      const moved = await apis.replace({ ...api, pathPrefix: '/people' }, 1)
      await apis.add(anApi({ hosts: ['api.test'], pathPrefix: '/patients' }))
      await refused(apis.replace({ ...moved, pathPrefix: '/patients' }, 2), 'conflict')
      await apis.remove(api.id, 2)
      await apis.add(anApi({ hosts: ['api.test'], pathPrefix: '/people' }))
    })

    it('gives an address to exactly one of two that claim it at once', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const claim = () => anApi({ hosts: ['api.test'], pathPrefix: '/race' })
      const outcomes = await Promise.allSettled(nodes.map(({ apis }) => apis.add(claim())))
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
      expect(lost.map(({ reason }) => [reason.code, reason.problems[0].path])).toEqual([
        ['conflict', expect.stringMatching(/^hosts/)],
      ])
    })

    it('keeps an API that a portal offers or a key opens, and names both', async () => {
      await using world = await open()
      const { apis, applications, apiKeys, clients, portals, sources } = world.stores
      const [api, source, application] = [anApi(), aSource(), anApplication()]
      await sources.add(source)
      await apis.add(api)
      await clients.add(aClient({ id: application.clientId }))
      await applications.add(application)
      const portal = aPortal({ sourceId: source.id, apis: [api.id] })
      const key = anApiKey({ applicationId: application.id, apiId: api.id, expiresAt: beginning + minute })
      await portals.add(portal)
      await apiKeys.add(key)

      const problems = await refused(apis.remove(api.id, 1), 'in_use')
      expect(problems).toEqual([
        { path: `portals/${portal.id}`, message: 'is used by the portal Developer portal' },
        {
          path: `applications/${application.id}/api-keys/${key.id}`,
          message: `is used by the key ${key.prefix} of Patient App`,
        },
      ])
      await portals.remove(portal.id, 1)
      await apiKeys.removeExpired(api.id, beginning)
      await refused(apis.remove(api.id, 1), 'in_use')
      await apiKeys.removeExpired(api.id, beginning + minute)
      await apis.remove(api.id, 1)
    })
  })
}
