import type { Actor, AuditStore } from '../audit/audit.ts'
import { changesNothing, recordChange } from '../audit/record.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { auditedClient } from '../clients/client-input.ts'
import type { Clock } from '../clock.ts'
import { found, type ListQuery, type Page, requireVersion, type Transact } from '../collection.ts'
import { newId } from '../ids.ts'
import type { Readmit, ShutOut } from '../sessions/shut-out.ts'
import type { Application, ApplicationStore } from './application.ts'
import { type ApplicationInput, applicationInput, type RegisteredApplication } from './application-input.ts'
import { clientIdOf, ownClient } from './own-client.ts'

interface Stores {
  readonly applications: ApplicationStore
  readonly clients: ClientStore
  readonly audit: AuditStore
}

interface Needs {
  readonly transact: Transact<Stores>
  readonly applications: ApplicationStore
  readonly clients: Pick<ClientStore, 'some'>
  /** The OpenID provider's own opinion of the client; rejects with `invalid_input`. */
  readonly validate: (client: Client) => Promise<void>
  readonly shutOut: ShutOut
  readonly readmit: Readmit
  readonly clock: Clock
}

/** The applications, each with its own client. A client's `secret` is shown by whoever made it, and by nobody later. */
export interface Applications {
  list(query: ListQuery): Promise<Page<RegisteredApplication>>
  get(id: string): Promise<RegisteredApplication>
  create(actor: Actor, input: ApplicationInput): Promise<RegisteredApplication>
  /** Switching it off, by either side, ends what its client has been granted; its keys open nothing meanwhile. */
  replace(actor: Actor, id: string, input: ApplicationInput, expected: number): Promise<RegisteredApplication>
  /** With its client and its keys. */
  remove(actor: Actor, id: string, expected: number): Promise<void>
}

export function createApplications(needs: Needs): Applications {
  const { transact, applications, clients, validate, shutOut, readmit, clock } = needs

  async function withClients(some: readonly Application[]): Promise<readonly RegisteredApplication[]> {
    const all = await clients.some(some.map(({ clientId }) => clientId))
    const byId = new Map(all.map((client) => [client.id, client]))
    return some.flatMap((application) => {
      const client = byId.get(application.clientId)
      // Gone between the two looks: then the application is gone as well.
      return client ? [{ application, client }] : []
    })
  }

  async function get(id: string): Promise<RegisteredApplication> {
    const [registered] = await withClients([found(await applications.get(id), `application ${id}`)])
    return found(registered, `application ${id}`)
  }

  const subject = ({ id, name }: Application) => ({ type: 'application', id, name })
  const clientSubject = ({ id, metadata }: Client) => ({ type: 'client', id, name: metadata.client_name ?? id })

  const said = ({ name, slug, description, owner, ...input }: ApplicationInput) => ({
    ...{ name, slug, description, owner },
    disabledByPublisher: input.disabled_by_publisher,
    disabledByConsumer: input.disabled_by_consumer,
  })

  return {
    async list(query) {
      const { items, next } = await applications.list(query)
      return { items: await withClients(items), next }
    },

    get,

    async create(actor, input) {
      const [id, now] = [newId(), clock()]
      const own = { clientId: clientIdOf(id), ...said(input) }
      const application: Application = { id, version: 1, createdAt: now, updatedAt: now, ...own }
      const client = ownClient(application, input)
      await validate(client)
      await transact(async ({ applications, clients, audit }) => {
        await clients.add(client)
        await applications.add(application)
        await recordChange(audit, actor, clock, { subject: clientSubject(client), after: auditedClient(client) })
        const after = applicationInput({ application, client })
        await recordChange(audit, actor, clock, { subject: subject(application), after })
      })
      return { application, client }
    },

    async replace(actor, id, input, expected) {
      const before = await get(id)
      requireVersion(before.application, expected)
      const application = { ...before.application, ...said(input), updatedAt: clock() }
      const client = ownClient(application, input, before.client)
      const clientChanges = !changesNothing(auditedClient(before.client), auditedClient(client, before.client))
      if (!clientChanges && changesNothing(applicationInput(before), applicationInput({ application, client })))
        return before
      if (clientChanges) await validate(client)

      const change = async ({ applications, clients, audit }: Stores): Promise<RegisteredApplication> => {
        const changed = await applications.replace(application, expected)
        const after = {
          application: changed,
          client: clientChanges ? await clients.replace(client, before.client.version) : before.client,
        }
        if (clientChanges) {
          const views = { before: auditedClient(before.client), after: auditedClient(after.client, before.client) }
          await recordChange(audit, actor, clock, { subject: clientSubject(client), ...views })
        }
        const views = { before: applicationInput(before), after: applicationInput(after) }
        await recordChange(audit, actor, clock, { subject: subject(changed), ...views })
        return after
      }
      if (!client.enabled) return shutOut({ client: client.id }, transact, change)
      const after = await transact(change)
      if (!before.client.enabled) await readmit({ client: client.id })
      return after
    },

    async remove(actor, id, expected) {
      const { application, client } = await get(id)
      const remove = async ({ applications, clients, audit }: Stores) => {
        await applications.remove(id, expected)
        await clients.remove(client.id, client.version)
        const before = applicationInput({ application, client })
        await recordChange(audit, actor, clock, { subject: subject(application), before })
        await recordChange(audit, actor, clock, { subject: clientSubject(client), before: auditedClient(client) })
      }
      await shutOut({ client: client.id }, transact, remove)
    },
  }
}
