import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { createFactorKeeper } from '../../src/accounts/second-factors/second-factors.ts'
import { createUsers } from '../../src/accounts/users.ts'
import { adminPath, adminRoutes } from '../../src/admin/admin.ts'
import { createAuthorise } from '../../src/admin/authorise.ts'
import { createApis } from '../../src/apis/apis.ts'
import { createApiKeys } from '../../src/applications/api-keys.ts'
import { createApplications } from '../../src/applications/applications.ts'
import { assembleTestLogins } from '../../src/assembly/test-logins.ts'
import type { Client } from '../../src/clients/client.ts'
import { createClients } from '../../src/clients/clients.ts'
import { createVault } from '../../src/config/secrets.ts'
import { type ConnectorType, SourceProblem } from '../../src/connector.ts'
import { createLocalConnectorType } from '../../src/connectors/local/local.ts'
import { createPasswordHasher } from '../../src/connectors/local/password-hash.ts'
import { Unavailable } from '../../src/errors.ts'
import { ignoreEvents } from '../../src/events.ts'
import { answerErrors } from '../../src/http/errors.ts'
import { invalidInput } from '../../src/input.ts'
import { createSigningKeys } from '../../src/keys/signing-keys.ts'
import { silent } from '../../src/log.ts'
import { adminAudience, isOwnAudience } from '../../src/own-audiences.ts'
import { createPortals } from '../../src/portals/portals.ts'
import { createRoles } from '../../src/roles/roles.ts'
import { createSessions } from '../../src/sessions/sessions.ts'
import { createReadmit, createShutOut } from '../../src/sessions/shut-out.ts'
import { createSources } from '../../src/sources/sources.ts'
import { createStatusRecorder } from '../../src/sources/status.ts'
import { openSqlStores } from '../../src/stores/sql/open.ts'
import type { CheckAccessToken } from '../../src/tokens/access-token.ts'
import { createEraseTraces } from '../../src/traces/erasure.ts'
import { listen } from '../http/listen.ts'

export const issuer = 'https://login.example.com'
const audience = adminAudience(issuer)

export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire is looked at with matchers
  readonly body: any
}

/** The admin API over a database in memory. Tokens say what they are: `admin`, `editor`, `viewer`, `machine`, … */
export async function startAdmin() {
  let now = Date.parse('2026-02-03T04:05:06Z')
  const clock = () => now
  const vault = createVault([randomBytes(32)])
  const stores = await openSqlStores({
    url: 'sqlite::memory:',
    vault,
    clock,
    log: silent,
  })
  const marks = { ...stores.marks }
  const shutOut = createShutOut({
    marks: { ...stores.marks, block: (...mark) => marks.block(...mark) },
    sessions: stores.sessions,
    grants: stores.grants,
    clock,
    longestToken: 310,
    longestSignIn: 1800,
  })
  const upstream = { opened: 0, closed: 0, check: async () => {} }
  const passwords = createPasswordHasher()
  const local = createLocalConnectorType({ users: stores.localUsers, passwords, clock, log: silent })
  const connectors = new Map([
    ['local', local],
    ['oidc', pretendUpstream(upstream)],
  ] as const)

  const record = createStatusRecorder({ store: stores.sourceStatus, clock, log: silent })
  const readmit = createReadmit({ ...stores, clock })
  const sources = createSources({ ...stores, connectors, record, shutOut, readmit, clock })
  const users = createUsers({ ...stores, shutOut, readmit, hashPassword: passwords.hash, clock })
  const clients = createClients({
    ...stores,
    isOwnAudience: isOwnAudience(issuer),
    validate: requireKnownAlgorithm,
    shutOut,
    readmit,
    clock,
  })
  const roles = createRoles({ ...stores, clock })
  const apis = createApis({ ...stores, isOwnAudience: isOwnAudience(issuer), clock })
  const validate = requireKnownAlgorithm
  const applications = createApplications({ ...stores, validate, shutOut, readmit, clock })
  const apiKeys = createApiKeys({ ...stores, clock })
  const portals = createPortals({ ...stores, clock })
  const authorise = createAuthorise({ check: saysWhatItIs, audience })
  const { traces, audit } = stores
  const schedule = { active_for: 90, published_before: 30, retiring_for: 60 }
  const routes = adminRoutes({
    ...{ issuer, authorise, sources, users, clients, roles, apis, applications, apiKeys, portals, traces, audit },
    statistics: stores.statistics,
    secretUses: stores.secretUses,
    clock,
    tests: assembleTestLogins({ stores, vault, clock }),
    eraseTraces: createEraseTraces({ ...stores, clock }),
    factors: createFactorKeeper({ ...stores, clock }),
    sessions: createSessions({ ...stores, shutOut, readmit, clock }),
    signingKeys: createSigningKeys({ ...stores, clock, schedule }),
    followRegistry: async () => {},
    vault,
    secrets: stores.secrets,
    accountStore: stores.accounts,
    sourceStore: stores.sources,
    apiKeyStore: stores.apiKeys,
    clientStore: stores.clients,
  })
  const server = await listen([answerErrors({ report: ignoreEvents, log: silent, problemPage: () => '' }), routes])

  const callAs =
    (token: string): Call =>
    async (method, path, body, headers = {}) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
      const answer = await fetch(`${server.url}${adminPath}/${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': type }), ...headers },
        body: body === undefined ? null : JSON.stringify(body),
      })
      const text = await answer.text()
      return { status: answer.status, headers: answer.headers, body: text && JSON.parse(text) }
    }

  return {
    call: callAs('machine'),
    callAs,
    server,
    routes,
    stores,
    sources,
    record,
    upstream,
    marks,
    advance: (milliseconds: number) => {
      now += milliseconds
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await record[Symbol.asyncDispose]()
      await stores[Symbol.asyncDispose]()
    },
  }
}

/** A connector of the tests' own: the admin API must not depend on how any real one is configured. */
function pretendUpstream(upstream: { opened: number; closed: number; check(): Promise<void> }): ConnectorType {
  return {
    type: 'oidc',
    kind: 'redirect',
    config: z.strictObject({
      issuer: z.url(),
      client_id: z.string().min(1),
      client_secret: z.string().min(1).optional(),
      scopes: z.array(z.string()).default(['openid']),
    }),
    secrets: ['client_secret'],
    open(config) {
      upstream.opened += 1
      return {
        kind: 'redirect',
        depart: async ({ callbackUrl }) => ({ method: 'GET', url: callbackUrl, memo: {} }),
        arrive: async () => ({ subject: 'x', attributes: {} }),
        async check() {
          if (config.client_secret === 'wrong')
            throw new SourceProblem('REMOTE_HOST_RESPONDED_WITH_ERROR', 'answered 401')
          if (config.client_secret === undefined) throw new Unavailable('draft', 'no route to host')
          await upstream.check()
        },
        async close() {
          upstream.closed += 1
        },
      }
    },
  }
}

async function requireKnownAlgorithm({ metadata }: Client): Promise<void> {
  if ((metadata.id_token_signed_response_alg ?? 'RS256') === 'RS256') return
  throw invalidInput([{ path: 'id_token_signed_response_alg', message: 'must be RS256' }])
}

const saysWhatItIs: CheckAccessToken = async (name) => {
  if (name === 'unavailable') throw new Unavailable('store', 'down')
  if (name === 'expired') return { ok: false, reason: 'token_expired' }
  if (name === 'shut-out') return { ok: false, reason: 'account_disabled' }
  const [role = '', scopes = 'admin'] = name.split('~')
  const person = role !== 'machine' && role !== 'elsewhere'
  return {
    ok: true,
    token: {
      jti: 'jti',
      clientId: 'automation',
      audience: role === 'elsewhere' ? 'automation' : audience,
      scopes: scopes.split('.').map((scope) => (scope === 'read' ? 'admin:read' : scope)),
      issuedAt: 0,
      expiresAt: 1,
      ...(person && { accountId: `account of ${role}` }),
      claims: {
        realm_access: { roles: ['admin'] },
        resource_access: { gatehouse: { roles: role.split('+') }, other: { roles: ['admin'] } },
      },
    },
  }
}

export const okta = {
  alias: 'Okta',
  name: 'Corporate Okta',
  type: 'oidc',
  config: { issuer: 'https://acme.okta.com', client_id: 'broker', client_secret: 'upstream-secret-1' },
}

export const webApp = { client_name: 'Web application', redirect_uris: ['https://app.example.com/callback'] }
