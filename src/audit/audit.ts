/** Who changed something. */
export interface Actor {
  readonly kind: 'account' | 'client' | 'system'
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

export interface AuditStore {
  record(event: AuditEvent): Promise<void>
  /** Newest first. */
  list(query: {
    readonly limit: number
    readonly after?: string
  }): Promise<{ readonly items: readonly AuditEvent[]; readonly next: string | null }>
}

/** The server itself, at start-up. */
export const system: Actor = { kind: 'system', id: 'gatehouse' }
