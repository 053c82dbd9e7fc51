import { describe, expect, it } from 'vitest'
import { type AuditEvent, system } from '../../src/audit/audit.ts'
import { newId } from '../../src/ids.ts'
import { aSource, type RegistryWorld, refused } from './world.ts'

const anEvent = (given: Partial<AuditEvent> = {}): AuditEvent => ({
  id: newId(),
  at: 1,
  actor: system,
  action: 'source.changed',
  subject: { type: 'source', id: newId(), name: 'Okta' },
  before: { enabled: true },
  after: null,
  ...given,
})

export function auditStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  describe(`AuditStore (${label})`, () => {
    it('lists events newest first, page by page, of those at once the last one recorded first', async () => {
      await using world = await open()
      const events = [3, 4, 5, 5].map((at) => anEvent({ at }))
      for (const event of events) await world.stores.audit.record(event)
      const first = await world.stores.audit.list({ limit: 3 })
      expect(first.items).toEqual(events.slice(1).reverse())
      await world.stores.audit.record(anEvent({ at: 9 }))
      expect(await world.stores.audit.list({ limit: 3, after: first.next ?? '' })).toEqual({
        items: [events[0]],
        next: null,
      })
    })

    it('finds one by its id, and none by another', async () => {
      await using world = await open()
      const event = anEvent({ after: { enabled: false } })
      await world.stores.audit.record(event)
      expect(await world.stores.audit.get(event.id)).toEqual(event)
      expect(await world.stores.audit.get(newId())).toBeUndefined()
    })

    it('lists those of an actor, a subject, an action or a time', async () => {
      await using world = await open()
      const { audit } = world.stores
      const rene = { kind: 'account', id: 'rene' } as const
      const okta = { type: 'source', id: 'okta', name: 'Okta' }
      const app = { type: 'client', id: 'app', name: 'App' }
      const events = [
        anEvent({ at: 1, actor: rene, subject: okta, action: 'source.created' }),
        anEvent({ at: 2, subject: okta }),
        anEvent({ at: 3, actor: rene, subject: app, action: 'client.changed' }),
      ]
      for (const event of events) await audit.record(event)
      const times = async (query: Partial<Parameters<typeof audit.list>[0]>) =>
        (await audit.list({ limit: 9, ...query })).items.map(({ at }) => at)
      expect(await times({ actor: 'rene' })).toEqual([3, 1])
      expect(await times({ subjectType: 'source' })).toEqual([2, 1])
      expect(await times({ subjectId: 'app' })).toEqual([3])
      expect(await times({ action: 'source.changed' })).toEqual([2])
      expect(await times({ from: 2, until: 3 })).toEqual([2])
      expect(await times({ actor: 'rene', subjectType: 'source', until: 9 })).toEqual([1])
    })

    it('gives them out in the order they were committed, to go on from any of them, whatever the clock said', async () => {
      await using world = await open()
      const { audit } = world.stores
      const events = [5, 3, 4, 9].map((at) => anEvent({ at }))
      for (const event of events) await audit.record(event)
      const first = await audit.following({ limit: 3 })
      expect(first.map(({ cursor, ...event }) => event)).toEqual(events.slice(0, 3))
      const second = await audit.following({ limit: 3, after: first[1]?.cursor ?? '' })
      expect(second.map(({ at }) => at)).toEqual([4, 9])
      expect((await audit.following({ limit: 9, from: 4, until: 9 })).map(({ at }) => at)).toEqual([5, 4])
      await refused(audit.following({ limit: 3, after: 'never given out' }), 'invalid_input')
    })

    it('forgets those from before a time', async () => {
      await using world = await open()
      const { audit } = world.stores
      for (const at of [1, 2, 3]) await audit.record(anEvent({ at }))
      expect(await audit.sweep(3)).toBe(2)
      expect((await audit.list({ limit: 9 })).items.map(({ at }) => at)).toEqual([3])
    })

    it('keeps no event of a change that was refused', async () => {
      await using world = await open()
      const okta = aSource()
      await world.stores.sources.add(okta)
      const change = world.stores.transact(async ({ sources, audit }) => {
        await audit.record(anEvent())
        await sources.replace({ ...okta, name: 'Other' }, 7)
      })
      await refused(change, 'changed_meanwhile')
      expect((await world.stores.audit.list({ limit: 9 })).items).toEqual([])
    })
  })
}
