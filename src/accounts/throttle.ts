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
  check(attempt: Attempt): Promise<Room>
  failed(attempt: Attempt): Promise<void>
  /**
   * Writes the success down. Rejects like `check`, and writes nothing, when the limit was reached meanwhile: guesses
   * sent all at once gain nothing.
   */
  succeeded(attempt: Attempt, room: Room): Promise<void>
}

/** There is room for an attempt. */
export interface Room {
  /** This person has signed in from there before. */
  readonly isKnown: boolean
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

  const isFull = async ({ key, limit }: { readonly key: string; readonly limit: number }) =>
    (await attempts.read(key)) >= limit

  const refusal = (endsAt: number) =>
    new Refusal('too_many_attempts', undefined, { retryAfter: Math.ceil((endsAt - clock()) / 1000) })

  return {
    async check(attempt) {
      const { endsAt, pair, user, network, known } = countsFor(attempt)
      const [pairFull, networkFull, userFull, isKnown] = await Promise.all([
        isFull(pair),
        isFull(network),
        isFull(user),
        attempts.read(known).then((count) => count > 0),
      ])
      // Where this person has signed in before, strangers elsewhere cannot lock them out.
      if (pairFull || networkFull || (userFull && !isKnown)) throw refusal(endsAt)
      return { isKnown }
    },

    async failed(attempt) {
      const { endsAt, pair, user, network } = countsFor(attempt)
      await Promise.all([pair, user, network].map(({ key }) => attempts.count(key, endsAt)))
    },

    // All in one trip, and what must not have happened is taken back: a login waits for this.
    async succeeded(attempt, { isKnown }) {
      const { endsAt, pair, user, network, known } = countsFor(attempt)
      const [failures, networkFull, userFull] = await Promise.all([
        attempts.forget(pair.key, pair.limit),
        isFull(network),
        isFull(user),
        attempts.remember(known, clock() + rememberedFor),
      ])
      if (failures < pair.limit && !networkFull && (!userFull || isKnown)) return
      if (!isKnown) await attempts.forget(known)
      throw refusal(endsAt)
    },
  }
}
