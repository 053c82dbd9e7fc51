/**
 * What this node has read of the registry, kept for as long as the registry's version is the same. A look that must
 * see what any node has changed confirms the version first; everything else is at most as old as the last look at it,
 * which comes each second. While the registry does not answer, what was true when it last did is served: for a day.
 */
import type { Clock } from './clock.ts'
import { Unavailable } from './errors.ts'
import type { Soon } from './soon.ts'

interface Needs {
  readonly registryVersion: () => Promise<number>
  readonly clock: Clock
  /** How many answers are kept; the ones not asked for longest go first. */
  readonly limit?: number
}

/** A reading, out of memory where that will do. */
export interface Remembering<A extends unknown[], R> {
  (...args: A): Promise<R>
  /** The same, at once where that will do. */
  soon(...args: A): Soon<R>
  /** What it would answer with at once; nobody is asked. */
  remembered(...args: A): R | undefined
  /** Reads, whatever is kept. Rejects with `Unavailable`. */
  anew(...args: A): Promise<R>
}

export interface RegistryMemory {
  /**
   * The same reading, out of memory where that will do. `read` answers the same whenever the registry's version is
   * the same; or may change without it, and is then kept `forAtMost` so many milliseconds. What is absent is not kept.
   */
  keep<A extends unknown[], R>(
    name: string,
    read: (...args: A) => Promise<R>,
    options?: { readonly forAtMost?: number },
  ): Remembering<A, R>
  /** From here on memory holds nothing that was changed, by any node, before this was called. Rejects with `Unavailable`. */
  confirm(): Promise<number>
  /** Something was changed here. */
  forget(): void
}

/** Milliseconds. */
export const longestOutage = 24 * 3_600_000

interface Kept {
  readonly value: unknown
  readonly generation: number
  readonly readAt: number
  /** When it was last known to be true. */
  trueAt: number
}

export function createRegistryMemory({ registryVersion, clock, limit = 20_000 }: Needs): RegistryMemory {
  const entries = new Map<string, Kept>()
  let version: number | undefined
  let generation = 0
  let confirmedAt = Number.NEGATIVE_INFINITY
  let nextLook: Promise<number> | undefined

  async function look(): Promise<number> {
    const at = clock()
    const current = await registryVersion()
    if (current !== version) generation += 1
    version = current
    confirmedAt = at
    return current
  }

  function put(key: string, kept: Kept): void {
    entries.delete(key)
    entries.set(key, kept)
    if (entries.size > limit) entries.delete(entries.keys().next().value ?? key)
  }

  return {
    keep<A extends unknown[], R>(
      name: string,
      read: (...args: A) => Promise<R>,
      { forAtMost = Number.POSITIVE_INFINITY }: { readonly forAtMost?: number } = {},
    ) {
      // Most are asked for by one name, and written down thousands of times a second.
      const keyOf = (args: A) =>
        args.length === 1 && typeof args[0] === 'string' ? `${name} ${args[0]}` : name + JSON.stringify(args)

      function current(key: string): Kept | undefined {
        const kept = entries.get(key)
        const now = clock()
        if (kept?.generation !== generation || now >= kept.readAt + forAtMost || now >= confirmedAt + longestOutage)
          return undefined
        if (forAtMost === Number.POSITIVE_INFINITY) kept.trueAt = Math.max(kept.trueAt, confirmedAt)
        // As long as there is room nobody need know which was not asked for longest.
        if (entries.size > limit / 2) put(key, kept)
        return kept
      }

      async function anew(...args: A): Promise<R> {
        const key = keyOf(args)
        const now = clock()
        // Whatever changes while it is being read makes it old.
        const asked = generation
        const value = await read(...args)
        if (value === undefined) entries.delete(key)
        else put(key, { value, generation: asked, readAt: now, trueAt: now })
        return value
      }

      async function get(...args: A): Promise<R> {
        const key = keyOf(args)
        const known = current(key)
        if (known) return known.value as R
        const kept = entries.get(key)
        const now = clock()
        try {
          return await anew(...args)
        } catch (error) {
          if (!(error instanceof Unavailable && kept && now < kept.trueAt + longestOutage)) throw error
          return kept.value as R
        }
      }

      const remembered = (...args: A) => current(keyOf(args))?.value as R | undefined
      return Object.assign(get, { anew, remembered, soon: (...args: A) => remembered(...args) ?? get(...args) })
    },

    confirm() {
      // Whoever asks before the look has begun shares it.
      nextLook ??= Promise.resolve().then(() => {
        nextLook = undefined
        return look()
      })
      return nextLook
    },

    forget() {
      generation += 1
    },
  }
}
