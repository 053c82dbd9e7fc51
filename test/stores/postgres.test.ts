import { afterAll, beforeAll } from 'vitest'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { sqlStoresContracts } from './contracts.ts'
import { postgresWorlds } from './postgres-world.ts'

let server: Postgres
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.[Symbol.asyncDispose]())

const open = postgresWorlds(() => server)

sqlStoresContracts('PostgreSQL', open, 500)
