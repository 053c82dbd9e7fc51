import { beforeEach, expect, it } from 'vitest'
import { Unavailable } from '../src/errors.ts'
import { createRegistryMemory, longestOutage } from '../src/registry-memory.ts'

let now = 0
let version = 0
let reads: string[] = []
let down = false

const answer = async <T>(value: T): Promise<T> => {
  if (down) throw new Unavailable('store', 'away')
  return value
}
const memory = (limit?: number) =>
  createRegistryMemory({
    clock: () => now,
    registryVersion: () => answer(version),
    ...(limit !== undefined && { limit }),
  })
const read = async (id: string) => {
  reads.push(id)
  return await answer(id === 'none' ? undefined : `${id} of ${version}`)
}

beforeEach(() => {
  now = 1_000_000
  version = 1
  reads = []
  down = false
})

it('reads once what does not change, and again when any node has changed something', async () => {
  const { keep, confirm } = memory()
  const get = keep('get', read)
  await confirm()
  expect([await get('a'), await get('a')]).toEqual(['a of 1', 'a of 1'])
  await confirm()
  expect(await get('a')).toBe('a of 1')
  expect(reads).toEqual(['a'])
  version = 2
  expect(await get('a'), 'nobody has told yet').toBe('a of 1')
  await confirm()
  expect(await get('a')).toBe('a of 2')
})

it('does not keep what was read before a change that it heard of meanwhile', async () => {
  const { keep, confirm, forget } = memory()
  await confirm()
  const release = Promise.withResolvers<void>()
  const get = keep('get', async (id: string) => {
    const found = `${id} of ${version}`
    await release.promise
    return found
  })
  const early = get('a')
  version = 2
  forget()
  release.resolve()
  expect(await early).toBe('a of 1')
  expect(await get('a')).toBe('a of 2')
})

it('asks one question of the registry for all who confirm before it has gone out, and another for who comes later', async () => {
  let asked = 0
  const { confirm } = createRegistryMemory({ clock: () => now, registryVersion: async () => ++asked })
  await Promise.all([confirm(), confirm()])
  expect(asked).toBe(1)
  const first = confirm()
  await Promise.resolve()
  const later = confirm()
  expect(await first).not.toBe(await later)
})

it('keeps nothing absent, and forgets what was not asked for longest', async () => {
  const { keep, confirm } = memory(2)
  const get = keep('get', read)
  await confirm()
  for (const id of ['none', 'none', 'a', 'b', 'a', 'c', 'a', 'b']) await get(id)
  expect(reads).toEqual(['none', 'none', 'a', 'b', 'c', 'b'])
})

it('tells without a question what it holds, and reads on request whatever it holds', async () => {
  const { keep, confirm } = memory()
  const get = keep('get', read)
  await confirm()
  expect(get.remembered('a')).toBeUndefined()
  await get('a')
  expect(get.remembered('a')).toBe('a of 1')
  version = 2
  expect(await get.anew('a')).toBe('a of 2')
  expect(get.remembered('a')).toBe('a of 2')
  await confirm()
  expect(get.remembered('a'), 'it was read before the change was heard of').toBeUndefined()
  expect(reads).toEqual(['a', 'a'])
  down = true
  await expect(get.anew('a')).rejects.toThrow(Unavailable)
})

it('reads again after a while what changes without the version', async () => {
  const { keep, confirm } = memory()
  const get = keep('get', read, { forAtMost: 1000 })
  await confirm()
  await get('a')
  now += 999
  await get('a')
  expect(reads).toEqual(['a'])
  now += 1
  await get('a')
  expect(reads).toEqual(['a', 'a'])
})

it('serves what it knew while the registry is away, for a day and no longer, and says so to who must be sure', async () => {
  const { keep, confirm, forget } = memory()
  const get = keep('get', read)
  const person = keep('person', read, { forAtMost: 1000 })
  await confirm()
  await get('a')
  await person('p')
  forget() // Something was changed just before.
  down = true
  now += longestOutage - 1
  expect(await get('a')).toBe('a of 1')
  expect(await person('p')).toBe('p of 1')
  await expect(confirm()).rejects.toThrow(Unavailable)
  await expect(get('b'), 'what it never knew').rejects.toThrow(Unavailable)
  now += 1
  await expect(get('a')).rejects.toThrow(Unavailable)
  await expect(person('p')).rejects.toThrow(Unavailable)
  down = false
  expect(await get('a')).toBe('a of 1')
})
