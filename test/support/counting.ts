import { setImmediate as turn } from 'node:timers/promises'
import { type OpenStores, openStores } from '../../src/stores/open.ts'

const live = ['sessions', 'grants', 'marks', 'artifacts', 'trips', 'departures', 'attempts']
const registry = ['sources', 'clients', 'consents', 'accounts', 'localUsers', 'roles', 'apis']

export interface Counted {
  /** Round trips to the live state, one after the other: what is asked in the same turn travels together. */
  readonly trips: number
  /** What each trip carried. */
  readonly cargo: readonly (readonly string[])[]
  /** Looks at the registry, outside of transactions. */
  readonly registryReads: readonly string[]
}

/**
 * Real stores whose live state is away over a network, as a pipelining client has it: what is asked while nothing is
 * under way is sent at the end of the turn, all at once, and what is asked meanwhile waits for the next trip. Of the
 * registry, what is named in `alsoAway` is there with it.
 */
export function countingStores(open: OpenStores = openStores, alsoAway: readonly string[] = []) {
  let cargo: string[][] = []
  let reads: string[] = []
  let boarding: Promise<void> | undefined
  let underway: Promise<unknown> = Promise.resolve()

  /** Resolves when the trip that this call is on leaves. */
  function board(call: string): Promise<void> {
    if (!boarding) {
      cargo.push([])
      boarding = underway.then(async () => {
        await turn()
        boarding = undefined
        underway = turn()
      })
    }
    cargo.at(-1)?.push(call)
    return boarding
  }

  const wrap = <T extends object>(store: T, before: (method: string) => Promise<void> | undefined): T =>
    new Proxy(store, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver)
        if (typeof member !== 'function') return member
        return async (...args: unknown[]) => {
          await before(String(name))
          return member.apply(target, args)
        }
      },
    })

  return {
    async open(needs: Parameters<OpenStores>[0]) {
      const stores = await open(needs)
      const entries = Object.entries(stores).map(([name, store]) => {
        if (live.includes(name) || alsoAway.includes(name))
          return [name, wrap(store, (method) => board(`${name}.${method}`))]
        if (registry.includes(name)) return [name, wrap(store, (method) => void reads.push(`${name}.${method}`))]
        return [name, store]
      })
      return { ...stores, ...(Object.fromEntries(entries) as typeof stores) }
    },

    /** What `work` costs, when nothing else goes on. */
    async during(work: () => Promise<unknown>): Promise<Counted> {
      cargo = []
      reads = []
      await work()
      return { trips: cargo.length, cargo, registryReads: reads }
    },
  }
}
