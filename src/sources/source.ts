import type { Collection, Entity, ListQuery, Page } from '../collection.ts'
import type { ConnectorConfig, SourceType } from '../connector.ts'
import type { Mapping } from '../mapping/mapping.ts'

/** One configured use of a connector: the object on the Authentication Sources page. */
export interface Source extends Entity {
  /** Stands in callback addresses and in tokens (`identity_provider_alias`), so it never changes. */
  readonly alias: string
  readonly name: string
  readonly description: string
  readonly type: SourceType
  readonly enabled: boolean
  /** The connector's settings with its secrets; stores encrypt what `secretNames` lists. */
  readonly config: ConnectorConfig
  readonly secretNames: readonly string[]
  readonly mapping: Mapping
  /** E-mail domains, lower case, whose people are sent straight here. A domain belongs to one source. */
  readonly domains: readonly string[]
  /** Not offered in the chooser; reachable by a hint or an e-mail domain. */
  readonly hidden: boolean
  /** Milliseconds; when the first thing in its settings is over that is good for a time only. */
  readonly expiresAt: number | null
}

/** Who would be hurt if the source went away. */
export interface SourceUsage {
  readonly apis: readonly { readonly id: string; readonly name: string }[]
  readonly portals: readonly { readonly id: string; readonly name: string }[]
}

/** What a list of sources is narrowed to; what is absent narrows nothing. */
export interface SourceQuery extends ListQuery {
  readonly type?: SourceType
  readonly enabled?: boolean
}

export interface SourceStore extends Collection<Source> {
  list(query: SourceQuery): Promise<Page<Source>>
  byAlias(alias: string): Promise<Source | undefined>
  byDomain(domain: string): Promise<Source | undefined>
  /** Whether an e-mail domain leads to an enabled source besides those in `known`; only among `ids` when given. */
  anyDomain(known: readonly string[], ids?: readonly string[]): Promise<boolean>
  /** The enabled ones that people sign in through and that are not hidden, at most `limit`, by name; only those in `ids`, and of `type`, when given. */
  offered(limit: number, ids?: readonly string[], type?: SourceType): Promise<readonly Source[]>
  /** Those of them that `search` finds, as in lists. */
  offeredLike(search: string, limit: number, ids?: readonly string[]): Promise<readonly Source[]>
  /** By id. */
  usage(ids: readonly string[]): Promise<ReadonlyMap<string, SourceUsage>>
  /** The enabled ones of which something is over before `until`, at most `limit`, the soonest first. */
  expiring(until: number, limit: number): Promise<readonly Source[]>
  /** The claims that any enabled source's mapping names, each once. */
  mappedClaims(): Promise<readonly string[]>
}
