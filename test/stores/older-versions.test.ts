/** Databases of older versions, with what was in them, brought up to date. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { silent } from '../../src/log.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import { type Postgres, startPostgres } from '../support/postgres.ts'
import { oldDatabase } from './old-database.ts'
import { vault } from './postgres-world.ts'
import { aClient, beginning, refused } from './world.ts'

let server: Postgres
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server?.[Symbol.asyncDispose]())

const naming = {
  required_roles: ['nurse', 'nobody'],
  mask: [{ json_path: '$..ssn', unless_role: 'doctor', with: '#' }, { json_path: '$..a' }],
}
const sources = [
  { sourceId: 'okta', roles: [{ when_group: 'Staff', role: 'clerk' }], sunset: null },
  { sourceId: 'okta', roles: null, sunset: null },
]

async function fill(db: Kysely<unknown>): Promise<void> {
  const at = beginning
  await sql`
    insert into clients (id, version, seq, created_at, updated_at, search, enabled, first_party, require_pkce,
      token_profile, metadata, web_origins)
    values ('app', 1, 1, ${at}, ${at}, 'app', 1, 1, 1, 'broker', '{}', '[]')`.execute(db)
  const roles = [
    ['nurse', ''],
    ['nurse', 'api'],
    ['nurse', 'other'],
    ['doctor', 'https://api.test'],
    ['clerk', ''],
    ['developer', ''],
  ]
  for (const [index, [name, client]] of roles.entries())
    await sql`
      insert into roles (id, version, seq, created_at, updated_at, search, name, client, description)
      values (${`${name} ${client}`}, 1, ${index + 1}, ${at}, ${at}, ${name}, ${name}, ${client}, '')`.execute(db)
  await sql`
    insert into apis (id, version, seq, created_at, updated_at, search, name, slug, audience, clients,
      authentication_sources, rules)
    values ('api', 1, 1, ${at}, ${at}, 'patients', 'Patient API', 'patients', 'https://api.test',
      '["app","gone","app"]', ${JSON.stringify(sources)}, ${JSON.stringify(naming)}),
      ('asks-nothing', 1, 2, ${at}, ${at}, 'other', 'Other API', 'other', null, '[]', '[]', '{}')`.execute(db)
  await sql`
    insert into sources (id, version, seq, created_at, updated_at, search, alias, name, description, type, enabled, hidden,
      config, secrets, secret_names, mapping, domains)
    values ('okta', 1, 1, ${at}, ${at}, 'okta', 'Okta', 'Okta', '', 'oidc', 1, 0, '{}', '{}', '[]', '{"roles":[]}', '[]')`.execute(
    db,
  )
  await sql`
    insert into portals (id, version, seq, created_at, updated_at, search, slug, name, source_id, apis, required_roles)
    values ('portal', 1, 1, ${at}, ${at}, 'p', 'p', 'Portal', 'okta', '[]', '["developer","nobody"]')`.execute(db)
}

it.each(['SQLite', 'PostgreSQL'])(
  'what is named already is kept from then on, and what is gone hinders nothing, on %s',
  async (kind) => {
    const place = await mkdtemp(join(tmpdir(), 'gatehouse-migration-'))
    const url = kind === 'SQLite' ? `sqlite:${join(place, 'gatehouse.db')}` : await server.fresh()
    const old = await oldDatabase(url, '0012-second-factors')
    await fill(old)
    await old.destroy()

    {
      await using stores = await openSqlStores({ url, vault, clock: () => beginning, log: silent })
      const { apis, clients, roles } = stores
      const paths = async (work: Promise<unknown>) => (await refused(work, 'in_use')).map(({ path }) => path)
      expect(await paths(clients.remove('app', 1))).toEqual(['apis/api'])
      for (const id of ['nurse ', 'nurse api', 'doctor https://api.test', 'clerk '])
        expect(await paths(roles.remove(id, 1)), id).toEqual(['apis/api'])
      expect(await paths(roles.remove('developer ', 1))).toEqual(['portals/portal'])
      await roles.remove('nurse other', 1)

      // Whatever comes to have a name that was left over is kept as well.
      expect((await apis.entitling('gone')).map(({ id }) => id)).toEqual(['api'])
      const api = await apis.get('api')
      if (!api) throw new Error('the API is there')
      const changed = await apis.replace({ ...api, name: 'Renamed' }, 1)
      await clients.add(aClient({ id: 'gone' }))
      expect(await paths(clients.remove('gone', 1))).toEqual(['apis/api'])
      await roles.ensure({ name: 'nobody', client: null }, 1)
      const nobody = (await roles.list({ limit: 9, search: 'nobody' })).items[0]
      expect(await paths(roles.remove(nobody?.id ?? '', 1))).toEqual(['apis/api', 'portals/portal'])

      await apis.replace({ ...changed, clients: [] }, 2)
      await clients.remove('gone', 1)
      await clients.remove('app', 1)
    }
    await rm(place, { recursive: true })
  },
)

it.each(['SQLite', 'PostgreSQL'])('people who are there already are found by all their names, on %s', async (kind) => {
  const place = await mkdtemp(join(tmpdir(), 'gatehouse-migration-'))
  const url = kind === 'SQLite' ? `sqlite:${join(place, 'gatehouse.db')}` : await server.fresh()
  const old = await oldDatabase(url, '0013-named-in-apis')
  await fill(old)
  for (const [index, name] of ['rene', 'john'].entries()) {
    await sql`
      insert into accounts (id, version, seq, created_at, updated_at, search, enabled, display_name, roles)
      values (${name}, 1, ${index + 1}, 1, 1, ${`${name} klomp`}, 1, ${name}, '[]')`.execute(old)
    await sql`
      insert into identities (source_id, subject, account_id, attributes, search, linked_at)
      values ('okta', ${name}, ${name}, '{}', ${`00u${name}\n${name}@acme.test`}, 1)`.execute(old)
  }
  await old.destroy()

  {
    await using stores = await openSqlStores({ url, vault, clock: () => beginning, log: silent })
    const found = async (search: string) => (await stores.accounts.list({ limit: 9, search })).items.map(({ id }) => id)
    expect(await found('klomp')).toEqual(['rene', 'john'])
    expect(await found('klomp 00urene')).toEqual(['rene'])
    expect(await found('john@ACME')).toEqual(['john'])
    await stores.accounts.unlink('john', 'okta')
    expect(await found('john@acme')).toEqual([])
    await stores.accounts.remove('rene', 1)
    expect(await found('klomp')).toEqual(['john'])
  }
  await rm(place, { recursive: true })
})

it.each(['SQLite', 'PostgreSQL'])(
  'an API that a client stands for already is kept from then on, and one that is gone hinders nothing, on %s',
  async (kind) => {
    const place = await mkdtemp(join(tmpdir(), 'gatehouse-migration-'))
    const url = kind === 'SQLite' ? `sqlite:${join(place, 'gatehouse.db')}` : await server.fresh()
    const old = await oldDatabase(url, '0016-devices')
    await fill(old)
    const apis = ['api', 'gone', 'api']
    await sql`update clients set resource_server = ${JSON.stringify({ apis })} where id = 'app'`.execute(old)
    await sql`
      insert into clients (id, version, seq, created_at, updated_at, search, enabled, first_party, require_pkce,
        token_profile, metadata, web_origins, resource_server)
      values ('any', 1, 2, 1, 1, 'any', 1, 1, 1, 'broker', '{}', '[]', '{"apis":"*"}')`.execute(old)
    await old.destroy()

    {
      await using stores = await openSqlStores({ url, vault, clock: () => beginning, log: silent })
      const { apis: kept, clients } = stores
      await kept.remove('asks-nothing', 1)
      expect(await refused(kept.remove('api', 1), 'in_use')).toEqual([
        { path: 'clients/app', message: 'is used by the client app' },
      ])
      const client = await clients.get('app')
      if (!client) throw new Error('the client is there')
      expect(client.resourceServer).toEqual({ apis })
      const renamed = { ...client, metadata: { client_name: 'Renamed' } }
      await clients.replace(renamed, 1)
      await refused(clients.replace({ ...renamed, resourceServer: { apis: ['gone', 'other'] } }, 2), 'invalid_input')
      await clients.replace({ ...renamed, resourceServer: { apis: ['gone'] } }, 2)
      await kept.remove('api', 1)
    }
    await rm(place, { recursive: true })
  },
)
