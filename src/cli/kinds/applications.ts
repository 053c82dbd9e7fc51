import { applicationInput, type RegisteredApplication } from '../../applications/application-input.ts'
import type { Applications } from '../../applications/applications.ts'
import type { Actor } from '../../audit/audit.ts'
import type { Clients } from '../../clients/clients.ts'
import type { Kind, Made } from '../kind.ts'
import { everything, type Names } from '../names.ts'
import { withoutApis } from './clients.ts'

interface Needs {
  readonly actor: Actor
  readonly applications: Applications
  readonly clients: Clients
  readonly names: Names
}

/** Applications in files, the same by their slug; those without one are out of reach of files. */
export const applicationKind = ({
  actor,
  applications,
  clients,
  names,
}: Needs): Kind<'applications', RegisteredApplication> => ({
  name: 'applications',
  all: () => everything(applications.list),
  keyOf: async ({ application }) => application.slug ?? undefined,
  written: async (registered) => applicationInput(registered),
  wanted: async (entry) => ({ written: entry, secrets: [] }),
  create: async (entry) => made(await applications.create(actor, entry)),
  async replace(before, entry) {
    const { id, version } = before.application
    return made(await applications.replace(actor, id, entry, version), before)
  },
  release: async ({ application, client }, isGoing) => ({
    application,
    client: await withoutApis(client, isGoing, { actor, clients, names }),
  }),
  remove: ({ application: { id, version } }) => applications.remove(actor, id, version),
  isKept: () => false,
})

const made = ({ client }: RegisteredApplication, before?: RegisteredApplication): Made => ({
  ...(!before && { client_id: client.id }),
  ...(client.newSecret !== undefined && { client_secret: client.newSecret }),
})
