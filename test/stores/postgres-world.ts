import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores, type SqlStores } from '../../src/stores/sql/open.ts'
import type { Postgres } from '../support/postgres.ts'
import { beginning, type World } from './world.ts'

export const vault = createVault([Buffer.alloc(32, 7)])

export interface PostgresWorld extends World<SqlStores> {
  readonly url: string
}

/** Worlds on one server. A database whose world has ended is emptied for the next: that is quicker than a new one. */
export function postgresWorlds(server: () => Postgres) {
  const free: string[] = []

  return async (): Promise<PostgresWorld> => {
    const url = free.pop() ?? (await server().fresh())
    let time = beginning
    const opened: SqlStores[] = []
    const another = async () => {
      const stores = await openSqlStores({ url, connections: 5, vault, clock: () => time, log: silent })
      opened.push(stores)
      return stores
    }
    return {
      url,
      stores: await another(),
      another,
      now: () => time,
      pass(milliseconds) {
        time += milliseconds
      },
      async [Symbol.asyncDispose]() {
        for (const stores of opened) await stores[Symbol.asyncDispose]()
        await server().query(emptied, url)
        free.push(url)
      },
    }
  }
}

/** Foreign keys are enforced by triggers, which rest meanwhile. */
const emptied = `
  set session_replication_role = replica;
  do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = 'public' and tablename not like 'kysely%' loop
      execute format('delete from %I', name);
    end loop;
    insert into registry_meta (name, value) values ('version', 0);
  end $$`
