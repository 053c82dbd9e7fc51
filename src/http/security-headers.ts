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

export const securityHeadersFor = (issuer: string): Readonly<Record<string, string>> =>
  issuer.startsWith('https:') ? { ...headers, 'Strict-Transport-Security': `max-age=${year}` } : headers

/** Says on every answer what a browser may do with it. Handlers below may tighten it, or loosen one header for one page. */
export function securityHeaders(issuer: string): Middleware {
  const all = { ...securityHeadersFor(issuer) }
  return async (ctx, next) => {
    ctx.set(all)
    await next()
  }
}
