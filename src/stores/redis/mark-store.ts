import type { Clock } from '../../clock.ts'
import type { Blockable, MarkStore } from '../../tokens/liveness.ts'
import { tailOf } from './compact.ts'
import type { Connection } from './connection.ts'
import { readOffline } from './grant-store.ts'
import type { Keys } from './keys.ts'
import type { Lineage } from './lineage.ts'
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

  const read = async (key: string): Promise<number | null> => {
    const mark = await connection.send('get', key)
    const [notBefore = 0, until = 0] = typeof mark === 'string' ? mark.split(' ').map(Number) : []
    return until > clock() ? notBefore : null
  }
  const blockedAt = (kind: Blockable, name: string | undefined) =>
    name === undefined ? null : read(keys.blocked(kind, name))

  async function isGranted(id: string | undefined, clientId: string): Promise<boolean> {
    if (id === undefined) {
      // No grant goes with a store that was emptied, so that only the pulse can tell that marks may be missing.
      lineage.requirePulse(await connection.send('get', lineage.pulseKey()))
      return true
    }
    const [session, offline] = await Promise.all([
      connection.send('hmget', keys.session(id), 'i', grantField(clientId)),
      connection.send('get', keys.offlineGrant(id)),
    ])
    if (typeof offline === 'string') return readOffline(id, offline, clock()) !== undefined
    const [end, packed] = session as readonly (string | null)[]
    if (!end || !packed || Number(end) <= clock()) return false
    const [tail, , expiresAt] = JSON.parse(packed) as readonly string[]
    return tail === tailOf(id) && Number.parseInt(expiresAt ?? '', 36) > clock()
  }

  return {
    async liveness({ jti, grantId, accountId, clientId, sourceAlias }) {
      const [granted, revokedAt, accountBlockedAt, clientBlockedAt, sourceBlockedAt] = await Promise.all([
        isGranted(grantId, clientId),
        read(keys.revoked(jti)),
        blockedAt('account', accountId),
        blockedAt('client', clientId),
        blockedAt('source', sourceAlias),
      ])
      return {
        granted,
        revoked: revokedAt !== null,
        accountBlockedAt,
        clientBlockedAt,
        sourceBlockedAt,
        forgottenAt: lineage.forgottenAt(),
      }
    },

    blockedAt: (kind, name) => read(keys.blocked(kind, name)),

    revokeToken: (jti, until) => put(keys.revoked(jti), 0, until),

    block: (kind, name, at, until) => put(keys.blocked(kind, name), at, until),
  }
}
