import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { startPostgres } from '../support/postgres.ts'

const open = (url: string) =>
  openSqlStores({ url, vault: createVault([Buffer.alloc(32)]), clock: Date.now, log: silent })

async function documented(): Promise<readonly (string | undefined)[]> {
  const text = await readFile(new URL('../../docs/storage.md', import.meta.url), 'utf8')
  return [...text.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name).toSorted()
}

describe('docs/storage.md names every table, and no other,', () => {
  it('of SQLite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-storage-'))
    const file = join(folder, 'gatehouse.db')
    await using _stores = await open(`sqlite:${file}`)
    using database = new DatabaseSync(file, { readOnly: true })
    const tables = database
      .prepare(
        "select name from sqlite_schema where type = 'table' and name not glob 'sqlite_*' and name not glob '*_pieces*'",
      )
      .all()
    expect(await documented()).toEqual(tables.map(({ name }) => name).toSorted())
    await rm(folder, { recursive: true })
  })

  it('of PostgreSQL', async () => {
    await using server = await startPostgres()
    const url = await server.fresh()
    await using _stores = await open(url)
    const tables = await server.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public'",
      url,
    )
    expect(await documented()).toEqual(tables.map(({ name }) => name).toSorted())
  })
})
