import type { AdmittedPerson, Denied } from '../admission/admit.ts'
import type { Unavailable } from '../errors.ts'
import type { ReasonCode } from '../reasons.ts'
import type { BrokerSession, Grant } from '../sessions/session.ts'
import type { AccessToken, Verdict } from '../tokens/access-token.ts'
import type { Stay } from './request-reads.ts'

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
  /** That is for the log alone: who asks has not shown who they are. */
  isUntold?: boolean
  /** The code or refresh token that was shown, as it was kept. */
  presented?: Presented
  /** The one use of what was presented. */
  use?: Use
  /** The refresh token before the one that was presented, as it is kept. */
  predecessor?: string
  /** What the code that is made, or was presented, stands on: as it was when the code was made. */
  granted?: Grant
  /** The refresh token that another request is using at this moment. */
  lostRotation?: string | undefined
  /** The client's assertion counts no second time; what is used up after it is something else. */
  assertionUsed?: boolean
  /** What the library says about a *no*, for the log. */
  detail?: string | undefined
  /** The stay that this request has ended, if there was one. */
  ended?: Promise<BrokerSession | undefined>
  /** What was read for this request; see request-reads.ts. */
  stay?: { readonly of: string; readonly read: Promise<Stay> }
  grant?: { readonly of: string; readonly read: Promise<Grant | undefined> }
  verdict?: { readonly of: string; readonly read: Promise<Verdict> }
  /** What is written when it ends; see pending-writes.ts. */
  writes?: readonly (() => Promise<unknown>)[]
  /** The session that this request begins, and whether what was proven has been overtaken meanwhile. */
  begun?: { readonly session: BrokerSession; save(): Promise<void>; overtaken(): Promise<boolean> }
  /** Why nobody could say whether the registry is as this node knows it. */
  unconfirmed?: Unavailable
  /** What was thrown where the library only says `server_error`. */
  failure?: unknown
}

export interface Use {
  readonly token: string
  /** Whether it has been asked for. */
  begun: boolean
  /** `true` for one of all requests that present the same. However often it is asked, it is decided once. */
  decide(): Promise<boolean>
}

export interface Presented {
  readonly kind: 'AuthorizationCode' | 'RefreshToken'
  readonly grantId: string
  readonly accountId: string
  readonly clientId: string
  readonly sourceId: string
  /** The stay that it ends with. Absent of an offline grant, which outlives it. */
  readonly sessionId?: string
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
