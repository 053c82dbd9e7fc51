/** Calls to others, password hashes and token checks, measured where they are handed out: nowhere else. */
import type { Outbound } from '../outbound/outbound.ts'
import { requestNotes } from '../request-notes.ts'
import { after, rescue, type Soon } from '../soon.ts'
import type { CheckAccessToken, Verdict } from '../tokens/access-token.ts'
import type { Metrics } from './metrics.ts'
import type { Tracing } from './tracing.ts'

export interface Gauges {
  readonly metrics: Metrics
  readonly tracing: Tracing
}

/** Calls to identity providers, by source; a status from 500 on is no success of theirs. */
export function measureOutbound(http: Outbound, { metrics, tracing }: Gauges): Outbound {
  return {
    ...http,
    async fetch(address, init, options) {
      const source = metrics.sourceLabel(options.source)
      const attributes = { 'server.address': hostOf(address), 'http.request.method': init.method ?? 'GET' }
      const span = tracing.call(`upstream ${source}`.trim(), { ...attributes, 'gatehouse.source': source })
      const began = performance.now()
      let outcome = 'failed'
      try {
        const answer = await http.fetch(address, init, options)
        outcome = `${Math.floor(answer.status / 100)}xx`
        return answer
      } catch (error) {
        if (error instanceof Error && 'code' in error) outcome = String(error.code).toLowerCase()
        throw error
      } finally {
        metrics.upstream.observe({ source, outcome }, (performance.now() - began) / 1000)
        span?.set({ 'gatehouse.outcome': outcome })
        span?.end(!/^[23]xx$/.test(outcome))
      }
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  }
}

const hostOf = (address: string | URL): string => URL.parse(String(address))?.host ?? ''

interface Hasher {
  hash(password: string): Promise<string>
  verify(password: string, phc: string | null): Promise<boolean>
  load(): { readonly running: number; readonly waiting: number }
}

export function measurePasswords<H extends Hasher>(hasher: H, { metrics }: Pick<Gauges, 'metrics'>): H {
  async function measured<T>(work: Promise<T>): Promise<T> {
    const began = performance.now()
    let outcome = 'done'
    try {
      return await work
    } catch (error) {
      outcome = 'refused'
      throw error
    } finally {
      metrics.passwordHashes.observe({ outcome }, (performance.now() - began) / 1000)
    }
  }
  return {
    ...hasher,
    hash: (password) => measured(hasher.hash(password)),
    verify: (password, phc) => measured(hasher.verify(password, phc)),
  }
}

/** The one check of access tokens: whoever asks, and whatever comes of it. */
export function countTokenChecks(check: CheckAccessToken, { metrics }: Pick<Gauges, 'metrics'>): CheckAccessToken {
  const accepted = new Map<string, () => void>()

  function countAccepted(endpoint: string): void {
    const count = accepted.get(endpoint) ?? metrics.tokenChecks.at({ endpoint, outcome: 'accepted', reason: '' })
    accepted.set(endpoint, count)
    count()
  }

  function counted(compact: string): Soon<Verdict> {
    const endpoint = requestNotes()?.endpoint() ?? ''
    const count = (verdict: Verdict): Verdict => {
      if (verdict.ok) countAccepted(endpoint)
      else metrics.tokenChecks.add({ endpoint, outcome: 'refused', reason: verdict.reason })
      return verdict
    }
    return rescue(
      () => after(check(compact), count),
      (error) => {
        metrics.tokenChecks.add({ endpoint, outcome: 'could_not_tell', reason: '' })
        throw error
      },
    )
  }

  return Object.assign(counted, check.knows && { knows: check.knows })
}
