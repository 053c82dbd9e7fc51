import { describe, expect, it } from 'vitest'
import { clientKinds, kindOf } from '../../src/clients/kinds.ts'
import { collectionContract } from './collection.contract.ts'
import { aClient, anAccount, aSource, type RegistryWorld, refused } from './world.ts'

export function clientStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  collectionContract(`ClientStore (${label})`, open, {
    of: ({ clients }) => clients,
    make: aClient,
    named: (client, name) => ({ ...client, metadata: { ...client.metadata, client_name: name } }),
  })

  describe(`ClientStore (${label})`, () => {
    it('keeps what is null apart from what is empty', async () => {
      await using world = await open()
      const open_ = aClient({ secrets: [], allowedSources: null, resourceServer: null })
      const shut = aClient({ allowedSources: [], resourceServer: { apis: [] } })
      for (const client of [open_, shut]) {
        await world.stores.clients.add(client)
        expect(await world.stores.clients.get(client.id)).toEqual(client)
      }
    })

    it('lists clients of one kind, whatever their names say', async () => {
      await using world = await open()
      const { clients } = world.stores
      const code = { grant_types: ['authorization_code', 'refresh_token'], application_type: 'web' } as const
      const machine = { ...code, grant_types: ['client_credentials'], client_name: '"authorization_code"' }
      const secret = { token_endpoint_auth_method: 'client_secret_basic' }
      const none = { token_endpoint_auth_method: 'none' }
      for (const [id, metadata, resourceServer] of [
        ['web', { ...code, ...secret, client_name: '"application_type":"native"' }, null],
        ['single_page', { ...code, ...none }, null],
        ['native', { ...code, ...none, application_type: 'native' }, null],
        ['machine', { ...machine, ...secret }, null],
        ['resource_server', { ...machine, ...secret }, { apis: '*' }],
      ] as const)
        await clients.add(aClient({ id, metadata, resourceServer }))
      for (const kind of clientKinds) {
        const { items } = await clients.list({ limit: 9, kind })
        expect([...items.map(({ id }) => id), ...items.map(kindOf)]).toEqual([kind, kind])
      }
      expect((await clients.list({ limit: 9, kind: 'web', search: 'machine' })).items).toEqual([])
    })

    it('refuses to allow a source that does not exist, and says which', async () => {
      await using world = await open()
      const okta = aSource()
      await world.stores.sources.add(okta)
      const client = aClient({ allowedSources: [okta.id, 'gone'] })
      const problems = await refused(world.stores.clients.add(client), 'invalid_input')
      expect(problems).toEqual([{ path: 'allowed_sources', message: 'there is no authentication source gone' }])
      expect(await world.stores.clients.get(client.id)).toBeUndefined()
    })

    it('finds a client whose id has a colon, and searches by id', async () => {
      await using world = await open()
      const client = aClient({ id: '6fcc0833-0ec2-4542-bc2c-4cd88286dfc8:OPENID', metadata: {} })
      await world.stores.clients.add(client)
      expect(await world.stores.clients.get(client.id)).toEqual(client)
      expect((await world.stores.clients.list({ limit: 5, search: '6FCC0833' })).items).toEqual([client])
    })

    it('knows which origins the enabled clients have, and no others', async () => {
      await using world = await open()
      const { clients } = world.stores
      const client = aClient({ webOrigins: ['https://my_app.example', 'https://two.example'] })
      await clients.add(client)
      await clients.add(aClient({ webOrigins: ['https://off.example'], enabled: false }))
      expect(await clients.anyWithOrigin('https://my_app.example')).toBe(true)
      expect(await clients.anyWithOrigin('https://two.example')).toBe(true)
      for (const other of ['https://my-app.example', 'https://two.exampl', '', '%', 'null', 'https://off.example']) {
        expect(await clients.anyWithOrigin(other), other).toBe(false)
      }
    })

    it('takes the consents of a removed client with it', async () => {
      await using world = await open()
      const [client, account] = [aClient(), anAccount()]
      await world.stores.clients.add(client)
      await world.stores.accounts.add(account)
      await world.stores.consents.give({ accountId: account.id, clientId: client.id, scopes: ['openid'], givenAt: 1 })
      await world.stores.clients.remove(client.id, 1)
      expect(await world.stores.consents.get(account.id, client.id)).toBeUndefined()
    })
  })
}
