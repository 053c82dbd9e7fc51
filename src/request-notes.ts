/**
 * What becomes known about a request while it is answered: every log line of it says so, and so do its last line, its
 * metrics and its span. It follows the request by itself (AsyncLocalStorage), so that nobody has to pass it on.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { ReasonCode } from './reasons.ts'

/** One piece of work in a distributed trace (OpenTelemetry). Values must not be secrets. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  set(attributes: Readonly<Record<string, string | number | boolean>>): void
  end(failed?: boolean): void
}

export interface RequestNotes {
  readonly requestId: string
  readonly span?: Span | undefined
  /** The route's pattern, never the path: `/login/:uid`. */
  readonly endpoint: () => string
  /** The caller's, as the trusted proxies tell it. */
  readonly address: () => string
  /** What the person is shown. */
  reference?: string | undefined
  reason?: ReasonCode | undefined
  /** A registered client's id. */
  client?: string | undefined
  /** A source's alias. */
  source?: string | undefined
  account?: string | undefined
  /** A session was ended in this request. */
  sessionEnded?: boolean
}

const storage = new AsyncLocalStorage<RequestNotes | undefined>()

export const withNotes = <T>(notes: RequestNotes, work: () => T): T => storage.run(notes, work)

/**
 * For what outlives the request: a timer keeps whatever it was started under, and a connection has one until the next
 * request comes.
 */
export const withoutNotes = <T>(work: () => T): T => storage.run(undefined, work)

/** Absent outside requests: at start-up, in timers. */
export const requestNotes = (): RequestNotes | undefined => storage.getStore()

/** Notes what has become known; what is undefined leaves what was known. */
export function note(known: Partial<Pick<RequestNotes, 'reference' | 'reason' | 'client' | 'source' | 'account'>>) {
  const notes = storage.getStore()
  if (!notes) return
  notes.reference = known.reference ?? notes.reference
  notes.reason = known.reason ?? notes.reason
  notes.client = known.client ?? notes.client
  notes.source = known.source ?? notes.source
  notes.account = known.account ?? notes.account
}
