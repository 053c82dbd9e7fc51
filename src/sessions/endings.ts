/**
 * Every ending of a session goes through its store, whoever ends it: a logout, the person, an administrator, the
 * upstream, a switch that was turned off, somebody else's login. So this is where it is noticed who had a share.
 */
import type { BrokerSession, GrantStore, SessionStore } from './session.ts'

/** A client that was signed in in a session which has ended. */
export interface EndedShare {
  readonly sessionId: string
  readonly accountId: string
  readonly sourceId: string
  readonly clientId: string
}

interface Needs {
  readonly sessions: SessionStore
  readonly grants: Pick<GrantStore, 'ofSessions'>
  /** Told once they have ended. It neither waits nor throws: no ending depends on what comes of the news. */
  readonly onEnded: (shares: readonly EndedShare[]) => void
}

const atOnce = 200

/**
 * The same store, whose endings are announced. The shares are read first, since they end with their session. A client
 * that comes in between the two gets a code that is worth nothing, and has no session of its own to end.
 */
export function announceEndings({ sessions, grants, onEnded }: Needs): SessionStore {
  async function sharesOf(some: readonly BrokerSession[]): Promise<readonly EndedShare[]> {
    if (some.length === 0) return []
    const byId = new Map(some.map((session) => [session.id, session]))
    return (await grants.ofSessions([...byId.keys()])).flatMap(({ sessionId, clientId }) => {
      const session = sessionId === null ? undefined : byId.get(sessionId)
      return session
        ? [{ sessionId: session.id, accountId: session.accountId, sourceId: session.sourceId, clientId }]
        : []
    })
  }

  async function sharesOfSource(sourceId: string): Promise<readonly EndedShare[]> {
    const shares: EndedShare[] = []
    let after: string | null | undefined
    do {
      const page = await sessions.list({ sourceId, limit: atOnce, ...(after && { after }) })
      shares.push(...(await sharesOf(page.items)))
      after = page.next
    } while (after)
    return shares
  }

  return {
    ...sessions,

    async end(id) {
      const opened = await grants.ofSessions([id])
      const ended = await sessions.end(id)
      if (!ended) return undefined
      const { accountId, sourceId } = ended
      onEnded(opened.map(({ clientId }) => ({ sessionId: id, accountId, sourceId, clientId })))
      return ended
    },

    async endOfAccount(accountId) {
      const shares = await sharesOf(await sessions.ofAccount(accountId))
      await sessions.endOfAccount(accountId)
      onEnded(shares)
    },

    async endOfSource(sourceId) {
      const shares = await sharesOfSource(sourceId)
      await sessions.endOfSource(sourceId)
      onEnded(shares)
    },
  }
}
