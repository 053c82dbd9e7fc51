import type { Api } from '../apis/api.ts'
import type { ReasonCode } from '../reasons.ts'

/** What a request carries that could say who sends it. Never from its address: those are written into logs. */
export interface Evidence {
  readonly bearer: string | undefined
  readonly apiKey: string | undefined
}

/** Whoever sends the request, in words that no protocol has a part in. */
export interface Caller {
  readonly subject: string
  /** Absent: a client that acts for itself. */
  readonly account: string | undefined
  readonly user: string
  readonly email: string
  readonly groups: readonly string[]
  /** Of the realm and of the API that was asked for. */
  readonly roles: readonly string[]
  /** The alias of the source that vouches for them; absent: none does. */
  readonly source: string | undefined
  readonly client: string
  readonly scopes: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
}

export type Reading =
  | { readonly kind: 'mine'; readonly caller: Caller }
  /** Another reader may make something of it. */
  | { readonly kind: 'not_mine' }
  /** It is this reader's, and nothing that counts: nobody else is asked. */
  | { readonly kind: 'no'; readonly reason: ReasonCode; readonly forbidden?: boolean }

/** Turns one kind of evidence into a caller of this API. Rejects with `Unavailable` when it cannot tell. */
export type Reader = (evidence: Evidence, api: Api) => Promise<Reading>

export const notMine: Reading = { kind: 'not_mine' }
