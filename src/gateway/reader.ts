import type { Api } from '../apis/api.ts'
import type { ClientCertificate } from '../http/certificates/client-certificate.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Soon } from '../soon.ts'
import type { ProvenCall } from '../tokens/possession/check-dpop.ts'

/** What a request carries that could say who sends it. Never from its address: those are written into logs. */
export interface Evidence {
  /** A token, behind the scheme `Bearer` or `DPoP`. */
  readonly bearer: string | undefined
  /** Of a token behind `DPoP` (RFC 9449 §7.1): what must prove that the caller holds its key, in this very call. */
  readonly dpop: Omit<ProvenCall, 'token'> | undefined
  /** What follows `Basic` (RFC 7617), as it came. */
  readonly basic: string | undefined
  /** Whatever is in it: a certificate says who calls only where nothing else does. */
  readonly hasAuthorization: boolean
  readonly apiKey: string | undefined
  /** From a gateway that proved itself, in a header that it writes. */
  readonly certificate: ClientCertificate | undefined
  /** Somebody wrote a certificate into a header, and nothing proves that it was the gateway. */
  readonly unbelievedCertificate: boolean
  /** Network address of whoever calls, as trusted proxies tell it. */
  readonly address: string
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
  /** With the same credentials at the same API it is the same object: what is made of it is worth keeping. */
  readonly comesAgain?: true
}

/** As traces have them. */
export type SupposedCaller = Partial<Pick<Caller, 'client' | 'source' | 'account'>>

export type Reading =
  | { readonly kind: 'mine'; readonly caller: Caller }
  /** Another reader may make something of it. */
  | { readonly kind: 'not_mine' }
  /** It is this reader's, and nothing that counts: nobody else is asked. */
  | {
      readonly kind: 'no'
      readonly reason: ReasonCode
      readonly forbidden?: boolean
      /** Whom it would have been, where that is certain: for the record, and for nothing else. */
      readonly about?: SupposedCaller
      /** Seconds: too many have failed, and until then nothing is looked at. */
      readonly retryAfter?: number | undefined
    }

/** Turns one kind of evidence into a caller of this API. Fails with `Unavailable` when it cannot tell. */
export type Reader = (evidence: Evidence, api: Api) => Soon<Reading>

export const notMine: Reading = { kind: 'not_mine' }
