import type { Configuration } from 'oidc-provider'
import type { Api } from '../apis/api.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { after, type Soon } from '../soon.ts'
import type { Entitlement } from '../tokens/accept.ts'
import type { AccessToken } from '../tokens/access-token.ts'
import { stateOf } from './request-state.ts'

export type IntrospectionPolicy = NonNullable<
  NonNullable<NonNullable<Configuration['features']>['introspection']>['allowedPolicy']
>

interface Needs {
  readonly apis: { some(ids: readonly string[] | '*'): Soon<readonly Api[]> }
  readonly entitlement: Pick<Entitlement, 'anyAccepts'>
}

/** Who may look at an access token: its own client, and clients that stand for an API which accepts it (docs/tokens.md). */
export type MayLook = (
  asking: Pick<Client, 'id' | 'resourceServer'>,
  token: Pick<AccessToken, 'audience' | 'clientId'>,
) => Soon<boolean>

export const createMayLook =
  ({ apis, entitlement }: Needs): MayLook =>
  ({ id, resourceServer }, token) => {
    if (token.clientId === id) return true
    if (resourceServer === null) return false
    return after(apis.some(resourceServer.apis), (some) => entitlement.anyAccepts(some, token))
  }

export const createIntrospectionPolicy =
  (clients: Pick<ClientStore, 'get'>, mayLook: MayLook): IntrospectionPolicy =>
  async (ctx, { clientId }, token) => {
    if (token.clientId === clientId) return true
    const { accessToken } = stateOf(ctx)
    if (!accessToken) return false // A refresh token is nobody's business but its client's.
    const asking = await clients.get(clientId)
    return asking !== undefined && mayLook(asking, accessToken)
  }
