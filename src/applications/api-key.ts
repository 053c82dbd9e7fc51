import type { Collection, Entity, ListQuery, Page } from '../collection.ts'
import type { Soon } from '../soon.ts'
import type { Application } from './application.ts'

/** Opens one API to one application until it expires. The key itself is known only to whoever it was shown to. */
export interface ApiKey extends Entity {
  readonly applicationId: string
  readonly apiId: string
  /** What its owner calls it. */
  readonly name: string
  /** Its public name, and how the key begins. */
  readonly prefix: string
  /** SHA-256 of the key. */
  readonly digest: string
  /** Milliseconds; `null`: it is good until it is revoked. */
  readonly expiresAt: number | null
  /** Milliseconds, to the hour, but not before it was made; `null`: never yet. */
  readonly lastUsedAt: number | null
}

export interface ApiKeyStore extends Collection<ApiKey> {
  ofApplication(applicationId: string, query: ListQuery): Promise<Page<ApiKey>>
  /** The first of those that open the API `now`, oldest first. */
  opening(apiId: string, query: { readonly now: number; readonly limit: number }): Promise<readonly ApiKey[]>
  /** How many of its keys have not expired by `now`; an API that is absent has none. */
  countByApi(apiIds: readonly string[], now: number): Promise<ReadonlyMap<string, number>>
  /** The key of this public name, and whose it is. One round trip. */
  byPrefix(prefix: string): Soon<{ readonly key: ApiKey; readonly application: Application } | undefined>
  /** Ids of the APIs for which the application of this client has a key that is good `now`. */
  opened(clientId: string, now: number): Promise<readonly string[]>
  /** What ends after `from` and before `until` (milliseconds), of applications that are not switched off; the soonest first. */
  expiring(
    from: number,
    until: number,
    limit: number,
  ): Promise<readonly { readonly key: ApiKey; readonly application: Application }[]>
  /** Those of the API's keys that have expired by `now`. */
  removeExpired(apiId: string, now: number): Promise<void>
  /** Moves `lastUsedAt` forward, and is no change of the key: its version stays. */
  used(ids: readonly string[], at: number): Promise<void>
}
