/** A PostgreSQL that goes away, in each of its ways, and comes back: nobody waits long, nothing is taken for a no. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { silent } from '../../src/log.ts'
import { openSqlStores, type SqlStores } from '../../src/stores/sql/open.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { vault } from './postgres-world.ts'
import { anAccount, aSource, atOnce } from './world.ts'

let server: Postgres
let url: string
let stores: SqlStores
const node = (at: string) => openSqlStores({ url: at, connections: 4, vault, clock: Date.now, log: silent })
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.[Symbol.asyncDispose]())
beforeEach(async () => {
  url = await server.fresh()
  stores = await node(url)
})
afterEach(async () => {
  server.resume()
  await stores[Symbol.asyncDispose]()
})

/** Rejects as a store does that could not tell. Answers the milliseconds that took. */
async function unavailable(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await expect(work()).rejects.toMatchObject({ name: 'Unavailable', who: 'store' })
  return performance.now() - began
}

async function backWithin(milliseconds: number): Promise<void> {
  const deadline = performance.now() + milliseconds
  for (;;) {
    try {
      await stores.transact(({ accounts }) => accounts.add(anAccount()))
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(20)
    }
  }
}

it.each(['stop', 'kill'] as const)('could not tell after a %s, at once, and goes on when it is back', async (way) => {
  const source = aSource()
  await stores.sources.add(source)
  await atOnce(8, () => stores.sources.get(source.id))
  await server[way]()
  for (const work of [
    () => stores.registryVersion(),
    () => stores.sources.get(source.id),
    () => stores.attempts.count('key', 1),
    () => stores.transact(({ accounts }) => accounts.add(anAccount())),
    () => stores.sweep(),
  ])
    expect(await unavailable(work)).toBeLessThan(500)
  await server.start()
  await backWithin(2000)
  expect(await stores.sources.get(source.id)).toEqual(source)
})

it('keeps nothing of a transaction that the server did not survive', async () => {
  const account = anAccount()
  await unavailable(() =>
    stores.transact(async ({ accounts }) => {
      await accounts.add(account)
      await server.kill()
      await accounts.get(account.id)
    }),
  )
  await server.start()
  await backWithin(2000)
  expect(await stores.accounts.get(account.id)).toBeUndefined()
})

it('tells within two seconds that a server keeps silent, to everybody, and then at once until it speaks', async () => {
  const source = aSource()
  await stores.sources.add(source)
  await atOnce(4, () => stores.sources.get(source.id))
  const began = performance.now()
  const held = stores.transact(async ({ accounts }) => {
    await accounts.add(anAccount())
    server.pause()
    await accounts.add(anAccount())
  })
  await delay(100)
  // More than there are connections, reading and writing: none of them waits for another's turn.
  const all = [
    () => held,
    ...Array.from({ length: 12 }, () => () => stores.sources.get(source.id)),
    ...Array.from({ length: 4 }, () => () => stores.transact(({ accounts }) => accounts.add(anAccount()))),
  ]
  for (const took of await Promise.all(all.map(unavailable))) expect(took).toBeLessThan(2000)
  expect(performance.now() - began).toBeLessThan(2200)
  expect(await unavailable(() => stores.registryVersion())).toBeLessThan(50)
  expect(await unavailable(() => stores.transact(async () => {}))).toBeLessThan(50)
  await delay(2500)
  expect(await unavailable(() => stores.registryVersion()), 'however long it lasts').toBeLessThan(50)
  server.resume()
  await backWithin(3000)
  expect(await stores.sources.get(source.id)).toEqual(source)
})

it('closes in time while the server keeps silent', async () => {
  await stores.registryVersion()
  server.pause()
  const began = performance.now()
  await stores[Symbol.asyncDispose]()
  server.resume()
  expect(performance.now() - began).toBeLessThan(3000)
})

it('survives connections that an administrator ends, idle or in use', async () => {
  await atOnce(4, () => stores.registryVersion())
  const endThem = () =>
    server.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse' and pid <> pg_backend_pid()",
    )
  await unavailable(() =>
    stores.transact(async ({ accounts }) => {
      await accounts.add(anAccount())
      await endThem()
      await accounts.add(anAccount())
    }),
  )
  await backWithin(1000)
  expect((await stores.accounts.list({ limit: 9 })).items).toHaveLength(1)
})

it('could not tell when the server takes no more connections, or no writing', async () => {
  await server.query('create role narrow login connection limit 1 superuser')
  await server.query('create role bounded login connection limit 0')
  await server.query(`grant all on all tables in schema public to bounded`, url)
  const [limited, writable] = [url.replace('gatehouse@', 'bounded@'), url]
  await unavailable(() => node(limited))
  await server.query(`alter database ${new URL(writable).pathname.slice(1)} set default_transaction_read_only = on`)
  await server.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse'")
  await delay(50)
  await unavailable(() => stores.transact(({ accounts }) => accounts.add(anAccount())))
  expect((await stores.accounts.list({ limit: 9 })).items, 'it still reads').toEqual([])
  await server.query(`alter database ${new URL(writable).pathname.slice(1)} reset default_transaction_read_only`)
  // As after a switch to another server: the connection that could not write is not used again.
  await backWithin(1000)
})

it('never says yes to a transaction when the answer to its commit is lost', async () => {
  let cut = false
  const proxy = createServer((client) => {
    const upstream = connect(server.port, '127.0.0.1')
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    client.on('error', end).on('close', end)
    upstream.on('error', end).on('close', end)
    let deaf = false
    client.on('data', (data) => {
      deaf ||= cut && data.includes('commit')
      upstream.write(data)
    })
    upstream.on('data', (data) => (deaf ? end() : client.write(data)))
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const { port } = proxy.address() as AddressInfo
  const through = await node(url.replace(`:${server.port}`, `:${port}`))
  const account = anAccount()
  cut = true
  await unavailable(() => through.transact(({ accounts }) => accounts.add(account)))
  cut = false
  expect(await stores.accounts.get(account.id), 'it was kept all the same').toEqual(account)
  expect(await through.accounts.get(account.id)).toEqual(account)
  await through[Symbol.asyncDispose]()
  proxy.close()
})

it('speaks TLS when the address says so, and knows a server that is not the one', async () => {
  await expect(node(`${url}?sslmode=require`)).rejects.toMatchObject({ name: 'Unavailable' })
  const certificate = await server.useTls()
  await server.stop()
  await server.start()
  const byName = (name: string, mode: string) => url.replace('127.0.0.1', name) + mode
  const good = [
    byName('127.0.0.1', '?sslmode=require'),
    byName('localhost', `?sslmode=verify-full&sslrootcert=${certificate}`),
  ]
  for (const at of good) {
    await using secured = await node(at)
    await secured.registryVersion()
    const [used] = await server.query<{ ssl: boolean }>(
      "select bool_and(ssl) as ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'gatehouse' and datname <> 'postgres'",
    )
    expect(used?.ssl, at).toBe(true)
  }
  const bad = [
    byName('localhost', '?sslmode=verify-full'),
    byName('127.0.0.1', `?sslmode=verify-full&sslrootcert=${certificate}`),
  ]
  for (const at of bad) await expect(node(at), at).rejects.toMatchObject({ name: 'Unavailable' })
})
