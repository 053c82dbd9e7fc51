import type { Dialect } from './dialect.ts'

/** Envoy's `ext_authz` over HTTP: the request as it came, without its body and with `path_prefix` before its path. */
export const envoy: Dialect = {
  ask: ({ method }, { host }, rest) => ({ method, host, target: rest }),
  status: (wanted) => wanted,
}
