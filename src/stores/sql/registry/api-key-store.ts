import { sql } from 'kysely'
import type { ApiKey, ApiKeyStore } from '../../../applications/api-key.ts'
import { Refusal } from '../../../errors.ts'
import { after } from '../../../soon.ts'
import { createCollection } from '../collection.ts'
import type { Quick } from '../engine.ts'
import { isFindable, pageOf, placeOf, searchPatterns, searchText } from '../paging.ts'
import type { ApiKeyRow, ApplicationRow } from '../rows/registry.ts'
import type { Db } from '../schema.ts'
import { unlessViolated } from '../violation.ts'
import { applicationFrom } from './application-store.ts'

/** `quick`: of a database that is in this process. */
export function createApiKeyStore(db: Db, quick?: Quick): ApiKeyStore {
  const collection = createCollection<ApiKey, 'api_keys'>({
    db,
    table: 'api_keys',
    noun: 'API key',
    unique: { prefix: 'prefix' },
    // Nobody keeps one: it is looked up whenever it is shown.
    announced: false,
    fromRow,
    toColumns: (key) => ({
      search: searchText(key.name, key.prefix),
      application_id: key.applicationId,
      api_id: key.apiId,
      name: key.name,
      prefix: key.prefix,
      digest: key.digest,
      expires_at: key.expiresAt,
      last_used_at: key.lastUsedAt,
    }),
  })

  // Asked with every call of an API: writing it down each time would cost more than asking it.
  const byPrefix = db
    .selectFrom('api_keys')
    .innerJoin('applications', 'applications.id', 'api_keys.application_id')
    .selectAll('applications')
    .select(keyColumns)
    .where('api_keys.prefix', '=', '')
    .compile()

  return {
    ...collection,

    add: (key) =>
      unlessViolated(
        'reference',
        () => collection.add(key),
        (cause) => new Refusal('not_found', 'The application or the API is gone', { cause }),
      ),

    async ofApplication(applicationId, { limit, after, search = '' }) {
      if (!isFindable(search)) return { items: [], next: null }
      const words = searchPatterns(search).map((pattern) => sql<boolean>`search like ${pattern} escape '\\'`)
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .where(({ and, eb }) =>
          and([
            eb('application_id', '=', applicationId),
            eb('seq', '>', after === undefined ? 0 : placeOf(after)),
            ...words,
          ]),
        )
        .orderBy('seq')
        .limit(limit + 1)
        .execute()
      return pageOf(rows, limit, fromRow)
    },

    byPrefix(prefix) {
      const query = { ...byPrefix, parameters: [prefix] }
      const read = () => db.executeQuery<JoinedRow & ApplicationRow>(query).then(({ rows }) => rows[0])
      const row = (quick?.row(query) as (JoinedRow & ApplicationRow) | undefined) ?? read()
      return after(row, (found) => found && { key: fromRow(keyOf(found)), application: applicationFrom(found) })
    },

    async opening(apiId, { now, limit }) {
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('api_id', '=', apiId)
        .where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.map(fromRow)
    },

    async countByApi(apiIds, now) {
      if (apiIds.length === 0) return new Map()
      const rows = await db
        .selectFrom('api_keys')
        .select(({ fn }) => ['api_id', fn.countAll().as('keys')])
        .where('api_id', 'in', apiIds)
        .where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
        .groupBy('api_id')
        .execute()
      return new Map(rows.map(({ api_id, keys }) => [api_id, Number(keys)]))
    },

    async opened(clientId, now) {
      const rows = await db
        .selectFrom('applications')
        .innerJoin('api_keys', 'api_keys.application_id', 'applications.id')
        .select('api_keys.api_id')
        .distinct()
        .where('applications.client_id', '=', clientId)
        .where('applications.disabled_by_publisher', '=', 0)
        .where('applications.disabled_by_consumer', '=', 0)
        .where(({ or, eb }) => or([eb('api_keys.expires_at', 'is', null), eb('api_keys.expires_at', '>', now)]))
        .execute()
      return rows.map(({ api_id }) => api_id)
    },

    async expiring(from, until, limit) {
      const rows = await db
        .selectFrom('api_keys')
        .innerJoin('applications', 'applications.id', 'api_keys.application_id')
        .selectAll('applications')
        .select(keyColumns)
        .where('api_keys.expires_at', '>', from)
        .where('api_keys.expires_at', '<', until)
        .where('applications.disabled_by_publisher', '=', 0)
        .where('applications.disabled_by_consumer', '=', 0)
        .orderBy('api_keys.expires_at')
        .orderBy('api_keys.seq')
        .limit(limit)
        .execute()
      return rows.map((row) => ({ key: fromRow(keyOf(row)), application: applicationFrom(row) }))
    },

    async removeExpired(apiId, now) {
      await db.deleteFrom('api_keys').where('api_id', '=', apiId).where('expires_at', '<=', now).execute()
    },

    async used(ids, at) {
      for (let from = 0; from < ids.length; from += batch) {
        await db
          .updateTable('api_keys')
          .set({ last_used_at: at })
          .where('id', 'in', ids.slice(from, from + batch))
          .where(({ or, eb }) => or([eb('last_used_at', 'is', null), eb('last_used_at', '<', at)]))
          .execute()
      }
    },
  }
}

const batch = 500

/** Under names that no column of an application has. */
const keyColumns = [
  'api_keys.id as key_id',
  'api_keys.version as key_version',
  'api_keys.created_at as key_created_at',
  'api_keys.updated_at as key_updated_at',
  'api_keys.application_id',
  'api_keys.api_id',
  'api_keys.name as key_name',
  'api_keys.prefix',
  'api_keys.digest',
  'api_keys.expires_at',
  'api_keys.last_used_at',
] as const

type KeyColumns = Pick<ApiKeyRow, 'application_id' | 'api_id' | 'prefix' | 'digest' | 'expires_at' | 'last_used_at'>
interface JoinedRow extends KeyColumns {
  readonly key_id: string
  readonly key_version: number
  readonly key_created_at: number
  readonly key_updated_at: number
  readonly key_name: string
}

// One by one: a row of SQLite's is copied slowly, and this is done for each call with a key.
const keyOf = (row: JoinedRow): Omit<ApiKeyRow, 'seq' | 'search'> => ({
  id: row.key_id,
  version: row.key_version,
  created_at: row.key_created_at,
  updated_at: row.key_updated_at,
  name: row.key_name,
  application_id: row.application_id,
  api_id: row.api_id,
  prefix: row.prefix,
  digest: row.digest,
  expires_at: row.expires_at,
  last_used_at: row.last_used_at,
})

const fromRow = (row: Omit<ApiKeyRow, 'seq' | 'search'>): ApiKey => ({
  id: row.id,
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  applicationId: row.application_id,
  apiId: row.api_id,
  name: row.name,
  prefix: row.prefix,
  digest: row.digest,
  expiresAt: row.expires_at,
  // It is kept to the hour, and the first hour began before the key did.
  lastUsedAt: row.last_used_at && Math.max(row.last_used_at, row.created_at),
})
