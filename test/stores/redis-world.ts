import { createVault } from '../../src/config/secrets.ts'
import { type Log, silent } from '../../src/log.ts'
import type { LiveLineage } from '../../src/stores/live-lineage.ts'
import { openRedisStores, type RedisStores } from '../../src/stores/redis/open.ts'
import { beginning, type World } from './world.ts'

export const vault = createVault([Buffer.alloc(32, 7)])

/** What the registry remembers of Redis, in memory: two nodes that are handed the same one share a registry. */
export function memoryLineage(generation = 1): LiveLineage & { state: Awaited<ReturnType<LiveLineage['read']>> } {
  const lineage = {
    state: { generation, pulse: 0, since: 0 },
    read: async () => lineage.state,
    async notePulse(of: number, pulse: number) {
      if (of === lineage.state.generation && pulse > lineage.state.pulse) lineage.state = { ...lineage.state, pulse }
    },
    async raise(from: number, since: number) {
      if (from === lineage.state.generation) lineage.state = { generation: from + 1, pulse: 0, since }
    },
  }
  return lineage
}

export const openRedis = (url: string, given: { lineage?: LiveLineage; clock?: () => number; log?: Log } = {}) =>
  openRedisStores({ url, vault, lineage: memoryLineage(), clock: Date.now, log: silent, ...given })

let worlds = 0

/** Each world has keys of its own, under a generation that no other has. */
export function redisWorlds(url: () => string) {
  return async (): Promise<World<RedisStores> & { readonly prefix: string }> => {
    const generation = ++worlds
    const lineage = memoryLineage(generation)
    let time = beginning
    const opened: RedisStores[] = []
    const another = async () => {
      const stores = await openRedis(url(), { lineage, clock: () => time })
      opened.push(stores)
      return stores
    }
    return {
      prefix: `gh${generation}:`,
      stores: await another(),
      another,
      now: () => time,
      pass(milliseconds) {
        time += milliseconds
      },
      async [Symbol.asyncDispose]() {
        for (const stores of opened) await stores[Symbol.asyncDispose]()
      },
    }
  }
}
