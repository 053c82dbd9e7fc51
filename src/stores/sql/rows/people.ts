/** People, and what they have: names, proofs, consents. */
import type { EntityRow } from './entity.ts'

export interface AccountRow extends EntityRow {
  /** Their own and those of their identities, for finding them; the database keeps them. */
  names?: string
  enabled: number
  display_name: string
  roles: string
}

export interface IdentityRow {
  source_id: string
  subject: string
  account_id: string
  attributes: string
  /** The names that lists find the person by. */
  search: string
  linked_at: number
  last_login_at: number | null
}

export interface LocalUserRow {
  id: string
  version: number
  created_at: number
  updated_at: number
  source_id: string
  username: string
  canonical_username: string
  password_hash: string | null
  groups: string
  claims: string
}

export interface SecondFactorRow {
  id: string
  user_id: string
  kind: string
  /** Of a passkey. */
  name: string
  /** Sealed; of an authenticator app. */
  secret: string | null
  credential_id: string | null
  public_key: string | null
  transports: string
  /** Of an authenticator app the time step that was used last; of a passkey its device's count. */
  counter: number
  created_at: number
  last_used_at: number | null
}

export interface ConsentRow {
  account_id: string
  client_id: string
  scopes: string
  given_at: number
  revision: number
}
