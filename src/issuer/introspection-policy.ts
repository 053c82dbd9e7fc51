import type { Configuration } from 'oidc-provider'
import type { ApiStore } from '../apis/api.ts'
import type { ClientStore } from '../clients/client.ts'
import type { Entitlement } from '../tokens/accept.ts'
import { stateOf } from './request-state.ts'

export type IntrospectionPolicy = NonNullable<
  NonNullable<NonNullable<Configuration['features']>['introspection']>['allowedPolicy']
>

interface Needs {
  readonly clients: Pick<ClientStore, 'get'>
  readonly apis: Pick<ApiStore, 'some'>
  readonly entitlement: Pick<Entitlement, 'anyAccepts'>
}

/** Who may look at a token: its own client, and clients that stand for an API which accepts it (docs/tokens.md). */
export const createIntrospectionPolicy =
  ({ clients, apis, entitlement }: Needs): IntrospectionPolicy =>
  async (ctx, client, token) => {
    if (token.clientId === client.clientId) return true
    const { accessToken } = stateOf(ctx)
    if (!accessToken) return false // A refresh token is nobody's business but its client's.
    const asking = await clients.get(client.clientId)
    if (!asking?.resourceServer) return false
    return entitlement.anyAccepts(await apis.some(asking.resourceServer.apis), accessToken)
  }
