import type { Api, ApiStore } from '../../../apis/api.ts'
import { noRules } from '../../../apis/api-rules.ts'
import { rolesNamed } from '../../../apis/roles-named.ts'
import type { Client } from '../../../clients/client.ts'
import { Refusal } from '../../../errors.ts'
import { createCollection, usedBy } from '../collection.ts'
import { fromJson, toJson } from '../json.ts'
import { linkClients, linkRoles } from '../naming.ts'
import { searchText } from '../paging.ts'
import { requireSources } from '../references.ts'
import type { ApiRow } from '../rows/registry.ts'
import type { Db } from '../schema.ts'

export function createApiStore(db: Db): ApiStore {
  const collection = createCollection<Api, 'apis'>({
    db,
    table: 'apis',
    noun: 'API',
    unique: { slug: 'slug', audience: 'audience', host: 'hosts' },
    announced: true,
    fromRow,
    toColumns: (api) => ({
      search: searchText(api.name, api.slug),
      name: api.name,
      slug: api.slug,
      audience: api.audience,
      clients: toJson(api.clients),
      authentication_sources: toJson(api.authenticationSources),
      hosts: toJson(api.hosts),
      path_prefix: api.pathPrefix,
      rules: toJson(api.rules),
    }),
    async link(transaction, api) {
      await linkSources(transaction, api)
      await linkAddresses(transaction, api)
      await linkClients(transaction, api.id, api.clients)
      await linkRoles(transaction, 'api', api.id, rolesNamed(api))
    },
    users,
  })

  return {
    ...collection,

    async byAudience(audience) {
      const row = await db.selectFrom('apis').selectAll().where('audience', '=', audience).executeTakeFirst()
      return row && fromRow(row)
    },

    async entitling(clientId) {
      const rows = await db
        .selectFrom('api_clients')
        .innerJoin('apis', 'apis.id', 'api_clients.api_id')
        .selectAll('apis')
        .where('api_clients.name', '=', clientId)
        .orderBy('apis.seq')
        .execute()
      return rows.map(fromRow)
    },

    async some(ids) {
      if (ids !== '*') return collection.some(ids)
      const rows = await db.selectFrom('apis').selectAll().orderBy('seq').execute()
      return rows.map(fromRow)
    },
  }
}

async function linkSources(db: Db, { id, authenticationSources }: Api): Promise<void> {
  await db.deleteFrom('api_sources').where('api_id', '=', id).execute()
  if (authenticationSources.length === 0) return
  const ids = [...new Set(authenticationSources.map(({ sourceId }) => sourceId))]
  await requireSources(db, ids, 'authentication_sources')
  const values = ids.map((source) => ({ api_id: id, source_id: source }))
  await db.insertInto('api_sources').values(values).execute()
}

async function linkAddresses(db: Db, { id, hosts, pathPrefix }: Api): Promise<void> {
  await db.deleteFrom('api_addresses').where('api_id', '=', id).execute()
  if (hosts.length === 0) return
  const elsewhere = await db
    .selectFrom('api_addresses')
    .innerJoin('apis', 'apis.id', 'api_addresses.api_id')
    .select(['api_addresses.host', 'apis.name'])
    .where('api_addresses.host', 'in', hosts)
    .where('api_addresses.path_prefix', '=', pathPrefix)
    .execute()
  if (elsewhere.length > 0) {
    const problems = elsewhere.map(({ host, name }) => ({
      path: `hosts.${hosts.indexOf(host)}`,
      message: `${host}${pathPrefix} belongs to the API ${name}`,
    }))
    throw new Refusal('conflict', 'An address belongs to another API', { problems })
  }
  const values = [...new Set(hosts)].map((host) => ({ host, path_prefix: pathPrefix, api_id: id }))
  await db.insertInto('api_addresses').values(values).execute()
}

/** Keys and clients may be very many: the refusal to remove the API names the first of them. */
const mostNamed = 100

async function users(db: Db, id: string) {
  const portals = await db
    .selectFrom('portal_apis')
    .innerJoin('portals', 'portals.id', 'portal_apis.portal_id')
    .select(['portals.id', 'portals.name'])
    .where('portal_apis.api_id', '=', id)
    .orderBy('portals.seq')
    .execute()
  const keys = await db
    .selectFrom('api_keys')
    .innerJoin('applications', 'applications.id', 'api_keys.application_id')
    .select(['applications.id as application', 'applications.name', 'api_keys.id as key', 'api_keys.prefix'])
    .where('api_keys.api_id', '=', id)
    .orderBy('api_keys.seq')
    .limit(mostNamed)
    .execute()
  const named = keys.map(({ application, name, key, prefix }) => ({
    id: `${application}/api-keys/${key}`,
    name: `${prefix} of ${name}`,
  }))
  const standing = await db
    .selectFrom('client_apis')
    .innerJoin('clients', 'clients.id', 'client_apis.client_id')
    .select(['clients.id', 'clients.metadata', 'clients.seq'])
    .where('client_apis.api_id', '=', id)
    .orderBy('client_apis.client_id')
    .limit(mostNamed)
    .execute()
  const clients = standing
    .toSorted((one, other) => one.seq - other.seq)
    .map(({ id, metadata }) => ({
      id,
      name: fromJson<Client['metadata']>(metadata).client_name ?? id,
    }))
  return [
    ...usedBy('portals', 'portal', portals),
    ...usedBy('applications', 'key', named),
    ...usedBy('clients', 'client', clients),
  ]
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
  hosts: fromJson(row.hosts),
  pathPrefix: row.path_prefix,
  rules: { ...noRules, ...fromJson<Api['rules']>(row.rules) },
})
