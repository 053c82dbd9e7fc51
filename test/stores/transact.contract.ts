import { describe, expect, it } from 'vitest'
import { system } from '../../src/audit/audit.ts'
import { newId } from '../../src/ids.ts'
import type { LiveStores, RegistryStores } from '../../src/stores/sql/open.ts'
import { aClient, anAccount, aSource, atOnce, type RegistryWorld, refused } from './world.ts'

const record = (audit: RegistryStores['audit']) =>
  audit.record({
    id: newId(),
    at: 1,
    actor: system,
    action: 'a',
    subject: { type: 's', id: 'i', name: 'n' },
    before: null,
    after: null,
  })

export function transactContract(label: string, open: () => Promise<RegistryWorld & { stores: LiveStores }>): void {
  describe(`Transactions (${label})`, () => {
    it('keep all of what was done, and answer what the work answers', async () => {
      await using world = await open()
      const [source, client] = [aSource(), aClient()]
      const answer = await world.stores.transact(async ({ sources, clients, audit }) => {
        await sources.add(source)
        await clients.add({ ...client, allowedSources: [source.id] })
        await record(audit)
        return 'done'
      })
      expect(answer).toBe('done')
      expect(await world.stores.sources.get(source.id)).toEqual(source)
      expect((await world.stores.audit.list({ limit: 9 })).items).toHaveLength(1)
    })

    it('leave nothing behind when the work fails, the audit included', async () => {
      await using world = await open()
      const source = aSource()
      const work = world.stores.transact(async ({ sources, audit }) => {
        await sources.add(source)
        await record(audit)
        throw new Error('the plug was pulled')
      })
      await expect(work).rejects.toThrow('the plug was pulled')
      expect(await world.stores.sources.get(source.id)).toBeUndefined()
      expect((await world.stores.audit.list({ limit: 9 })).items).toEqual([])
    })

    it('roll back and pass on a refusal with its problems', async () => {
      await using world = await open()
      const account = anAccount()
      await world.stores.sources.add(aSource({ alias: 'Okta' }))
      const work = world.stores.transact(async ({ accounts, sources }) => {
        await accounts.add(account)
        await sources.add(aSource({ alias: 'Okta' }))
      })
      expect((await refused(work, 'conflict')).map(({ path }) => path)).toEqual(['alias'])
      expect(await world.stores.accounts.get(account.id)).toBeUndefined()
    })

    it('do not let in what others do meanwhile', async () => {
      await using world = await open()
      const [inside, outside] = [aSource(), aSource()]
      let foreign: Promise<void> | undefined
      const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
      const work = world.stores.transact(async ({ sources }) => {
        await sources.add(inside)
        begin()
        await new Promise((resolve) => setTimeout(resolve, 30))
        throw new Error('the plug was pulled')
      })
      await Promise.all([
        expect(work).rejects.toThrow('the plug was pulled'),
        begun.then(() => {
          foreign = world.stores.sources.add(outside)
        }),
      ])
      await foreign
      expect(await world.stores.sources.get(inside.id)).toBeUndefined()
      expect(await world.stores.sources.get(outside.id)).toEqual(outside)
    })

    it('let a node be shut out and the reason be written down in one go', async () => {
      await using world = await open()
      const account = anAccount()
      await world.stores.accounts.add(account)
      await world.stores.transact(async ({ accounts, audit }) => {
        await world.stores.marks.block('account', account.id, 5, world.now() + 1000)
        await accounts.replace({ ...account, enabled: false }, 1)
        await record(audit)
      })
      const question = { jti: 'token', clientId: 'app', accountId: account.id }
      expect((await world.stores.marks.liveness(question)).accountBlockedAt).toBe(5)
      expect((await world.stores.accounts.get(account.id))?.enabled).toBe(false)
    })

    it('take turns, on one node and on two', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      const account = anAccount({ displayName: '0' })
      await world.stores.accounts.add(account)
      await atOnce(20, (index) =>
        (nodes[index % 2] ?? world.stores).transact(async ({ accounts }) => {
          const now = await accounts.get(account.id)
          if (!now) throw new Error('It is gone')
          await new Promise((resolve) => setImmediate(resolve))
          await accounts.replace({ ...now, displayName: String(Number(now.displayName) + 1) }, now.version)
        }),
      )
      expect((await world.stores.accounts.get(account.id))?.displayName).toBe('20')
    })

    it('tell every node that the registry changed, unless nothing came of it or only people did', async () => {
      await using world = await open()
      const other = await world.another()
      const source = aSource()
      const before = await other.registryVersion()
      await world.stores.sources.add(source)
      const after = await other.registryVersion()
      expect(after).toBeGreaterThan(before)
      await refused(world.stores.sources.replace(source, 9), 'changed_meanwhile')
      await world.stores.accounts.add(anAccount())
      expect(await other.registryVersion()).toBe(after)
      await world.stores.sources.remove(source.id, 1)
      expect(await other.registryVersion()).toBeGreaterThan(after)
    })

    it('tell every node the same at once, where they can', async () => {
      await using world = await open()
      const other = await world.another()
      for (const name of ['one', 'two']) {
        const before = other.versionAtOnce()
        await world.stores.sources.add(aSource({ alias: name }))
        const told = other.versionAtOnce()
        expect([await other.registryVersion(), undefined]).toContain(told)
        if (told !== undefined) expect(told).toBeGreaterThan(Number(before))
      }
    })
  })
}
