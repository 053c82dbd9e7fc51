/** The administrators' console, with whatever its pages are made of. */

import type { RequestListener } from 'node:http'
import type Router from '@koa/router'
import { isWanted } from '../accounts/second-factors/factor.ts'
import type { TryAccess } from '../apis/access-trial.ts'
import { createConsoleClient } from '../clients/console-client.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { connectorCatalog } from '../connectors/catalog.ts'
import { createBeginTest } from '../console/begin-test.ts'
import { consoleRoutes } from '../console/console.ts'
import { consoleCookies } from '../console/cookies.ts'
import { createEntrance, createJudge } from '../console/entrance.ts'
import { createKeptForms } from '../console/kept-forms.ts'
import { createLatestClaims } from '../console/latest-claims.ts'
import { addSourcePages } from '../console/pages/add-source.ts'
import { apiPage } from '../console/pages/api.ts'
import { apiAccessPages } from '../console/pages/api-access.ts'
import { apiEditPages } from '../console/pages/api-edit.ts'
import { apiKeyPages } from '../console/pages/api-keys.ts'
import { apiPages } from '../console/pages/apis.ts'
import { applicationPage } from '../console/pages/application.ts'
import { applicationLeavePages } from '../console/pages/application-leave.ts'
import { applicationPages } from '../console/pages/applications.ts'
import { overviewPages } from '../console/pages/overview.ts'
import { recipePages } from '../console/pages/recipes.ts'
import { sourcePage } from '../console/pages/source.ts'
import { sourceEditPages } from '../console/pages/source-edit.ts'
import { sourceLeavePages } from '../console/pages/source-leave.ts'
import { sourceMappingPage } from '../console/pages/source-mapping.ts'
import { sourceTestPages } from '../console/pages/source-test.ts'
import { sourcePages } from '../console/pages/sources.ts'
import { createSaid } from '../console/said.ts'
import { type ConsoleStore, createConsoleSessions } from '../console/sessions.ts'
import { createSignIn } from '../console/sign-in.ts'
import { createConsoleTokens } from '../console/tokens.ts'
import { createCsrf } from '../http/csrf.ts'
import { createAskInProcess } from '../http/in-process.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Operations } from '../operations/operations.ts'
import type { Readiness } from '../operations/readiness.ts'
import { adminAudience } from '../own-audiences.ts'
import type { LeaveUpstream } from '../signin/upstream-logout.ts'
import type { TestLogins } from '../sources/test-logins.ts'
import type { SqlStores, Stores } from '../stores/sql/open.ts'
import type { CheckAccessToken } from '../tokens/access-token.ts'
import type { Vault } from '../vault.ts'
import { recordPages } from './console-records.ts'
import { registryPages } from './console-registry.ts'
import type { createNouns } from './nouns.ts'

interface Needs {
  readonly config: Config
  /** Of the vault; the first makes the marks of our own forms, all recognise them. */
  readonly keys: readonly Buffer[]
  readonly stores: Stores & Pick<SqlStores, 'statistics' | 'transact'>
  readonly nouns: ReturnType<typeof createNouns>
  readonly connectors: ReturnType<typeof connectorCatalog>
  readonly tests: TestLogins
  readonly checkAccessToken: CheckAccessToken
  readonly leaveUpstream: LeaveUpstream
  readonly signingKeys: SigningKeys
  /** Takes a change of the keys into use here. */
  readonly followRegistry: () => Promise<void>
  readonly tryAccess: TryAccess
  /** Answers everything, the console's own requests too; there is one when the first of them comes. */
  readonly listener: () => RequestListener
  readonly operations: Pick<Operations, 'activity'>
  readonly readiness: Pick<Readiness, 'look'>
  readonly vault: Vault
  readonly clock: Clock
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export function assembleConsole({ config, keys, stores, nouns, vault, clock, assets, base, ...needs }: Needs): Router {
  const { issuer } = config
  const here = `${base}/admin`
  const cookieOf = consoleCookies(issuer.startsWith('https:'), base)
  const cookie = cookieOf('gatehouse_console')
  const browser = cookieOf('gatehouse_console_browser')
  const csrf = createCsrf(keys)
  const store: ConsoleStore = {
    put: (kind, id, sealed, expiresAt) => stores.artifacts.put(kind, id, { sealed }, expiresAt),
    async get(kind, id) {
      const sealed = (await stores.artifacts.get(kind, id))?.payload.sealed
      return typeof sealed === 'string' ? sealed : undefined
    },
    remove: (kind, id) => stores.artifacts.remove(kind, id),
  }
  const sessions = createConsoleSessions({
    ...{ store, vault, clock },
    idle: config.console.session_idle * 1000,
    absolute: config.lifetimes.session_absolute * 1000,
  })
  const client = createConsoleClient({ issuer, clientStore: stores.clients, clients: nouns.clients })
  const tokens = createConsoleTokens({
    ask: createAskInProcess(needs.listener),
    redirectUri: `${issuer}/admin/callback`,
    ...{ client, base, clock },
  })
  const judge = createJudge({ check: needs.checkAccessToken, audience: adminAudience(issuer) })
  const { signIn, mount } = createSignIn({
    ...{ issuer, here, cookie, browser, sessions, tokens, judge, client, vault, csrf, clock, assets },
    broker: nouns.sessions,
    leaveUpstream: needs.leaveUpstream,
  })
  const lacksSecondFactor = async (accountId: string): Promise<boolean> => {
    if (config.sign_in.second_factor === 'optional') return false
    const own = await nouns.factors.ofAccount(accountId)
    // Those of other sources have theirs there.
    return own !== undefined && !isWanted(own)
  }
  const enter = createEntrance({ cookie, sessions, tokens, judge, lacksSecondFactor, clock })
  const forSources = {
    ...stores,
    sources: nouns.sources,
    sessions: nouns.sessions,
    issuer,
    connectors: needs.connectors,
    beginTest: createBeginTest({ tests: needs.tests, clients: stores.clients, issuer }),
  }

  return consoleRoutes({
    ...{ enter, signIn, cookie, browser, csrf, clock, here, assets },
    door: { mount },
    kept: createKeptForms({ store, vault, clock }),
    said: createSaid(cookieOf('gatehouse_console_said'), vault),
    reauthenticateAfter: config.console.reauthenticate_after,
    pages: [
      overviewPages({
        ...{ statistics: stores.statistics, sources: nouns.sources, sourceStore: stores.sources, clock },
        ...{ keys: stores.keys, keyLife: config.signing_keys.active_for * 1000 },
        // The console's own, and that of the configuration.
        ownClients: config.bootstrap.client ? 2 : 1,
        ...{ activity: needs.operations.activity, health: needs.readiness.look },
        ending: [...needs.connectors.values()].flatMap(({ type, expiries }) => (expiries ? [type] : [])),
      }),
      sourcePages(forSources),
      addSourcePages({ ...forSources, sourceStore: stores.sources }),
      sourceTestPages({ ...forSources, tests: needs.tests }),
      sourcePage(forSources),
      sourceEditPages(forSources),
      sourceMappingPage({
        ...forSources,
        latestClaims: createLatestClaims({ ...stores, tests: needs.tests }),
        tokenLifetime: config.lifetimes.access_token,
        maxBytes: config.tokens.max_bytes,
      }),
      sourceLeavePages(forSources),
      applicationPages({ ...stores, ...nouns }),
      apiKeyPages(nouns),
      applicationPage({ ...stores, ...nouns, apis: stores.apis }),
      applicationLeavePages({ ...nouns, apis: stores.apis }),
      apiPages({ ...stores, apis: nouns.apis }),
      apiEditPages({ apis: nouns.apis, sources: stores.sources }),
      apiPage({ ...stores, issuer, apis: nouns.apis, portals: nouns.portals }),
      apiAccessPages({ ...nouns, tryAccess: needs.tryAccess }),
      recipePages({ issuer, listen: config.listen, apis: nouns.apis }),
      ...recordPages({ config, stores, checkAccessToken: needs.checkAccessToken, clock }),
      ...registryPages({ ...needs, config, stores, nouns, clock }),
    ],
  })
}
