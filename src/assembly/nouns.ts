/** Everything that administrators change, over the stores: what the admin API and the command line both work with. */
import { createUsers } from '../accounts/users.ts'
import { createApis } from '../apis/apis.ts'
import { createApiKeys } from '../applications/api-keys.ts'
import { createApplications } from '../applications/applications.ts'
import type { Client } from '../clients/client.ts'
import { createClients } from '../clients/clients.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { connectorCatalog } from '../connectors/catalog.ts'
import type { PasswordHasher } from '../connectors/local/password-hash.ts'
import { isOwnAudience } from '../own-audiences.ts'
import { createPortals } from '../portals/portals.ts'
import { createRoles } from '../roles/roles.ts'
import { createSessions } from '../sessions/sessions.ts'
import { createShutOut } from '../sessions/shut-out.ts'
import { createSources } from '../sources/sources.ts'
import type { StatusRecorder } from '../sources/status.ts'
import type { SqlStores } from '../stores/sql/open.ts'

interface Needs {
  readonly config: Pick<Config, 'issuer' | 'lifetimes' | 'tokens'>
  readonly stores: SqlStores
  /** For what each node keeps in memory: has this one forget it at once. */
  readonly transact: SqlStores['transact']
  readonly connectors: ReturnType<typeof connectorCatalog>
  readonly record: StatusRecorder
  readonly passwords: Pick<PasswordHasher, 'hash'>
  /** Rejects with `invalid_input` unless the OpenID provider will accept the client as it is. */
  readonly validateClient: (client: Client) => Promise<void>
  readonly clock: Clock
}

export function createNouns({ config, stores, transact, connectors, record, ...needs }: Needs) {
  const { passwords, validateClient, clock } = needs
  const shutOut = createShutOut({
    ...stores,
    clock,
    longestToken: config.lifetimes.access_token + config.tokens.clock_tolerance,
    longestSignIn: config.lifetimes.interaction,
  })
  const isOwn = isOwnAudience(config.issuer)
  const announced = { ...stores, transact, shutOut, clock }

  return {
    sources: createSources({ ...announced, connectors, record }),
    roles: createRoles(announced),
    apis: createApis({ ...announced, isOwnAudience: isOwn }),
    clients: createClients({ ...announced, isOwnAudience: isOwn, validate: validateClient }),
    applications: createApplications({ ...announced, validate: validateClient }),
    apiKeys: createApiKeys(announced),
    portals: createPortals(announced),
    users: createUsers({ ...stores, shutOut, hashPassword: passwords.hash, clock }),
    sessions: createSessions({ ...stores, clock }),
  }
}
