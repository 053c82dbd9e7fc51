/** The browser's way in and out, and how upstreams say that somebody has left: the routes of signin/. */
import type Router from '@koa/router'
import type { Recognise } from '../accounts/recognise.ts'
import { createPasskeys } from '../accounts/second-factors/passkeys.ts'
import type { FactorKeeper } from '../accounts/second-factors/second-factors.ts'
import type { Users } from '../accounts/users.ts'
import type { Agreements } from '../clients/agreements.ts'
import type { Clock } from '../clock.ts'
import type { Config } from '../config/schema.ts'
import type { Report } from '../events.ts'
import { createCsrf } from '../http/csrf.ts'
import { digest } from '../ids.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { createReceive } from '../signin/arrival.ts'
import { createAskSecond } from '../signin/ask-second.ts'
import { backchannelLogoutRoutes } from '../signin/backchannel-logout.ts'
import { createBrowserNotes } from '../signin/browser-notes.ts'
import { createHalfway } from '../signin/halfway.ts'
import { createPages } from '../signin/pages.ts'
import { createProblems } from '../signin/problems.ts'
import { createRestart } from '../signin/restart.ts'
import { signinRoutes } from '../signin/routes.ts'
import { securityRoutes } from '../signin/security.ts'
import { sessionRoutes } from '../signin/sessions.ts'
import { testLoginRoutes } from '../signin/test-login.ts'
import { createTrips } from '../signin/trips.ts'
import type { LeaveUpstream } from '../signin/upstream-logout.ts'
import type { Sources } from '../sources/sources.ts'
import type { TestLogins } from '../sources/test-logins.ts'
import type { Stores } from '../stores/sql/open.ts'
import type { Tracer } from '../traces/tracer.ts'
import type { Vault } from '../vault.ts'
import { assembleThrottle } from './throttle.ts'

interface Needs {
  readonly config: Config
  /** Of the vault; the first makes the marks of our own forms, all recognise them. */
  readonly keys: readonly Buffer[]
  readonly stores: Stores
  readonly confirmRegistry: () => Promise<unknown>
  readonly issuer: Pick<Issuer, 'interactions' | 'currentSession'>
  readonly sources: Pick<Sources, 'connector' | 'openApart' | 'kindOf'>
  readonly tests: TestLogins
  readonly sessions: Sessions
  readonly agreements: Agreements
  readonly recognise: Recognise
  readonly leaveUpstream: LeaveUpstream
  readonly factors: FactorKeeper
  readonly users: Pick<Users, 'changePassword'>
  readonly vault: Vault
  readonly tracer: Tracer
  readonly report: Report
  readonly clock: Clock
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export function assembleSignIn({ config, keys, stores, issuer, sources, ...needs }: Needs): readonly Router[] {
  const { confirmRegistry, sessions, recognise, leaveUpstream, vault, tracer, report, clock, assets, base } = needs
  const { connector } = sources
  const csrf = createCsrf(keys)
  const notes = createBrowserNotes(config.issuer.startsWith('https:'))
  const restart = createRestart({ vault, notes, clock, base })
  const pages = createPages({
    assets,
    base,
    csrf: csrf.token,
    reference: tracer.reference,
    kindOf: (source) => connector(source).kind,
  })
  const callbackUrl = (alias: string) => new URL(`${config.issuer}/broker/${encodeURIComponent(alias)}/callback`)
  const trips = createTrips({
    trips: stores.trips,
    clock,
    callbackUrl,
    lifetime: config.lifetimes.trip * 1000,
  })
  const throttle = assembleThrottle({ config, stores, clock })
  const { factors } = needs
  const passkeys = createPasskeys({
    ...{ issuer: config.issuer, secondFactors: stores.secondFactors, vault, clock },
    once: (name, until) => stores.artifacts.putOnce('ReplayDetection', name, {}, until),
  })

  const signIn = signinRoutes({
    ...stores,
    confirmRegistry,
    interactions: issuer.interactions,
    connector,
    receive: createReceive({ recognise, accounts: stores.accounts, tracer, clock }),
    trips,
    throttle,
    halfway: createHalfway({ localUsers: stores.localUsers, vault, notes, clock, base }),
    askSecond: createAskSecond({ factors, passkeys, pages }),
    factors,
    passkeys,
    tracer,
    pages,
    problems: createProblems({ clients: stores.clients, tracer, pages, restart, notes, base }),
    restart,
    notes,
    csrf,
    clock,
    assets,
    base,
  })
  const backchannelLogout = backchannelLogoutRoutes({
    ...stores,
    connector,
    messages: {
      has: async (message) => (await stores.artifacts.get('ReplayDetection', digest(message))) !== undefined,
      add: (message, until) => stores.artifacts.putOnce('ReplayDetection', digest(message), {}, until),
    },
    report,
  })
  const ownSessions = sessionRoutes({
    ...stores,
    currentSession: issuer.currentSession,
    sessions,
    agreements: needs.agreements,
    leaveUpstream,
    csrf,
    clock,
    assets,
    issuer: config.issuer,
  })
  const testLogins = testLoginRoutes({
    ...stores,
    tests: needs.tests,
    openApart: sources.openApart,
    kindOf: sources.kindOf,
    throttle,
    factors,
    callbackUrl,
    notes,
    csrf,
    clock,
    issuer: config.issuer,
    assets,
    base,
    tokenLifetime: config.lifetimes.access_token,
    maxTokenBytes: config.tokens.max_bytes,
  })
  const ownSecurity = securityRoutes({
    ...stores,
    ...{
      currentSession: issuer.currentSession,
      connector,
      factors,
      users: needs.users,
      passkeys,
      throttle,
      vault,
      notes,
      csrf,
      clock,
    },
    ...{ assets, issuer: config.issuer, base },
  })
  return [signIn, ownSessions, ownSecurity, backchannelLogout, testLogins]
}
