/**
 * A connector turns evidence into an {@link Identity}. Evidence arrives in three ways, so there are
 * three kinds of connector and no others. Protocol names appear below src/connectors/ only.
 *
 * A connector rejects with a `Refusal` for *no*, and with `Unavailable` when it *could not tell*.
 */
import type { X509Certificate } from 'node:crypto'
import type { z } from 'zod'
import type { Identity, UpstreamSession } from './identity.ts'

export type Connector = PasswordConnector | RedirectConnector | PresentedConnector

interface Lifecycle {
  /** Reaches out as a login would, without a person. Rejects with a {@link SourceProblem}. */
  check?(): Promise<void>
  close?(): Promise<void>
}

/** The person types a name and a password: local users, LDAP. */
export interface PasswordConnector extends Lifecycle {
  readonly kind: 'password'
  /** `undefined`: wrong name or password, which cost the same time. */
  verify(credentials: Credentials): Promise<Identity | undefined>
}

/** The browser goes away and comes back: OpenID Connect, SAML. */
export interface RedirectConnector extends Lifecycle {
  readonly kind: 'redirect'
  depart(trip: Trip): Promise<Departure>
  /** `memo` is whatever `depart` asked us to keep: a PKCE verifier, a nonce. */
  arrive(trip: Trip, memo: Memo, arrival: Arrival): Promise<Identity>
  /** Where the browser goes to end the session over there. `undefined`: nowhere, it is not wanted or not offered. */
  leave?(session: UpstreamSession, back: { readonly url: URL; readonly state: string }): Promise<URL | undefined>
  /** The upstream says, without a browser, that sessions over there have ended. */
  verifyLogout?(form: URLSearchParams): Promise<UpstreamLogout>
}

/** What has ended over there: one session, or all of a person when there is no `sid`. At least one of the two is there. */
export interface UpstreamLogout {
  readonly sid?: string
  readonly subject?: string
  /** The message's own name. It counts once. */
  readonly messageId: string
  /** Milliseconds; from then on the connector itself refuses the message. */
  readonly expiresAt: number
}

/** The evidence is already on the request: a bearer JWT, a client certificate. */
export interface PresentedConnector extends Lifecycle {
  readonly kind: 'presented'
  /** Whether the evidence, of which nothing is proven yet, is for this one to judge. Absent: `verify` tells. */
  recognises?(evidence: Evidence): boolean
  /** Where clients get the tokens that it takes: an issuer's URL. */
  readonly issuer?: string
  /** `undefined` means "not mine, ask the next one". */
  verify(evidence: Evidence): Promise<Identity | undefined>
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

export interface Trip {
  /** Ours, random and single use. Connectors pass it on and never invent their own. */
  readonly state: string
  readonly callbackUrl: URL
  /** Milliseconds; when the browser left. */
  readonly departedAt: number
  readonly loginHint?: string
  /** The person must prove themselves again, even if the upstream still has a session. */
  readonly forceLogin: boolean
  /** Seconds; how old a login over there may be. */
  readonly maxAge?: number
  readonly acrValues?: readonly string[]
  readonly uiLocales?: string
}

export type Memo = Readonly<Record<string, string>>

export type Departure =
  | { readonly method: 'GET'; readonly url: URL; readonly memo: Memo }
  | { readonly method: 'POST'; readonly url: URL; readonly fields: Memo; readonly memo: Memo }

export interface Arrival {
  /** Our callback address with the query it was called with. */
  readonly url: URL
  readonly form: URLSearchParams
}

export interface Evidence {
  readonly bearer?: string
  /** What the bearer token must be meant for, besides what the settings say; `null`: then they must say something. */
  readonly audience?: string | null
  readonly certificate?: X509Certificate
  /** What came with the certificate. */
  readonly chain?: readonly X509Certificate[]
}

export const sourceTypes = ['oidc', 'oauth2', 'saml', 'ldap', 'local', 'jwt', 'certificate'] as const
export type SourceType = (typeof sourceTypes)[number]

/** Those that nobody signs in through: their connectors are of the kind `presented`. */
export const presentedTypes: readonly SourceType[] = ['jwt', 'certificate']

export const isPresented = ({ type }: { readonly type: SourceType }): boolean => presentedTypes.includes(type)

/** Why people cannot be told to sign in there; `undefined`: they can. */
export const signInProblem = (source: { readonly alias: string; readonly type: SourceType }): string | undefined =>
  isPresented(source) ? `${source.alias} is of type ${source.type}: nobody signs in through it` : undefined

/** Config as it is stored and used: the schema's output. */
export type ConnectorConfig = Readonly<Record<string, unknown>>

export interface Expiry {
  /** For administrators. */
  readonly what: string
  /** Milliseconds. */
  readonly expiresAt: number
  /** Of the member of the config: `ca_certificates.0`. */
  readonly path: string
}

/** What is over already and was not there before: nobody wants to begin with that. Its path, and the words for it. */
export const overAlready = (expiries: readonly Expiry[], now: number, before: readonly Expiry[] = []) =>
  expiries
    .filter(({ expiresAt }) => expiresAt <= now)
    .filter(({ what, expiresAt }) => !before.some((one) => one.what === what && one.expiresAt === expiresAt))
    .map(({ what, expiresAt, path }) => ({ path, message: `${what} expired at ${new Date(expiresAt).toISOString()}` }))

/** What a connector knows of the source that it is opened for. */
export interface Opened {
  readonly id: string
  readonly alias: string
  /** For a test: it judges as ever, and keeps nothing. */
  readonly isTest?: boolean
}

/** A protocol in the catalogue: its settings, and how a configured use of it is opened. */
export interface ConnectorType {
  readonly type: SourceType
  readonly kind: Connector['kind']
  /** Feeds the config file, the admin API, OpenAPI and the console's form. Strict: unknown members are refused. */
  readonly config: z.ZodType<ConnectorConfig>
  /** Members of the config that are write-only: encrypted at rest, never shown. */
  readonly secrets: readonly string[]
  /** What of the config is good for a time only. */
  expiries?(config: ConnectorConfig): readonly Expiry[]
  open(config: ConnectorConfig, source: Opened): Connector
}

/** What the test of a source can find (`POST authentication-sources/test`). */
const sourceProblemCodes = [
  'MISSING_JWKS',
  'URL_INVALID',
  'UNKNOWN_HOST',
  'COULD_NOT_PARSE_CONFIG',
  'REQUEST_TIMEOUT',
  'REMOTE_HOST_RESPONDED_WITH_ERROR',
  'CONNECTION_FAILED',
  'ADDRESS_NOT_ALLOWED',
  'ISSUER_MISMATCH',
  'CERTIFICATE_EXPIRED',
] as const
export type SourceProblemCode = (typeof sourceProblemCodes)[number]

export class SourceProblem extends Error {
  override readonly name = 'SourceProblem'
  readonly code: SourceProblemCode

  constructor(code: SourceProblemCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
