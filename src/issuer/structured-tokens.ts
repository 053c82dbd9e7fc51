/**
 * The provider refuses tokens that look like JWTs at introspection and revocation, before it asks the adapter.
 * Ours are JWTs. So they go in under a mark that does not look like one, and the adapter takes it off again.
 */
const mark = 'jwt~'

/** As the provider sees it: by the first segment. None of our opaque tokens has a dot or decodes to an object. */
const looksLikeJwt = (token: string): boolean => token.includes('.') || isObject(token)

function isObject(segment: string): boolean {
  try {
    return typeof JSON.parse(Buffer.from(segment, 'base64url').toString('utf8')) === 'object'
  } catch {
    return false
  }
}

export const marked = (token: string): string => (looksLikeJwt(token) ? `${mark}${token}` : token)

/** The JWT behind a mark, or the JWT itself (userinfo shows it bare); `undefined` for any other token. */
export const unmarked = (token: string): string | undefined =>
  token.startsWith(mark) ? token.slice(mark.length) : looksLikeJwt(token) ? token : undefined
