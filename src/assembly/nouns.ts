/** Everything that administrators change, over the stores: what the admin API and the command line both work with. */
import { createFactorKeeper } from '../accounts/second-factors/second-factors.ts'
import { createUsers } from '../accounts/users.ts'
import { createApis } from '../apis/apis.ts'
import { createApiKeys } from '../applications/api-keys.ts'
import { createApplications } from '../applications/applications.ts'
import { createAgreements } from '../clients/agreements.ts'
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
import { createReadmit, createShutOut, type Readmit, type ShutOut } from '../sessions/shut-out.ts'
import { createSources } from '../sources/sources.ts'
import type { StatusRecorder } from '../sources/status.ts'
import type { SqlStores, Stores } from '../stores/sql/open.ts'

interface Needs {
  readonly config: Pick<Config, 'issuer' | 'lifetimes' | 'tokens'>
  readonly stores: Stores
  /** For what each node keeps in memory: has this one forget it at once. */
  readonly transact: SqlStores['transact']
  readonly connectors: ReturnType<typeof connectorCatalog>
  readonly record: Pick<StatusRecorder, 'succeeded' | 'failed' | 'vouched'>
  readonly passwords: Pick<PasswordHasher, 'hash'>
  /** Rejects with `invalid_input` unless the OpenID provider will accept the client as it is. */
  readonly validateClient: (client: Client) => Promise<void>
  readonly clock: Clock
  /** For several changes that commit together; otherwise each shuts out, and lets in again, by itself. */
  readonly together?: { readonly shutOut: ShutOut; readonly readmit: Readmit }
}

export function createNouns({ config, stores, transact, connectors, record, ...needs }: Needs) {
  const { passwords, validateClient, clock } = needs
  const { shutOut, readmit } = needs.together ?? {
    shutOut: createShutOut({ ...stores, clock, ...longest(config) }),
    readmit: createReadmit({ ...stores, clock }),
  }
  const isOwn = isOwnAudience(config.issuer)
  const announced = { ...stores, transact, shutOut, readmit, clock }

  return {
    sources: createSources({ ...announced, connectors, record }),
    roles: createRoles(announced),
    apis: createApis({ ...announced, isOwnAudience: isOwn }),
    clients: createClients({ ...announced, isOwnAudience: isOwn, validate: validateClient }),
    applications: createApplications({ ...announced, validate: validateClient }),
    apiKeys: createApiKeys(announced),
    portals: createPortals(announced),
    users: createUsers({ ...announced, hashPassword: passwords.hash }),
    factors: createFactorKeeper({ ...stores, transact, clock }),
    sessions: createSessions(announced),
    agreements: createAgreements({ ...stores, transact, clock }),
  }
}

/** Seconds for which whoever is shut out might still come with something from before. */
export const longest = ({ lifetimes, tokens }: Pick<Config, 'lifetimes' | 'tokens'>) => ({
  longestToken: lifetimes.access_token + tokens.clock_tolerance,
  longestSignIn: lifetimes.interaction,
})
