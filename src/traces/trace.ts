import type { ReasonCode } from '../reasons.ts'

/**
 * What happened in one attempt to sign in, step by step, found by the reference that the person was shown; in telling
 * one client that a session has ended; or in one call to an API that was refused at its gateway.
 */
export interface Trace {
  readonly reference: string
  readonly startedAt: number
  readonly endedAt: number | null
  readonly clientId: string | null
  readonly sourceId: string | null
  readonly accountId: string | null
  /** Of a call to one. */
  readonly apiId: string | null
  readonly outcome: (typeof outcomes)[number]
  readonly reason: ReasonCode | null
  readonly steps: readonly TraceStep[]
}

export interface TraceStep {
  readonly at: number
  /** One of {@link stepNames}, or of those of another version. */
  readonly what: string
  /** Never a secret, a token or a password; claim values are redacted by who writes the step. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** What is written down as a step. The console has words for each, and docs/admin-api.md names them all. */
export const stepNames = [
  ...(['departed', 'arrived', 'mapped', 'recognised', 'second_factor_asked', 'second_factor'] as const),
  ...(['admitted', 'consented', 'signed_in', 'refused', 'could_not_tell', 'lost'] as const),
  // Of a call, and of telling a client that a session has ended.
  ...(['would_be_refused', 'session_ended', 'told', 'not_told'] as const),
] as const

export type StepName = (typeof stepNames)[number]

export const outcomes = [
  ...(['open', 'signed_in', 'signed_out', 'refused', 'could_not_tell'] as const),
  // At a gateway; and of an API that only reports, whose calls pass all the same.
  ...(['call_refused', 'call_would_be_refused'] as const),
] as const

/** What a list is narrowed to; what is absent narrows nothing. */
export interface TraceFilter {
  readonly reference?: string
  readonly clientId?: string
  readonly accountId?: string
  readonly sourceId?: string
  readonly apiId?: string
  readonly outcome?: Trace['outcome']
  readonly reason?: ReasonCode
  /** Milliseconds; those that began at this time or later. */
  readonly from?: number
  /** Milliseconds; those that began before. */
  readonly until?: number
}

export interface TraceStore {
  get(reference: string): Promise<Trace | undefined>
  /** Adds steps and sets what has become known; makes the trace when it is new. Of a great many steps the newest stay. */
  append(
    reference: string,
    change: Partial<Omit<Trace, 'reference' | 'steps'>> & { readonly steps: readonly TraceStep[] },
  ): Promise<void>
  /** Adds those that are not there. */
  addAll(traces: readonly Trace[]): Promise<void>
  /** Newest first, by when they began. */
  list(
    query: TraceFilter & { readonly limit: number; readonly after?: string },
  ): Promise<{ readonly items: readonly Trace[]; readonly next: string | null }>
  /** Forgets those that started before. Answers how many. */
  sweep(before: number): Promise<number>
  /** Forgets those of one person. Answers how many. */
  erase(accountId: string): Promise<number>
}
