/** What the broker itself writes down, and its keys. */

export interface SourceStatusRow {
  source_id: string
  last_success_at: number | null
  last_failure_at: number | null
  failure_reason: string | null
}

export interface SigningKeyRow {
  kid: string
  alg: string
  state: string
  /** Sealed. */
  private_jwk: string
  created_at: number
  activated_at: number | null
  retired_at: number | null
}

export interface AuditRow {
  id: string
  seq: number
  at: number
  actor_kind: string
  actor_id: string
  action: string
  subject_type: string
  subject_id: string
  subject_name: string
  before: string
  after: string
}

export interface TraceRow {
  reference: string
  seq: number
  revision: number
  started_at: number
  ended_at: number | null
  client_id: string | null
  source_id: string | null
  account_id: string | null
  api_id: string | null
  outcome: string
  reason: string | null
  steps: string
}
