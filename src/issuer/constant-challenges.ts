import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import type { Log } from '../log.ts'

interface Needs {
  readonly counts: { count(key: string, expiresAt: number): Promise<number> }
  readonly clock: Clock
  readonly log: Log
}

const oneDay = 24 * 3_600_000
/** A person who goes back, or starts again, sends the same request once more, and perhaps twice. */
const tooOften = 4
/** The newest challenges that this process has seen. One of theirs that comes again is counted for all nodes. */
const most = 1000

/**
 * Says so in the log when a client's code_challenge seems to be the same for everybody: it then protects nobody
 * (RFC 9700 §2.1.1). Refusing is not for us to do: the client would be broken, and its people no safer.
 */
export function createChallengeWatch({ counts, clock, log }: Needs) {
  const seen = new Set<string>()
  const counted = new Set<string>()

  function isNew(key: string): boolean {
    const known = seen.delete(key)
    seen.add(key)
    for (const oldest of seen) {
      if (seen.size <= most) break
      seen.delete(oldest)
      counted.delete(oldest)
    }
    return !known
  }

  return async (client: string, challenge: string): Promise<void> => {
    const key = digest(JSON.stringify(['challenge', client, challenge]))
    if (isNew(key)) return
    try {
      const count = () => counts.count(key, clock() + oneDay)
      // Nearly all come once, and leave nothing anywhere: the first use is counted with the second.
      if (!counted.has(key)) {
        counted.add(key)
        if ((await count()) === tooOften) warn(client)
      }
      if ((await count()) === tooOften) warn(client)
    } catch (error) {
      log.warn({ err: error, client }, 'uses of a code_challenge could not be counted')
    }
  }

  function warn(client: string): void {
    log.warn({ client }, 'the client uses one PKCE code_challenge for many requests')
  }
}
