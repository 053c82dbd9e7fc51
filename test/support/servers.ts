import { type Postgres, startPostgres } from './postgres.ts'
import { type RedisServer, startRedis } from './redis.ts'

export interface Servers extends AsyncDisposable {
  readonly postgres: Postgres
  readonly redis: RedisServer
  /** What tells a node where they are. */
  readonly env: { readonly DATABASE_URL: string; readonly REDIS_URL: string }
}

/** The servers of an installation of several nodes, with an empty database. */
export async function startServers(): Promise<Servers> {
  await using opened = new AsyncDisposableStack()
  const postgres = opened.use(await startPostgres())
  const redis = opened.use(await startRedis({ 'maxmemory-policy': 'noeviction' }))
  const env = { DATABASE_URL: await postgres.fresh(), REDIS_URL: redis.url }
  const both = opened.move()
  return { postgres, redis, env, [Symbol.asyncDispose]: () => both.disposeAsync() }
}
