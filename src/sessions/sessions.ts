import type { AccountStore } from '../accounts/account.ts'
import type { Actor, AuditStore } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import { found, type Page, type Transact } from '../collection.ts'
import { newId } from '../ids.ts'
import type { BrokerSession, GrantStore, SessionQuery, SessionStore } from './session.ts'
import type { Readmit, ShutOut } from './shut-out.ts'

interface Needs {
  readonly transact: Transact<{ readonly audit: AuditStore }>
  readonly sessions: Pick<SessionStore, 'list' | 'get' | 'ofAccount' | 'end'>
  readonly grants: Pick<GrantStore, 'ofSessions'>
  readonly accounts: Pick<AccountStore, 'get'>
  readonly shutOut: ShutOut
  readonly readmit: Readmit
  readonly clock: Clock
}

/** A stay, and the clients that have a share of it. */
export interface SharedSession {
  readonly session: BrokerSession
  readonly clientIds: readonly string[]
}

/** The stays of people who are signed in: to be looked at, and ended, by administrators and by themselves. */
export interface Sessions {
  /** The newest first. */
  list(query: SessionQuery): Promise<Page<SharedSession>>
  /**
   * Those that the client has a share of, the newest first. It looks through two thousand stays at most, so that a page may
   * have fewer than `limit`, or none, and still be followed by another.
   */
  ofClient(query: SessionQuery, clientId: string): Promise<Page<SharedSession>>
  /** Rejects with `not_found`. */
  get(id: string): Promise<SharedSession>
  /** The newest first. */
  ofAccount(accountId: string): Promise<readonly SharedSession[]>
  /** Ends it with every grant in it, so that no token of it passes any more. `undefined`: it has ended already. */
  end(actor: Actor, id: string): Promise<BrokerSession | undefined>
  /**
   * Ends every stay of a person, what applications may do for them offline, and a sign-in that is under way; answers how
   * many stays there were. They may sign in again. Rejects with `not_found`.
   */
  endAll(actor: Actor, accountId: string): Promise<number>
}

const mostLookedAt = 2000

export function createSessions({ transact, sessions, grants, accounts, shutOut, readmit, clock }: Needs): Sessions {
  async function shared(some: readonly BrokerSession[]): Promise<readonly SharedSession[]> {
    const bySession = Map.groupBy(await grants.ofSessions(some.map(({ id }) => id)), ({ sessionId }) => sessionId)
    return some.map((session) => ({
      session,
      clientIds: (bySession.get(session.id) ?? []).map(({ clientId }) => clientId),
    }))
  }

  return {
    async list(query) {
      const { items, next } = await sessions.list(query)
      return { items: await shared(items), next }
    },

    async ofClient(query, clientId) {
      const found: SharedSession[] = []
      let next: string | null = query.after ?? null
      for (let looked = 0; looked < mostLookedAt; looked += query.limit) {
        const page = await sessions.list({ ...query, ...(next !== null && { after: next }) })
        found.push(...(await shared(page.items)).filter(({ clientIds }) => clientIds.includes(clientId)))
        next = page.next
        if (next === null || found.length >= query.limit) break
      }
      return { items: found, next }
    },

    async get(id) {
      const [session] = await shared([found(await sessions.get(id), `session ${id}`)])
      return found(session, `session ${id}`)
    },

    ofAccount: async (accountId) => shared((await sessions.ofAccount(accountId)).toReversed()),

    // Whoever is to be out is out before the record of it commits; when that fails, ending it again is harmless.
    end: (actor, id) =>
      transact(async ({ audit }) => {
        const ended = await sessions.end(id)
        if (!ended) return undefined
        const { accountId, sourceId, startedAt } = ended
        await audit.record({
          id: newId(),
          at: clock(),
          actor,
          action: 'session.ended',
          subject: { type: 'session', id, name: '' },
          before: {
            account: accountId,
            authentication_source: sourceId,
            started_at: new Date(startedAt).toISOString(),
          },
          after: null,
        })
        return ended
      }),

    async endAll(actor, accountId) {
      const { id, displayName } = found(await accounts.get(accountId), `user ${accountId}`)
      const { length } = await sessions.ofAccount(id)
      const subject = { type: 'user', id, name: displayName }
      await shutOut({ account: id }, transact, ({ audit }) =>
        audit.record({
          ...{ id: newId(), at: clock(), actor, action: 'user.signed_out', subject },
          ...{ before: { sessions: length }, after: null },
        }),
      )
      await readmit({ account: id })
      return length
    },
  }
}
