import type { KoaContextWithOIDC } from 'oidc-provider'
import type { BrokerSession, SessionStore } from '../sessions/session.ts'
import { stateOf } from './request-state.ts'
import { sessionIdOf } from './session-id.ts'

/** Whether this request is of somebody who has said that they want to be signed out. */
export const signsOut = ({ oidc }: KoaContextWithOIDC): boolean =>
  oidc?.route === 'end_session_confirm' && oidc.params?.logout !== undefined

/**
 * Ends the stay behind this request, once, however often it is asked for: whoever asks first, before the library
 * forgets anything of it, so that an outage leaves something to sign out of. `undefined`: it had ended already.
 */
export function endStay(
  ctx: KoaContextWithOIDC,
  sessions: Pick<SessionStore, 'end'>,
): Promise<BrokerSession | undefined> {
  const state = stateOf(ctx)
  state.ended ??= sessions.end(sessionIdOf(ctx.oidc.session?.uid ?? ''))
  return state.ended
}
