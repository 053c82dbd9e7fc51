import { ConfigProblem } from './load.ts'
import type { Config } from './schema.ts'

/**
 * Settings that this version does not serve yet stop the start with {@link ConfigProblem}, rather
 * than being passed over.
 */
export function requireSupported({ redis_url }: Config): void {
  const notYet = (path: string, message: string) => ({ path, origin: undefined, message })
  const problems = [
    ...(redis_url === null ? [] : [notYet('redis_url', 'must be unset in this version: the database has live state')]),
  ]
  if (problems.length > 0) throw new ConfigProblem(problems)
}
