import type { Collection, Entity } from '../collection.ts'

/** A protected API behind a gateway. */
export interface Api extends Entity {
  readonly name: string
  readonly slug: string
  /** What the `aud` of a token for it contains, an absolute URI; `null`: entitled clients' own tokens are accepted. */
  readonly audience: string | null
  /** client_ids that may call it. */
  readonly clients: readonly string[]
  /** Ids of the sources its callers may come through; a source named here cannot be removed. */
  readonly authenticationSources: readonly string[]
}

export interface ApiStore extends Collection<Api> {
  byAudience(audience: string): Promise<Api | undefined>
  /** `'*'`: all of them. */
  some(ids: readonly string[] | '*'): Promise<readonly Api[]>
}
