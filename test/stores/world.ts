/** What a contract suite needs of an implementation, and ordinary things to keep in it. */
import { expect } from 'vitest'
import type { Account, LinkedIdentity } from '../../src/accounts/account.ts'
import type { LocalUser } from '../../src/accounts/local-user.ts'
import type { Api, ApiSource } from '../../src/apis/api.ts'
import { noRules } from '../../src/apis/api-rules.ts'
import type { ApiKey } from '../../src/applications/api-key.ts'
import type { Application } from '../../src/applications/application.ts'
import type { Client } from '../../src/clients/client.ts'
import { Refusal } from '../../src/errors.ts'
import { newId, newIdWithin } from '../../src/ids.ts'
import type { Portal } from '../../src/portals/portal.ts'
import type { Role } from '../../src/roles/role.ts'
import type { BrokerSession, Grant } from '../../src/sessions/session.ts'
import type { Source } from '../../src/sources/source.ts'
import type { RegistryVersion } from '../../src/stores/sql/database.ts'
import type { LiveStores, RegistryStores, SqlStores } from '../../src/stores/sql/open.ts'

/** Some stores with a clock of their own. */
export interface World<Stores> extends AsyncDisposable {
  readonly stores: Stores
  now(): number
  /** Lets milliseconds pass. */
  pass(milliseconds: number): void
  /** The same data as another node sees it. */
  another(): Promise<Stores>
}

export type RegistryWorld = World<RegistryStores & Pick<SqlStores, 'transact' | 'statistics'> & RegistryVersion>
export type LiveWorld = World<LiveStores>

/** When the worlds begin. */
export const beginning = Date.UTC(2026, 0, 1)
export const minute = 60_000

const entity = () => ({ id: newId(), version: 1, createdAt: beginning, updatedAt: beginning })

export const aSource = (given: Partial<Source> = {}): Source => ({
  ...entity(),
  alias: newId(),
  name: 'Okta',
  description: 'The staff',
  type: 'oidc',
  enabled: true,
  config: { issuer: 'https://acme.okta.test', client_id: 'broker', client_secret: 'a source secret' },
  secretNames: ['client_secret'],
  mapping: {
    attributes: { name: 'displayName' },
    groups: { claim: 'groups', filter: '.*' },
    roles: [],
    trust_email: false,
  },
  domains: [],
  hidden: false,
  expiresAt: null,
  ...given,
})

export const aClient = (given: Partial<Client> = {}): Client => ({
  ...entity(),
  enabled: true,
  metadata: { client_name: 'Patient App', redirect_uris: ['https://app.test/callback'] },
  secrets: [{ digest: 'sha256:a client secret', createdAt: beginning, expiresAt: null }],
  webOrigins: ['https://app.test'],
  firstParty: false,
  allowedSources: null,
  tokenProfile: 'broker',
  resourceServer: { apis: '*' },
  requirePkce: true,
  ...given,
})

export const anAccount = (given: Partial<Account> = {}): Account => ({
  ...entity(),
  enabled: true,
  roles: [],
  displayName: 'Rene Klomp',
  ...given,
})

export const anIdentity = (given: Partial<LinkedIdentity> = {}): LinkedIdentity => ({
  accountId: newId(),
  sourceId: newId(),
  subject: '00u1',
  attributes: { name: 'Rene Klomp', groups: ['Everyone', 'Consultant'] },
  linkedAt: beginning,
  lastLoginAt: null,
  ...given,
})

export const aLocalUser = (given: Partial<LocalUser> = {}): LocalUser => ({
  ...entity(),
  sourceId: newId(),
  username: 'rene',
  passwordHash: '$argon2id$v=19$m=1,t=1,p=1$salt$hash',
  groups: ['Everyone'],
  claims: { email: 'rene@acme.test' },
  ...given,
})

export const aRole = (given: Partial<Role> = {}): Role => ({
  ...entity(),
  name: newId(),
  client: null,
  description: 'Does things',
  ...given,
})

export const anApi = (given: Partial<Api> = {}): Api => ({
  ...entity(),
  name: 'Patient API',
  slug: newId(),
  audience: null,
  clients: [],
  authenticationSources: [],
  hosts: [],
  pathPrefix: '/',
  rules: noRules,
  ...given,
})

/** How an API names a source of which it says nothing more. */
export const accepted = (sourceId: string): ApiSource => ({ sourceId, roles: null, sunset: null })

/** Its client has to be there before. */
export function anApplication(given: Partial<Application> = {}): Application {
  const own = entity()
  return {
    ...own,
    name: 'Patient App',
    slug: null,
    description: 'For nurses',
    owner: { name: 'Ada', email: 'ada@acme.test' },
    clientId: `${given.id ?? own.id}:OPENID`,
    disabledByPublisher: false,
    disabledByConsumer: false,
    ...given,
  }
}

/** Its application and its API have to be there before. */
export const anApiKey = (given: Partial<ApiKey> = {}): ApiKey => ({
  ...entity(),
  applicationId: newId(),
  apiId: newId(),
  name: 'Production',
  prefix: `gh_${newId()}`,
  digest: 'a digest',
  expiresAt: null,
  lastUsedAt: null,
  ...given,
})

/** Its source and its APIs have to be there before. */
export const aPortal = (given: Partial<Portal> = {}): Portal => ({
  ...entity(),
  slug: newId(),
  name: 'Developer portal',
  sourceId: newId(),
  apis: [],
  requiredRoles: ['developer'],
  ...given,
})

export const aSession = (given: Partial<BrokerSession> = {}): BrokerSession => ({
  id: newId(),
  accountId: newId(),
  sourceId: newId(),
  subject: '00u1',
  upstream: { sid: 'over-there', idToken: 'an upstream ID token' },
  startedAt: beginning,
  idleUntil: beginning + 30 * minute,
  expiresAt: beginning + 600 * minute,
  ...given,
})

/** One as the session gives it. */
export const aGrantIn = ({ id, accountId, sourceId }: BrokerSession, given: Partial<Grant> = {}) =>
  aGrant({ id: newIdWithin(id), accountId, sourceId, ...given, sessionId: id })

export const aGrant = <SessionId extends string | null>(given: Partial<Grant> & { sessionId: SessionId }) => ({
  id: newId(),
  clientId: 'app',
  accountId: newId(),
  sourceId: newId(),
  scopes: ['openid'],
  claims: ['name'],
  resources: {},
  expiresAt: beginning + 600 * minute,
  ...given,
})

/** Rejects with this refusal, whose problems are given back. */
export async function refused(work: Promise<unknown>, code: string) {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error, `should be refused with ${code}`).toBeInstanceOf(Refusal)
  expect((error as Refusal).code).toBe(code)
  return (error as Refusal).problems
}

/** As many at once. */
export const atOnce = <T>(times: number, work: (index: number) => Promise<T>): Promise<readonly T[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)))
