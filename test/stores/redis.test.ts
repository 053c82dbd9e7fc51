import { afterAll, beforeAll } from 'vitest'
import { type RedisCluster, type RedisServer, startCluster, startRedis } from '../support/redis.ts'
import { liveStoresContracts } from './contracts.ts'
import { redisWorlds } from './redis-world.ts'

let single: RedisServer
let cluster: RedisCluster

beforeAll(async () => {
  ;[single, cluster] = await Promise.all([startRedis(), startCluster()])
})

afterAll(async () => {
  await single[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

liveStoresContracts(
  'Redis',
  redisWorlds(() => single.url),
)
liveStoresContracts(
  'Redis Cluster',
  redisWorlds(() => cluster.url),
)
