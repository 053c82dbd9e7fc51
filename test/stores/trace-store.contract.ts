import { describe, expect, it } from 'vitest'
import type { Trace } from '../../src/traces/trace.ts'
import { atOnce, type RegistryWorld, refused } from './world.ts'

export function traceStoreContract(label: string, open: () => Promise<RegistryWorld>): void {
  describe(`TraceStore (${label})`, () => {
    it('keeps the newest two hundred steps of somebody who goes round and round', async () => {
      await using world = await open()
      const { traces } = world.stores
      for (let at = 1; at <= 210; at++) await traces.append('R', { steps: [{ at, what: 'departed' }] })
      const kept = (await traces.get('R'))?.steps ?? []
      expect([kept.length, kept[0]?.at, kept.at(-1)?.at]).toEqual([200, 11, 210])
    })

    it('makes a trace with its first step, and adds what becomes known', async () => {
      await using world = await open()
      const { traces } = world.stores
      expect(await traces.get('7K3-QF2-M9A')).toBeUndefined()
      await traces.append('7K3-QF2-M9A', { clientId: 'app', steps: [{ at: 5, what: 'departed' }] })
      await traces.append('7K3-QF2-M9A', {
        clientId: undefined,
        sourceId: 'okta',
        outcome: 'refused',
        reason: 'account_disabled',
        endedAt: 9,
        steps: [{ at: 9, what: 'refused', detail: { by: 'admission' } }],
      })
      expect(await traces.get('7K3-QF2-M9A')).toEqual({
        reference: '7K3-QF2-M9A',
        startedAt: 5,
        endedAt: 9,
        clientId: 'app',
        sourceId: 'okta',
        accountId: null,
        apiId: null,
        outcome: 'refused',
        reason: 'account_disabled',
        steps: [
          { at: 5, what: 'departed' },
          { at: 9, what: 'refused', detail: { by: 'admission' } },
        ],
      })
    })

    it('adds many at once, each in its own place, and leaves alone what is there', async () => {
      await using world = await open()
      const { traces } = world.stores
      const refused = (reference: string): Trace => ({
        ...{ reference, startedAt: 5, endedAt: 5, clientId: null, sourceId: null, accountId: 'rene' },
        ...{ apiId: 'patients', outcome: 'call_refused', reason: 'group_missing', steps: [{ at: 5, what: 'refused' }] },
      })
      await traces.addAll([])
      await traces.append('B', { steps: [{ at: 1, what: 'departed' }] })
      await traces.addAll(['A', 'B', 'C', 'D'].map(refused))
      expect(await traces.get('C')).toEqual(refused('C'))
      expect((await traces.get('B'))?.outcome).toBe('open')
      const paged: string[] = []
      for (let after: string | undefined, more = true; more; ) {
        const { items, next } = await traces.list({ limit: 1, apiId: 'patients', ...(after && { after }) })
        paged.push(...items.map(({ reference }) => reference))
        more = next !== null
        after = next ?? undefined
      }
      expect(paged).toEqual(['D', 'C', 'A'])
      expect((await traces.list({ limit: 5, reference: 'A' })).items).toHaveLength(1)
      expect(await traces.erase('rene')).toBe(3)
    })

    it('loses no step of many written at once, on two nodes', async () => {
      await using world = await open()
      const nodes = [world.stores, await world.another()]
      await atOnce(20, (index) =>
        (nodes[index % 2] ?? world.stores).traces.append('R', { steps: [{ at: index, what: `step ${index}` }] }),
      )
      const steps = (await world.stores.traces.get('R'))?.steps.map(({ at }) => at)
      expect(steps?.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index))
    })

    it('lists those of a client, of an account, or of both', async () => {
      await using world = await open()
      const { traces } = world.stores
      const all = [
        ['app', 'rene'],
        ['web', 'rene'],
        ['app', 'john'],
        ['app', 'rene'],
      ] as const
      for (const [at, [clientId, accountId]] of all.entries())
        await traces.append(`R${at}`, { clientId, accountId, steps: [{ at, what: 'departed' }] })
      const references = async (query: Partial<Parameters<typeof traces.list>[0]>) =>
        (await traces.list({ limit: 10, ...query })).items.map(({ reference }) => reference)
      expect(await references({ clientId: 'app' })).toEqual(['R3', 'R2', 'R0'])
      expect(await references({ accountId: 'rene' })).toEqual(['R3', 'R1', 'R0'])
      expect(await references({ clientId: 'app', accountId: 'rene' })).toEqual(['R3', 'R0'])
      const { next } = await traces.list({ limit: 1, clientId: 'app' })
      expect(await references({ clientId: 'app', after: next ?? '' })).toEqual(['R2', 'R0'])
      expect(await references({ clientId: 'nobody' })).toEqual([])
    })

    it('lists those of a source, with an outcome, with a reason, of a time, and all of it at once, page by page', async () => {
      await using world = await open()
      const { traces } = world.stores
      const all = [
        ['okta', 'refused', 'groups_overage'],
        ['okta', 'signed_in', null],
        ['entra', 'refused', 'groups_overage'],
        ['okta', 'refused', 'upstream_refused'],
        ['okta', 'refused', 'groups_overage'],
      ] as const
      for (const [at, [sourceId, outcome, reason]] of all.entries())
        await traces.append(`R${at}`, { sourceId, outcome, reason, steps: [{ at: at * 10, what: 'refused' }] })
      const references = async (query: Partial<Parameters<typeof traces.list>[0]>) =>
        (await traces.list({ limit: 10, ...query })).items.map(({ reference }) => reference)
      expect(await references({ sourceId: 'entra' })).toEqual(['R2'])
      expect(await references({ outcome: 'signed_in' })).toEqual(['R1'])
      expect(await references({ reason: 'groups_overage' })).toEqual(['R4', 'R2', 'R0'])
      expect(await references({ from: 10, until: 30 })).toEqual(['R2', 'R1'])
      const narrow = { sourceId: 'okta', outcome: 'refused', reason: 'groups_overage', until: 41 } as const
      const { items, next } = await traces.list({ limit: 1, ...narrow })
      expect(items.map(({ reference }) => reference)).toEqual(['R4'])
      expect(await references({ ...narrow, after: next ?? '' })).toEqual(['R0'])
    })

    it('shows each of those that began in one moment once, whatever the size of the pages', async () => {
      await using world = await open()
      const { traces } = world.stores
      for (const name of ['A', 'B', 'C', 'D', 'E']) await traces.append(name, { steps: [{ at: 7, what: 'departed' }] })
      const seen: string[] = []
      let after: string | undefined
      do {
        const page = await traces.list({ limit: 2, ...(after !== undefined && { after }) })
        seen.push(...page.items.map(({ reference }) => reference))
        after = page.next ?? undefined
      } while (after !== undefined)
      expect(seen).toEqual(['E', 'D', 'C', 'B', 'A'])
      await refused(traces.list({ limit: 2, after: 'never given out' }), 'invalid_input')
    })

    it('forgets those of one person and nobody else’s', async () => {
      await using world = await open()
      const { traces } = world.stores
      for (const [at, accountId] of ['rene', 'john', 'rene', undefined].entries())
        await traces.append(`R${at}`, { accountId, steps: [{ at, what: 'departed' }] })
      expect(await traces.erase('rene')).toBe(2)
      expect(await traces.erase('rene')).toBe(0)
      expect((await traces.list({ limit: 9 })).items.map(({ reference }) => reference)).toEqual(['R3', 'R1'])
    })

    it('lists traces newest first, and forgets those that started before', async () => {
      await using world = await open()
      const { traces } = world.stores
      for (const at of [1, 2, 3]) await traces.append(`R${at}`, { steps: [{ at, what: 'departed' }] })
      const references = async (after?: string) => {
        const page = await traces.list({ limit: 2, after })
        return { ...page, items: page.items.map(({ reference }) => reference) }
      }
      const first = await references()
      expect(first.items).toEqual(['R3', 'R2'])
      expect(await references(first.next ?? '')).toEqual({ items: ['R1'], next: null })
      expect(await traces.sweep(3)).toBe(2)
      expect((await references()).items).toEqual(['R3'])
    })
  })
}
