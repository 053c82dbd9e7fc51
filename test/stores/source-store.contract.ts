import { describe, expect, it } from 'vitest'
import { newId } from '../../src/ids.ts'
import { collectionContract } from './collection.contract.ts'
import {
  aClient,
  accepted,
  aLocalUser,
  anAccount,
  anApi,
  anIdentity,
  aRole,
  aSource,
  beginning,
  minute,
  type RegistryWorld,
  refused,
} from './world.ts'

/** @param many sources to be quick among: adding them takes a while where each statement travels. */
export function sourceStoreContract(label: string, open: () => Promise<RegistryWorld>, many = 10_000): void {
  collectionContract(`SourceStore (${label})`, open, {
    of: ({ sources }) => sources,
    make: aSource,
    named: (source, name) => ({ ...source, name }),
  })

  describe(`SourceStore (${label})`, () => {
    it('finds a source by its alias, which is spelled exactly so', async () => {
      await using world = await open()
      const okta = aSource({ alias: 'Okta' })
      await world.stores.sources.add(okta)
      expect(await world.stores.sources.byAlias('Okta')).toEqual(okta)
      expect(await world.stores.sources.byAlias('okta')).toBeUndefined()
    })

    it('refuses an alias that is taken, and names the member', async () => {
      await using world = await open()
      await world.stores.sources.add(aSource({ alias: 'Okta' }))
      const problems = await refused(world.stores.sources.add(aSource({ alias: 'Okta' })), 'conflict')
      expect(problems.map(({ path }) => path)).toEqual(['alias'])
    })

    it('gives a domain to one source, and keeps nothing of one that wanted another’s', async () => {
      await using world = await open()
      const okta = aSource({ domains: ['acme.test', 'acme.example'] })
      const thief = aSource({ domains: ['mine.test', 'acme.test'] })
      await world.stores.sources.add(okta)
      const problems = await refused(world.stores.sources.add(thief), 'conflict')
      expect(problems).toEqual([{ path: 'domains', message: 'acme.test belongs to another authentication source' }])
      expect(await world.stores.sources.get(thief.id)).toBeUndefined()
      expect(await world.stores.sources.byDomain('mine.test')).toBeUndefined()
      expect((await world.stores.sources.byDomain('acme.example'))?.id).toBe(okta.id)
    })

    it('lets go of the domains that a change leaves out', async () => {
      await using world = await open()
      const okta = aSource({ domains: ['acme.test'] })
      await world.stores.sources.add(okta)
      await world.stores.sources.replace({ ...okta, domains: ['acme.example'] }, 1)
      expect(await world.stores.sources.byDomain('acme.test')).toBeUndefined()
      await world.stores.sources.add(aSource({ domains: ['acme.test'] }))
    })

    it('knows whether a domain leads to an enabled source besides those that are known', async () => {
      await using world = await open()
      const { sources } = world.stores
      const okta = aSource({ domains: ['acme.test'], enabled: false })
      const other = aSource()
      await sources.add(okta)
      await sources.add(other)
      expect(await sources.anyDomain([])).toBe(false)
      await sources.replace({ ...okta, enabled: true }, 1)
      expect(await sources.anyDomain([])).toBe(true)
      expect(await sources.anyDomain([other.id])).toBe(true)
      expect(await sources.anyDomain([okta.id])).toBe(false)
      expect(await sources.anyDomain([], [okta.id])).toBe(true)
      expect(await sources.anyDomain([], [other.id])).toBe(false)
      expect(await sources.anyDomain([], [])).toBe(false)
    })

    it('finds what is over soon among those that are enabled, the soonest first', async () => {
      await using world = await open()
      const { sources } = world.stores
      const at = { late: beginning + 9 * minute, soon: beginning + minute, off: beginning, over: beginning - minute }
      const made = Object.entries(at).map(([alias, expiresAt]) =>
        aSource({ alias, expiresAt, enabled: alias !== 'off' }),
      )
      for (const source of [...made, aSource()]) await sources.add(source)
      const found = async (until: number, limit = 10) =>
        (await sources.expiring(until, limit)).map(({ alias }) => alias)
      expect(await found(beginning + 9 * minute)).toEqual(['over', 'soon'])
      expect(await found(Number.MAX_SAFE_INTEGER)).toEqual(['over', 'soon', 'late'])
      expect(await found(Number.MAX_SAFE_INTEGER, 2)).toEqual(['over', 'soon'])
      const late = made.find(({ alias }) => alias === 'late') ?? aSource()
      await sources.replace({ ...late, expiresAt: null }, 1)
      expect(await found(Number.MAX_SAFE_INTEGER)).toEqual(['over', 'soon'])
    })

    it('knows which claims the mappings of enabled sources name', async () => {
      await using world = await open()
      const mapping = (attributes: Record<string, string>) => ({ ...aSource().mapping, attributes })
      await world.stores.sources.add(aSource({ mapping: mapping({ name: 'cn', department: 'dept' }) }))
      await world.stores.sources.add(aSource({ mapping: mapping({ name: 'displayName', badge: 'no' }) }))
      await world.stores.sources.add(aSource({ mapping: mapping({ off: 'off' }), enabled: false }))
      expect((await world.stores.sources.mappedClaims()).toSorted()).toEqual(['badge', 'department', 'name'])
    })

    it('offers the enabled ones that are not hidden, by name, as many as asked for', async () => {
      await using world = await open()
      const named = (name: string, given = {}) => aSource({ name, ...given })
      const [zeta, alpha, beta] = [named('Zeta'), named('alpha'), named('Beta')]
      for (const source of [zeta, alpha, beta, named('Off', { enabled: false }), named('Hidden', { hidden: true })]) {
        await world.stores.sources.add(source)
      }
      const names = async (limit: number, ids?: readonly string[]) =>
        (await world.stores.sources.offered(limit, ids)).map(({ name }) => name)
      expect(await names(9)).toEqual(['alpha', 'Beta', 'Zeta'])
      expect(await names(2)).toEqual(['alpha', 'Beta'])
      expect(await names(9, [zeta.id, beta.id])).toEqual(['Beta', 'Zeta'])
      expect(await names(9, [])).toEqual([])
    })

    it('finds those that are offered by pieces of their names, and of one type', async () => {
      await using world = await open()
      const { sources } = world.stores
      const [bern, basel] = [aSource({ name: 'Partner Bern' }), aSource({ name: 'partner Basel', type: 'local' })]
      for (const source of [
        ...[bern, basel, aSource({ name: 'Hospital' }), aSource({ name: 'Partner off', enabled: false })],
        ...[aSource({ name: 'Partner hidden', hidden: true }), aSource({ name: 'Partner tokens', type: 'jwt' })],
      ])
        await sources.add(source)
      const names = async (text: string, limit = 9, ids?: readonly string[]) =>
        (await sources.offeredLike(text, limit, ids)).map(({ name }) => name)
      expect(await names('PARTNER')).toEqual(['partner Basel', 'Partner Bern'])
      expect(await names('partner', 1)).toEqual(['partner Basel'])
      expect(await names('partner', 9, [bern.id])).toEqual(['Partner Bern'])
      expect(await names('partner', 9, [])).toEqual([])
      expect(await names('el')).toEqual(['partner Basel'])
      expect(await names('100% nobody\0')).toEqual([])
      expect((await sources.offered(9, undefined, 'local')).map(({ id }) => id)).toEqual([basel.id])
    })

    it('keeps a source that an API uses, and names the API', async () => {
      await using world = await open()
      const okta = aSource()
      const api = anApi({ name: 'Patient API', authenticationSources: [accepted(okta.id)] })
      await world.stores.sources.add(okta)
      await world.stores.apis.add(api)
      const unused = aSource()
      await world.stores.sources.add(unused)
      expect(await world.stores.sources.usage([okta.id, unused.id])).toEqual(
        new Map([
          [okta.id, { apis: [{ id: api.id, name: 'Patient API' }], portals: [] }],
          [unused.id, { apis: [], portals: [] }],
        ]),
      )
      const problems = await refused(world.stores.sources.remove(okta.id, 1), 'in_use')
      expect(problems).toEqual([{ path: `apis/${api.id}`, message: 'is used by the API Patient API' }])
      expect(await world.stores.sources.get(okta.id)).toEqual(okta)
      await world.stores.apis.replace({ ...api, authenticationSources: [] }, 1)
      await world.stores.sources.remove(okta.id, 1)
    })

    it('keeps a source that a client allows by name, and finds those clients', async () => {
      await using world = await open()
      const okta = aSource()
      const client = aClient({ allowedSources: [okta.id] })
      await world.stores.sources.add(okta)
      await world.stores.clients.add(client)
      await world.stores.clients.add(aClient({ allowedSources: null }))
      expect(await world.stores.clients.allowing(okta.id)).toEqual([client])
      const problems = await refused(world.stores.sources.remove(okta.id, 1), 'in_use')
      expect(problems.map(({ path }) => path)).toEqual([`clients/${client.id}`])
    })

    it('takes the identities and local users of a removed source with it, and leaves the accounts', async () => {
      await using world = await open()
      const { sources, accounts, localUsers } = world.stores
      const [okta, account] = [aSource(), anAccount()]
      const user = aLocalUser({ sourceId: okta.id })
      await sources.add(okta)
      await accounts.add(account)
      await accounts.link(anIdentity({ accountId: account.id, sourceId: okta.id }))
      await localUsers.add(user)
      await sources.remove(okta.id, 1)
      expect(await accounts.get(account.id)).toEqual(account)
      expect(await accounts.identities(account.id)).toEqual([])
      expect(await localUsers.get(user.id)).toBeUndefined()
    })

    it('refuses a mapping to a role that does not exist, and says which', async () => {
      await using world = await open()
      const source = aSource()
      const roles = [{ role: 'nurse' }, { role: 'doctor', client: 'clinic' }]
      await world.stores.roles.ensure({ name: 'nurse', client: null }, world.now())
      const mapped = { ...source, mapping: { ...source.mapping, roles } }
      const problems = await refused(world.stores.sources.add(mapped), 'invalid_input')
      expect(problems).toEqual([{ path: 'mapping.roles', message: 'there is no role doctor of clinic' }])
      await world.stores.roles.ensure({ name: 'doctor', client: 'clinic' }, world.now())
      await world.stores.sources.add(mapped)
      expect(await world.stores.sources.get(source.id)).toEqual(mapped)
    })

    it('lets go of the roles that a change leaves out', async () => {
      await using world = await open()
      const role = aRole()
      const source = aSource()
      await world.stores.roles.add(role)
      await world.stores.sources.add({
        ...source,
        mapping: { ...source.mapping, roles: [{ role: role.name }, { role: role.name }] },
      })
      await refused(world.stores.roles.remove(role.id, 1), 'in_use')
      await world.stores.sources.replace(source, 1)
      await world.stores.roles.remove(role.id, 1)
    })

    it(`answers quickly among ${many}`, async () => {
      await using world = await open()
      const wanted = newId()
      await world.stores.transact(async ({ sources }) => {
        for (let index = 0; index < many; index++) {
          await sources.add(aSource({ name: `Source ${index}`, alias: `source-${index}`, domains: [`d${index}.test`] }))
        }
        await sources.add(aSource({ id: wanted, name: 'A source', alias: 'wanted' }))
      })
      const { sources } = world.stores
      const took: number[] = []
      for (let round = 0; round < 20; round++) {
        const started = performance.now()
        expect((await sources.offered(10)).length).toBe(10)
        expect((await sources.byAlias('wanted'))?.id).toBe(wanted)
        expect((await sources.byDomain(`d${round}.test`))?.alias).toBe(`source-${round}`)
        await sources.usage([wanted])
        took.push(performance.now() - started)
      }
      // The quickest: what else the machine is doing is not the store's fault, and a scan is never quick.
      expect(Math.min(...took)).toBeLessThan(10)
    }, 60_000)
  })
}
