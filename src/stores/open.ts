import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Vault } from '../vault.ts'
import { openSqlStores, type SqlStores } from './sql/open.ts'

interface Needs {
  readonly databaseUrl: string
  /** How many this process keeps to PostgreSQL at most. */
  readonly connections: number
  /** `null`: live state is in the database too. */
  readonly redisUrl: string | null
  readonly vault: Vault
  readonly clock: Clock
  readonly log: Log
}

export type OpenStores = (needs: Needs) => Promise<SqlStores>

/** The registry in its database, and live state in Redis when there is one. */
export const openStores: OpenStores = async ({ databaseUrl, redisUrl, ...needs }) => {
  await using opened = new AsyncDisposableStack()
  const registry = opened.use(await openSqlStores({ url: databaseUrl, ...needs }))
  if (redisUrl !== null) {
    const { openRedisStores } = await import('./redis/open.ts')
    const live = opened.use(await openRedisStores({ url: redisUrl, lineage: registry.lineage, ...needs }))
    const everything = opened.move()
    return {
      ...registry,
      ...live,
      health: [...registry.health, ...live.health],
      [Symbol.asyncDispose]: () => everything.disposeAsync(),
    }
  }
  opened.move()
  return registry
}
