/**
 * The rows as they lie in the database; docs/storage.md says what each table is for. Portable: flags are 0 or 1,
 * times are milliseconds, lists and objects are JSON in text, sealed values are text.
 */
import type { Kysely } from 'kysely'

export interface Schema {
  registry_meta: { name: string; value: number }
  sources: SourceRow
  source_domains: { domain: string; source_id: string }
  source_roles: { source_id: string; role_name: string; role_client: string }
  clients: ClientRow
  client_sources: { client_id: string; source_id: string }
  client_secret_uses: ClientSecretUseRow
  accounts: AccountRow
  account_roles: { account_id: string; role_name: string; role_client: string }
  identities: IdentityRow
  local_users: LocalUserRow
  second_factors: SecondFactorRow
  recovery_codes: { user_id: string; digest: string }
  consents: ConsentRow
  roles: RoleRow
  apis: ApiRow
  api_sources: { api_id: string; source_id: string }
  api_clients: { api_id: string; name: string; client_id: string | null }
  api_roles: { api_id: string; role_name: string; role_client: string; role_id: string | null }
  api_addresses: { host: string; path_prefix: string; api_id: string }
  applications: ApplicationRow
  api_keys: ApiKeyRow
  portals: PortalRow
  portal_apis: { portal_id: string; api_id: string }
  portal_roles: { portal_id: string; role_name: string; role_client: string; role_id: string | null }
  source_status: SourceStatusRow
  signing_keys: SigningKeyRow
  audit_events: AuditRow
  traces: TraceRow
  sessions: SessionRow
  grants: GrantRow
  artifacts: ArtifactRow
  marks: MarkRow
  trips: ShortLivedRow
  departures: ShortLivedRow
  attempts: { key: string; count: number; expires_at: number }
}

export type Db = Kysely<Schema>

/** What every entity's row has. */
export interface EntityRow {
  id: string
  version: number
  /** Where it stands in the order of creation; given by the database. */
  seq: number
  created_at: number
  updated_at: number
  /** The names to search in, in lower case, the one that lists are sorted by first. */
  search: string
}

export interface SourceRow extends EntityRow {
  alias: string
  name: string
  description: string
  type: string
  enabled: number
  hidden: number
  /** Without its secrets. */
  config: string
  /** Sealed, by name. */
  secrets: string
  secret_names: string
  mapping: string
  domains: string
  expires_at: number | null
}

export interface ClientRow extends EntityRow {
  enabled: number
  first_party: number
  require_pkce: number
  token_profile: string
  metadata: string
  /** Digests, sealed. */
  secret: string | null
  web_origins: string
  allowed_sources: string | null
  resource_server: string | null
  /** When the first of its secrets is over. */
  expires_at: number | null
}

export interface ClientSecretUseRow {
  client_id: string
  secret: string
  last_used_at: number
}

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

export interface RoleRow extends EntityRow {
  name: string
  /** Empty: a realm role. Null would not be equal to itself in a unique constraint. */
  client: string
  description: string
}

export interface ApiRow extends EntityRow {
  name: string
  slug: string
  audience: string | null
  clients: string
  authentication_sources: string
  hosts: string
  path_prefix: string
  /** Those that were chosen; what a later version adds has its default. */
  rules: string
}

export interface ApplicationRow extends EntityRow {
  name: string
  slug: string | null
  description: string
  owner: string | null
  client_id: string
  disabled_by_publisher: number
  disabled_by_consumer: number
}

export interface ApiKeyRow extends EntityRow {
  application_id: string
  api_id: string
  name: string
  prefix: string
  /** SHA-256 of the whole key. */
  digest: string
  expires_at: number | null
  last_used_at: number | null
}

export interface PortalRow extends EntityRow {
  slug: string
  name: string
  source_id: string
  apis: string
  required_roles: string
}

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
