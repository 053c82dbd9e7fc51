import type { Api, ApiStore } from '../../../apis/api.ts'
import { createCollection } from '../collection.ts'
import { fromJson, toJson } from '../json.ts'
import { searchText } from '../paging.ts'
import { requireSources } from '../references.ts'
import type { ApiRow, Db } from '../schema.ts'

export function createApiStore(db: Db): ApiStore {
  const collection = createCollection<Api, 'apis'>({
    db,
    table: 'apis',
    noun: 'API',
    unique: { slug: 'slug', audience: 'audience' },
    announced: true,
    fromRow,
    toColumns: (api) => ({
      search: searchText(api.name, api.slug),
      name: api.name,
      slug: api.slug,
      audience: api.audience,
      clients: toJson(api.clients),
      authentication_sources: toJson(api.authenticationSources),
    }),
    async link(transaction, { id, authenticationSources }) {
      await transaction.deleteFrom('api_sources').where('api_id', '=', id).execute()
      if (authenticationSources.length === 0) return
      await requireSources(transaction, authenticationSources, 'authentication_sources')
      const values = [...new Set(authenticationSources)].map((source) => ({ api_id: id, source_id: source }))
      await transaction.insertInto('api_sources').values(values).execute()
    },
  })

  return {
    ...collection,

    async byAudience(audience) {
      const row = await db.selectFrom('apis').selectAll().where('audience', '=', audience).executeTakeFirst()
      return row && fromRow(row)
    },

    async some(ids) {
      if (ids !== '*') return collection.some(ids)
      const rows = await db.selectFrom('apis').selectAll().orderBy('seq').execute()
      return rows.map(fromRow)
    },
  }
}

const fromRow = (row: ApiRow): Api => ({
  id: row.id,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  name: row.name,
  slug: row.slug,
  audience: row.audience,
  clients: fromJson(row.clients),
  authenticationSources: fromJson(row.authentication_sources),
})
