import type { Middleware } from 'koa'

// No form-action: browsers apply it to the redirects after a form as well, and a sign-in ends with one to the application.
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
].join('; ')

const headers = {
  'Content-Security-Policy': contentSecurityPolicy,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  // Binds embedding only: requests that are allowed by CORS (discovery, JWKS, token) are not touched by it.
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}

const year = 365 * 24 * 60 * 60

/** A gateway hands an answer on as its API's own, and what browsers may do there is not ours to say. */
const relayedHeaders = { 'X-Content-Type-Options': 'nosniff' }

export interface Place {
  readonly issuer: string
  /** How the paths begin at which gateways ask. */
  readonly relayed: string
}

/** Names and values in turn. */
export function securityLines({ issuer, relayed }: Place): (path: string) => readonly string[] {
  const isTls = issuer.startsWith('https:')
  const all = Object.entries({ ...headers, ...(isTls && { 'Strict-Transport-Security': `max-age=${year}` }) }).flat()
  const few = Object.entries(relayedHeaders).flat()
  return (path) => (path.startsWith(relayed) ? few : all)
}

/** Says on every answer what a browser may do with it. Handlers below may tighten it, or loosen one header for one page. */
export function securityHeaders(place: Place): Middleware {
  const linesAt = securityLines(place)
  return async (ctx, next) => {
    const lines = linesAt(ctx.path)
    for (let at = 0; at < lines.length; at += 2) ctx.set(lines[at] ?? '', lines[at + 1] ?? '')
    await next()
  }
}
