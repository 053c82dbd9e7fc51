/**
 * The rows as they lie in the database; docs/storage.md says what each table is for. Portable: flags are 0 or 1,
 * times are milliseconds, lists and objects are JSON in text, sealed values are text.
 */
import type { Kysely } from 'kysely'
import type { ArtifactRow, GrantRow, MarkRow, SessionRow, ShortLivedRow } from './rows/live.ts'
import type { AccountRow, ConsentRow, IdentityRow, LocalUserRow, SecondFactorRow } from './rows/people.ts'
import type { AuditRow, SigningKeyRow, SourceStatusRow, TraceRow } from './rows/records.ts'
import type {
  ApiKeyRow,
  ApiRow,
  ApplicationRow,
  ClientRow,
  ClientSecretUseRow,
  PortalRow,
  RoleRow,
  SourceRow,
} from './rows/registry.ts'

export interface Schema {
  registry_meta: { name: string; value: number }
  sources: SourceRow
  source_domains: { domain: string; source_id: string }
  source_roles: { source_id: string; role_name: string; role_client: string }
  clients: ClientRow
  client_sources: { client_id: string; source_id: string }
  client_apis: { client_id: string; name: string; api_id: string | null }
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
