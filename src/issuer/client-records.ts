import type { AdapterPayload } from 'oidc-provider'
import { admitMachine } from '../admission/admit.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { matchingSecret } from '../clients/client-secret.ts'
import type { Clock } from '../clock.ts'

/** The one extra metadata name under which the library's client carries what its synchronous hooks need of ours. */
export const brokerMetadata = 'gatehouse'

export interface BrokerMetadata extends Pick<Client, 'version' | 'webOrigins' | 'requirePkce' | 'secrets'> {}

export const brokerMetadataOf = (client: { readonly [name: string]: unknown }): BrokerMetadata =>
  client[brokerMetadata] as BrokerMetadata

export interface ClientRecords {
  find(clientId: string): Promise<AdapterPayload | undefined>
  /**
   * Whether somebody who shows this knows a client's secret, be it switched off, or it has none: only they are told more
   * than that they could not authenticate. Takes the same for a client that is not there.
   */
  isTheirs(clientId: string, shown: string | undefined): Promise<boolean>
}

/**
 * Clients as the library reads them. The same version of a client is always the same object: what was parsed of it is
 * kept with that (parsed-clients.ts).
 */
export function createClientRecords(clients: Pick<ClientStore, 'get'>, clock: Clock): ClientRecords {
  const known = new Map<string, { readonly version: number; readonly record: AdapterPayload }>()

  return {
    async find(clientId) {
      const client = await clients.get(clientId)
      if (!client || 'denied' in admitMachine(client)) return undefined
      const cached = known.get(clientId)
      if (cached?.version === client.version) return cached.record
      const record = toRecord(client)
      if (known.size >= 10_000) known.clear()
      known.set(clientId, { version: client.version, record })
      return record
    },

    async isTheirs(clientId, shown) {
      const client = await clients.get(clientId)
      const isSecret = matchingSecret(client?.secrets ?? [], shown ?? '', clock()) !== undefined
      return isSecret || (shown === undefined && client?.metadata.token_endpoint_auth_method === 'none')
    },
  }
}

export const toRecord = (client: Client): AdapterPayload => ({
  ...(client.metadata as AdapterPayload), // Their members were checked with the library's own schema when they were set.
  client_id: client.id,
  // The digest, which the library needs to be there; what is shown is compared by parsed-clients.ts.
  ...(client.secrets[0] && { client_secret: client.secrets[0].digest }),
  [brokerMetadata]: {
    ...{ version: client.version, webOrigins: client.webOrigins, requirePkce: client.requirePkce },
    secrets: client.secrets,
  },
})
