import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { expect, it } from 'vitest'
import { noRules } from '../../src/apis/api-rules.ts'
import { createVault } from '../../src/config/secrets.ts'
import { silent } from '../../src/log.ts'
import { up as registry } from '../../src/stores/sql/migrations/0001-registry.ts'
import { up as liveState } from '../../src/stores/sql/migrations/0002-live-state.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { createSqlite } from '../../src/stores/sql/sqlite-dialect.ts'
import { aSource, beginning } from './world.ts'

it('brings along what an older version has kept: APIs with their sources, asking nothing more than before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-migration-'))
  const file = join(folder, 'gatehouse.db')
  const old = createSqlite(file)
  const db = new Kysely<unknown>({ dialect: old.dialect })
  await registry(db)
  await liveState(db)
  await old.close()
  const source = aSource()
  {
    using database = new DatabaseSync(file)
    database.exec(`
      create table kysely_migration (name varchar(255) not null primary key, timestamp varchar(255) not null);
      insert into kysely_migration values ('0001-registry', '2026-01-01'), ('0002-live-state', '2026-01-01');
      insert into sources values ('${source.id}', 1, 1, 1, 1, 'okta', 'Okta', 'Okta', '', 'oidc', 1, 0, '{}', '{}', '[]',
        '${JSON.stringify(source.mapping)}', '[]');
      insert into apis values ('api', 1, 1, ${beginning}, ${beginning}, 'patients', 'Patient API', 'patients', null,
        '["app"]', '["${source.id}"]');
      insert into api_sources values ('api', '${source.id}');`)
  }
  const vault = createVault([Buffer.alloc(32)])
  {
    await using stores = await openSqlStores({ url: `sqlite:${file}`, vault, clock: Date.now, log: silent })
    expect(await stores.apis.get('api')).toEqual({
      ...{ id: 'api', version: 1, createdAt: beginning, updatedAt: beginning },
      ...{ name: 'Patient API', slug: 'patients', audience: null, clients: ['app'], hosts: [], pathPrefix: '/' },
      authenticationSources: [{ sourceId: source.id, roles: null, sunset: null }],
      rules: noRules,
    })
    expect((await stores.sources.usage([source.id])).get(source.id)?.apis).toHaveLength(1)
  }
  await rm(folder, { recursive: true })
})
