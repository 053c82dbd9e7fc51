import type { Page } from '../collection.ts'
import type { UpstreamSession } from '../identity.ts'
import type { Device } from './device.ts'

/** A person's stay: from signing in at a source until logout or the end of its lifetime. Shared by all clients. */
export interface BrokerSession {
  /** UUID: `sid` and `session_state` of the tokens. */
  readonly id: string
  readonly accountId: string
  readonly sourceId: string
  /** Which of the source's identities it was. */
  readonly subject: string
  readonly upstream: UpstreamSession | null
  readonly startedAt: number
  /** What the browser told that it was last signed in to with. Absent: it is not known. */
  readonly device?: Device
  /** Milliseconds; when it ends unless it is used before. */
  readonly idleUntil: number
  /** Milliseconds; when it ends whatever happens. */
  readonly expiresAt: number
}

export interface SessionQuery {
  readonly limit: number
  /** The `next` of the page before. */
  readonly after?: string
  readonly accountId?: string
  readonly sourceId?: string
}

/** Live state. A session and its grants end together. */
export interface SessionStore {
  /** Begins the session. */
  save(session: BrokerSession): Promise<void>
  /** Renews what it knows of the source when the person proved themselves again. `false`: it has ended, and stays so. */
  renew(session: BrokerSession): Promise<boolean>
  /** One that is past either end is absent. */
  get(id: string): Promise<BrokerSession | undefined>
  /** Moves the idle end; never beyond the absolute one, and never revives a session that has ended. */
  touch(id: string, idleUntil: number): Promise<void>
  /** The newest first; a page may be asked for again and stays stable when sessions begin and end. */
  list(query: SessionQuery): Promise<Page<BrokerSession>>
  ofAccount(accountId: string): Promise<readonly BrokerSession[]>
  /** Forgets the session and every grant in it, at once. Answers what it was. */
  end(id: string): Promise<BrokerSession | undefined>
  endOfAccount(accountId: string): Promise<void>
  endOfSource(sourceId: string): Promise<void>
  /** Those with an upstream session at the source, whose `sid`, subject, or both, are these; of neither: none. */
  ofUpstream(
    sourceId: string,
    session: { readonly sid?: string; readonly subject?: string },
  ): Promise<readonly BrokerSession[]>
}

/** A client's share of a session: what it may ask tokens for. The tokens' `client_session`. Absent once its session is. */
export interface Grant {
  /** In a session made with `newIdWithin`, so that it tells where its session is kept. */
  readonly id: string
  /** `null`: an offline grant, which outlives the session it was given in. */
  readonly sessionId: string | null
  readonly clientId: string
  /** In a session its account, and one of the sources that it has had. */
  readonly accountId: string
  readonly sourceId: string
  /** OpenID scopes and claims, and per resource (RFC 8707) its scopes. */
  readonly scopes: readonly string[]
  readonly claims: readonly string[]
  readonly resources: Readonly<Record<string, readonly string[]>>
  readonly expiresAt: number
}

export interface GrantStore {
  /**
   * The one grant of this client in this session, made if there is none, widened by what is asked for.
   * Two tabs at once get the same grant, and neither loses what it asked for. Rejects with `session_ended` when
   * the session is not there (any more).
   */
  open(grant: Grant & { readonly sessionId: string }): Promise<Grant>
  /** An offline grant is made anew each time. */
  addOffline(grant: Grant): Promise<void>
  get(id: string): Promise<Grant | undefined>
  /** Whether it still stands. If it does, its session does not fall asleep before then (milliseconds). */
  keepAwake(grant: Grant, idleUntil: number): Promise<boolean>
  /** The grants of a session, by client. */
  ofSession(sessionId: string): Promise<readonly Grant[]>
  ofSessions(sessionIds: readonly string[]): Promise<readonly Grant[]>
  remove(id: string): Promise<void>
  /** `clientId`: only what they gave to this client. */
  removeOfAccount(accountId: string, clientId?: string): Promise<void>
  removeOfClient(clientId: string): Promise<void>
  removeOfSource(sourceId: string): Promise<void>
}
