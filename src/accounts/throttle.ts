import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import { digest } from '../ids.ts'
import type { AttemptStore } from './attempt-store.ts'
import { canonicalUsername } from './local-user.ts'

/** Somebody who is about to try a password. */
export interface Attempt {
  readonly username: string
  readonly sourceId: string
  /** Where they are, as the trusted proxies tell it. */
  readonly address: string
}

/**
 * Slows down guessing, at the sign-in page as at the gateway. Ask `check` before the password is verified and tell how it went afterwards; tell
 * nothing when verifying could not tell either, because an outage counts against nobody (SEC-086).
 */
export interface Throttle {
  /** Rejects with `too_many_attempts`, and in how many seconds to try again. */
  check(attempt: Attempt): Promise<void>
  failed(attempt: Attempt): Promise<void>
  /**
   * Rejects like `check` when the limit was reached meanwhile: guesses sent all at once gain nothing. What it answers
   * writes the success down, and goes along with whatever the login writes.
   */
  succeeded(attempt: Attempt): Promise<() => Promise<void>>
}

interface Needs {
  readonly attempts: AttemptStore
  /** What one subscriber has. */
  readonly networkOf: (address: string) => string
  readonly clock: Clock
  readonly limits: {
    /** Failures per window for one user name from one network. */
    readonly perUser: number
    /** Failures per window from one network. */
    readonly perAddress: number
    /** Seconds. */
    readonly window: number
  }
}

// A stranger who guesses at somebody's password fills a count of their own long before this one, which
// stands against guessing from many networks at once.
const everywhere = 10
const rememberedFor = 30 * 24 * 3_600_000

export function createThrottle({ attempts, networkOf, clock, limits }: Needs): Throttle {
  const span = limits.window * 1000

  function countsFor({ username, sourceId, address }: Attempt) {
    const window = Math.floor(clock() / span)
    const user = [sourceId, canonicalUsername(username)]
    const network = networkOf(address)
    const key = (...parts: readonly (string | number)[]) => digest(JSON.stringify(parts))
    return {
      endsAt: (window + 1) * span,
      pair: { key: key('pair', window, ...user, network), limit: limits.perUser },
      user: { key: key('user', window, ...user), limit: limits.perUser * everywhere },
      network: { key: key('network', window, network), limit: limits.perAddress },
      known: key('known', ...user, network),
    }
  }

  async function refuseWhenFull(attempt: Attempt): Promise<void> {
    const { endsAt, pair, user, network, known } = countsFor(attempt)
    const full = async ({ key, limit }: typeof pair) => (await attempts.read(key)) >= limit
    const [pairFull, networkFull, userFull, isKnown] = await Promise.all([
      full(pair),
      full(network),
      full(user),
      attempts.read(known),
    ])
    // Where this person has signed in before, strangers elsewhere cannot lock them out.
    if (pairFull || networkFull || (userFull && isKnown === 0)) {
      throw new Refusal('too_many_attempts', undefined, { retryAfter: Math.ceil((endsAt - clock()) / 1000) })
    }
  }

  return {
    check: refuseWhenFull,

    async failed(attempt) {
      const { endsAt, pair, user, network } = countsFor(attempt)
      await Promise.all([pair, user, network].map(({ key }) => attempts.count(key, endsAt)))
    },

    async succeeded(attempt) {
      await refuseWhenFull(attempt)
      const { pair, known } = countsFor(attempt)
      const until = clock() + rememberedFor
      return async () => {
        await Promise.all([attempts.forget(pair.key), attempts.remember(known, until)])
      }
    },
  }
}
