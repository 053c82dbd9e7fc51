/**
 * What operators are told: every success and every refusal is one event with one name, whoever reports it. The log
 * writes it, the metrics count it. docs/operations/logs.md lists them all, and a test keeps it so.
 */
import type { ReasonCode } from './reasons.ts'

/** By name: the sentence that stands in the log line, and the members beyond those that every line may have. */
export const events = {
  'login.step': { means: 'A sign-in went a step further', members: ['what'] },
  'login.succeeded': { means: 'Somebody signed in', members: [] },
  'login.refused': { means: 'A sign-in was refused', members: ['detail'] },
  'login.unanswered': { means: 'A sign-in could not be decided: something did not answer', members: ['detail'] },
  'trace.dropped': { means: 'A step of a sign-in was not kept: strangers sent too many', members: ['what'] },
  'authorization.granted': { means: 'A client was given an authorization code', members: [] },
  'authorization.refused': { means: 'An authorization request was refused', members: ['error', 'detail'] },
  'token.issued': { means: 'Tokens were issued', members: ['grant_type'] },
  'token.refused': { means: 'A token request was refused', members: ['grant_type', 'error', 'detail'] },
  'token.unanswered': {
    means: 'A token request could not be decided: something did not answer',
    members: ['grant_type'],
  },
  'introspection.answered': { means: 'A client was told about a token', members: ['active'] },
  'introspection.refused': { means: 'An introspection request was refused', members: ['error', 'detail'] },
  'userinfo.answered': { means: 'A client was told about a person', members: [] },
  'userinfo.refused': { means: 'A userinfo request was refused', members: ['error', 'detail'] },
  'revocation.done': { means: 'A token is revoked, if it was one', members: [] },
  'revocation.refused': { means: 'A revocation request was refused', members: ['error', 'detail'] },
  'grant.revoked': { means: 'A grant was revoked with all its tokens', members: ['grant'] },
  'session.ended': { means: 'A session was ended with all its grants', members: ['session'] },
  'sessions.ended': { means: 'All sessions of an account or a source were ended', members: ['sessions'] },
  'logout.completed': { means: 'Somebody signed out', members: [] },
  'logout.refused': { means: 'A logout request was refused', members: ['error', 'detail'] },
  'logout.received': { means: 'An upstream signed somebody out', members: ['sessions'] },
  'logout.not_received': { means: "An upstream's logout was not carried out here", members: ['detail'] },
  'logout.told': { means: 'A client was told of a logout', members: ['session', 'attempt', 'status'] },
  'logout.told_later': {
    means: 'A client could not be told of a logout; it will be tried again',
    members: ['session', 'attempt', 'detail'],
  },
  'logout.not_told': { means: 'A client was not told of a logout', members: ['session', 'attempt', 'detail'] },
  'gateway.allowed': { means: 'A request to an API may pass', members: ['what'] },
  'gateway.refused': { means: 'A request to an API was refused', members: ['what'] },
  'gateway.would_refuse': { means: 'A request to an API passed that is to be refused', members: ['what'] },
  'gateway.unanswered': {
    means: 'A request to an API could not be decided: something did not answer',
    members: ['detail'],
  },
  'registry.changed': { means: 'The registry was changed', members: ['action', 'actor', 'subject'] },
  'source.expiring': { means: 'Something in the settings of a source is over soon', members: ['what', 'expires_at'] },
  'signing_key.activated': { means: 'Another key signs from now on', members: ['kid'] },
  'request.refused': { means: 'A request was refused', members: ['status', 'error', 'detail', 'err'] },
  'request.failed': { means: 'A request could not be answered', members: ['status', 'error', 'err'] },
  'request.answered': {
    means: 'A request was answered',
    members: ['method', 'endpoint', 'status', 'duration_ms', 'address', 'user_agent'],
  },
} as const satisfies Record<string, { readonly means: string; readonly members: readonly string[] }>

export type EventName = keyof typeof events

/** Never a secret, a token, or what somebody typed as their name. */
export interface EventMembers {
  readonly reason?: ReasonCode | undefined
  /** A registered client's id; never what a stranger says it is. */
  readonly client?: string | undefined
  /** A source's alias. */
  readonly source?: string | undefined
  readonly account?: string | undefined
  readonly reference?: string | undefined
  /** OAuth's error code. */
  readonly error?: string | undefined
  readonly detail?: unknown
  readonly grant_type?: string | undefined
  readonly what?: string | undefined
  readonly active?: boolean
  readonly grant?: string
  readonly session?: string
  readonly attempt?: number
  readonly sessions?: number | string
  readonly action?: string
  readonly actor?: unknown
  readonly subject?: unknown
  readonly kid?: string
  /** RFC 3339. */
  readonly expires_at?: string
  readonly status?: number
  readonly err?: unknown
}

/** Writes the event down and counts it. Never throws, and nobody waits for it. */
export type Report = (event: EventName, members?: EventMembers) => void

export const ignoreEvents: Report = () => {}
