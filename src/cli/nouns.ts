/** The operations that files are kept by, on stores that commit together. */
import type { AccountStore } from '../accounts/account.ts'
import type { LocalUserStore } from '../accounts/local-user.ts'
import type { Users } from '../accounts/users.ts'
import type { Apis } from '../apis/apis.ts'
import type { ApiKeyStore } from '../applications/api-key.ts'
import type { ApiKeys } from '../applications/api-keys.ts'
import type { Applications } from '../applications/applications.ts'
import type { Clients } from '../clients/clients.ts'
import type { Portals } from '../portals/portals.ts'
import type { Roles } from '../roles/roles.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'

export interface Nouns {
  readonly roles: Roles
  readonly sources: Sources
  readonly clients: Clients
  readonly applications: Applications
  readonly apis: Apis
  readonly portals: Portals
  readonly users: Users
  readonly apiKeys: ApiKeys
  readonly keptKeys: Pick<ApiKeyStore, 'list'>
  readonly localUsers: Pick<LocalUserStore, 'get' | 'byUsername'>
  readonly identities: Pick<AccountStore, 'identity'>
  readonly keptSources: Pick<SourceStore, 'byAlias'>
}
