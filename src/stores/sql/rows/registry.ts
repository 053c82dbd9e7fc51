/** What administrators set up. */
import type { EntityRow } from './entity.ts'

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
