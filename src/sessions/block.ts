import { type Clock, seconds } from '../clock.ts'
import type { Transact } from '../collection.ts'
import type { MarkStore } from '../tokens/liveness.ts'
import type { GrantStore, SessionStore } from './session.ts'

/**
 * Shuts somebody or something out at once, on every node: the mark first, so that no token passes any more,
 * then the grants and sessions. It belongs to a change of the registry: see {@link shutOut}.
 */
export interface Block {
  account(id: string): Promise<void>
  client(id: string): Promise<void>
  source(source: { readonly id: string; readonly alias: string }): Promise<void>
}

interface Needs {
  readonly marks: MarkStore
  readonly sessions: Pick<SessionStore, 'endOfAccount' | 'endOfSource'>
  readonly grants: Pick<GrantStore, 'removeOfAccount' | 'removeOfClient' | 'removeOfSource'>
  readonly clock: Clock
  /** Seconds: no access token is valid for longer, clock tolerance included. */
  readonly longestToken: number
}

export function createBlock({ marks, sessions, grants, clock, longestToken }: Needs): Block {
  const mark = (kind: 'account' | 'client' | 'source', name: string) =>
    marks.block(kind, name, seconds(clock()), clock() + longestToken * 1000)

  return {
    async account(id) {
      await mark('account', id)
      await sessions.endOfAccount(id)
      await grants.removeOfAccount(id)
    },

    async client(id) {
      await mark('client', id)
      await grants.removeOfClient(id)
    },

    async source({ id, alias }) {
      await mark('source', alias)
      await sessions.endOfSource(id)
      await grants.removeOfSource(id)
    },
  }
}

/**
 * Makes a change of the registry that shuts somebody out. The block is the last thing before the commit: a change
 * that is refused shuts nobody out, and one whose mark cannot be written is not made. It comes once more after the
 * commit, for whoever came in between the two; should that one fail, making the same change again repeats it.
 */
export async function shutOut<Stores, T>(
  transact: Transact<Stores>,
  block: () => Promise<void>,
  change: (stores: Stores) => Promise<T>,
): Promise<T> {
  const changed = await transact(async (stores) => {
    const result = await change(stores)
    await block()
    return result
  })
  await block()
  return changed
}
