import type { Api } from '../apis/api.ts'
import type { AccessToken } from './access-token.ts'

/**
 * Who may accept a token (docs/tokens.md): an API whose audience the token names; or, for an API without an
 * audience of its own, one that the token's client is entitled to.
 */
export const accepts = ({ audience, clients }: Pick<Api, 'audience' | 'clients'>, token: AccessToken): boolean =>
  audience === null ? clients.includes(token.clientId) : token.audience === audience
