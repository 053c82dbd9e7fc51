/**
 * Signing in with a browser: choosing a source, proving who you are, consenting. Ends by handing a login to the
 * issuer. Knows no protocol (connectors do) and no token (the issuer does). Every screen returns to `advance`.
 */
import Router from '@koa/router'
import type { Context } from 'koa'
import { wordsIn } from '#views/words.ts'
import type { AccountStore } from '../accounts/account.ts'
import type { LocalUserStore } from '../accounts/local-user.ts'
import type { Passkeys } from '../accounts/second-factors/passkeys.ts'
import type { FactorKeeper } from '../accounts/second-factors/second-factors.ts'
import type { Throttle } from '../accounts/throttle.ts'
import type { ClientStore } from '../clients/client.ts'
import type { ConsentStore } from '../clients/consent-store.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import type { Csrf } from '../http/csrf.ts'
import type { Interaction, Interactions } from '../interaction.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { Tracer } from '../traces/tracer.ts'
import type { Receive } from './arrival.ts'
import type { BrowserNotes } from './browser-notes.ts'
import { findByAddress, findCandidates } from './candidates.ts'
import type { DepartureStore } from './departure-store.ts'
import type { Halfway } from './halfway.ts'
import type { Pages } from './pages.ts'
import { createPasswordLogin, credentialsLimit } from './passwords.ts'
import type { Problems } from './problems.ts'
import type { Restart } from './restart.ts'
import { createReturns } from './returns.ts'
import { createSecondStep } from './second-step.ts'
import { type AskSecond, createSteps, scopesToAgree } from './steps.ts'
import type { Trips } from './trips.ts'

interface Needs {
  readonly interactions: Interactions
  /** Has `clients` and `sources` know what any node has changed until now. */
  readonly confirmRegistry: () => Promise<unknown>
  readonly clients: Pick<ClientStore, 'get'>
  readonly accounts: Pick<AccountStore, 'get'>
  readonly consents: ConsentStore
  readonly sources: SourceStore
  readonly connector: Sources['connector']
  readonly receive: Receive
  readonly trips: Trips
  readonly departures: DepartureStore
  readonly throttle: Throttle
  readonly halfway: Halfway
  readonly askSecond: AskSecond
  readonly factors: FactorKeeper
  readonly passkeys: Passkeys
  readonly localUsers: Pick<LocalUserStore, 'get'>
  readonly tracer: Tracer
  readonly pages: Pages
  readonly problems: Problems
  readonly restart: Restart
  readonly notes: BrowserNotes
  readonly csrf: Csrf
  readonly clock: Clock
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export function signinRoutes(needs: Needs): Router {
  const { interactions, sources, consents, tracer, restart, clock } = needs
  const { inVisit, outside } = needs.problems
  const steps = createSteps(needs)
  const returns = createReturns({ ...needs, steps })
  const secondStep = createSecondStep({ ...needs, steps })
  const router = new Router()
  interactions.whenBegun(steps.leaveAtOnce)

  router.get('/login/:uid', inVisit, async (ctx) => {
    const here = await steps.visit(ctx)
    restart.keep(ctx, here.interaction)
    const text = String(ctx.query.q ?? '').trim()
    await (text === '' ? steps.advance(ctx, here) : steps.look(ctx, here, text))
  })

  router.get('/login/:uid/again', inVisit, async (ctx) => steps.beginAnew(ctx, await steps.visit(ctx)))

  // Where the issuer sends a browser whose sign-in it does not find any more.
  router.get('/login/:uid/lost', inVisit, async () => {
    throw new Refusal('interaction_lost')
  })

  router.get('/login/:uid/source/:alias', inVisit, async (ctx) => {
    const here = await steps.visit(ctx)
    await steps.prove(ctx, here, await steps.namedSource(ctx, here))
  })

  router.post('/login/:uid/source/:alias', inVisit, createPasswordLogin({ ...needs, steps }))

  router.post('/login/:uid/second-step', inVisit, secondStep.send)
  router.post('/login/:uid/passkey/:alias', inVisit, secondStep.passkeyAlone)

  router.post('/login/:uid/find', inVisit, async (ctx) => {
    const here = await steps.visit(ctx)
    const email = (await steps.form(ctx, here, credentialsLimit)).get('email') ?? ''
    const source = await findByAddress(sources, here.client, email)
    if (source) return steps.prove(ctx, { ...here, interaction: withHint(here.interaction, email) }, source)
    const { offered, more, discoverable } = await findCandidates(sources, here.client, {})
    ctx.status = 404
    await steps.choose(ctx, here, {
      ...{ from: offered, more },
      discover: discoverable,
      email: { value: email, problem: wordsIn(here.lang).signIn.emailUnknown },
    })
  })

  router.get('/broker/:alias/callback', outside, returns.callback)
  router.get('/login/:uid/arrive', inVisit, returns.arrive)
  router.get('/broker/:alias/logged-out', outside, returns.signedOut)

  router.post('/login/:uid/consent', inVisit, async (ctx: Context) => {
    const here = await steps.visit(ctx)
    const form = await steps.form(ctx, here)
    const { interaction, client } = here
    const { accountId } = interaction
    if (interaction.needs !== 'consent' || !accountId) return steps.advance(ctx, here)
    if (form.get('decision') !== 'allow') return steps.giveUp(ctx, here, 'consent_denied')
    const scopes = scopesToAgree(interaction)
    await consents.give({ accountId, clientId: client.id, scopes, givenAt: clock() })
    await tracer.step(interaction.flow, 'consented', { scopes }, { clientId: client.id, accountId })
    await interactions.finish(ctx, { kind: 'consent' })
  })

  router.post('/login/:uid/back', inVisit, async (ctx) => {
    const here = await steps.visit(ctx)
    const reason = (await steps.form(ctx, here)).get('reason') ?? ''
    await steps.giveUp(ctx, here, isReason(reason) ? reason : 'sign_in_abandoned')
  })

  return router
}

const isReason = (text: string): text is ReasonCode => Object.hasOwn(reasons, text)

const withHint = (interaction: Interaction, loginHint: string): Interaction => ({
  ...interaction,
  params: { ...interaction.params, login_hint: loginHint },
})
