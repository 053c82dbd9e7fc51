import { sql } from 'kysely'
import type { RoleName } from '../../../accounts/account.ts'
import { presentedTypes, type SourceType } from '../../../connector.ts'
import { Refusal } from '../../../errors.ts'
import type { Source, SourceQuery, SourceStore, SourceUsage } from '../../../sources/source.ts'
import type { Vault } from '../../../vault.ts'
import { createCollection, usedBy } from '../collection.ts'
import { fromJson, toFlag, toJson } from '../json.ts'
import { searchText } from '../paging.ts'
import { requireRoles, roleColumns } from '../references.ts'
import type { SourceRow } from '../rows/registry.ts'
import type { Db } from '../schema.ts'
import { searched } from '../searching.ts'

/** Sources in SQL. What is secret in their configuration is sealed, each secret for its own place. */
export function createSourceStore(db: Db, vault: Vault): SourceStore {
  const fromRow = (row: SourceRow): Source => ({
    id: row.id,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    alias: row.alias,
    name: row.name,
    description: row.description,
    type: row.type as SourceType,
    enabled: row.enabled === 1,
    config: { ...fromJson<Source['config']>(row.config), ...openSecrets(row.id, fromJson(row.secrets)) },
    secretNames: fromJson(row.secret_names),
    mapping: fromJson(row.mapping),
    domains: fromJson(row.domains),
    hidden: row.hidden === 1,
    expiresAt: row.expires_at,
  })

  const sealSecrets = ({ id, config, secretNames }: Source) =>
    Object.fromEntries(
      secretNames
        .filter((name) => config[name] !== undefined)
        .map((name) => [name, vault.seal(toJson(config[name]), sourceSecretContext(id, name))]),
    )

  const openSecrets = (id: string, secrets: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(secrets).map(([name, sealed]) => [
        name,
        fromJson(vault.open(sealed, sourceSecretContext(id, name))),
      ]),
    )

  const collection = createCollection<Source, 'sources'>({
    db,
    table: 'sources',
    noun: 'authentication source',
    unique: { alias: 'alias', domain: 'domains' },
    announced: true,
    fromRow,
    narrowed: ({ type, enabled }: SourceQuery) => [
      ...(type === undefined ? [] : [sql`sources.type = ${type}`]),
      ...(enabled === undefined ? [] : [sql`sources.enabled = ${toFlag(enabled)}`]),
    ],
    toColumns: (source) => ({
      // By name first: the chooser shows sources in this order.
      search: searchText(source.name, source.alias, ...source.domains),
      alias: source.alias,
      name: source.name,
      description: source.description,
      type: source.type,
      enabled: toFlag(source.enabled),
      hidden: toFlag(source.hidden),
      config: toJson(
        Object.fromEntries(Object.entries(source.config).filter(([name]) => !source.secretNames.includes(name))),
      ),
      secrets: toJson(sealSecrets(source)),
      secret_names: toJson(source.secretNames),
      mapping: toJson(source.mapping),
      domains: toJson(source.domains),
      expires_at: source.expiresAt,
    }),
    async link(transaction, source) {
      await linkDomains(transaction, source)
      await linkRoles(transaction, source)
    },
    async users(transaction, id) {
      const [usage, clients] = [(await usageOf(transaction, [id])).get(id), await allowing(transaction, id)]
      return [
        ...usedBy('apis', 'API', usage?.apis ?? []),
        ...usedBy('portals', 'portal', usage?.portals ?? []),
        ...usedBy('clients', 'client', clients),
      ]
    },
  })

  return {
    ...collection,

    async byAlias(alias) {
      const row = await db.selectFrom('sources').selectAll().where('alias', '=', alias).executeTakeFirst()
      return row && fromRow(row)
    },

    async byDomain(domain) {
      const row = await db
        .selectFrom('source_domains')
        .innerJoin('sources', 'sources.id', 'source_domains.source_id')
        .selectAll('sources')
        .where('source_domains.domain', '=', domain)
        .executeTakeFirst()
      return row && fromRow(row)
    },

    async anyDomain(known, ids) {
      if (ids?.length === 0) return false
      const row = await db
        .selectFrom('source_domains')
        .innerJoin('sources', 'sources.id', 'source_domains.source_id')
        .select('source_domains.domain')
        .where('sources.enabled', '=', 1)
        .$if(known.length > 0, (query) => query.where('sources.id', 'not in', known))
        .$if(ids !== undefined, (query) => query.where('sources.id', 'in', ids ?? []))
        .limit(1)
        .executeTakeFirst()
      return row !== undefined
    },

    async offered(limit, ids, type) {
      if (ids?.length === 0) return []
      const rows = await db
        .selectFrom('sources')
        .selectAll()
        .where('enabled', '=', 1)
        .where('hidden', '=', 0)
        .where('type', 'not in', presentedTypes)
        .$if(ids !== undefined, (query) => query.where('id', 'in', ids ?? []))
        .$if(type !== undefined, (query) => query.where('type', '=', type ?? ''))
        .orderBy('search')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(fromRow)
    },

    async offeredLike(search, limit, ids) {
      if (ids?.length === 0) return []
      const { from, conditions } = searched(db, 'sources', search)
      const some = ids === undefined ? [] : [sql`sources.id in (${sql.join(ids)})`]
      const { rows } = await sql<SourceRow>`
        select sources.* from ${from}
        where sources.enabled = 1 and sources.hidden = 0 and sources.type not in (${sql.join(presentedTypes)})
          and ${sql.join([...conditions, ...some, sql`true`], sql` and `)}
        order by sources.search, sources.id limit ${limit}`.execute(db)
      return rows.map(fromRow)
    },

    async expiring(until, limit) {
      const rows = await db
        .selectFrom('sources')
        .selectAll()
        .where('expires_at', '<', until)
        .where('enabled', '=', 1)
        .orderBy('expires_at')
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(fromRow)
    },

    usage: (ids) => usageOf(db, ids),

    async mappedClaims() {
      const rows = await db.selectFrom('sources').select('mapping').where('enabled', '=', 1).execute()
      return [...new Set(rows.flatMap(({ mapping }) => Object.keys(fromJson<Source['mapping']>(mapping).attributes)))]
    },
  }
}

async function allowing(db: Db, id: string) {
  const rows = await db.selectFrom('client_sources').select('client_id').where('source_id', '=', id).execute()
  return rows.map(({ client_id }) => ({ id: client_id, name: client_id }))
}

/** What a secret of the configuration is sealed for: it cannot be opened as another one. */
export const sourceSecretContext = (id: string, name: string): string => `sources/${id}/config.${name}`

async function usageOf(db: Db, ids: readonly string[]): Promise<ReadonlyMap<string, SourceUsage>> {
  if (ids.length === 0) return new Map()
  const apis = await db
    .selectFrom('apis')
    .innerJoin('api_sources', 'api_sources.api_id', 'apis.id')
    .select(['api_sources.source_id', 'apis.id', 'apis.name'])
    .where('api_sources.source_id', 'in', ids)
    .orderBy('apis.seq')
    .execute()
  const portals = await db
    .selectFrom('portals')
    .select(['source_id', 'id', 'name'])
    .where('source_id', 'in', ids)
    .orderBy('seq')
    .execute()
  const bySource = { apis: named(apis), portals: named(portals) }
  return new Map(ids.map((id) => [id, { apis: bySource.apis.get(id) ?? [], portals: bySource.portals.get(id) ?? [] }]))
}

function named(rows: readonly { readonly source_id: string; readonly id: string; readonly name: string }[]) {
  const bySource = Map.groupBy(rows, ({ source_id }) => source_id)
  return new Map([...bySource].map(([source, users]) => [source, users.map(({ id, name }) => ({ id, name }))]))
}

async function linkDomains(db: Db, { id, domains }: Source): Promise<void> {
  await db.deleteFrom('source_domains').where('source_id', '=', id).execute()
  if (domains.length === 0) return
  const elsewhere = await db.selectFrom('source_domains').select('domain').where('domain', 'in', domains).execute()
  if (elsewhere.length > 0) {
    const problems = elsewhere.map(({ domain }) => ({
      path: 'domains',
      message: `${domain} belongs to another authentication source`,
    }))
    throw new Refusal('conflict', 'A domain belongs to another authentication source', { problems })
  }
  await db
    .insertInto('source_domains')
    .values([...new Set(domains)].map((domain) => ({ domain, source_id: id })))
    .execute()
}

async function linkRoles(db: Db, { id, mapping }: Source): Promise<void> {
  await db.deleteFrom('source_roles').where('source_id', '=', id).execute()
  const roles: readonly RoleName[] = mapping.roles.map(({ role, client = null }) => ({ name: role, client }))
  if (roles.length === 0) return
  await requireRoles(db, roles, 'mapping.roles')
  await db
    .insertInto('source_roles')
    .values(roleColumns(roles).map((role) => ({ source_id: id, ...role })))
    .execute()
}
