import type { Application, ApplicationStore } from '../../../applications/application.ts'
import { createCollection } from '../collection.ts'
import { fromJson, toFlag, toJson } from '../json.ts'
import { searchText } from '../paging.ts'
import type { ApplicationRow } from '../rows/registry.ts'
import type { Db } from '../schema.ts'

/** Applications in SQL. */
export function createApplicationStore(db: Db): ApplicationStore {
  const collection = createCollection<Application, 'applications'>({
    db,
    table: 'applications',
    noun: 'application',
    unique: { client_id: 'client.client_id', slug: 'slug' },
    // What other nodes keep of one is its client, whose change is announced.
    announced: false,
    fromRow: applicationFrom,
    toColumns: (application) => ({
      search: searchText(
        application.name,
        application.owner?.name ?? '',
        application.owner?.email ?? '',
        application.slug ?? '',
        application.id,
      ),
      name: application.name,
      slug: application.slug,
      description: application.description,
      owner: application.owner && toJson(application.owner),
      client_id: application.clientId,
      disabled_by_publisher: toFlag(application.disabledByPublisher),
      disabled_by_consumer: toFlag(application.disabledByConsumer),
    }),
  })

  return {
    ...collection,

    async byClient(clientId) {
      const row = await db.selectFrom('applications').selectAll().where('client_id', '=', clientId).executeTakeFirst()
      return row && applicationFrom(row)
    },
  }
}

/** Also for stores that read one beside something else. */
export const applicationFrom = (row: ApplicationRow): Application => ({
  id: row.id,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  name: row.name,
  slug: row.slug,
  description: row.description,
  owner: row.owner === null ? null : fromJson(row.owner),
  clientId: row.client_id,
  disabledByPublisher: row.disabled_by_publisher === 1,
  disabledByConsumer: row.disabled_by_consumer === 1,
})
