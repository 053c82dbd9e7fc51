/** What is over some day (docs/storage.md, "Live state"). */

export interface SessionRow {
  id: string
  account_id: string
  source_id: string
  subject: string
  /** Its ID token is sealed. */
  upstream: string | null
  upstream_sid: string | null
  device: string | null
  started_at: number
  /** The absolute end. */
  ends_at: number
  /** The idle end, which is never later. */
  expires_at: number
}

export interface GrantRow {
  id: string
  session_id: string | null
  client_id: string
  account_id: string
  source_id: string
  scopes: string
  claims: string
  resources: string
  revision: number
  expires_at: number
}

export interface ArtifactRow {
  kind: string
  id: string
  payload: string
  consumed_at: number | null
  expires_at: number
}

export interface MarkRow {
  kind: string
  name: string
  /** Seconds. */
  not_before: number
  expires_at: number
}

export interface ShortLivedRow {
  /** Its digest. */
  state: string
  payload: string
  expires_at: number
}
