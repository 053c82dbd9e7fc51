import type { Config } from './schema.ts'

/** Settings of the contract that this version does not serve yet stop the start, rather than being passed over. */
export function requireSupported({ database_url, redis_url, workers }: Config): void {
  const missing = [
    ...(database_url.startsWith('sqlite:') ? [] : ['database_url: only sqlite:PATH']),
    ...(redis_url === null ? [] : ['redis_url: live state is kept in the database']),
    ...(workers === 1 ? [] : ['workers: only 1']),
  ]
  if (missing.length > 0)
    throw new Error(`This version does not support the configuration yet:\n  - ${missing.join('\n  - ')}`)
}
