import type { Clock } from '../../clock.ts'
import { Refusal } from '../../errors.ts'
import { invalidInput } from '../../input.ts'
import type { BrokerSession, SessionStore } from '../../sessions/session.ts'
import { shortId, tailOf } from './compact.ts'
import type { Keys } from './keys.ts'
import { inOrder, type Lookup, type Place } from './lookup.ts'
import type { Scripts } from './scripts.ts'
import { type SessionHashes, toMap } from './session-hash.ts'
import { isAlive, toFields } from './session-record.ts'
import { timeLeft } from './time-left.ts'

// Whoever else's session it is keeps it. What had ended is not continued: nothing of it is left, no grant either, and
// where it is only to be renewed, there is nothing to renew.
// In every script the first write is one that takes memory: where there is none left, Redis refuses that one alone.
const saveScript = `
local now, left, account, source, token = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local kept = redis.call('HMGET', KEYS[1], 'a', 'i', 'o')
if kept[1] and kept[1] ~= account then return 0 end
local isOver = not kept[2] or tonumber(kept[2]) <= tonumber(now)
if isOver and ARGV[7] == 'renew' then return 0 end
if kept[2] and isOver then
  redis.call('DEL', KEYS[1])
  kept[3] = nil
end
redis.call('HSET', KEYS[1], unpack(ARGV, 8))
redis.call('HDEL', KEYS[1], 'c', ARGV[6])
if not kept[3] then redis.call('HSET', KEYS[1], 'o', source)
elseif kept[3] ~= source then redis.call('HSET', KEYS[1], 'c', source) end
redis.call('PEXPIRE', KEYS[1], left)
if token == '' then redis.call('DEL', KEYS[2]) else redis.call('SET', KEYS[2], token, 'PX', left) end
return 1`

const touchScript = `
local kept = redis.call('HMGET', KEYS[1], 'd', 'i', 'e')
if kept[1] ~= ARGV[2] or tonumber(kept[2]) <= tonumber(ARGV[1]) then return end
local till = math.min(tonumber(kept[3]), tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'i', string.format('%.0f', till))
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, till - tonumber(ARGV[1])) end`

// An account or a source that is not empty must be the session's of this moment.
const endScript = `
local kept = redis.call('HMGET', KEYS[1], 'd', 'a', 'o', 'c')
if kept[1] ~= ARGV[1] then return false end
if ARGV[2] ~= '' and ARGV[2] ~= kept[2] then return false end
if ARGV[3] ~= '' and ARGV[3] ~= (kept[4] or kept[3]) then return false end
local ended = {redis.call('HGETALL', KEYS[1]), redis.call('GET', KEYS[2])}
redis.call('DEL', KEYS[1], KEYS[2])
return ended`

const atOnce = 200

interface Needs {
  readonly scripts: Scripts
  readonly keys: Keys
  readonly lookup: Lookup
  readonly hashes: SessionHashes
  readonly clock: Clock
}

export function createSessionStore({ scripts, keys, lookup, hashes, clock }: Needs): SessionStore {
  const both = (id: string) => [keys.session(id), keys.upstreamToken(id)]

  async function living(ids: readonly string[]): Promise<readonly BrokerSession[]> {
    const found = await Promise.all(ids.map((id) => hashes.session(id)))
    return found.filter((session) => session !== undefined).filter(({ idleUntil }) => idleUntil > clock())
  }

  async function end(id: string, { accountId = '', sourceId = '' } = {}): Promise<BrokerSession | undefined> {
    const whose = [accountId, sourceId].map((name) => (name === '' ? '' : shortId(name)))
    const answer = await scripts.runSurely(endScript, both(id), tailOf(id), ...whose)
    if (!answer) return undefined
    const [flat, sealed = null] = answer as readonly [readonly string[], string | null]
    const fields = toMap(flat)
    const session = hashes.open(id, fields, sealed)
    // Where it could be found it is taken away without waiting: should that fail, it is cleared away in its time.
    for (const key of placesOf(session)) lookup.remove(key, [id]).catch(() => {})
    return isAlive(fields, clock()) ? session : undefined
  }

  const placesOf = ({ accountId, sourceId, subject, upstream }: BrokerSession): readonly string[] => [
    keys.sessionsOfAccount(accountId),
    keys.sessionsOfSource(sourceId),
    ...(upstream === null ? [] : [keys.sessionsOfSubject(sourceId, subject)]),
    ...(upstream?.sid === undefined ? [] : [keys.sessionsOfUpstream(sourceId, upstream.sid)]),
  ]

  async function endAll(key: string, whose: { readonly accountId?: string; readonly sourceId?: string }) {
    const ids = await lookup.all(key)
    for (let from = 0; from < ids.length; from += atOnce) {
      await Promise.all(ids.slice(from, from + atOnce).map((id) => end(id, whose)))
    }
  }

  async function ofAccount(accountId: string): Promise<readonly BrokerSession[]> {
    const found = await living(await lookup.all(keys.sessionsOfAccount(accountId)))
    return found.filter((session) => session.accountId === accountId).toSorted(oldestFirst)
  }

  /** The next so many that are alive, from a place on, of all these lists together. */
  async function walk(lists: readonly string[], after: Place | undefined, count: number) {
    const found: BrokerSession[] = []
    for (let place = after; ; ) {
      const pages = await Promise.all(lists.map((key) => lookup.page(key, place, count)))
      const next = [...new Map(pages.flat().map((one) => [one.id, one])).values()].toSorted(inOrder).slice(0, count)
      found.push(...(await living(next.map(({ id }) => id))))
      place = next.at(-1)
      if (next.length < count || found.length >= count) return found.slice(0, count)
    }
  }

  async function write(session: BrokerSession, how: 'begin' | 'renew'): Promise<boolean> {
    const { id, accountId, sourceId, expiresAt } = session
    const fields = Object.entries(toFields(session)).flat()
    const until = timeLeft(clock, Math.min(session.idleUntil, expiresAt))
    const gone = session.upstream === null ? 'n' : ''
    const head = [clock(), until, shortId(accountId), shortId(sourceId), hashes.seal(session) ?? '', gone, how]
    const [saved] = await Promise.all([
      scripts.run(saveScript, both(id), ...head, ...fields),
      ...placesOf(session).map((key) => lookup.add(key, id, expiresAt)),
      lookup.add(keys.sources(), sourceId, expiresAt),
    ])
    return saved === 1
  }

  return {
    async save(session) {
      if (!(await write(session, 'begin')))
        throw new Refusal('conflict', `The session ${session.id} is another account's`)
    },

    renew: (session) => write(session, 'renew'),

    get: async (id) => (await living([id]))[0],

    async touch(id, idleUntil) {
      await scripts.run(touchScript, both(id), clock(), tailOf(id), idleUntil)
    },

    // By when they end at the latest. That is the newest first, unless `lifetimes.session_absolute` was changed.
    async list({ limit, after, accountId, sourceId }) {
      const place = after === undefined ? undefined : placeOf(after)
      const lists =
        accountId !== undefined
          ? [keys.sessionsOfAccount(accountId)]
          : (sourceId !== undefined ? [sourceId] : await lookup.all(keys.sources())).map(keys.sessionsOfSource)
      const asked = (session: BrokerSession) =>
        (accountId === undefined || session.accountId === accountId) &&
        (sourceId === undefined || session.sourceId === sourceId)

      const items: BrokerSession[] = []
      for (let from = place; ; ) {
        const some = await walk(lists, from, limit + 1)
        items.push(...some.filter(asked))
        const last = some.at(-1)
        if (last === undefined || some.length <= limit || items.length > limit) break
        from = { id: last.id, end: last.expiresAt }
      }
      const shown = items.slice(0, limit)
      const last = shown.at(-1)
      return { items: shown, next: last && items.length > limit ? cursorAt(last) : null }
    },

    ofAccount,

    end: (id) => end(id),
    endOfAccount: (accountId) => endAll(keys.sessionsOfAccount(accountId), { accountId }),
    endOfSource: (sourceId) => endAll(keys.sessionsOfSource(sourceId), { sourceId }),

    async ofUpstream(sourceId, { sid, subject }) {
      if (sid === undefined && subject === undefined) return []
      const key =
        sid === undefined ? keys.sessionsOfSubject(sourceId, subject ?? '') : keys.sessionsOfUpstream(sourceId, sid)
      const found = await living(await lookup.all(key))
      return found
        .filter((session) => session.sourceId === sourceId && session.upstream !== null)
        .filter(({ upstream }) => sid === undefined || upstream?.sid === sid)
        .filter((session) => subject === undefined || session.subject === subject)
        .toSorted(oldestFirst)
    },
  }
}

const oldestFirst = (a: BrokerSession, b: BrokerSession): number => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)

const cursorAt = ({ expiresAt, id }: BrokerSession): string => Buffer.from(`${expiresAt}:${id}`).toString('base64url')

/** Where the page before ended. Rejects with `invalid_input` what was never given out. */
function placeOf(cursor: string): Place {
  const [, end, id] = /^(\d{1,15}):(.+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? []
  if (end === undefined || id === undefined)
    throw invalidInput([{ path: 'after', message: 'must be the next of a page' }])
  return { end: Number(end), id }
}
