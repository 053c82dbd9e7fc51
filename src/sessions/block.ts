import { type Clock, seconds } from '../clock.ts'
import type { MarkStore } from '../tokens/liveness.ts'
import type { GrantStore, SessionStore } from './session.ts'

/**
 * Shuts somebody or something out at once, on every node: the mark first, so that no token passes any more,
 * then the grants and sessions. Call it before the registry's change commits; when it rejects, change nothing.
 */
export interface Block {
  account(id: string): Promise<void>
  client(id: string): Promise<void>
  source(source: { readonly id: string; readonly alias: string }): Promise<void>
}

interface Needs {
  readonly marks: MarkStore
  readonly sessions: SessionStore
  readonly grants: GrantStore
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
      for (const session of await sessions.ofAccount(id)) await sessions.end(session.id)
      await grants.removeOfAccount(id)
    },

    async client(id) {
      await mark('client', id)
      await grants.removeOfClient(id)
    },

    async source({ id, alias }) {
      await mark('source', alias)
      for (const session of await sessions.ofSource(id)) await sessions.end(session.id)
      await grants.removeOfSource(id)
    },
  }
}
