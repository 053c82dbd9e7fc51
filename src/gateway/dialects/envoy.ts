import { type Dialect, schemeOf } from './dialect.ts'

/** Envoy's `ext_authz` over HTTP: the request as it came, without its body and with `path_prefix` before its path. */
export const envoy: Dialect = {
  ask: (req, { host }, rest) => ({ method: req.method, scheme: schemeOf(req), host, target: rest }),
  status: (wanted) => wanted,
}
