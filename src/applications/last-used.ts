import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ApiKey, ApiKeyStore } from './api-key.ts'

const hour = 3_600_000
const everyMinute = 60_000

/** When keys were used last, to the hour. Written behind the request, once an hour for each key at most. */
export interface LastUsed extends AsyncDisposable {
  note(key: Pick<ApiKey, 'id' | 'lastUsedAt'>): void
  /** Writes what has been noted; happens every minute by itself, and at the end. */
  write(): Promise<void>
}

interface Needs {
  readonly apiKeys: Pick<ApiKeyStore, 'used'>
  readonly clock: Clock
  readonly log: Log
}

export function createLastUsed({ apiKeys, clock, log }: Needs): LastUsed {
  const noted = new Set<string>()
  const thisHour = () => clock() - (clock() % hour)

  async function write(): Promise<void> {
    const ids = [...noted]
    noted.clear()
    if (ids.length === 0) return
    try {
      await apiKeys.used(ids, thisHour())
    } catch (err) {
      // Nothing depends on it, and the next use notes it again.
      log.warn({ err }, 'when API keys were used last could not be written')
    }
  }

  const timer = setInterval(write, everyMinute).unref()

  return {
    note({ id, lastUsedAt }) {
      if (lastUsedAt === null || lastUsedAt < thisHour()) noted.add(id)
    },

    write,

    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await write()
    },
  }
}
