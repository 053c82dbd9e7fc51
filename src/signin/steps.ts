/** What every screen of a sign-in can do: find out where the person stands, show the next page, send them away, give up. */
import type { Context } from 'koa'
import { leavingView } from '#views/signin/leaving.ts'
import type { AccountStore } from '../accounts/account.ts'
import type { LocalUser } from '../accounts/local-user.ts'
import type { Passkeys } from '../accounts/second-factors/passkeys.ts'
import type { ClientStore } from '../clients/client.ts'
import type { RedirectConnector } from '../connector.ts'
import { Refusal, Unavailable } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import type { Csrf } from '../http/csrf.ts'
import { languageOf } from '../http/language.ts'
import type { Interaction, Interactions, Leave } from '../interaction.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Source, SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { Tracer } from '../traces/tracer.ts'
import type { BrowserNotes } from './browser-notes.ts'
import { applicable, findCandidates, lookForSources } from './candidates.ts'
import type { Halfway } from './halfway.ts'
import { nextStep, type Step, stuckBecause } from './next-step.ts'
import type { Choice, Pages, SecondProblem } from './pages.ts'
import { passkeyAlonePurpose } from './passkey-purposes.ts'
import type { Problems } from './problems.ts'
import type { Restart } from './restart.ts'
import type { Trips } from './trips.ts'
import type { Visit } from './visit.ts'

/** Shows the page of the second step; `problem`: why it comes again. */
export type AskSecond = (ctx: Context, here: Visit, user: LocalUser, problem?: SecondProblem) => Promise<void>

interface Needs {
  readonly interactions: Interactions
  /** Has `clients` and `sources` know what any node has changed until now. */
  readonly confirmRegistry: () => Promise<unknown>
  readonly clients: Pick<ClientStore, 'get'>
  readonly accounts: Pick<AccountStore, 'get'>
  readonly sources: SourceStore
  readonly connector: Sources['connector']
  readonly trips: Trips
  readonly tracer: Tracer
  readonly pages: Pages
  readonly problems: Pick<Problems, 'entered' | 'leaving'>
  readonly restart: Pick<Restart, 'keep'>
  readonly notes: BrowserNotes
  readonly halfway: Halfway
  readonly askSecond: AskSecond
  readonly passkeys: Pick<Passkeys, 'ask'>
  readonly csrf: Csrf
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export type Steps = ReturnType<typeof createSteps>

const oneYear = 365 * 24 * 3600

export function createSteps(needs: Needs) {
  const { interactions, clients, accounts, sources, connector, trips, tracer, pages, problems, csrf, assets, base } =
    needs
  const lastSource = needs.notes('gatehouse_last_source', oneYear)
  const remember = (ctx: Context, { alias }: Source) => lastSource.write(ctx, alias, `${base}/login`)

  /** Rejects with `interaction_lost` unless this browser is in the sign-in that the address names. */
  async function visit(ctx: Context): Promise<Visit> {
    const [interaction] = await Promise.all([interactions.read(ctx), needs.confirmRegistry()])
    const client = await clients.get(interaction.clientId)
    if (!client) throw new Refusal('client_disabled')
    const here = { interaction, client, lang: languageOf(ctx, interaction.params.ui_locales) }
    problems.entered(ctx, here)
    if (!client.enabled) throw new Refusal('client_disabled')
    return here
  }

  /** The form that was posted from our own page of this sign-in. `limit`: bytes. */
  async function form(ctx: Context, { interaction }: Visit, limit?: number): Promise<URLSearchParams> {
    const posted = await readForm(ctx, limit === undefined ? {} : { limit })
    csrf.check(ctx, posted, interaction.uid)
    return posted
  }

  /** The same of what has been read already. */
  const confirmForm = (ctx: Context, { interaction }: Visit, posted: URLSearchParams): void =>
    csrf.check(ctx, posted, interaction.uid)

  async function next(ctx: Context, { interaction, client }: Visit, halfway?: LocalUser): Promise<Step> {
    const candidates = await findCandidates(sources, client, interaction.params, lastSource.read(ctx))
    return nextStep({ ...interaction, ...candidates, halfway, stuck: stuckBecause(interaction) })
  }

  /** After a refusal, at the person's own wish: hints and what was tried before do not decide any more. */
  async function anew(ctx: Context, { interaction, client }: Visit): Promise<Step> {
    const { named, offered, more, discoverable } = await findCandidates(
      sources,
      client,
      interaction.params,
      lastSource.read(ctx),
    )
    const all = named && !offered.some(({ id }) => id === named.id) ? [named, ...offered] : offered
    return nextStep({
      ...interaction,
      offered: all,
      more,
      named: undefined,
      discoverable,
      halfway: undefined,
      stuck: undefined,
    })
  }

  async function take(ctx: Context, here: Visit, step: Step): Promise<void> {
    switch (step.kind) {
      case 'fail':
        throw new Refusal(step.reason)
      case 'prove':
        return prove(ctx, here, step.at)
      case 'choose':
        return choose(ctx, here, step)
      case 'confirm':
        return needs.askSecond(ctx, here, step.user)
      case 'consent': {
        const account = here.interaction.accountId ? await accounts.get(here.interaction.accountId) : undefined
        return show(ctx, pages.consent(here, scopesToAgree(here.interaction), account?.displayName ?? ''))
      }
    }
  }

  async function choose(ctx: Context, here: Visit, choice: Omit<Choice, 'lastUsed' | 'passkey'>): Promise<void> {
    const local = [choice.password?.source, ...choice.from].some((source) => source?.type === 'local')
    const passkey = local ? await needs.passkeys.ask(passkeyAlonePurpose(here.interaction.uid)) : undefined
    show(ctx, pages.signIn(here, { ...choice, ...(passkey && { passkey }), lastUsed: lastSource.read(ctx) }))
  }

  async function prove(ctx: Context, here: Visit, source: Source): Promise<void> {
    const open = connector(source)
    if (open.kind === 'presented')
      throw new Refusal('source_not_allowed', `${source.alias} cannot be used with a browser`)
    if (open.kind === 'password') {
      const username = here.interaction.params.login_hint
      const password = { source, ...(username !== undefined && { username }) }
      return choose(ctx, here, { from: [], more: false, discover: false, password })
    }
    const write = await depart(ctx, here, source, open)
    await write()
  }

  /** Answers what has to be written before the browser may leave. */
  async function depart(ctx: Context, here: Visit, source: Source, open: RedirectConnector) {
    const { departure, save } = await trips.begin(here.interaction, source, open)
    const detail = { source: source.alias, to: departure.url.origin }
    const known = { clientId: here.client.id, source }
    remember(ctx, source)
    problems.leaving(ctx, here.interaction.uid)
    if (departure.method === 'GET') {
      ctx.status = 303
      ctx.redirect(departure.url.href)
    } else {
      const { url, fields } = departure
      ctx.remove('Location')
      ctx.status = 200
      show(ctx, leavingView({ assets, lang: here.lang, sourceName: source.name, url: url.href, fields }).toString())
    }
    return () => Promise.all([save(), tracer.step(here.interaction.flow, 'departed', detail, known)])
  }

  return {
    visit,
    form,
    confirmForm,
    next,
    /** Where this sign-in stands. */
    address: ({ interaction }: Visit): string => `${base}/login/${interaction.uid}`,
    choose,
    prove,
    remember,

    async advance(ctx: Context, here: Visit): Promise<void> {
      const user = (await needs.halfway.find(ctx, here.interaction.uid))?.user
      await take(ctx, here, await next(ctx, here, user))
    },

    /** The same where there is more to choose from than is shown: those that have what was typed in their names. */
    async look(ctx: Context, here: Visit, text: string): Promise<void> {
      const step = await next(ctx, here)
      if (step.kind !== 'choose' || !step.more) return take(ctx, here, step)
      const { found, more } = await lookForSources(sources, here.client, text)
      await choose(ctx, here, { from: found, more: true, discover: false, looked: { text, more } })
    },

    /** For a sign-in that has just begun: where one way only is open, and that leads away, it is taken. */
    async leaveAtOnce(ctx: Context, interaction: Interaction): ReturnType<Leave> {
      try {
        const client = await clients.get(interaction.clientId)
        if (!client?.enabled) return undefined
        const here = { interaction, client, lang: languageOf(ctx, interaction.params.ui_locales) }
        const step = await next(ctx, here)
        const open = step.kind === 'prove' ? connector(step.at) : undefined
        if (step.kind !== 'prove' || open?.kind !== 'redirect') return undefined
        const write = await depart(ctx, here, step.at, open)
        needs.restart.keep(ctx, interaction)
        return write
      } catch (error) {
        // It has a page of its own, which the browser is sent to: there it is said, if it is still so.
        if (!(error instanceof Refusal || error instanceof Unavailable)) throw error
        return undefined
      }
    },

    beginAnew: async (ctx: Context, here: Visit): Promise<void> => take(ctx, here, await anew(ctx, here)),

    /** The source in the address. Rejects when the person may not come through it. */
    async namedSource(ctx: Context, { client }: Visit): Promise<Source> {
      const source = await sources.byAlias(String(ctx.params.alias))
      if (!source?.enabled) throw new Refusal('source_disabled')
      if (!applicable(source, client)) throw new Refusal('source_not_allowed')
      return source
    },

    /** Tells the application why there is no login. */
    async giveUp(ctx: Context, { interaction, client }: Visit, reason: ReasonCode): Promise<void> {
      const { title, oauth = 'access_denied' }: { title: string; oauth?: string } = reasons[reason]
      await tracer.refused(interaction.flow, reason, undefined, { clientId: client.id })
      const description = `${title} (${reason}, reference ${tracer.reference(interaction.flow)})`
      await interactions.finish(ctx, { kind: 'error', error: oauth, description })
    },
  }
}

function show(ctx: Context, page: string): void {
  ctx.type = 'html'
  ctx.set('Cache-Control', 'no-store')
  ctx.body = page
}

/** Everything asked for when the application wants to be sure (prompt=consent), else what is not agreed yet. */
export const scopesToAgree = ({ missingScopes, params }: Interaction): readonly string[] =>
  missingScopes.length > 0 ? missingScopes : (params.scope?.split(' ') ?? [])
