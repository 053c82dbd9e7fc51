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

/**
 * Says so in the log when a client's code_challenge seems to be the same for everybody: it then protects nobody
 * (RFC 9700 §2.1.1). Refusing is not for us to do: the client would be broken, and its people no safer.
 */
export function createChallengeWatch({ counts, clock, log }: Needs) {
  return async (client: string, challenge: string): Promise<void> => {
    try {
      const uses = await counts.count(digest(JSON.stringify(['challenge', client, challenge])), clock() + oneDay)
      if (uses === tooOften) log.warn({ client }, 'the client uses one PKCE code_challenge for many requests')
    } catch (error) {
      log.warn({ err: error, client }, 'uses of a code_challenge could not be counted')
    }
  }
}
