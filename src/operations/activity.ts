import type { Counter } from './meters.ts'
import type { Metrics } from './metrics.ts'

interface Tally {
  readonly good: number
  readonly bad: number
}

/** What one process has done since it started. */
export interface Activity {
  readonly seconds: number
  /** At the token endpoint. */
  readonly tokens: Tally
  /** Access tokens that were checked, by whomever. */
  readonly checks: Tally
}

const good: ReadonlySet<unknown> = new Set(['success', 'accepted'])

export function watchActivity({ tokenRequests, tokenChecks }: Pick<Metrics, 'tokenRequests' | 'tokenChecks'>) {
  const began = performance.now()
  return async (): Promise<Activity> => ({
    seconds: (performance.now() - began) / 1000,
    tokens: await tallied(tokenRequests),
    checks: await tallied(tokenChecks),
  })
}

async function tallied(counter: Pick<Counter<string>, 'collect'>): Promise<Tally> {
  const tally = { good: 0, bad: 0 }
  for (const { labels, value } of await counter.collect()) tally[good.has(labels.outcome) ? 'good' : 'bad'] += value
  return tally
}
