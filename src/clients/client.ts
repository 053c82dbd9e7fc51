import type { Collection, Entity, ListQuery, Page } from '../collection.ts'
import type { ClientSecret } from './client-secret.ts'
import type { ClientKind } from './kinds.ts'

/** An OAuth client registered with the broker. `id` is its client_id. */
export interface Client extends Entity {
  readonly enabled: boolean
  /** OpenID Connect client metadata by its standard names, without `client_id` and `client_secret`. */
  readonly metadata: ClientMetadata
  /**
   * The newest first, two at most; digests, encrypted at rest. None: a public client, or one that authenticates with its
   * own key.
   */
  readonly secrets: readonly ClientSecret[]
  /** The newest, in the answer of what made it, and never kept. */
  readonly newSecret?: string
  /** Origins whose scripts may call the token endpoint; the tokens' `allowed-origins`. */
  readonly webOrigins: readonly string[]
  /** The organisation's own: nobody is asked for consent. */
  readonly firstParty: boolean
  /** Ids of the sources its people may come through; `null`: any. */
  readonly allowedSources: readonly string[] | null
  readonly tokenProfile: TokenProfile
  readonly resourceServer: ResourceServer | null
  readonly requirePkce: boolean
}

/** Members are validated with the OpenID provider's own rules when they are set. */
export interface ClientMetadata {
  readonly client_name?: string
  readonly client_uri?: string
  readonly logo_uri?: string
  readonly policy_uri?: string
  readonly tos_uri?: string
  readonly initiate_login_uri?: string
  readonly application_type?: 'web' | 'native'
  readonly redirect_uris?: readonly string[]
  readonly post_logout_redirect_uris?: readonly string[]
  readonly grant_types?: readonly string[]
  readonly response_types?: readonly string[]
  readonly token_endpoint_auth_method?: string
  readonly jwks?: { readonly keys: readonly Record<string, unknown>[] }
  readonly jwks_uri?: string
  /** Scopes the client may ask for, space-separated; `admin` must be named here to be granted. */
  readonly scope?: string
  readonly [name: string]: unknown
}

export const tokenProfiles = ['broker', 'rfc9068'] as const
export type TokenProfile = (typeof tokenProfiles)[number]

/** A client that stands for APIs at the introspection endpoint: it sees tokens which those APIs accept. */
export interface ResourceServer {
  readonly apis: readonly string[] | '*'
}

/** What a list of clients is narrowed to; what is absent narrows nothing. */
export interface ClientQuery extends ListQuery {
  readonly kind?: ClientKind
}

export interface ClientStore extends Collection<Client> {
  list(query: ClientQuery): Promise<Page<Client>>
  /** Those whose `allowedSources` name the source. */
  allowing(sourceId: string): Promise<readonly Client[]>
  /** The first of those whose `resourceServer` names the API. */
  standingFor(apiId: string, limit: number): Promise<readonly Client[]>
  /** Enabled ones of which a secret ends after `from` and before `until` (milliseconds), the soonest first. */
  expiring(from: number, until: number, limit: number): Promise<readonly Client[]>
  /** Whether any enabled client has registered the origin. */
  anyWithOrigin(origin: string): Promise<boolean>
}
