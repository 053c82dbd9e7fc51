/** Who changed something: a person or a client by HTTP, somebody of the machine by the command line, or the server. */
export interface Actor {
  readonly kind: 'account' | 'client' | 'cli' | 'system'
  readonly id: string
}

/** One change of the registry, kept in the same transaction as the change itself. */
export interface AuditEvent {
  readonly id: string
  readonly at: number
  readonly actor: Actor
  /** `source.created`, `client.changed`, … */
  readonly action: string
  readonly subject: { readonly type: string; readonly id: string; readonly name: string }
  /** Without secrets. */
  readonly before: unknown
  readonly after: unknown
}

/** What a list is narrowed to; what is absent narrows nothing. */
export interface AuditFilter {
  /** The id of an account or a client. */
  readonly actor?: string
  readonly action?: string
  readonly subjectType?: string
  readonly subjectId?: string
  /** Milliseconds; at this time or later. */
  readonly from?: number
  /** Milliseconds; before. */
  readonly until?: number
}

export interface AuditStore {
  record(event: AuditEvent): Promise<void>
  get(id: string): Promise<AuditEvent | undefined>
  /** Newest first. */
  list(
    query: AuditFilter & { readonly limit: number; readonly after?: string },
  ): Promise<{ readonly items: readonly AuditEvent[]; readonly next: string | null }>
  /**
   * In the order in which they were committed, each with the cursor that goes on behind it: whoever goes on from the
   * last one they have misses none, whatever clocks say.
   */
  following(
    query: AuditFilter & { readonly limit: number; readonly after?: string },
  ): Promise<readonly (AuditEvent & { readonly cursor: string })[]>
  /** Forgets those from before. Answers how many. */
  sweep(before: number): Promise<number>
}

/** The server itself, at start-up. */
export const system: Actor = { kind: 'system', id: 'gatehouse' }
