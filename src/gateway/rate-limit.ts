/** How many calls an API takes of whom: counted in live state, and so by all nodes together. */
import type { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { Api } from '../apis/api.ts'
import type { ApiRules } from '../apis/api-rules.ts'
import type { Clock } from '../clock.ts'
import { networkOf } from '../http/network.ts'
import { digest } from '../ids.ts'
import type { Parties } from './decide.ts'
import type { Evidence } from './reader.ts'

export interface CallCounts {
  /** Adds one and answers the count in the window that is open, on all nodes; atomic. Milliseconds. */
  count(key: string, expiresAt: number): Promise<number>
}

/** What has become of one caller's allowance in the window that is open. */
export interface Spent {
  readonly isOver: boolean
  readonly limit: number
  /** Seconds. */
  readonly window: number
  readonly remaining: number
  /** Seconds until the next window. */
  readonly reset: number
}

export interface RateLimit {
  /** Whose calls these are, if it is known before anybody has looked who they are. */
  early(api: Api, evidence: Evidence): string | undefined
  /** Whose calls these are. */
  of(api: Api, parties: Parties, evidence: Pick<Evidence, 'address'>): string
  /** Rejects with `Unavailable` when it cannot tell. */
  count(api: Api, who: string): Promise<Spent | undefined>
  /** The next call with the same credentials is counted while they are looked at. */
  remember(api: Api, evidence: Evidence, who: string): void
}

/** Of credentials, each with who has them: some megabytes. */
const mostRemembered = 20_000

export function createRateLimit({ counts, clock }: { readonly counts: CallCounts; readonly clock: Clock }): RateLimit {
  const limiters = new WeakMap<ApiRules, Promise<RateLimiterRedis>>()
  // By everything the caller has brought: nobody is counted under a name that they only claim to have.
  const remembered = new Map<string, string>()
  const credentials = ({ id, rules }: Api, { bearer, basic, apiKey, certificate }: Evidence) =>
    digest(JSON.stringify([id, rules.rate_limit?.by, bearer, basic, apiKey, certificate?.thumbprint]))

  function limiterOf({ id, rules }: Api, { requests, window, by }: NonNullable<ApiRules['rate_limit']>) {
    const known = limiters.get(rules)
    if (known) return known
    const span = window * 1000
    const made = import('rate-limiter-flexible').then(
      ({ RateLimiterRedis }) =>
        new RateLimiterRedis({
          keyPrefix: '',
          points: requests,
          duration: window,
          // Whoever is over it costs the store nothing more until the window ends.
          inMemoryBlockOnConsumed: requests,
          // The live state as the library asks for it, whichever store it is: the count, and milliseconds to go.
          storeClient: {
            async rlflxIncr([who = '']: readonly string[]) {
              const number = Math.floor(clock() / span)
              const end = (number + 1) * span
              const key = digest(JSON.stringify(['calls', id, by, window, who, number]))
              return [await counts.count(key, end), Math.max(1, end - clock())]
            },
          },
        }),
    )
    limiters.set(rules, made)
    return made
  }

  return {
    early(api, evidence) {
      const limit = api.rules.rate_limit
      if (!limit) return undefined
      return limit.by === 'address' ? networkOf(evidence.address) : remembered.get(credentials(api, evidence))
    },

    of({ rules }, { caller, application }, { address }) {
      // Whom another issuer names may be called like one of our clients.
      const client = caller?.client || `${caller?.source ?? ''}/${caller?.subject ?? ''}`
      switch (rules.rate_limit?.by) {
        case 'application':
          return application ? `application ${application.id}` : `client ${client}`
        case 'user':
          return `${caller?.source ?? ''} ${caller?.subject}`
        case 'address':
          return networkOf(address)
        default:
          return `client ${client}`
      }
    },

    async count(api, who) {
      const limit = api.rules.rate_limit
      if (!limit) return undefined
      const limiter = await limiterOf(api, limit)
      const { isOver, left } = await limiter.consume(who).then(
        (left) => ({ isOver: false, left }),
        (left: unknown) => ({ isOver: true, left: spentOrThrow(left) }),
      )
      const reset = Math.max(1, Math.ceil(left.msBeforeNext / 1000))
      return { isOver, limit: limit.requests, window: limit.window, remaining: left.remainingPoints, reset }
    },

    remember(api, evidence, who) {
      if (api.rules.rate_limit === null || api.rules.rate_limit.by === 'address') return
      const key = credentials(api, evidence)
      if (remembered.has(key)) return
      const [oldest] = remembered.keys()
      if (remembered.size >= mostRemembered && oldest !== undefined) remembered.delete(oldest)
      remembered.set(key, who)
    },
  }
}

/** The library rejects with what is left when it is nothing, and with whatever went wrong otherwise. */
function spentOrThrow(left: unknown): RateLimiterRes {
  if (left instanceof Error || typeof left !== 'object' || left === null) throw left
  return left as RateLimiterRes
}
