import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, seconds } from '../clock.ts'
import type { Transact } from '../collection.ts'
import { Unavailable } from '../errors.ts'
import type { Blockable, MarkStore } from '../tokens/liveness.ts'
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

/**
 * Comes after a change that somebody or something may come in after. Marks know whole seconds, as tokens do, so that what
 * is issued in the second of a mark is as dead as what was issued before it: that second is waited for, so that whoever
 * is told of the change can go on at once.
 */
export type Readmit = (whom: Whom) => Promise<void>

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

  return async (whom) => {
    const until = clock() + Math.max(longestToken, longestSignIn) * 1000
    await marks.block(...markOf(whom), seconds(clock()), until)
    if ('account' in whom) {
      await sessions.endOfAccount(whom.account)
      await grants.removeOfAccount(whom.account)
    } else if ('client' in whom) {
      await grants.removeOfClient(whom.client)
    } else {
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

export function createReadmit({
  marks,
  clock,
}: {
  readonly marks: Pick<MarkStore, 'blockedAt'>
  readonly clock: Clock
}): Readmit {
  async function blockedAt(whom: Whom): Promise<number | null> {
    try {
      return await marks.blockedAt(...markOf(whom))
    } catch (error) {
      // The change is made already, and holds without the wait.
      if (error instanceof Unavailable) return null
      throw error
    }
  }

  return async (whom) => {
    const at = await blockedAt(whom)
    const left = at === null ? 0 : (at + 1) * 1000 - clock()
    if (left > 0) await delay(Math.min(left, 1000))
  }
}

function markOf(whom: Whom): readonly [Blockable, string] {
  if ('account' in whom) return ['account', whom.account]
  return 'client' in whom ? ['client', whom.client] : ['source', whom.source.alias]
}
