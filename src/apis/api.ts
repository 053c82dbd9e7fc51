import type { Collection, Entity } from '../collection.ts'
import type { ApiRules } from './api-rules.ts'

/** A protected API behind a gateway. */
export interface Api extends Entity {
  readonly name: string
  readonly slug: string
  /** What the `aud` of a token for it contains, an absolute URI; `null`: entitled clients' own tokens are accepted. */
  readonly audience: string | null
  /** client_ids that may call it. */
  readonly clients: readonly string[]
  /** In the order they are asked. A source named here cannot be removed. Empty: the broker's own tokens, whatever their source. */
  readonly authenticationSources: readonly ApiSource[]
  /** Where the gateway finds it: canonical `host` or `host:port`, and a path below which everything is its own. */
  readonly hosts: readonly string[]
  readonly pathPrefix: string
  readonly rules: ApiRules
}

export interface ApiSource {
  readonly sourceId: string
  /** What people who come through it are here; `null`: what the source's own mapping says. */
  readonly roles: readonly { readonly when_group?: string | undefined; readonly role: string }[] | null
  /** Milliseconds; from then on the API accepts it no more. */
  readonly sunset: number | null
}

export interface ApiStore extends Collection<Api> {
  byAudience(audience: string): Promise<Api | undefined>
  /** Those that the client may call, in the order of creation. */
  entitling(clientId: string): Promise<readonly Api[]>
  /** `'*'`: all of them. */
  some(ids: readonly string[] | '*'): Promise<readonly Api[]>
}
