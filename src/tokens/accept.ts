import type { Api } from '../apis/api.ts'
import type { ApiKeyStore } from '../applications/api-key.ts'
import type { Clock } from '../clock.ts'
import { after, type Soon } from '../soon.ts'
import type { AccessToken } from './access-token.ts'

/** Whether any client may ask for its tokens: it has an audience to ask for, and names no clients. */
export const isForEveryClient = ({ audience, clients }: Pick<Api, 'audience' | 'clients'>): boolean =>
  audience !== null && clients.length === 0

/** Which of the broker's clients is entitled to which API. */
export interface Entitlement {
  /** Named by the API, or the client of an application with a key for it that is good. */
  isEntitled(api: Pick<Api, 'id' | 'clients'>, clientId: string): Promise<boolean>
  /** Whether its tokens may be for the API, which has an audience of its own. */
  mayAskFor(api: Pick<Api, 'id' | 'audience' | 'clients'>, clientId: string): Promise<boolean>
  /**
   * Who may accept a token (docs/tokens.md): an API whose audience the token names; or, for an API without an audience
   * of its own, one that the token's client is entitled to. Whether any of `apis` is such a one, in one round trip at
   * most; none, and so at once, for clients that are no application's.
   */
  anyAccepts(
    apis: readonly Pick<Api, 'id' | 'audience' | 'clients'>[],
    token: Pick<AccessToken, 'audience' | 'clientId'>,
  ): Soon<boolean>
}

interface Needs {
  readonly apiKeys: Pick<ApiKeyStore, 'opened'>
  readonly clock: Clock
}

export function createEntitlement({ apiKeys, clock }: Needs): Entitlement {
  const opened = (clientId: string): Soon<readonly string[]> =>
    isOfApplication(clientId) ? apiKeys.opened(clientId, clock()) : []

  const isEntitled: Entitlement['isEntitled'] = async ({ id, clients }, clientId) =>
    clients.includes(clientId) || (await opened(clientId)).includes(id)

  return {
    isEntitled,

    mayAskFor: async (api, clientId) => isForEveryClient(api) || isEntitled(api, clientId),

    anyAccepts(apis, { audience, clientId }) {
      if (apis.some((api) => (api.audience === null ? api.clients.includes(clientId) : api.audience === audience)))
        return true
      const open = apis.filter((api) => api.audience === null)
      if (open.length === 0) return false
      return after(opened(clientId), (ids) => open.some(({ id }) => ids.includes(id)))
    },
  }
}

/** Only applications have clients of such a name, and all of theirs have one. */
const isOfApplication = (clientId: string): boolean => clientId.endsWith(':OPENID')
