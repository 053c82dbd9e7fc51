import type { Clock } from '../../clock.ts'
import { type SealPurpose, sealUnder, unsealUnder } from '../../sealed-under.ts'
import type { Connection } from './connection.ts'
import { timeLeft } from './time-left.ts'

interface Saved {
  readonly state: string
  readonly expiresAt: number
}

/** What is found by a state, once. A state is a secret: its digest is the key, and whoever brings it can read the rest. */
export function createOnceStore<T extends Saved>(
  connection: Connection,
  purpose: SealPurpose,
  keyOf: (state: string) => string,
  clock: Clock,
) {
  function open(state: string, sealed: unknown): T | undefined {
    if (typeof sealed !== 'string') return undefined
    const saved = { ...JSON.parse(unsealUnder(state, purpose, sealed)), state } as T
    return saved.expiresAt > clock() ? saved : undefined
  }

  return {
    async save({ state, ...rest }: T): Promise<void> {
      const sealed = sealUnder(state, purpose, JSON.stringify(rest))
      await connection.send('set', keyOf(state), sealed, 'PX', timeLeft(clock, rest.expiresAt))
    },
    peek: async (state: string) => open(state, await connection.send('get', keyOf(state))),
    take: async (state: string) => open(state, await connection.send('getdel', keyOf(state))),
  }
}
