import { readdir } from 'node:fs/promises'
import { Kysely, sql } from 'kysely'
import { openEngine } from '../../src/stores/sql/open.ts'

const folder = new URL('../../src/stores/sql/migrations/', import.meta.url)

/** As it was after `last`. */
export async function oldDatabase(url: string, last: string): Promise<Kysely<unknown>> {
  const engine = await openEngine(url, 1)
  const db = new Kysely<unknown>({ dialect: engine.dialect })
  await sql`
    create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null)`.execute(db)
  const files = (await readdir(folder)).filter((name) => /^\d/.test(name)).toSorted()
  for (const file of files) {
    const name = file.replace('.ts', '')
    const { up } = (await import(new URL(file, folder).href)) as { up(db: Kysely<unknown>): Promise<void> }
    await up(db)
    await sql`insert into kysely_migration values (${name}, '2026-01-01')`.execute(db)
    if (name === last) break
  }
  return db
}
