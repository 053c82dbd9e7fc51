import { type Dialect, once, schemeOf } from './dialect.ts'

/**
 * `auth_request` of nginx. It knows 2xx, 401 and 403, and takes every other status for a fault of its own (500), so
 * the others travel in `X-Gatehouse-Status` and the recipe (examples/gateways/nginx) restores them.
 */
export const nginx: Dialect = {
  ask: (req) => ({
    method: once(req, 'x-original-method'),
    scheme: schemeOf(req),
    host: once(req, 'x-original-host'),
    target: once(req, 'x-original-uri'),
  }),
  status: (wanted) => (wanted === 401 ? 401 : 403),
}
