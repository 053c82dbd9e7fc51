import type { Actor } from '../../audit/audit.ts'
import type { Client } from '../../clients/client.ts'
import { ClientInput, clientInput } from '../../clients/client-input.ts'
import { secretDigest } from '../../clients/client-secret.ts'
import type { Clients } from '../../clients/clients.ts'
import { consoleClientId } from '../../clients/console-client.ts'
import { invalidInput, parseInput } from '../../input.ts'
import type { EntryOf } from '../format.ts'
import type { IsGoing, Kind, Made } from '../kind.ts'
import { everything, type Names } from '../names.ts'
import { plain } from '../plan.ts'

interface Needs {
  readonly actor: Actor
  readonly clients: Clients
  readonly names: Names
  /** The client that the server's configuration makes. */
  readonly bootstrapId: string | undefined
  /** Puts work off until the APIs are there, which may in turn name clients. */
  readonly later: (work: () => Promise<void>) => void
}

type Entry = EntryOf<'clients'>

/** Clients in files, the same by their `client_id`. */
export function clientKind({ actor, clients, names, bootstrapId, later }: Needs): Kind<'clients', Client> {
  /** With ids for slugs. What is not there yet is left out, and so is the second. */
  async function resolved(entry: Entry): Promise<{ readonly input: Entry; readonly isWhole: boolean }> {
    const wanted = entry.resource_server?.apis
    if (wanted === undefined || wanted === '*') return { input: entry, isWhole: true }
    const ids = await Promise.all(wanted.map(names.apiBySlug))
    const known = ids.filter((id, index) => id !== wanted[index])
    const input = { ...entry, resource_server: { apis: known } }
    return { input, isWhole: known.length === wanted.length }
  }

  /** An API that is still not there by then is refused by its name. */
  function finishLater(entry: Entry): void {
    later(async () => {
      const { id, version } = await clients.get(entry.client_id ?? '')
      const apis = entry.resource_server?.apis
      const ids = Array.isArray(apis) ? await Promise.all(apis.map(names.apiBySlug)) : '*'
      await clients.replace(actor, id, { ...entry, resource_server: { apis: ids } }, version)
    })
  }

  async function say(entry: Entry, change: (input: Entry) => Promise<Client>): Promise<Made> {
    const { input, isWhole } = await resolved(entry)
    const { newSecret } = await change(input)
    if (!isWhole) finishLater(entry)
    return newSecret !== undefined && entry.client_secret === undefined ? { client_secret: newSecret } : {}
  }

  return {
    name: 'clients',
    all: () => everything(clients.list),
    async keyOf({ id }) {
      const isOurs = id === bootstrapId || id === consoleClientId || (await names.isApplications(id))
      return isOurs ? undefined : id
    },

    async written(client) {
      const { allowedSources, resourceServer: server } = client
      const apis = server && (server.apis === '*' ? '*' : await Promise.all(server.apis.map(names.slugOfApi)))
      return plain({
        ...clientInput(client),
        allowed_sources: allowedSources && (await Promise.all(allowedSources.map(names.aliasOf))),
        resource_server: apis && { apis },
      })
    },

    async wanted({ client_secret, ...entry }, before) {
      const { allowed_sources: sources, resource_server: server } = entry
      const apis = server && (server.apis === '*' ? '*' : await Promise.all(server.apis.map(names.slugOfApi)))
      const written = plain({
        ...entry,
        allowed_sources: sources && [...new Set(await Promise.all(sources.map(names.aliasOf)))],
        resource_server: apis && { apis },
      })
      const isNews = client_secret !== undefined && secretDigest(client_secret) !== before?.secrets[0]?.digest
      return { written, secrets: isNews ? ['client_secret'] : [] }
    },

    async create(entry) {
      if (await names.isApplications(entry.client_id ?? '')) {
        const message = 'is an application’s own: files keep the application, by its slug'
        throw invalidInput([{ path: 'client_id', message }])
      }
      return say(entry, (input) => clients.create(actor, input))
    },

    replace: (before, entry) => say(entry, (input) => clients.replace(actor, before.id, input, before.version)),
    release: (client, isGoing) => withoutApis(client, isGoing, { actor, clients, names }),
    remove: ({ id, version }) => clients.remove(actor, id, version),
    isKept: () => false,
  }
}

/** APIs go before clients, which may be named by them: so a client that goes stands for none of those any more. */
export async function withoutApis(
  client: Client,
  isGoing: IsGoing,
  { actor, clients, names }: Pick<Needs, 'actor' | 'clients' | 'names'>,
): Promise<Client> {
  const named = client.resourceServer?.apis ?? []
  if (named === '*') return client
  const slugs = await Promise.all(named.map(names.slugOfApi))
  const apis = named.filter((_, index) => !isGoing('apis', slugs[index] ?? ''))
  if (apis.length === named.length) return client
  const input = parseInput(ClientInput, { ...clientInput(client), resource_server: { apis } })
  return clients.replace(actor, client.id, input, client.version)
}
