/**
 * The provider refuses tokens that look like JWTs at introspection and revocation, before it asks the adapter.
 * Ours are JWTs. So they go in under a mark that does not look like one, and the adapter takes it off again.
 */
const mark = 'jwt~'

export const looksLikeJwt = (token: string): boolean => token.startsWith('eyJ')

export const marked = (token: string): string => (looksLikeJwt(token) ? `${mark}${token}` : token)

/** The JWT behind a mark, or the JWT itself (userinfo shows it bare); `undefined` for any other token. */
export const unmarked = (token: string): string | undefined =>
  token.startsWith(mark) ? token.slice(mark.length) : looksLikeJwt(token) ? token : undefined
