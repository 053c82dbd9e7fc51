/**
 * The library parses a client again whenever it is not among the hundred it used last (its cache has no setting), which
 * costs more than the rest of a request. Our records are the same object for as long as they are the same version, so
 * what was parsed of one is kept with it.
 */
import type { AdapterPayload, Client, Provider } from 'oidc-provider'
import type { Clock } from '../clock.ts'

interface Model {
  new (metadata: AdapterPayload): Client
  find(id: string): Promise<Client | undefined>
  readonly prototype: Client
  readonly adapter: { find(id: string): Promise<AdapterPayload | undefined> }
}

/**
 * Milliseconds that a key counts which the client has withdrawn from its `jwks_uri`. The library keeps the keys with what
 * it parsed, and would look there again for a key alone that it does not know.
 */
const keysKept = 5 * 60_000

/** @param provesBy Whether it is a secret of the client. */
export function keepParsedClients(
  provider: Provider,
  provesBy: (client: { readonly clientId: string; readonly [name: string]: unknown }, secret: string) => boolean,
  clock: Clock,
): void {
  // Static members of the library's models are part of what it documents; its types leave them out.
  const model = provider.Client as unknown as Model
  const parsed = new WeakMap<AdapterPayload, { readonly client: Client; readonly at: number }>()

  model.prototype.compareClientSecret = function (this: Client, secret: string) {
    return provesBy(this, secret)
  }

  model.find = async (id) => {
    if (typeof id !== 'string' || id === '') return undefined
    const record = await model.adapter.find(id)
    if (!record) return undefined
    const known = parsed.get(record)
    if (known && (record.jwks_uri === undefined || clock() - known.at < keysKept)) return known.client
    const client = new model(record)
    parsed.set(record, { client, at: clock() })
    return client
  }
}
