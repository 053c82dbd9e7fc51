import { describe, expect, it } from 'vitest'
import type { Collection, Entity } from '../../src/collection.ts'
import { type RegistryWorld, refused } from './world.ts'

interface Subject<T extends Entity> {
  of(stores: RegistryWorld['stores']): Collection<T>
  make(given?: Partial<T>): T
  /** The same with another name, which searching finds. */
  named(entity: T, name: string): T
}

/** What every kind of thing in the registry promises. */
export function collectionContract<T extends Entity>(
  label: string,
  open: () => Promise<RegistryWorld>,
  { of, make, named }: Subject<T>,
): void {
  describe(`${label} is a collection that`, () => {
    it('finds what was added, whole', async () => {
      await using world = await open()
      const entity = make()
      await of(world.stores).add(entity)
      expect(await of(world.stores).get(entity.id)).toEqual(entity)
    })

    it('says undefined, not an error, for an unknown id', async () => {
      await using world = await open()
      expect(await of(world.stores).get('nobody')).toBeUndefined()
    })

    it('finds some of them at once, in the order of creation', async () => {
      await using world = await open()
      const [one, two, three] = [make(), make(), make()]
      for (const entity of [one, two, three]) await of(world.stores).add(entity)
      expect(await of(world.stores).some([three.id, 'nobody', one.id])).toEqual([one, three])
      expect(await of(world.stores).some([])).toEqual([])
    })

    it('refuses an id that is taken', async () => {
      await using world = await open()
      const entity = make()
      await of(world.stores).add(entity)
      const problems = await refused(of(world.stores).add(make({ id: entity.id } as Partial<T>)), 'conflict')
      expect(problems).toHaveLength(1)
    })

    it('raises the version with each change', async () => {
      await using world = await open()
      const entity = make()
      await of(world.stores).add(entity)
      const replaced = await of(world.stores).replace(named(entity, 'Another'), 1)
      expect(replaced.version).toBe(2)
      expect(await of(world.stores).get(entity.id)).toEqual(replaced)
    })

    it('lets exactly one of two nodes win that change the same version', async () => {
      await using world = await open()
      const nodes = [of(world.stores), of(await world.another())]
      const entity = make()
      await of(world.stores).add(entity)
      const outcomes = await Promise.allSettled(
        nodes.map((store, index) => store.replace(named(entity, `Node ${index}`), 1)),
      )
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected')
      expect(lost.map(({ reason }) => reason.code)).toEqual(['changed_meanwhile'])
      expect((await of(world.stores).get(entity.id))?.version).toBe(2)
    })

    it('removes the version it was asked to remove, and no other', async () => {
      await using world = await open()
      const entity = make()
      await of(world.stores).add(entity)
      await refused(of(world.stores).remove(entity.id, 2), 'changed_meanwhile')
      await of(world.stores).remove(entity.id, 1)
      expect(await of(world.stores).get(entity.id)).toBeUndefined()
      await refused(of(world.stores).remove(entity.id, 1), 'changed_meanwhile')
      await refused(of(world.stores).replace(entity, 1), 'changed_meanwhile')
    })

    it('lists in the order of creation, page by page, whatever comes and goes between', async () => {
      await using world = await open()
      const entities = ['One', 'Two', 'Three', 'Four', 'Five'].map((name) => named(make(), name))
      for (const entity of entities) await of(world.stores).add(entity)
      const first = await of(world.stores).list({ limit: 2 })
      expect(first.items).toEqual(entities.slice(0, 2))
      await of(world.stores).remove(entities[1]?.id ?? '', 1)
      await of(world.stores).add(named(make(), 'Six'))
      const second = await of(world.stores).list({ limit: 2, after: first.next ?? '' })
      expect(second.items).toEqual(entities.slice(2, 4))
      const third = await of(world.stores).list({ limit: 2, after: second.next ?? '' })
      expect(third.items).toHaveLength(2)
      expect(third.next).toBeNull()
      expect(await of(world.stores).list({ limit: 2, after: first.next ?? '' })).toEqual(second)
    })

    it('refuses a cursor it never gave', async () => {
      await using world = await open()
      const problems = await refused(of(world.stores).list({ limit: 2, after: 'nonsense' }), 'invalid_input')
      expect(problems.map(({ path }) => path)).toEqual(['after'])
    })

    it('searches names for every word, in any case, and takes no wildcards', async () => {
      await using world = await open()
      const entities = ['Ärzte Portal', 'Staff 100%', 'Staff_Portal'].map((name) => named(make(), name))
      for (const entity of entities) await of(world.stores).add(entity)
      const found = async (search: string) =>
        (await of(world.stores).list({ limit: 9, search })).items.map(({ id }) =>
          entities.findIndex((one) => one.id === id),
        )
      expect(await found('äRZTE')).toEqual([0])
      expect(await found('portal')).toEqual([0, 2])
      expect(await found('PORTAL staff')).toEqual([2])
      expect(await found('100%')).toEqual([1])
      expect(await found('f_p')).toEqual([2])
      expect(await found('%r%')).toEqual([])
      expect(await found('\\')).toEqual([])
      expect(await found('')).toEqual([0, 1, 2])
      for (const nothing of ['\0', 'port\0al', '\0 portal']) expect(await found(nothing)).toEqual([])
    })
  })
}
