import { type Dialect, once, schemeOf } from './dialect.ts'

/** Forward-auth with `X-Forwarded-*`: Caddy, Traefik, HAProxy, Kong. They hand on whatever status they are given. */
export const forwarded: Dialect = {
  ask: (req, { forwardedHost }) => ({
    method: once(req, 'x-forwarded-method'),
    scheme: schemeOf(req),
    host: forwardedHost,
    target: once(req, 'x-forwarded-uri'),
  }),
  status: (wanted) => wanted,
}
