// Any base does: only the scheme of the outcome matters, and a path on this server takes the base's.
const here = 'https://here.invalid/'

/**
 * An address that may stand in `href`, `src` or `action`: http, https, or a path on this server.
 * `redirect` also lets private-use schemes through, which native applications register as redirect
 * URIs; they are reverse domain names (RFC 8252 §7.1), so `javascript:` and `data:` never pass.
 * `undefined`: it must not be linked to.
 */
export function safeUrl(address: string | URL, use: 'web' | 'redirect' = 'web'): string | undefined {
  const text = String(address)
  if (!URL.canParse(text, here)) return undefined
  const { protocol } = new URL(text, here)
  if (protocol === 'https:' || protocol === 'http:') return text
  return use === 'redirect' && /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(protocol) ? text : undefined
}

/** The same for addresses without which there is no page; throws a `TypeError` instead of making a form that goes nowhere. */
export function mustBeSafe(address: string | URL): string {
  const safe = safeUrl(address)
  if (safe === undefined) throw new TypeError('a form may only be sent to an http or https address')
  return safe
}
