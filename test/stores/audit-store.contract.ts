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
    it('lists events newest first, page by page, whatever the clock said', async () => {
      await using world = await open()
      const events = [5, 5, 3, 4].map((at) => anEvent({ at }))
      for (const event of events) await world.stores.audit.record(event)
      const first = await world.stores.audit.list({ limit: 3 })
      expect(first.items).toEqual(events.slice(1).reverse())
      await world.stores.audit.record(anEvent())
      expect(await world.stores.audit.list({ limit: 3, after: first.next ?? '' })).toEqual({
        items: [events[0]],
        next: null,
      })
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
