import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../database.ts'

/** Where rows stand in the order of creation: SQLite counts those that are there, one connection at a time. */
export async function up(db: Kysely<unknown>): Promise<void> {
  if (isPostgres(db)) await sql`create sequence places`.execute(db)
}
