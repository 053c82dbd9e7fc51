/**
 * The admin API: the registry as JSON, for programs and for the console's siblings. Knows HTTP and shapes;
 * what a change means, and who is shut out by it, is the nouns' business.
 */
import Router from '@koa/router'
import type { AccountStore } from '../accounts/account.ts'
import type { FactorKeeper } from '../accounts/second-factors/second-factors.ts'
import type { Users } from '../accounts/users.ts'
import type { Apis } from '../apis/apis.ts'
import type { ApiKeyStore } from '../applications/api-key.ts'
import type { ApiKeys } from '../applications/api-keys.ts'
import type { Applications } from '../applications/applications.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { ClientStore } from '../clients/client.ts'
import type { Clients } from '../clients/clients.ts'
import type { SecretUseStore } from '../clients/secret-uses.ts'
import type { Clock } from '../clock.ts'
import type { SealedStore } from '../keys/sealed-store.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Portals } from '../portals/portals.ts'
import type { Roles } from '../roles/roles.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { TestLogins } from '../sources/test-logins.ts'
import type { EraseTraces } from '../traces/erasure.ts'
import type { Statistics } from '../traces/statistics.ts'
import type { TraceStore } from '../traces/trace.ts'
import type { Vault } from '../vault.ts'
import { mountApiKeys } from './api-keys.ts'
import { apiResource } from './apis.ts'
import { applicationResource } from './applications.ts'
import { authenticationSources, mountSourceTest } from './authentication-sources.ts'
import type { Authorise } from './authorise.ts'
import { clientResource, mountSecretRotation } from './clients.ts'
import { mountCollection } from './collection.ts'
import { mountDocument } from './document.ts'
import { mountEvents } from './events.ts'
import { createMount } from './operation.ts'
import { portalResource } from './portals.ts'
import { roleResource } from './roles.ts'
import { mountSecretKeys } from './secret-keys.ts'
import { mountSessions } from './sessions.ts'
import { mountSigningKeys } from './signing-keys.ts'
import { mountStats } from './stats.ts'
import { mountTestLogins } from './test-logins.ts'
import { mountTraces } from './traces.ts'
import { mountResettingFactors, mountSigningOut, mountUnlinking, userResource } from './users.ts'

interface Needs {
  readonly issuer: string
  readonly authorise: Authorise
  readonly sources: Sources
  readonly tests: TestLogins
  readonly clients: Clients
  readonly users: Users
  readonly factors: Pick<FactorKeeper, 'reset'>
  readonly roles: Roles
  readonly apis: Apis
  readonly applications: Applications
  readonly apiKeys: ApiKeys
  readonly portals: Portals
  readonly traces: Pick<TraceStore, 'get' | 'list'>
  readonly eraseTraces: EraseTraces
  readonly audit: Pick<AuditStore, 'list' | 'following'>
  readonly statistics: Statistics
  readonly secretUses: Pick<SecretUseStore, 'of'>
  readonly clock: Clock
  readonly sessions: Sessions
  readonly signingKeys: Pick<SigningKeys, 'list' | 'rotate' | 'revoke'>
  readonly vault: Pick<Vault, 'keyIds'>
  readonly secrets: Pick<SealedStore, 'count'>
  /** Takes what was changed in the registry into use here, as the other nodes do by themselves. */
  readonly followRegistry: () => Promise<void>
  readonly accountStore: Pick<AccountStore, 'some'>
  readonly sourceStore: Pick<SourceStore, 'some' | 'byAlias'>
  readonly apiKeyStore: Pick<ApiKeyStore, 'expiring'>
  readonly clientStore: Pick<ClientStore, 'expiring'>
}

export const adminPath = '/admin/api/v1'

/** Everything below {@link adminPath}. Mount its `allowedMethods()` as well. */
export function adminRoutes(needs: Needs): Router {
  const { issuer, authorise, sources, clients, users, roles, apis, traces, audit } = needs
  const router = new Router({ prefix: adminPath })
  const mounting = { authorise, base: issuer + adminPath }

  router.use(async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    await next()
  })
  const { mount, operations } = createMount(router, authorise)
  mountSourceTest(mount, sources, authorise)
  mountTestLogins(mount, { issuer, sources, tests: needs.tests })
  mountSecretRotation(mount, clients, needs.secretUses, authorise)
  mountUnlinking(mount, users)
  mountResettingFactors(mount, needs.factors)
  mountSigningOut(mount, needs.sessions)
  mountTraces(mount, { traces, sources: needs.sourceStore, erase: needs.eraseTraces })
  mountEvents(mount, { audit })
  mountSessions(mount, {
    sessions: needs.sessions,
    accounts: needs.accountStore,
    sources: needs.sourceStore,
  })
  mountStats(mount, needs)
  mountSecretKeys(mount, needs)
  mountSigningKeys(mount, { keys: needs.signingKeys, follow: needs.followRegistry })
  mountApiKeys(mount, needs.apiKeys, mounting.base)
  mountCollection(mount, authenticationSources({ issuer, sources }), mounting)
  mountCollection(mount, clientResource(clients, needs.secretUses), mounting)
  mountCollection(mount, userResource(users), mounting)
  mountCollection(mount, roleResource(roles), mounting)
  mountCollection(mount, apiResource(apis), mounting)
  mountCollection(mount, applicationResource(needs.applications), mounting)
  mountCollection(mount, portalResource(needs.portals), mounting)
  mountDocument(mount, { operations, issuer })
  return router
}
