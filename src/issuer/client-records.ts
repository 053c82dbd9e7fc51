import type { IncomingMessage } from 'node:http'
import type { AdapterPayload } from 'oidc-provider'
import { admitMachine } from '../admission/admit.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { matchingSecret } from '../clients/client-secret.ts'
import type { Clock } from '../clock.ts'
import { registeredScopes } from '../tokens/scopes.ts'
import type { ProvingClients } from './proving-clients.ts'

/** The one extra metadata name under which the library's client carries what its synchronous hooks need of ours. */
export const brokerMetadata = 'gatehouse'

export interface BrokerMetadata extends Pick<Client, 'version' | 'webOrigins' | 'requirePkce' | 'secrets'> {
  /** What it may ask for at APIs. */
  readonly apiScopes: readonly string[]
}

export const brokerMetadataOf = (client: { readonly [name: string]: unknown }): BrokerMetadata =>
  client[brokerMetadata] as BrokerMetadata

export interface ClientRecords {
  find(clientId: string): Promise<AdapterPayload | undefined>
  /** One that has shown this of itself. */
  findProving(req: IncomingMessage, clientId: string, shown: string | undefined): Promise<AdapterPayload | undefined>
  /**
   * Whether somebody who shows this knows a client's secret, be it switched off, or it has none: only they are told more
   * than that they could not authenticate. Takes the same for a client that is not there.
   */
  isTheirs(req: IncomingMessage, clientId: string, shown: string | undefined): Promise<boolean>
}

/**
 * Clients as the library reads them. The same version of a client is always the same object: what was parsed of it is
 * kept with that (parsed-clients.ts).
 */
export function createClientRecords(
  clients: Pick<ClientStore, 'get'>,
  proving: ProvingClients,
  clock: Clock,
): ClientRecords {
  const known = new Map<string, { readonly version: number; readonly record: AdapterPayload }>()

  function recordOf(client: Client | undefined): AdapterPayload | undefined {
    if (!client || 'denied' in admitMachine(client)) return undefined
    const cached = known.get(client.id)
    if (cached?.version === client.version) return cached.record
    const record = toRecord(client)
    if (known.size >= 10_000) known.clear()
    known.set(client.id, { version: client.version, record })
    return record
  }

  return {
    find: async (clientId) => recordOf(await clients.get(clientId)),
    findProving: async (req, clientId, shown) => recordOf(await proving.find(req, clientId, shown)),

    async isTheirs(req, clientId, shown) {
      const client = await proving.find(req, clientId, shown)
      if (shown === undefined) return client?.metadata.token_endpoint_auth_method === 'none'
      return matchingSecret(client?.secrets ?? [], shown, clock()) !== undefined
    },
  }
}

export function toRecord(client: Client): AdapterPayload {
  const { scope, ...metadata } = client.metadata
  const { ofTheBroker, ofApis } = registeredScopes(scope)
  return {
    ...(metadata as AdapterPayload), // Their members were checked with the library's own schema when they were set.
    // The library takes names that it knows itself; those of APIs come in with their resource (resources.ts).
    ...(ofTheBroker.length > 0 && { scope: ofTheBroker.join(' ') }),
    client_id: client.id,
    // The digest, which the library needs to be there; what is shown is compared by parsed-clients.ts.
    ...(client.secrets[0] && { client_secret: client.secrets[0].digest }),
    [brokerMetadata]: {
      ...{ version: client.version, webOrigins: client.webOrigins, requirePkce: client.requirePkce },
      ...{ secrets: client.secrets, apiScopes: ofApis },
    } satisfies BrokerMetadata,
  }
}
