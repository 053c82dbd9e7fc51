import type { Clock } from '../../clock.ts'
import { Refusal, Unavailable } from '../../errors.ts'
import type { Grant, GrantStore } from '../../sessions/session.ts'
import { widened } from '../../sessions/widened.ts'
import { longId, shortId, stemOf, tailOf } from './compact.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import type { Lookup } from './lookup.ts'
import type { Scripts } from './scripts.ts'
import type { SessionHashes } from './session-hash.ts'
import {
  grantField,
  grantSourceField,
  grantsIn,
  isAlive,
  isOf,
  packGrant,
  type SessionGrant,
  unpackGrant,
} from './session-record.ts'
import { timeLeft } from './time-left.ts'

// Writes the grant if what is there is what was expected, and answers what was there, and whose session it is.
const openScript = `
local kept = redis.call('HMGET', KEYS[1], 'd', 'i', 'a', 'o', ARGV[3], ARGV[4])
if kept[1] ~= ARGV[2] or tonumber(kept[2]) <= tonumber(ARGV[1]) then return false end
if (kept[5] or '') == ARGV[5] then
  redis.call('HSET', KEYS[1], ARGV[3], ARGV[6])
  if not kept[5] and kept[4] ~= ARGV[7] then
    redis.call('HSET', KEYS[1], ARGV[4], ARGV[7])
    kept[6] = ARGV[7]
  end
end
return {kept[5] or '', kept[3], kept[6] or kept[4]}`

// Where the session is alive and has this very grant, it is used: see the sessions' own script.
const awakeScript = `
local kept = redis.call('HMGET', KEYS[1], 'd', 'i', 'e', ARGV[4])
local now = tonumber(ARGV[1])
if kept[1] ~= ARGV[2] or tonumber(kept[2]) <= now or not kept[4] then return 0 end
local grant = cjson.decode(kept[4])
if grant[1] ~= ARGV[5] or tonumber(grant[3], 36) <= now then return 0 end
local till = math.min(tonumber(kept[3]), tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 'i', string.format('%.0f', till))
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, till - now) end
return 1`

// Takes the grants out of a session that are the one of this id, of this client, of this source: where not empty.
const dropScript = `
local fields = redis.call('HGETALL', KEYS[1])
local values = {}
for at = 1, #fields, 2 do values[fields[at]] = fields[at + 1] end
for name, value in pairs(values) do
  local client = string.match(name, '^g(.*)$')
  if client and (ARGV[1] == '' or cjson.decode(value)[1] == ARGV[1]) and (ARGV[2] == '' or client == ARGV[2])
    and (ARGV[3] == '' or (values['s' .. client] or values['o']) == ARGV[3]) then
    redis.call('HDEL', KEYS[1], name, 's' .. client)
  end
end`

const forgetScript = `return redis.call('DEL', KEYS[1])`

const atOnce = 200

interface Needs {
  readonly connection: Connection
  readonly scripts: Scripts
  readonly keys: Keys
  readonly lookup: Lookup
  readonly hashes: SessionHashes
  readonly clock: Clock
}

type Drop = { readonly id?: string; readonly clientId?: string; readonly sourceId?: string }

export function createGrantStore({ connection, scripts, keys, lookup, hashes, clock }: Needs): GrantStore {
  async function ofSession(sessionId: string): Promise<readonly SessionGrant[]> {
    const fields = await hashes.fields(sessionId)
    return isOf(sessionId, fields) && isAlive(fields, clock()) ? grantsIn(sessionId, fields, clock()) : []
  }

  const drop = (sessionId: string, { id, clientId, sourceId }: Drop) =>
    scripts.runSurely(
      dropScript,
      [keys.session(sessionId)],
      id === undefined ? '' : tailOf(id),
      clientId === undefined ? '' : shortId(clientId),
      sourceId === undefined ? '' : shortId(sourceId),
    )

  const forget = (id: string) => scripts.runSurely(forgetScript, [keys.offlineGrant(id)])

  async function each(ids: readonly string[], work: (id: string) => Promise<unknown>): Promise<void> {
    for (let from = 0; from < ids.length; from += atOnce) await Promise.all(ids.slice(from, from + atOnce).map(work))
  }

  /** Those of a list, which is taken away as far as it was worked through. */
  async function forgetAll(key: string, work: (id: string) => Promise<unknown>): Promise<void> {
    const ids = await lookup.all(key)
    await each(ids, work)
    for (let from = 0; from < ids.length; from += atOnce) await lookup.remove(key, ids.slice(from, from + atOnce))
  }

  return {
    async open(grant) {
      if (stemOf(grant.id) !== stemOf(grant.sessionId)) throw new Error('The id of a grant begins like its session’s')
      const { sessionId, clientId } = grant
      const found = lookup.add(keys.grantsOfClient(clientId), grant.id, grant.expiresAt)
      const fields = [tailOf(sessionId), grantField(clientId), grantSourceField(clientId)]

      async function settle(): Promise<Grant> {
        let [wanted, expected]: [SessionGrant, string] = [grant, '']
        for (let attempts = 0; attempts < 100; attempts++) {
          const args = [clock(), ...fields, expected, packGrant(wanted), shortId(grant.sourceId)]
          const answer = await scripts.run(openScript, [keys.session(sessionId)], ...args)
          if (!answer) throw new Refusal('session_ended', `There is no session ${sessionId} to make a grant in`)
          const [before = '', account = '', source = ''] = answer as readonly string[]
          const whose = { sessionId, clientId, accountId: longId(account), sourceId: longId(source) }
          if (before === expected) return { ...wanted, ...whose }
          const kept = unpackGrant(before, whose)
          wanted = kept.expiresAt > clock() ? { ...widened(kept, grant), sessionId } : grant
          // Most sign-ins ask for what is granted already, and need not write.
          if (packGrant(wanted) === before) return wanted
          expected = before
        }
        throw new Unavailable('store', 'Too many others were changing the same grant')
      }

      const [settled] = await Promise.all([settle(), found])
      return settled
    },

    async addOffline(grant) {
      const { id, clientId, accountId, sourceId, expiresAt } = grant
      const value = JSON.stringify([clientId, shortId(accountId), shortId(sourceId), packGrant(grant)])
      await Promise.all([
        ...[keys.grantsOfClient(clientId), keys.offlineOfAccount(accountId), keys.offlineOfSource(sourceId)].map(
          (key) => lookup.add(key, id, expiresAt),
        ),
        connection.send('set', keys.offlineGrant(id), value, 'PX', timeLeft(clock, expiresAt)),
      ])
    },

    async get(id) {
      const [fields, offline] = await Promise.all([hashes.fields(id), connection.send('get', keys.offlineGrant(id))])
      if (typeof offline === 'string') return readOffline(id, offline, clock())
      const grants = isAlive(fields, clock()) ? grantsIn(id, fields, clock()) : []
      return grants.find((grant) => grant.id === id)
    },

    async keepAwake({ id, sessionId, clientId }, idleUntil) {
      if (sessionId === null) {
        const offline = await connection.send('get', keys.offlineGrant(id))
        return typeof offline === 'string' && readOffline(id, offline, clock()) !== undefined
      }
      const both = [keys.session(sessionId), keys.upstreamToken(sessionId)]
      const args = [clock(), tailOf(sessionId), idleUntil, grantField(clientId), tailOf(id)]
      return (await scripts.run(awakeScript, both, ...args)) === 1
    },

    ofSession,

    async ofSessions(sessionIds) {
      return (await Promise.all(sessionIds.map(ofSession))).flat()
    },

    async remove(id) {
      await Promise.all([drop(id, { id }), forget(id)])
    },

    async removeOfAccount(accountId, clientId) {
      const sessions = await lookup.all(keys.sessionsOfAccount(accountId))
      await each(sessions, (id) => drop(id, clientId === undefined ? {} : { clientId }))
      const offline = keys.offlineOfAccount(accountId)
      if (clientId === undefined) return forgetAll(offline, forget)
      await each(await lookup.all(offline), async (id) => {
        const text = await connection.send('get', keys.offlineGrant(id))
        if (typeof text === 'string' && readOffline(id, text, clock())?.clientId === clientId) await forget(id)
      })
    },

    removeOfClient: (clientId) =>
      forgetAll(keys.grantsOfClient(clientId), (id) => Promise.all([drop(id, { clientId }), forget(id)])),

    async removeOfSource(sourceId) {
      await each(await lookup.all(keys.sessionsOfSource(sourceId)), (id) => drop(id, { sourceId }))
      await forgetAll(keys.offlineOfSource(sourceId), forget)
    },
  }
}

type PackedOffline = readonly [clientId: string, account: string, source: string, grant: string]

/** One that stands alone, as the session's it was given in does not matter to it. `undefined`: it is past its end. */
export function readOffline(id: string, text: string, now: number): Grant | undefined {
  const [clientId, account, source, packed] = JSON.parse(text) as PackedOffline
  const whose = { sessionId: id, clientId, accountId: longId(account), sourceId: longId(source) }
  const grant = { ...unpackGrant(packed, whose), id, sessionId: null }
  return grant.expiresAt > now ? grant : undefined
}
