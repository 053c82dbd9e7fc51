import { isDeepStrictEqual } from 'node:util'
import type { ApiStore } from '../apis/api.ts'
import type { ApplicationStore } from '../applications/application.ts'
import type { Actor, AuditStore } from '../audit/audit.ts'
import { changesNothing, recordChange } from '../audit/record.ts'
import type { Clock } from '../clock.ts'
import { type Entity, found, type Page, requireVersion, type Transact } from '../collection.ts'
import type { Problem } from '../errors.ts'
import { newId } from '../ids.ts'
import { invalidInput, together } from '../input.ts'
import type { Readmit, ShutOut } from '../sessions/shut-out.ts'
import { signInSources } from '../sources/named.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Client, ClientQuery, ClientStore, ResourceServer } from './client.ts'
import { auditedClient, type ClientInput, usesSecret } from './client-input.ts'
import { anotherSecret, secretsAfter } from './client-secret.ts'

interface Stores {
  readonly clients: ClientStore
  readonly audit: AuditStore
}

interface Needs {
  readonly transact: Transact<Stores>
  readonly clients: ClientStore
  readonly sources: Pick<SourceStore, 'get' | 'byAlias'>
  readonly apis: Pick<ApiStore, 'some' | 'byAudience'>
  readonly applications: Pick<ApplicationStore, 'byClient'>
  readonly isOwnAudience: (audience: string) => boolean
  /** The OpenID provider's own opinion of the client; rejects with `invalid_input`. */
  readonly validate: (client: Client) => Promise<void>
  readonly shutOut: ShutOut
  readonly readmit: Readmit
  readonly clock: Clock
}

/** The registered OAuth clients. A client's `secret` is shown by whoever made or rotated it, and by nobody later. */
export interface Clients {
  list(query: ClientQuery): Promise<Page<Client>>
  get(id: string): Promise<Client>
  create(actor: Actor, input: ClientInput): Promise<Client>
  /**
   * An omitted secret stays as it is; one is made when the client needs a secret from now on. Disabling ends its grants.
   * What an application says of its own client is refused with `invalid_input`, naming the application.
   */
  replace(actor: Actor, id: string, input: ClientInput, expected: number): Promise<Client>
  /**
   * Gives the client another secret. The one before is good for `overlap` seconds more, so that the application can be
   * given the new one meanwhile; any older one is worth nothing at once.
   */
  rotateSecret(actor: Actor, id: string, overlap: number, expected: number): Promise<Client>
  /** Rejects with `in_use` while it is an application's own, or an API names it. */
  remove(actor: Actor, id: string, expected: number): Promise<void>
}

export function createClients(needs: Needs): Clients {
  const { transact, clients, sources, apis, applications, isOwnAudience, validate, shutOut, readmit, clock } = needs
  const get = async (id: string) => found(await clients.get(id), `client ${id}`)
  const subject = ({ id, metadata }: Client) => ({ type: 'client', id, name: metadata.client_name ?? id })

  async function parse(entity: Entity, input: ClientInput, before?: Client): Promise<Client> {
    const { client_id: _, client_secret: given, ...rest } = input
    const {
      enabled,
      web_origins,
      first_party,
      allowed_sources,
      token_profile,
      resource_server,
      require_pkce,
      ...metadata
    } = rest
    const client: Client = {
      ...entity,
      enabled,
      metadata,
      ...secretsAfter(usesSecret(metadata), before?.secrets ?? [], clock(), given),
      webOrigins: web_origins,
      firstParty: first_party,
      allowedSources: allowed_sources,
      tokenProfile: token_profile,
      resourceServer: resource_server,
      requirePkce: require_pkce,
    }
    const [allowedSources] = await together([
      allowed_sources && signInSources(sources, allowed_sources, 'allowed_sources'),
      before ? requireApplications(before, client) : requireFreeId(client.id),
      requireApis(resource_server, before?.resourceServer),
      validate(client),
    ])
    return { ...client, allowedSources }
  }

  // A client's own tokens have its id for their audience: they must not open an API, or the broker, as well.
  async function requireFreeId(id: string): Promise<void> {
    const path = 'client_id'
    if (isOwnAudience(id)) throw invalidInput([{ path, message: "is the broker's own" }])
    if (await apis.byAudience(id)) throw invalidInput([{ path, message: 'is the audience of an API' }])
  }

  // One that was named before may have been removed since; only what is new must exist.
  async function requireApis(
    resourceServer: ResourceServer | null,
    before: ResourceServer | null = null,
  ): Promise<void> {
    if (resourceServer === null || resourceServer.apis === '*') return
    const kept = before === null || before.apis === '*' ? [] : before.apis
    const known = new Set([...kept, ...(await apis.some(resourceServer.apis)).map((api) => api.id)])
    const problems = resourceServer.apis.flatMap((id, index): readonly Problem[] =>
      known.has(id) ? [] : [{ path: `resource_server.apis.${index}`, message: `there is no API ${id}` }],
    )
    if (problems.length > 0) throw invalidInput(problems)
  }

  // What an application says of its client is said there, so that the two never differ.
  async function requireApplications(before: Client, next: Client): Promise<void> {
    const application = await applications.byClient(before.id)
    if (!application) return
    const [was, is] = [belongsToApplication(before), belongsToApplication(next)]
    const changed = Object.entries(was).filter(([member, value]) => !isDeepStrictEqual(value, is[member]))
    if (changed.length === 0) return
    const message = `belongs to the application ${application.name}: change it at applications/${application.id}`
    throw invalidInput(changed.map(([path]) => ({ path, message })))
  }

  async function change(actor: Actor, before: Client, next: Client): Promise<Client> {
    const replace = async ({ clients, audit }: Stores) => {
      const after = await clients.replace({ ...next, updatedAt: clock() }, before.version)
      const views = { before: auditedClient(before), after: auditedClient(after, before) }
      await recordChange(audit, actor, clock, { subject: subject(after), ...views })
      return after
    }
    if (!next.enabled) return shutOut({ client: next.id }, transact, replace)
    const after = await transact(replace)
    if (!before.enabled) await readmit({ client: next.id })
    return after
  }

  return {
    list: (query) => clients.list(query),
    get,

    async create(actor, input) {
      const id = input.client_id ?? newId()
      const now = clock()
      const client = await parse({ id, version: 1, createdAt: now, updatedAt: now }, input)
      await transact(async ({ clients, audit }) => {
        await clients.add(client)
        await recordChange(audit, actor, clock, { subject: subject(client), after: auditedClient(client) })
      })
      // Its id may be one that was removed just now.
      await readmit({ client: id })
      return client
    },

    async replace(actor, id, input, expected) {
      const before = await get(id)
      requireVersion(before, expected)
      if (input.client_id !== undefined && input.client_id !== id) {
        throw invalidInput([{ path: 'client_id', message: `cannot be changed; it is ${id}` }])
      }
      const next = await parse(before, input, before)
      if (changesNothing(auditedClient(before), auditedClient(next, before))) return before
      return change(actor, before, next)
    },

    async rotateSecret(actor, id, overlap, expected) {
      const before = await get(id)
      requireVersion(before, expected)
      const [current] = before.secrets
      if (!current) {
        throw invalidInput([{ path: 'token_endpoint_auth_method', message: 'is one that needs no secret' }])
      }
      const now = clock()
      const { secret, kept } = anotherSecret(now)
      const former = overlap > 0 ? [{ ...current, expiresAt: now + overlap * 1000 }] : []
      const next = { ...before, secrets: [kept, ...former], newSecret: secret }
      await validate(next)
      return change(actor, before, next)
    },

    async remove(actor, id, expected) {
      const before = await get(id)
      const remove = async ({ clients, audit }: Stores) => {
        await clients.remove(id, expected)
        await recordChange(audit, actor, clock, { subject: subject(before), before: auditedClient(before) })
      }
      await shutOut({ client: id }, transact, remove)
    },
  }
}

/** What of an application's own client is the application's to say, by the names it has here. */
const belongsToApplication = ({ metadata, webOrigins, enabled }: Client): Readonly<Record<string, unknown>> => ({
  client_name: metadata.client_name,
  application_type: metadata.application_type,
  redirect_uris: metadata.redirect_uris,
  post_logout_redirect_uris: metadata.post_logout_redirect_uris,
  web_origins: webOrigins,
  enabled,
  // Whether it authenticates is, and how it does is not.
  token_endpoint_auth_method: metadata.token_endpoint_auth_method === 'none',
})
