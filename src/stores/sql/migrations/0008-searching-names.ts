import { type Kysely, sql } from 'kysely'
import { isPostgres } from '../database.ts'

/** Everything that is listed and searched by its own names alone. */
const tables = ['sources', 'clients', 'roles', 'apis', 'applications', 'portals']

/**
 * An index of the pieces of names, so that a search reads what it finds and not everything there is. PostgreSQL has it
 * without an extension, which the database's user may not be allowed to add.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  if (isPostgres(db)) await sql.raw(pieces).execute(db)
  for (const table of tables) {
    for (const statement of isPostgres(db) ? onPostgres(table) : onSqlite(table)) await sql.raw(statement).execute(db)
  }
}

/** Every one, two and three characters that follow one another. */
const pieces = `
  create function gatehouse_pieces(name text) returns text[] language sql immutable strict parallel safe as $$
    select coalesce(array_agg(distinct substr(name, first, length)), '{}')
    from generate_series(1, 3) as length, generate_series(1, length(name) - length + 1) as first
  $$`

const onPostgres = (table: string) => [`create index ${table}_pieces on ${table} using gin (gatehouse_pieces(search))`]

const onSqlite = (table: string) => [
  `create virtual table ${table}_pieces
    using fts5(search, content='${table}', content_rowid='seq', tokenize='trigram', detail=none)`,
  `insert into ${table}_pieces (${table}_pieces) values ('rebuild')`,
  `create trigger ${table}_added after insert on ${table} begin ${add(table)} end`,
  `create trigger ${table}_removed after delete on ${table} begin ${remove(table)} end`,
  `create trigger ${table}_renamed after update of search on ${table} when old.search <> new.search
    begin ${remove(table)} ${add(table)} end`,
]

const add = (table: string) => `insert into ${table}_pieces (rowid, search) values (new.seq, new.search);`
const remove = (table: string) =>
  `insert into ${table}_pieces (${table}_pieces, rowid, search) values ('delete', old.seq, old.search);`
