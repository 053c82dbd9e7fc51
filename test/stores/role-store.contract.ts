import { describe, expect, it } from 'vitest'
import { noRules } from '../../src/apis/api-rules.ts'
import type { Role } from '../../src/roles/role.ts'
import { collectionContract } from './collection.contract.ts'
import { accepted, anAccount, anApi, aPortal, aRole, aSource, atOnce, type RegistryWorld, refused } from './world.ts'

const maskedUnless = (role: string | null) => ({
  json_path: '$..ssn',
  unless_group: null,
  unless_role: role,
  with: '#',
})

export function roleStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  collectionContract(`RoleStore (${label})`, open, {
    of: ({ roles }) => roles,
    make: aRole,
    named: (role, name) => ({ ...role, name }),
  })

  describe(`RoleStore (${label})`, () => {
    it('tells a realm role from a client’s of the same name, and has each once', async () => {
      await using world = await open()
      await world.stores.roles.add(aRole({ name: 'admin', client: null }))
      await world.stores.roles.add(aRole({ name: 'admin', client: 'gatehouse' }))
      for (const client of [null, 'gatehouse']) {
        const problems = await refused(world.stores.roles.add(aRole({ name: 'admin', client })), 'conflict')
        expect(problems.map(({ path }) => path)).toEqual(['name'])
      }
    })

    it('makes a role that is named once, however many name it at once on two nodes', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      await atOnce(10, (index) =>
        (nodes[index % 2] ?? world.stores).roles.ensure({ name: 'nurse', client: 'clinic' }, 7),
      )
      const { items } = await world.stores.roles.list({ limit: 9 })
      expect(items).toMatchObject([{ name: 'nurse', client: 'clinic', version: 1, createdAt: 7 }])
    })

    it('tells who has a role, gives it and asks for it, and of others of the same name nothing', async () => {
      await using world = await open()
      const { roles, accounts, sources, apis, portals } = world.stores
      const [realm, ours] = [aRole({ name: 'nurse' }), aRole({ name: 'nurse', client: 'clinic' })]
      for (const role of [realm, ours]) await roles.add(role)
      const person = anAccount({ roles: [{ name: 'nurse', client: null }] })
      await accounts.add(person)
      const mapping = { ...aSource().mapping, roles: [{ role: 'nurse', client: 'clinic' }] }
      const source = aSource({ mapping })
      await sources.add(source)
      const asking = anApi({ rules: { ...noRules, required_roles: ['nurse'] } })
      const other = anApi({ rules: { ...noRules, required_roles: ['nurses'] } })
      for (const api of [asking, other]) await apis.add(api)
      const portal = aPortal({ sourceId: source.id, requiredRoles: ['nurse'] })
      await portals.add(portal)
      const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({ id, name })
      expect(await roles.usage(realm.id)).toEqual({
        ...{ sources: [], accounts: [{ id: person.id, name: person.displayName }] },
        ...{ apis: [named(asking)], portals: [named(portal)] },
      })
      expect(await roles.usage(ours.id)).toEqual({ accounts: [], apis: [], portals: [], sources: [named(source)] })
      expect((await roles.usage('gone')).accounts).toEqual([])
    })

    it('leaves a role that exists as it is', async () => {
      await using world = await open()
      const role = aRole({ name: 'nurse', description: 'Cares' })
      await world.stores.roles.add(role)
      await world.stores.roles.ensure({ name: 'nurse', client: null }, 7)
      expect((await world.stores.roles.list({ limit: 9 })).items).toEqual([role])
    })

    it.each([
      ['asks for', { rules: { ...noRules, required_roles: ['nurse'] } }],
      ['shows what it masks', { rules: { ...noRules, mask: [maskedUnless('nurse'), maskedUnless(null)] } }],
      ['gives', {}],
    ])(
      'keeps a role that an API %s, of the realm, its own and its audience’s, whichever came first',
      async (_, given) => {
        await using world = await open()
        const { roles, apis, sources } = world.stores
        const source = aSource()
        await sources.add(source)
        const gives = { sourceId: source.id, sunset: null, roles: [{ role: 'nurse' }] }
        const audience = 'https://api.test/patients'
        const api = anApi({ audience, ...given, ...(!('rules' in given) && { authenticationSources: [gives] }) })
        const [realm, own, ofAudience, elsewhere] = [null, api.id, audience, 'other'].map((client) =>
          aRole({ name: 'nurse', client }),
        ) as [Role, Role, Role, Role]
        await roles.add(realm)
        await apis.add(api)
        await roles.ensure(ofAudience, 7)
        for (const role of [own, elsewhere]) await roles.add(role)
        const { items } = await roles.list({ limit: 9 })
        const user = { path: `apis/${api.id}`, message: 'is used by the API Patient API' }
        for (const { id, client } of items.filter(({ client }) => client !== 'other')) {
          expect(await refused(roles.remove(id, 1), 'in_use'), String(client)).toEqual([user])
          expect((await roles.usage(id)).apis, String(client)).toEqual([{ id: api.id, name: api.name }])
        }
        expect((await roles.usage(elsewhere.id)).apis).toEqual([])
        await roles.remove(elsewhere.id, 1)
        await apis.replace({ ...api, rules: noRules, authenticationSources: [accepted(source.id)] }, 1)
        for (const { id, client } of items.filter(({ client }) => client !== 'other')) {
          expect((await roles.usage(id)).apis, String(client)).toEqual([])
          await roles.remove(id, 1)
        }
      },
    )

    it('keeps a role of the realm that a portal asks for, whichever came first', async () => {
      await using world = await open()
      const { roles, portals, sources } = world.stores
      const source = aSource()
      await sources.add(source)
      const portal = aPortal({ sourceId: source.id, requiredRoles: ['developer', 'tester'] })
      const [before, after] = [aRole({ name: 'developer' }), aRole({ name: 'tester' })]
      const ofClient = aRole({ name: 'tester', client: 'app' })
      await roles.add(before)
      await portals.add(portal)
      for (const role of [after, ofClient]) await roles.add(role)
      await roles.remove(ofClient.id, 1)
      const user = { path: `portals/${portal.id}`, message: 'is used by the portal Developer portal' }
      for (const role of [before, after]) expect(await refused(roles.remove(role.id, 1), 'in_use')).toEqual([user])
      await portals.replace({ ...portal, requiredRoles: ['tester'] }, 1)
      await roles.remove(before.id, 1)
      await refused(roles.remove(after.id, 1), 'in_use')
      await portals.remove(portal.id, 2)
      await roles.remove(after.id, 1)
    })

    it('keeps a role that a mapping gives or a person has, under its name, and names them', async () => {
      await using world = await open()
      const { roles, sources, accounts } = world.stores
      const role = aRole({ name: 'nurse', client: 'clinic' })
      const source = aSource({ name: 'Okta' })
      const account = anAccount({ displayName: 'Rene Klomp', roles: [{ name: 'nurse', client: 'clinic' }] })
      await roles.add(role)
      await sources.add({ ...source, mapping: { ...source.mapping, roles: [{ role: 'nurse', client: 'clinic' }] } })
      await accounts.add(account)
      const users = [
        { path: `authentication-sources/${source.id}`, message: 'is used by the mapping of Okta' },
        { path: `users/${account.id}`, message: 'is used by the user Rene Klomp' },
      ]
      expect(await refused(roles.remove(role.id, 1), 'in_use')).toEqual(users)
      expect(await refused(roles.replace({ ...role, name: 'doctor' }, 1), 'in_use')).toEqual(users)
      await roles.replace({ ...role, description: 'Cares more' }, 1)
      await sources.remove(source.id, 1)
      await accounts.remove(account.id, 1)
      await roles.remove(role.id, 2)
    })
  })
}
