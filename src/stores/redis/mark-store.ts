import type { Clock } from '../../clock.ts'
import type { Blockable, MarkStore } from '../../tokens/liveness.ts'
import { tailOf } from './compact.ts'
import type { Connection } from './connection.ts'
import { readOffline } from './grant-store.ts'
import type { Keys } from './keys.ts'
import type { Lineage } from './lineage.ts'
import { createReadTogether } from './read-together.ts'
import type { Scripts } from './scripts.ts'
import { grantField } from './session-record.ts'
import { keptLonger, timeLeft } from './time-left.ts'

// Two marks on one thing become one: the later not-before, for the longer time.
const putScript = `
local at, till = tonumber(ARGV[1]), tonumber(ARGV[2])
local kept = redis.call('GET', KEYS[1])
if kept then
  local keptAt, keptTill = string.match(kept, '^(%d+) (%d+)$')
  at, till = math.max(at, tonumber(keptAt)), math.max(till, tonumber(keptTill))
end
local left = math.max(tonumber(ARGV[3]), redis.call('PTTL', KEYS[1]))
redis.call('SET', KEYS[1], string.format('%.0f %.0f', at, till), 'PX', left)`

const blockable = ['account', 'client', 'source'] as const

interface Needs {
  readonly connection: Connection
  readonly scripts: Scripts
  readonly keys: Keys
  readonly lineage: Pick<Lineage, 'forgottenAt' | 'pulseKey' | 'requirePulse'>
  readonly clock: Clock
}

export function createMarkStore({ connection, scripts, keys, lineage, clock }: Needs): MarkStore {
  const put = async (key: string, notBefore: number, until: number) => {
    await scripts.runSurely(putScript, [key], notBefore, until, timeLeft(clock, until + keptLonger))
  }

  function notBeforeIn(mark: unknown): number | null {
    if (typeof mark !== 'string') return null
    const [notBefore = 0, until = 0] = mark.split(' ').map(Number)
    return until > clock() ? notBefore : null
  }
  const read = async (key: string) => notBeforeIn(await connection.send('get', key))

  // In a cluster they are not in one place.
  const readAll = connection.isCluster
    ? (all: readonly string[]) => Promise.all(all.map((key) => connection.send('get', key)))
    : createReadTogether(connection)

  function isGranted(id: string, beside: unknown, session: readonly (string | null)[]): boolean {
    if (typeof beside === 'string') return readOffline(id, beside, clock()) !== undefined
    const [end, packed] = session
    if (!end || !packed || Number(end) <= clock()) return false
    const [tail, , expiresAt] = JSON.parse(packed) as readonly string[]
    return tail === tailOf(id) && Number.parseInt(expiresAt ?? '', 36) > clock()
  }

  return {
    async liveness({ jti, grantId, accountId, clientId, sourceAlias }) {
      const names = { account: accountId, client: clientId, source: sourceAlias }
      const kinds = blockable.filter((kind) => names[kind] !== undefined)
      const wanted = kinds.map((kind) => keys.blocked(kind, names[kind] ?? ''))
      // No grant goes with a store that was emptied, so that only the pulse can tell that marks may be missing.
      const beside = grantId === undefined ? lineage.pulseKey() : keys.offlineGrant(grantId)
      const [session, [revoked, other, ...marks]] = await Promise.all([
        grantId === undefined ? [] : connection.send('hmget', keys.session(grantId), 'i', grantField(clientId)),
        readAll([keys.revoked(jti), beside, ...wanted]),
      ])
      if (grantId === undefined) lineage.requirePulse(other)
      const blockedAt = (kind: Blockable) => notBeforeIn(marks[kinds.indexOf(kind)])
      return {
        granted: grantId === undefined || isGranted(grantId, other, session as readonly (string | null)[]),
        revoked: notBeforeIn(revoked) !== null,
        accountBlockedAt: blockedAt('account'),
        clientBlockedAt: blockedAt('client'),
        sourceBlockedAt: blockedAt('source'),
        forgottenAt: lineage.forgottenAt(),
      }
    },

    blockedAt: (kind, name) => read(keys.blocked(kind, name)),

    revokeToken: (jti, until) => put(keys.revoked(jti), 0, until),

    block: (kind, name, at, until) => put(keys.blocked(kind, name), at, until),
  }
}
