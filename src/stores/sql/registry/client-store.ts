import { type RawBuilder, sql } from 'kysely'
import type { Client, ClientQuery, ClientStore, TokenProfile } from '../../../clients/client.ts'
import { type ClientSecret, secretDigest } from '../../../clients/client-secret.ts'
import type { ClientKind } from '../../../clients/kinds.ts'
import type { Vault } from '../../../vault.ts'
import { createCollection, usedBy } from '../collection.ts'
import { fromJson, toFlag, toJson } from '../json.ts'
import { linkApis, nowClient } from '../naming.ts'
import { searchText } from '../paging.ts'
import { requireSources } from '../references.ts'
import type { ClientRow } from '../rows/registry.ts'
import type { Db } from '../schema.ts'

export function createClientStore(db: Db, vault: Vault): ClientStore {
  const fromRow = (row: ClientRow): Client => ({
    id: row.id,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    enabled: row.enabled === 1,
    metadata: fromJson(row.metadata),
    secrets:
      row.secret === null ? [] : readSecrets(vault.open(row.secret, clientSecretContext(row.id)), row.created_at),
    webOrigins: fromJson(row.web_origins),
    firstParty: row.first_party === 1,
    allowedSources: row.allowed_sources === null ? null : fromJson(row.allowed_sources),
    tokenProfile: row.token_profile as TokenProfile,
    resourceServer: row.resource_server === null ? null : fromJson(row.resource_server),
    requirePkce: row.require_pkce === 1,
  })

  const collection = createCollection<Client, 'clients'>({
    db,
    table: 'clients',
    noun: 'client',
    idMember: 'client_id',
    announced: true,
    fromRow,
    narrowed: ({ kind }: ClientQuery) => (kind === undefined ? [] : ofKind[kind]),
    toColumns: (client) => ({
      search: searchText(client.metadata.client_name ?? '', client.id),
      enabled: toFlag(client.enabled),
      first_party: toFlag(client.firstParty),
      require_pkce: toFlag(client.requirePkce),
      token_profile: client.tokenProfile,
      metadata: toJson(client.metadata),
      secret: client.secrets.length === 0 ? null : vault.seal(toJson(client.secrets), clientSecretContext(client.id)),
      web_origins: toJson(client.webOrigins),
      allowed_sources: client.allowedSources && toJson(client.allowedSources),
      resource_server: client.resourceServer && toJson(client.resourceServer),
      expires_at: firstEnd(client.secrets),
    }),
    async link(transaction, { id, allowedSources, resourceServer }) {
      await nowClient(transaction, id)
      await linkApis(transaction, id, !resourceServer || resourceServer.apis === '*' ? [] : resourceServer.apis)
      await transaction.deleteFrom('client_sources').where('client_id', '=', id).execute()
      if (!allowedSources?.length) return
      await requireSources(transaction, allowedSources, 'allowed_sources')
      const values = [...new Set(allowedSources)].map((source) => ({ client_id: id, source_id: source }))
      await transaction.insertInto('client_sources').values(values).execute()
    },
    async users(transaction, id) {
      const applications = await transaction
        .selectFrom('applications')
        .select(['id', 'name'])
        .where('client_id', '=', id)
        .execute()
      const apis = await transaction
        .selectFrom('api_clients')
        .innerJoin('apis', 'apis.id', 'api_clients.api_id')
        .select(['apis.id', 'apis.name'])
        .where('api_clients.client_id', '=', id)
        .orderBy('apis.seq')
        .limit(mostNamed)
        .execute()
      return [...usedBy('applications', 'application', applications), ...usedBy('apis', 'API', apis)]
    },
  })

  return {
    ...collection,

    async allowing(sourceId) {
      const rows = await db
        .selectFrom('clients')
        .innerJoin('client_sources', 'client_sources.client_id', 'clients.id')
        .selectAll('clients')
        .where('client_sources.source_id', '=', sourceId)
        .orderBy('clients.seq')
        .execute()
      return rows.map(fromRow)
    },

    async standingFor(apiId, limit) {
      const rows = await db
        .selectFrom('clients')
        .innerJoin('client_apis', 'client_apis.client_id', 'clients.id')
        .selectAll('clients')
        .where('client_apis.api_id', '=', apiId)
        .orderBy('clients.seq')
        .limit(limit)
        .execute()
      return rows.map(fromRow)
    },

    async expiring(from, until, limit) {
      const rows = await db
        .selectFrom('clients')
        .selectAll()
        .where('expires_at', '>', from)
        .where('expires_at', '<', until)
        .where('enabled', '=', 1)
        .orderBy('expires_at')
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.map(fromRow)
    },

    async anyWithOrigin(origin) {
      const rows = await db
        .selectFrom('clients')
        .select('web_origins')
        .where('enabled', '=', 1)
        .where('web_origins', 'like', `%${toJson(origin)}%`)
        .execute()
      // A pattern's wildcards may stand in an origin as they are.
      return rows.some(({ web_origins }) => fromJson<string[]>(web_origins).includes(origin))
    },
  }
}

/** A client may call very many APIs: the refusal to remove it names the first of them. */
const mostNamed = 100

/** In JSON that we wrote: quotation marks inside a value are written otherwise, so no value looks like a member. */
const says = (member: string) => sql`clients.metadata like ${`%${member}%`}`
const signsIn = says('"authorization_code"')
const isNative = says('"application_type":"native"')
const isPublic = says('"token_endpoint_auth_method":"none"')

/** As `kindOf` has it. */
const ofKind: Readonly<Record<ClientKind, readonly RawBuilder<unknown>[]>> = {
  web: [signsIn, sql`not ${isNative}`, sql`not ${isPublic}`],
  single_page: [signsIn, sql`not ${isNative}`, isPublic],
  native: [signsIn, isNative],
  machine: [sql`not ${signsIn}`, sql`clients.resource_server is null`],
  resource_server: [sql`not ${signsIn}`, sql`clients.resource_server is not null`],
}

function firstEnd(secrets: readonly ClientSecret[]): number | null {
  const ends = secrets.flatMap(({ expiresAt }) => expiresAt ?? [])
  return ends.length === 0 ? null : Math.min(...ends)
}

/** Earlier versions kept the secret itself, which goes with the next change of the client. */
function readSecrets(text: string, createdAt: number): readonly ClientSecret[] {
  if (text.startsWith('[{"digest":')) return fromJson(text)
  return [{ digest: secretDigest(text), createdAt, expiresAt: null }]
}

export const clientSecretContext = (id: string): string => `clients/${id}/secret`
