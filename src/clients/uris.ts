/**
 * Which addresses a client may register. Browsers are sent to them and pages link to them, so one rule holds
 * for every field, whoever fills it in (SEC-002; RFC 9700 §2.1 and §4.1, RFC 8252 §7 and §8.4).
 */

/** Why the browser cannot be sent to `value` after signing in or out; `undefined`: it can. */
export function redirectProblem(value: string, applicationType: 'web' | 'native'): string | undefined {
  const problem = textProblem(value)
  if (problem) return problem
  if (value.includes('#')) return 'must have no fragment'
  if (value.includes('*')) return 'must have no wildcard: redirect URIs are compared character by character'
  if (/^https?:/i.test(value)) return webProblem(value)
  if (applicationType === 'web') return 'must be https, or http on loopback'
  return privateUseProblem(value)
}

/** Why `value` cannot be linked to or fetched from; `undefined`: it can. */
export const linkProblem = (value: string): string | undefined => textProblem(value) ?? webProblem(value)

/** Why a client cannot be told of logouts at `value` (OpenID Connect Back-Channel Logout 1.0 §2.2); `undefined`: it can. */
export const logoutProblem = (value: string): string | undefined =>
  linkProblem(value) ?? (value.includes('#') ? 'must have no fragment' : undefined)

/** Why nobody fetches a client's keys from `value`: only what is public is asked for them; `undefined`: they are. */
export const keysProblem = (value: string): string | undefined =>
  linkProblem(value) ?? (/^https:/i.test(value) ? undefined : 'must be https')

/** Why `value` is not the origin of a web page that may call us; `undefined`: it is. */
export function originProblem(value: string): string | undefined {
  const problem = linkProblem(value)
  if (problem) return problem
  return new URL(value).origin === value
    ? undefined
    : `must be an origin and nothing else, such as ${new URL(value).origin}`
}

// Browsers drop tabs and line breaks inside an address and blanks around it, and read \ as /: so does an attack.
function textProblem(value: string): string | undefined {
  if (value.length > 2000) return 'must have at most 2000 characters'
  if (!/^[\x21-\x7e]+$/.test(value) || /[\\"<>^`{|}]/.test(value))
    return 'must be a URI in ASCII, everything else percent-encoded'
  return URL.canParse(value) ? undefined : 'must be an absolute URI'
}

function webProblem(value: string): string | undefined {
  if (!/^https?:\/\/[^/]/i.test(value)) return 'must be https, or http on loopback'
  const { protocol, hostname, username, password } = new URL(value)
  if (username !== '' || password !== '') return 'must have no user name and no password'
  if (hostname.includes('*')) return 'must have no wildcard'
  return protocol === 'https:' || isLoopback(hostname) ? undefined : 'must be https, or http on loopback'
}

const isLoopback = (hostname: string) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

/** A scheme that nobody owns could be anybody's; one made of a domain name in reverse is its owner's. */
function privateUseProblem(value: string): string | undefined {
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9][a-z0-9+-]*)+:\/{0,2}[^/]/i.test(value)
    ? undefined
    : 'must be https, http on loopback, or have a private-use scheme such as com.example.app:/callback (RFC 8252 §7.1)'
}
