/**
 * What one request reads of a session and the grants in it, once: the library asks for the same again in several of
 * its steps. Nothing is kept for another request, and what must be true when the answer leaves is asked anew then.
 */
import { Provider } from 'oidc-provider'
import type { BrokerSession, Grant, GrantStore, SessionStore } from '../sessions/session.ts'
import { stateOf } from './request-state.ts'

/** A session, if it stands, with its grants. */
export interface Stay {
  readonly session: BrokerSession | undefined
  readonly shares: readonly Grant[]
}

export interface RequestReads {
  stay(sessionId: string): Promise<Stay>
  grant(id: string): Promise<Grant | undefined>
  /** The session was begun or renewed by this request: so it stands, with what was granted in it. */
  renewed(session: BrokerSession): void
}

interface Needs {
  readonly sessions: Pick<SessionStore, 'get'>
  readonly grants: Pick<GrantStore, 'get' | 'ofSession'>
}

export function createRequestReads({ sessions, grants }: Needs): RequestReads {
  async function readStay(id: string): Promise<Stay> {
    const [session, shares] = await Promise.all([sessions.get(id), grants.ofSession(id)])
    return session ? { session, shares } : { session: undefined, shares: [] }
  }

  return {
    stay(sessionId) {
      const state = stateOf(Provider.ctx)
      if (state.stay?.of !== sessionId) state.stay = { of: sessionId, read: readStay(sessionId) }
      return state.stay.read
    },

    renewed(session) {
      const state = stateOf(Provider.ctx)
      const before = state.stay?.of === session.id ? state.stay.read : undefined
      const read = Promise.resolve(before).then((stay) => ({ session, shares: stay?.shares ?? [] }))
      state.stay = { of: session.id, read }
    },

    async grant(id) {
      const state = stateOf(Provider.ctx)
      if (state.granted?.id === id) return state.granted
      const share = (await state.stay?.read)?.shares.find((grant) => grant.id === id)
      if (share) return share
      if (state.grant?.of !== id) state.grant = { of: id, read: grants.get(id) }
      return state.grant.read
    },
  }
}
