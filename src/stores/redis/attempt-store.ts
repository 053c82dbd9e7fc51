import type { AttemptStore } from '../../accounts/attempt-store.ts'
import type { Clock } from '../../clock.ts'
import type { Connection } from './connection.ts'
import type { Keys } from './keys.ts'
import type { Scripts } from './scripts.ts'
import { timeLeft } from './time-left.ts'

// A value is `<end of the window> <count>`.
const countScript = `
local till, count, left = ARGV[2], 0, ARGV[3]
local kept = redis.call('GET', KEYS[1])
if kept then
  local keptTill, keptCount = string.match(kept, '^(%d+) (%d+)$')
  if tonumber(keptTill) > tonumber(ARGV[1]) then till, count, left = keptTill, keptCount, redis.call('PTTL', KEYS[1]) end
end
redis.call('SET', KEYS[1], till .. ' ' .. string.format('%.0f', count + 1), 'PX', left)
return count + 1`

const forgetScript = `
local till, count = string.match(redis.call('GET', KEYS[1]) or '0 0', '^(%d+) (%d+)$')
if tonumber(till) <= tonumber(ARGV[1]) then return 0 end
if ARGV[2] == '' or tonumber(count) < tonumber(ARGV[2]) then redis.call('DEL', KEYS[1]) end
return tonumber(count)`

interface Needs {
  readonly connection: Connection
  readonly scripts: Scripts
  readonly keys: Keys
  readonly clock: Clock
}

/** Counts that end with their window, in Redis. */
export function createAttemptStore({ connection, scripts, keys, clock }: Needs): AttemptStore {
  return {
    async count(key, expiresAt) {
      const left = timeLeft(clock, expiresAt)
      return Number(await scripts.run(countScript, [keys.attempts(key)], clock(), expiresAt, left))
    },

    async remember(key, expiresAt) {
      await connection.send('set', keys.attempts(key), `${expiresAt} 1`, 'PX', timeLeft(clock, expiresAt))
    },

    async read(key) {
      const [end = 0, count = 0] = String((await connection.send('get', keys.attempts(key))) ?? '')
        .split(' ')
        .map(Number)
      return end > clock() ? count : 0
    },

    async forget(key, limit) {
      return Number(await scripts.run(forgetScript, [keys.attempts(key)], clock(), limit ?? ''))
    },
  }
}
