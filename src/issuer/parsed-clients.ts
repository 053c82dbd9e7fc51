/**
 * The library parses a client again whenever it is not among the hundred it used last (its cache has no setting), which
 * costs more than the rest of a request. Our records are the same object for as long as they are the same version, so
 * what was parsed of one is kept with it.
 */
import type { AdapterPayload, Client, Provider } from 'oidc-provider'

interface Model {
  new (metadata: AdapterPayload): Client
  find(id: string): Promise<Client | undefined>
  readonly prototype: Client
  readonly adapter: { find(id: string): Promise<AdapterPayload | undefined> }
}

/** @param provesBy Whether it is a secret of the client. */
export function keepParsedClients(
  provider: Provider,
  provesBy: (client: { readonly clientId: string; readonly [name: string]: unknown }, secret: string) => boolean,
): void {
  // Static members of the library's models are part of what it documents; its types leave them out.
  const model = provider.Client as unknown as Model
  const parsed = new WeakMap<AdapterPayload, Client>()

  model.prototype.compareClientSecret = function (this: Client, secret: string) {
    return provesBy(this, secret)
  }

  model.find = async (id) => {
    if (typeof id !== 'string' || id === '') return undefined
    const record = await model.adapter.find(id)
    if (!record) return undefined
    const client = parsed.get(record) ?? new model(record)
    parsed.set(record, client)
    return client
  }
}
