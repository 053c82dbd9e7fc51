import type { ReasonCode } from '../reasons.ts'
import type { Soon } from '../soon.ts'

/** A genuine, living access token, in our words. */
export interface AccessToken {
  readonly jti: string
  readonly clientId: string
  /** Absent for client credentials: no person stands behind the token. */
  readonly accountId?: string
  readonly grantId?: string
  readonly sourceAlias?: string
  readonly audience: string
  readonly scopes: readonly string[]
  /** Seconds. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** The payload as it was signed. */
  readonly claims: Readonly<Record<string, unknown>>
  /** When it is shown again this will be the same object: what is made of it is worth keeping. */
  readonly comesAgain?: true
}

export type Verdict =
  | { readonly ok: true; readonly token: AccessToken }
  /** `token`: genuine, and it counts no more: for the record, and for nothing else. */
  | { readonly ok: false; readonly reason: ReasonCode; readonly token?: AccessToken }

/** The one check (check-access-token.ts). Fails with `Unavailable` when it cannot tell. */
export interface CheckAccessToken {
  (token: string): Soon<Verdict>
  /** Whether it is known to be one of ours, whatever has become of it. */
  readonly knows?: (token: string) => boolean
}
