import { type Clock, seconds } from '../clock.ts'
import type { Transact } from '../collection.ts'
import type { MarkStore } from '../tokens/liveness.ts'
import type { GrantStore, SessionStore } from './session.ts'

/** A source is marked by its alias, which tokens carry; its sessions and grants know its id. */
export type Whom =
  | { readonly account: string }
  | { readonly client: string }
  | { readonly source: { readonly id: string; readonly alias: string } }

/**
 * Makes a change of the registry that shuts somebody or something out, at once and on every node: the mark, so that
 * no token passes any more, then the sessions and grants. That is the last thing before the commit: a change that is
 * refused shuts nobody out, and one whose mark cannot be written is not made. It comes once more after the commit,
 * for whoever came in between the two; should that fail, making the same change again repeats it.
 */
export type ShutOut = <Stores, T>(
  whom: Whom,
  transact: Transact<Stores>,
  change: (stores: Stores) => Promise<T>,
) => Promise<T>

interface Needs {
  readonly marks: Pick<MarkStore, 'block'>
  readonly sessions: Pick<SessionStore, 'endOfAccount' | 'endOfSource'>
  readonly grants: Pick<GrantStore, 'removeOfAccount' | 'removeOfClient' | 'removeOfSource'>
  readonly clock: Clock
  /** Seconds: no access token is valid for longer, clock tolerance included. */
  readonly longestToken: number
  /** Seconds: no sign-in is under way for longer. One that was proven before is not finished afterwards. */
  readonly longestSignIn: number
}

/** The marking and ending alone, for several that are shut out by one transaction: before its commit, and after it. */
export function createBlock(needs: Needs): (whom: Whom) => Promise<void> {
  const { marks, sessions, grants, clock, longestToken, longestSignIn } = needs
  const mark = (kind: 'account' | 'client' | 'source', name: string) =>
    marks.block(kind, name, seconds(clock()), clock() + Math.max(longestToken, longestSignIn) * 1000)

  return async (whom) => {
    if ('account' in whom) {
      await mark('account', whom.account)
      await sessions.endOfAccount(whom.account)
      await grants.removeOfAccount(whom.account)
    } else if ('client' in whom) {
      await mark('client', whom.client)
      await grants.removeOfClient(whom.client)
    } else {
      await mark('source', whom.source.alias)
      await sessions.endOfSource(whom.source.id)
      await grants.removeOfSource(whom.source.id)
    }
  }
}

export function createShutOut(needs: Needs): ShutOut {
  const block = createBlock(needs)
  return async (whom, transact, change) => {
    const changed = await transact(async (stores) => {
      const result = await change(stores)
      await block(whom)
      return result
    })
    await block(whom)
    return changed
  }
}
