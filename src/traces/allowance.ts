import type { Clock } from '../clock.ts'

/** Whether what somebody does who has not proven anything yet may still be kept. A flow is counted once a minute. */
export type Allowance = (flow: string, network: string, cost: number) => boolean

/** Units a minute; a sign-in that somebody begins costs one. */
export const allowed = { perNetwork: 600, altogether: 6_000 }
/** Of what comes out of nowhere, such as answers with a state that never was ours: thirty a minute and network. */
export const costOfStray = 20

const minute = 60_000

/**
 * Bounds what strangers leave behind: anybody may begin sign-ins, and send answers that nobody waits for. Counts in
 * this process; what it keeps for it is bounded as well, since nothing more is counted than may be kept.
 */
export function createAllowance(clock: Clock): Allowance {
  let window = Number.NaN
  let spent = 0
  const byNetwork = new Map<string, number>()
  const flows = new Set<string>()

  return (flow, network, cost) => {
    const now = Math.floor(clock() / minute)
    if (now !== window) {
      window = now
      spent = 0
      byNetwork.clear()
      flows.clear()
    }
    if (flows.has(flow)) return true
    const ofNetwork = (byNetwork.get(network) ?? 0) + cost
    if (ofNetwork > allowed.perNetwork || spent + cost > allowed.altogether) return false
    spent += cost
    byNetwork.set(network, ofNetwork)
    flows.add(flow)
    return true
  }
}
