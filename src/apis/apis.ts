import type { ApiKeyStore } from '../applications/api-key.ts'
import type { Actor, AuditStore } from '../audit/audit.ts'
import { changesNothing, recordChange } from '../audit/record.ts'
import type { ClientStore } from '../clients/client.ts'
import type { Clock } from '../clock.ts'
import { found, type ListQuery, type Page, requireVersion, type Transact } from '../collection.ts'
import { newId } from '../ids.ts'
import { invalidInput, together } from '../input.ts'
import { sourceIds } from '../sources/named.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Api, ApiSource, ApiStore } from './api.ts'
import { type ApiInput, apiInput } from './api-input.ts'

interface Needs {
  readonly transact: Transact<{
    readonly apis: ApiStore
    readonly apiKeys: Pick<ApiKeyStore, 'removeExpired'>
    readonly audit: AuditStore
  }>
  readonly apis: ApiStore
  readonly clients: Pick<ClientStore, 'get'>
  readonly sources: Pick<SourceStore, 'get' | 'byAlias'>
  readonly isOwnAudience: (audience: string) => boolean
  readonly clock: Clock
}

export interface Apis {
  list(query: ListQuery): Promise<Page<Api>>
  get(id: string): Promise<Api>
  create(actor: Actor, input: ApiInput): Promise<Api>
  replace(actor: Actor, id: string, input: ApiInput, expected: number): Promise<Api>
  /** Rejects with `in_use`, naming them, while portals offer it, keys that have not expired open it or clients stand for it. */
  remove(actor: Actor, id: string, expected: number): Promise<void>
}

export function createApis({ transact, apis, clients, sources, isOwnAudience, clock }: Needs): Apis {
  const get = async (id: string) => found(await apis.get(id), `API ${id}`)
  const subject = ({ id, name }: Api) => ({ type: 'api', id, name })

  async function parse(input: ApiInput, before?: Api) {
    const { name, slug, hosts, path_prefix, audience, clients, authentication_sources, ...rules } = input
    const [authenticationSources] = await together([
      parseSources(authentication_sources),
      requireFreeAudience(audience),
      requireClients(clients, before?.clients),
    ])
    return {
      ...{ name, slug, hosts, pathPrefix: path_prefix, audience, rules },
      clients: [...new Set(clients)],
      authenticationSources,
    }
  }

  async function parseSources(given: ApiInput['authentication_sources']): Promise<readonly ApiSource[]> {
    const path = 'authentication_sources'
    const entries = given.map((entry) =>
      typeof entry === 'string' ? { source: entry, roles: null, sunset: null } : entry,
    )
    const names = entries.map(({ source }) => source)
    const ids = await sourceIds(sources, names, path)
    const problems = ids.flatMap((id, index) =>
      ids.indexOf(id) === index || typeof given[index] === 'string'
        ? []
        : [{ path: `${path}.${index}.source`, message: `${names[index]} is named before` }],
    )
    if (problems.length > 0) throw invalidInput(problems)
    return entries.flatMap(({ roles, sunset }, index) => {
      const sourceId = ids[index] ?? ''
      return ids.indexOf(sourceId) === index
        ? [{ sourceId, roles, sunset: sunset === null ? null : Date.parse(sunset) }]
        : []
    })
  }

  async function requireFreeAudience(audience: string | null): Promise<void> {
    if (audience === null) return
    const path = 'audience'
    if (isOwnAudience(audience)) throw invalidInput([{ path, message: "is the broker's own" }])
    // A client's own tokens have its id for their audience: they must not open an API as well.
    if (await clients.get(audience)) throw invalidInput([{ path, message: 'is the id of a client' }])
  }

  // One that was named before may have been removed since; only what is new must exist.
  async function requireClients(ids: readonly string[], before: readonly string[] = []): Promise<void> {
    await together(
      ids.map(async (id, index) => {
        if (before.includes(id) || (await clients.get(id))) return
        throw invalidInput([{ path: `clients.${index}`, message: `there is no client ${id}` }])
      }),
    )
  }

  return {
    list: (query) => apis.list(query),
    get,

    async create(actor, input) {
      const now = clock()
      const api: Api = { id: newId(), version: 1, createdAt: now, updatedAt: now, ...(await parse(input)) }
      await transact(async ({ apis, audit }) => {
        await apis.add(api)
        await recordChange(audit, actor, clock, { subject: subject(api), after: apiInput(api) })
      })
      return api
    },

    async replace(actor, id, input, expected) {
      const before = await get(id)
      requireVersion(before, expected)
      const next = { ...before, ...(await parse(input, before)), updatedAt: clock() }
      if (changesNothing(apiInput(before), apiInput(next))) return before
      return transact(async ({ apis, audit }) => {
        const after = await apis.replace(next, expected)
        const change = { before: apiInput(before), after: apiInput(after) }
        await recordChange(audit, actor, clock, { subject: subject(after), ...change })
        return after
      })
    },

    async remove(actor, id, expected) {
      const before = await get(id)
      await transact(async ({ apis, apiKeys, audit }) => {
        await apiKeys.removeExpired(id, clock())
        await apis.remove(id, expected)
        await recordChange(audit, actor, clock, { subject: subject(before), before: apiInput(before) })
      })
    },
  }
}
