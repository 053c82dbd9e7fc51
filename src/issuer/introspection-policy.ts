import type { Configuration } from 'oidc-provider'
import type { Admission } from '../admission/admit.ts'
import type { Api } from '../apis/api.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { after, type Soon } from '../soon.ts'
import type { Entitlement } from '../tokens/accept.ts'
import type { AccessToken } from '../tokens/access-token.ts'
import { scopesWithin } from './people.ts'
import type { RequestReads } from './request-reads.ts'
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

interface PolicyNeeds {
  readonly clients: Pick<ClientStore, 'get'>
  readonly mayLook: MayLook
  readonly admitAgain: Admission['person']
  readonly reads: Pick<RequestReads, 'grant'>
}

/**
 * A refresh token is nobody's business but its client's. It is active when it would be taken at the token endpoint: what
 * an access token is held to wherever it is shown (tokens/check-access-token.ts) is asked of whoever stands behind it, too.
 */
export function createIntrospectionPolicy({ clients, mayLook, admitAgain, reads }: PolicyNeeds): IntrospectionPolicy {
  return async (ctx, { clientId }, token) => {
    const state = stateOf(ctx)
    const { accessToken, presented } = state
    if (accessToken) {
      if (token.clientId === clientId) return true
      const asking = await clients.get(clientId)
      return asking !== undefined && mayLook(asking, accessToken)
    }
    const grant = presented && (await reads.grant(presented.grantId))
    if (token.clientId !== clientId || !grant) return false
    const person = await admitAgain({
      ...presented,
      sourceId: grant.sourceId,
      scopes: scopesWithin(grant, token.scope),
    })
    if ('denied' in person) state.refused = person.denied
    return !('denied' in person)
  }
}
