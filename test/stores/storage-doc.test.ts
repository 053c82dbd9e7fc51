import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'

it('docs/storage.md names every table, and no other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-storage-'))
  const file = join(folder, 'gatehouse.db')
  const vault = createVault([Buffer.alloc(32)])
  await using _stores = await openSqlStores({ url: `sqlite:${file}`, vault, clock: Date.now, log: silent })
  using database = new DatabaseSync(file, { readOnly: true })
  const tables = database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    .all()

  const text = await readFile(new URL('../../docs/storage.md', import.meta.url), 'utf8')
  const documented = [...text.matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name)
  expect(documented.toSorted()).toEqual(tables.map(({ name }) => name).toSorted())
  await rm(folder, { recursive: true })
})
