import { describe, expect, it } from 'vitest'
import type { Application } from '../../src/applications/application.ts'
import { collectionContract } from './collection.contract.ts'
import { aClient, anApplication, type RegistryWorld, refused } from './world.ts'

/** Adds the client first, without which an application cannot be. */
const withClients = ({ applications, clients }: RegistryWorld['stores']) => ({
  ...applications,
  async add(application: Application) {
    if (!(await clients.get(application.clientId))) await clients.add(aClient({ id: application.clientId }))
    await applications.add(application)
  },
})

export function applicationStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  collectionContract(`ApplicationStore (${label})`, open, {
    of: withClients,
    make: anApplication,
    named: (application, name) => ({ ...application, name }),
  })

  describe(`ApplicationStore (${label})`, () => {
    it('finds an application by its client and by its owner', async () => {
      await using world = await open()
      const application = anApplication({ owner: { name: 'Grace Hopper', email: 'grace@acme.test' } })
      const orphan = anApplication({ owner: null, disabledByPublisher: true })
      for (const each of [application, orphan]) await withClients(world.stores).add(each)
      const { applications } = world.stores
      expect(await applications.byClient(application.clientId)).toEqual(application)
      expect(await applications.byClient(orphan.clientId)).toEqual(orphan)
      expect(await applications.byClient('app')).toBeUndefined()
      expect((await applications.list({ limit: 5, search: 'grace@ACME' })).items).toEqual([application])
    })

    it('keeps its client, and names itself when somebody would remove that', async () => {
      await using world = await open()
      const application = anApplication()
      await withClients(world.stores).add(application)
      const { applications, clients } = world.stores
      const problems = await refused(clients.remove(application.clientId, 1), 'in_use')
      expect(problems).toEqual([
        { path: `applications/${application.id}`, message: 'is used by the application Patient App' },
      ])
      await applications.remove(application.id, 1)
      await clients.remove(application.clientId, 1)
    })

    it('has its client to itself', async () => {
      await using world = await open()
      const application = anApplication()
      await withClients(world.stores).add(application)
      const second = anApplication({ clientId: application.clientId })
      await refused(world.stores.applications.add(second), 'conflict')
    })

    it('has its slug to itself; any number have none', async () => {
      await using world = await open()
      const [first, second, ...without] = [
        anApplication({ slug: 'patient-app' }),
        anApplication({ slug: 'patient-app' }),
        anApplication(),
        anApplication(),
      ]
      for (const each of [first, ...without]) await withClients(world.stores).add(each)
      const problems = await refused(withClients(world.stores).add(second), 'conflict')
      expect(problems).toEqual([{ path: 'slug', message: 'is the slug of another application already' }])
      expect(await world.stores.applications.get(first.id)).toEqual(first)
    })
  })
}
