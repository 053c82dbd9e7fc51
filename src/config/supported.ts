import { ConfigProblem } from './load.ts'
import type { Config } from './schema.ts'

/**
 * Settings that this version does not serve yet stop the start with {@link ConfigProblem}, rather
 * than being passed over.
 */
export function requireSupported({ database_url, redis_url }: Config): void {
  const notYet = (path: string, message: string) => ({ path, origin: undefined, message })
  const problems = [
    ...(database_url.startsWith('sqlite:') ? [] : [notYet('database_url', 'must be sqlite:PATH in this version')]),
    ...(redis_url === null ? [] : [notYet('redis_url', 'must be unset in this version: the database has live state')]),
  ]
  if (problems.length > 0) throw new ConfigProblem(problems)
}
