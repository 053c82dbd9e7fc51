import { Refusal } from '../../../errors.ts'
import type { Portal, PortalStore } from '../../../portals/portal.ts'
import { createCollection } from '../collection.ts'
import { fromJson, toJson } from '../json.ts'
import { linkRoles } from '../naming.ts'
import { searchText } from '../paging.ts'
import { requireApis, requireSources } from '../references.ts'
import type { PortalRow } from '../rows/registry.ts'
import type { Db } from '../schema.ts'
import { unlessViolated } from '../violation.ts'

export function createPortalStore(db: Db): PortalStore {
  const collection = createCollection<Portal, 'portals'>({
    db,
    table: 'portals',
    noun: 'portal',
    unique: { slug: 'slug' },
    announced: false,
    fromRow,
    toColumns: ({ slug, name, sourceId, apis, requiredRoles }) => ({
      search: searchText(name, slug),
      slug,
      name,
      source_id: sourceId,
      apis: toJson(apis),
      required_roles: toJson(requiredRoles),
    }),
    async link(transaction, { id, sourceId, apis, requiredRoles }) {
      const roles = requiredRoles.map((name) => ({ name, client: null }))
      await linkRoles(transaction, 'portal', id, roles)
      await transaction.deleteFrom('portal_apis').where('portal_id', '=', id).execute()
      await requireSources(transaction, [sourceId], 'authentication_source')
      if (apis.length === 0) return
      await requireApis(transaction, apis, 'apis')
      const values = [...new Set(apis)].map((api) => ({ portal_id: id, api_id: api }))
      await transaction.insertInto('portal_apis').values(values).execute()
    },
  })

  /** The source stands in the row itself, which is written before the names are looked up. */
  const knownSource = <T>(work: () => Promise<T>, sourceId: string) =>
    unlessViolated('reference', work, () => {
      const problems = [{ path: 'authentication_source', message: `there is no authentication source ${sourceId}` }]
      return new Refusal('invalid_input', undefined, { problems })
    })

  return { ...collection, add: (portal) => knownSource(() => collection.add(portal), portal.sourceId) }
}

const fromRow = (row: PortalRow): Portal => ({
  id: row.id,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  slug: row.slug,
  name: row.name,
  sourceId: row.source_id,
  apis: fromJson(row.apis),
  requiredRoles: fromJson(row.required_roles),
})
