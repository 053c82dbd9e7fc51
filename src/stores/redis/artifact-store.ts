import type { Clock } from '../../clock.ts'
import type { ArtifactKind, ArtifactStore } from '../../issuer/artifact-store.ts'
import { pack, unpack } from './compact.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import { type Scripts, Unconfirmed } from './scripts.ts'
import { keptLonger, timeLeft } from './time-left.ts'

// A value is `<end> <when it was used, or -> <payload>`, times in milliseconds.

// What was used stays used however often it is saved; what had expired is a new one.
const putScript = `
local used = '-'
local kept = redis.call('GET', KEYS[1])
if kept then
  local till, at = string.match(kept, '^(%d+) (%S+) ')
  if tonumber(till) > tonumber(ARGV[1]) then used = at end
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. used .. ' ' .. ARGV[3], 'PX', ARGV[4])`

const putOnceScript = `
local kept = redis.call('GET', KEYS[1])
if kept and tonumber(string.match(kept, '^%d+')) > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2] .. ' - ' .. ARGV[3], 'PX', ARGV[4])
return 1`

/** Says when it was used, `-` for never; `unused`: only if it has not been. Answers 1 for having done so. */
const useScript = `
local kept = redis.call('GET', KEYS[1])
if not kept then return 0 end
local till, at, payload = string.match(kept, '^(%d+) (%S+) (.*)$')
if tonumber(till) <= tonumber(ARGV[1]) or (ARGV[3] == 'unused' and at ~= '-') then return 0 end
redis.call('SET', KEYS[1], till .. ' ' .. ARGV[2] .. ' ' .. payload, 'KEEPTTL')
return 1`

interface Needs {
  readonly connection: Connection
  readonly scripts: Scripts
  readonly keys: Keys
  readonly clock: Clock
}

export function createArtifactStore({ connection, scripts, keys, clock }: Needs): ArtifactStore {
  const release = async (kind: ArtifactKind, id: string): Promise<void> => {
    await scripts.run(useScript, [keys.artifact(kind, id)], clock(), '-', 'whatever')
  }

  return {
    async put(kind, id, payload, expiresAt) {
      const left = timeLeft(clock, expiresAt)
      await scripts.run(putScript, [keys.artifact(kind, id)], clock(), expiresAt, pack(payload, kind), left)
    },

    async putOnce(kind, id, payload, expiresAt) {
      const left = timeLeft(clock, expiresAt + keptLonger)
      const key = keys.artifact(kind, id)
      return (await scripts.runSurely(putOnceScript, [key], clock(), expiresAt, pack(payload, kind), left)) === 1
    },

    async get(kind, id) {
      const value = await connection.send('get', keys.artifact(kind, id))
      const [, end, used, payload = ''] = /^(\d+) (\S+) (.*)$/s.exec(String(value ?? '')) ?? []
      if (end === undefined || Number(end) <= clock()) return undefined
      return { payload: unpack(payload, kind), consumedAt: used === '-' ? null : Number(used) }
    },

    async consume(kind, id, at) {
      try {
        return (await scripts.runSurely(useScript, [keys.artifact(kind, id)], clock(), at, 'unused')) === 1
      } catch (error) {
        // Nobody gets anything for it: whoever shows it again is to be the first.
        if (error instanceof Unconfirmed && error.answer === 1) await release(kind, id)
        throw error
      }
    },

    release,

    async endGrace(kind, id) {
      await scripts.run(useScript, [keys.artifact(kind, id)], clock(), 0, 'whatever')
    },

    async remove(kind, id) {
      await connection.send('del', keys.artifact(kind, id))
    },
  }
}
