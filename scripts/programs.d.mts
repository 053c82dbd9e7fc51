export type ProgramName = 'chromium' | 'redis' | 'postgres' | 'nginx' | 'caddy' | 'haproxy' | 'apache'

/**
 * The path of a program that the tests need: the one that its variable names (`CHROMIUM`, `REDIS_SERVER`, `POSTGRES`,
 * `NGINX` …), or else the first that is found. `undefined` when there is none, or none where the variable says.
 */
export function findProgram(name: ProgramName, env: Readonly<Record<string, string | undefined>>): string | undefined

/** What each is called in words, and the variable that names one in particular. */
export const programs: Readonly<Record<ProgramName, { readonly title: string; readonly variable: string }>>
