import type { AdmittedPerson, Denied } from '../admission/admit.ts'
import type { ReasonCode } from '../reasons.ts'
import type { BrokerSession } from '../sessions/session.ts'
import type { AccessToken } from '../tokens/access-token.ts'

/**
 * What one request to the OpenID provider has found out, for the hooks that come later in it: the library
 * hands its hooks the request and nothing else.
 */
export interface RequestState {
  /** The person proved who they are in this very request. */
  freshLogin?: boolean
  admission?: AdmittedPerson | Denied
  accessToken?: AccessToken
  /** Why what was shown does not count. */
  refused?: ReasonCode
  /** The code or refresh token that was shown, as it was kept. */
  presented?: Presented
  /** The refresh token that this request has used up. */
  wonRotation?: string
  /** The refresh token that another request is using at this moment. */
  lostRotation?: string | undefined
  /** What the library says about a *no*, for the log. */
  detail?: string | undefined
  /** The stay that this request has ended, if there was one. */
  ended?: Promise<BrokerSession | undefined>
  /** What was thrown where the library only says `server_error`. */
  failure?: unknown
}

export interface Presented {
  readonly kind: 'AuthorizationCode' | 'RefreshToken'
  readonly grantId: string
  readonly accountId: string
  readonly clientId: string
  readonly sourceId: string
  /** It was used before, and no grace covers it. */
  readonly spent: boolean
}

const states = new WeakMap<object, RequestState>()

export function stateOf(ctx: object | undefined): RequestState {
  if (!ctx) return {}
  const state = states.get(ctx) ?? {}
  states.set(ctx, state)
  return state
}
