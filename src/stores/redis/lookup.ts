import type { Clock } from '../../clock.ts'
import { longId, shortId } from './compact.ts'
import type { Connection } from './connection.ts'
import type { Scripts } from './scripts.ts'
import { keptLonger, timeLeft } from './time-left.ts'

/** A place in a list, in its order: the latest end first. */
export interface Place {
  readonly end: number
  readonly id: string
}

/**
 * Sorted sets of ids by when each ends: where to find what belongs to an account, a client or a source. An id is added
 * before anybody is told of what it names, so none is missed; it may stand here though it has ended, so whoever reads
 * looks closer. Each write takes away what has ended long ago, and the whole set goes with its last member.
 */
export interface Lookup {
  add(key: string, id: string, end: number): Promise<void>
  remove(key: string, ids: readonly string[]): Promise<void>
  all(key: string): Promise<readonly string[]>
  /** As many, beginning after a place. */
  page(key: string, after: Place | undefined, count: number): Promise<readonly Place[]>
}

const addScript = `
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end`

export function createLookup(connection: Connection, scripts: Scripts, clock: Clock): Lookup {
  return {
    async add(key, id, end) {
      await scripts.run(addScript, [key], end, shortId(id), clock() - keptLonger, timeLeft(clock, end + keptLonger))
    },

    async remove(key, ids) {
      if (ids.length > 0) await connection.send('zrem', key, ...ids.map(shortId))
    },

    async all(key) {
      return ((await connection.send('zrange', key, 0, -1)) as readonly string[]).map(longId)
    },

    async page(key, after, count) {
      const found: Place[] = []
      // Those that end in the same millisecond as the place are read again and passed over.
      for (let offset = 0; found.length < count; offset += count) {
        const range = [key, after?.end ?? '+inf', '-inf', 'withscores', 'limit', offset, count]
        const members = (await connection.send('zrevrangebyscore', ...range)) as readonly string[]
        const places = pairs(members).map(([short, end]) => ({ id: longId(short), end: Number(end) }))
        found.push(...places.filter((place) => after === undefined || inOrder(after, place) < 0))
        if (places.length < count) break
      }
      return found.slice(0, count)
    },
  }
}

/** For sorting: the latest end first, as the sorted sets are read backwards. */
export const inOrder = (a: Place, b: Place): number => b.end - a.end || compare(shortId(b.id), shortId(a.id))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const pairs = (flat: readonly string[]): readonly (readonly [string, string])[] =>
  Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index] ?? '', flat[2 * index + 1] ?? ''] as const)
