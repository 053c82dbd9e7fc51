/**
 * Signing in with a browser: choosing a source, proving who you are, consenting. Ends by handing a login to the
 * issuer. Knows no protocol (connectors do) and no token (the issuer does). Every screen returns to `advance`.
 */
import Router from '@koa/router'
import type { Context } from 'koa'
import { leavingView } from '#views/signin/leaving.ts'
import type { AccountStore } from '../accounts/account.ts'
import type { ClientStore } from '../clients/client.ts'
import type { ConsentStore } from '../clients/consent-store.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import type { Csrf } from '../http/csrf.ts'
import type { Interaction, Interactions } from '../interaction.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Source, SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { Tracer } from '../traces/tracer.ts'
import type { Receive } from './arrival.ts'
import { applicable, findByAddress, findCandidates } from './candidates.ts'
import type { DepartureStore } from './departure-store.ts'
import { nextStep, stuckBecause } from './next-step.ts'
import type { Choice, Pages } from './pages.ts'
import type { Problems, Visit } from './problems.ts'
import type { Restart } from './restart.ts'
import type { Throttle } from './throttle.ts'
import type { Trips } from './trips.ts'

interface Needs {
  readonly interactions: Interactions
  readonly clients: Pick<ClientStore, 'get'>
  readonly accounts: Pick<AccountStore, 'get'>
  readonly consents: ConsentStore
  readonly sources: SourceStore
  readonly connector: Sources['connector']
  readonly receive: Receive
  readonly trips: Trips
  readonly departures: DepartureStore
  readonly throttle: Throttle
  readonly tracer: Tracer
  readonly pages: Pages
  readonly problems: Problems
  readonly restart: Restart
  readonly csrf: Csrf
  readonly clock: Clock
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
  readonly secure: boolean
}

const lastUsedCookie = 'gatehouse_last_source'
const credentialsLimit = 4 * 1024

export function signinRoutes(needs: Needs): Router {
  const { interactions, clients, accounts, consents, sources, connector, receive, trips, departures } = needs
  const { throttle, tracer, pages, problems, restart, csrf, clock, assets, base, secure } = needs
  const { inVisit, outside } = problems
  const router = new Router()

  async function visit(ctx: Context): Promise<Visit> {
    const interaction = await interactions.read(ctx)
    const client = await clients.get(interaction.clientId)
    if (!client) throw new Refusal('client_disabled')
    problems.entered(ctx, { interaction, client })
    if (!client.enabled) throw new Refusal('client_disabled')
    return { interaction, client }
  }

  async function postedForm(ctx: Context, { interaction }: Visit, limit?: number): Promise<URLSearchParams> {
    const form = await readForm(ctx, limit === undefined ? {} : { limit })
    csrf.check(ctx, form, interaction.uid)
    return form
  }

  async function advance(ctx: Context, here: Visit): Promise<void> {
    const candidates = await findCandidates(sources, here.client, here.interaction.params)
    const step = nextStep({ ...here.interaction, ...candidates, stuck: stuckBecause(here.interaction) })
    switch (step.kind) {
      case 'fail':
        throw new Refusal(step.reason)
      case 'prove':
        return prove(ctx, here, step.at)
      case 'choose':
        return choose(ctx, here, { from: step.from, discover: step.discover })
      case 'consent': {
        const account = here.interaction.accountId ? await accounts.get(here.interaction.accountId) : undefined
        return show(ctx, pages.consent(here, scopesToAgree(here.interaction), account?.displayName ?? ''))
      }
    }
  }

  const choose = (ctx: Context, here: Visit, choice: Omit<Choice, 'lastUsed'>): void =>
    show(ctx, pages.signIn(here, { ...choice, lastUsed: ctx.cookies.get(lastUsedCookie, { signed: false }) }))

  async function prove(ctx: Context, here: Visit, source: Source): Promise<void> {
    const open = connector(source)
    if (open.kind === 'presented')
      throw new Refusal('source_not_allowed', `${source.alias} cannot be used with a browser`)
    if (open.kind === 'password') {
      const username = here.interaction.params.login_hint
      return choose(ctx, here, {
        from: [],
        discover: false,
        password: { source, ...(username !== undefined && { username }) },
      })
    }
    const departure = await trips.begin(here.interaction, source, open)
    await tracer.step(
      here.interaction.flow,
      'departed',
      { source: source.alias, to: departure.url.origin },
      { clientId: here.client.id, sourceId: source.id },
    )
    rememberSource(ctx, source)
    problems.leaving(ctx, here.interaction.uid)
    if (departure.method === 'GET') {
      ctx.status = 303
      return ctx.redirect(departure.url.href)
    }
    show(
      ctx,
      leavingView({ assets, sourceName: source.name, url: departure.url.href, fields: departure.fields }).toString(),
    )
  }

  async function namedSource(ctx: Context, { client }: Visit): Promise<Source> {
    const source = await sources.byAlias(String(ctx.params.alias))
    if (!source?.enabled) throw new Refusal('source_disabled')
    if (!applicable(source, client)) throw new Refusal('source_not_allowed')
    return source
  }

  router.get('/login/:uid', inVisit, async (ctx) => {
    const here = await visit(ctx)
    restart.keep(ctx, here.interaction)
    await advance(ctx, here)
  })

  router.get('/login/:uid/source/:alias', inVisit, async (ctx) => {
    const here = await visit(ctx)
    await prove(ctx, here, await namedSource(ctx, here))
  })

  router.post('/login/:uid/source/:alias', inVisit, async (ctx) => {
    const here = await visit(ctx)
    const form = await postedForm(ctx, here, credentialsLimit)
    const source = await namedSource(ctx, here)
    const open = connector(source)
    if (open.kind !== 'password') throw new Refusal('source_not_allowed', `${source.alias} takes no passwords`)

    const credentials = { username: form.get('username') ?? '', password: form.get('password') ?? '' }
    const attempt = { username: credentials.username, sourceId: source.id, address: ctx.ip }
    const known = { clientId: here.client.id, sourceId: source.id }
    try {
      await throttle.check(attempt)
      const identity = await open.verify(credentials)
      if (!identity) {
        await throttle.failed(attempt)
        throw new Refusal('bad_credentials')
      }
      await throttle.succeeded(attempt)
      const login = await receive({ interaction: here.interaction, client: here.client, source, identity })
      rememberSource(ctx, source)
      await interactions.finish(ctx, { kind: 'login', login })
    } catch (error) {
      // A disabled account reads like a wrong password: the form tells nobody which names exist (SEC-085).
      if (
        !(error instanceof Refusal) ||
        !['bad_credentials', 'too_many_attempts', 'account_disabled'].includes(error.code)
      )
        throw error
      await tracer.refused(here.interaction.flow, error.code, undefined, known)
      const shown = error.code === 'account_disabled' ? 'bad_credentials' : error.code
      ctx.status = reasons[shown].status
      if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter))
      choose(ctx, here, {
        from: [],
        discover: false,
        password: { source, username: credentials.username, problem: reasons[shown].title },
      })
    }
  })

  router.post('/login/:uid/find', inVisit, async (ctx) => {
    const here = await visit(ctx)
    const email = (await postedForm(ctx, here, credentialsLimit)).get('email') ?? ''
    const source = await findByAddress(sources, here.client, email)
    if (source) return prove(ctx, { ...here, interaction: withHint(here.interaction, email) }, source)
    const { offered, discoverable } = await findCandidates(sources, here.client, {})
    ctx.status = 404
    choose(ctx, here, {
      from: offered,
      discover: discoverable,
      email: { value: email, problem: 'No way to sign in is known for this address' },
    })
  })

  router.get('/broker/:alias/callback', outside, async (ctx) => {
    const state = ctx.query.state
    if (typeof state !== 'string') throw new Refusal('trip_unknown', 'The answer has no state, or several')
    const uid = await trips.destination(String(ctx.params.alias), state, async (id) => (await sources.get(id))?.alias)
    // The cookie that proves it is the same browser is kept for the sign-in's own address only.
    ctx.status = 303
    ctx.redirect(`${base}/login/${uid}/arrive${ctx.search}`)
  })

  router.get('/login/:uid/arrive', inVisit, async (ctx) => {
    const here = await visit(ctx)
    const trip = await trips.claim(here.interaction, String(ctx.query.state))
    const source = await sources.get(trip.sourceId)
    if (!source?.enabled) throw new Refusal('source_disabled')
    if (!applicable(source, here.client)) throw new Refusal('source_not_allowed')
    const open = connector(source)
    if (open.kind !== 'redirect') throw new Refusal('trip_misdirected')
    const callback = new URL(ctx.search, `${ctx.URL.origin}${base}/broker/${encodeURIComponent(source.alias)}/callback`)
    const identity = await trips.complete(trip, source, open, { url: callback, form: new URLSearchParams() })
    const login = await receive({ interaction: here.interaction, client: here.client, source, identity })
    await interactions.finish(ctx, { kind: 'login', login })
  })

  router.post('/login/:uid/consent', inVisit, async (ctx) => {
    const here = await visit(ctx)
    const form = await postedForm(ctx, here)
    const { accountId } = here.interaction
    if (here.interaction.needs !== 'consent' || !accountId) return advance(ctx, here)
    if (form.get('decision') !== 'allow') return giveUp(ctx, here, 'consent_denied')
    await consents.give({
      accountId,
      clientId: here.client.id,
      scopes: scopesToAgree(here.interaction),
      givenAt: clock(),
    })
    await tracer.step(
      here.interaction.flow,
      'consented',
      { scopes: scopesToAgree(here.interaction) },
      { clientId: here.client.id, accountId },
    )
    await interactions.finish(ctx, { kind: 'consent' })
  })

  router.post('/login/:uid/back', inVisit, async (ctx) => {
    const here = await visit(ctx)
    const reason = (await postedForm(ctx, here)).get('reason') ?? ''
    await giveUp(ctx, here, isReason(reason) ? reason : 'sign_in_abandoned')
  })

  async function giveUp(ctx: Context, here: Visit, reason: ReasonCode): Promise<void> {
    const { title, oauth = 'access_denied' }: { title: string; oauth?: string } = reasons[reason]
    await tracer.refused(here.interaction.flow, reason, undefined, { clientId: here.client.id })
    const description = `${title} (${reason}, reference ${tracer.reference(here.interaction.flow)})`
    await interactions.finish(ctx, { kind: 'error', error: oauth, description })
  }

  router.get('/broker/:alias/logged-out', outside, async (ctx) => {
    const { state } = ctx.query
    const departure = typeof state === 'string' ? await departures.take(state) : undefined
    const known = departure && departure.sourceAlias === ctx.params.alias && departure.expiresAt > clock()
    ctx.status = 303
    ctx.redirect(known ? departure.returnTo : `${base}/logout/success`)
  })

  const rememberSource = (ctx: Context, { alias }: Source): void => {
    ctx.cookies.set(lastUsedCookie, alias, {
      path: `${base}/login`,
      httpOnly: true,
      sameSite: 'lax',
      secure,
      maxAge: 365 * 24 * 3_600_000,
      overwrite: true,
      signed: false,
    })
  }

  return router
}

function show(ctx: Context, page: string): void {
  ctx.type = 'html'
  ctx.set('Cache-Control', 'no-store')
  ctx.body = page
}

const isReason = (text: string): text is ReasonCode => Object.hasOwn(reasons, text)

/** Everything asked for when the application wants to be sure (prompt=consent), else what is not agreed yet. */
const scopesToAgree = ({ missingScopes, params }: Interaction): readonly string[] =>
  missingScopes.length > 0 ? missingScopes : (params.scope?.split(' ') ?? [])

const withHint = (interaction: Interaction, loginHint: string): Interaction => ({
  ...interaction,
  params: { ...interaction.params, login_hint: loginHint },
})
