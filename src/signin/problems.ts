/** What people see when a sign-in does not go on: what happened, why, and ways to go on all the same. */
import type { Context, Middleware } from 'koa'
import type { Way } from '#views/problem.ts'
import { type Language, wordsIn } from '#views/words.ts'
import type { ClientStore } from '../clients/client.ts'
import { Refusal, Unavailable } from '../errors.ts'
import { requireOwnPage } from '../http/csrf.ts'
import { languageOf } from '../http/language.ts'
import { newId } from '../ids.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Tracer } from '../traces/tracer.ts'
import type { BrowserNotes } from './browser-notes.ts'
import { nameOf, type Pages } from './pages.ts'
import type { Restart } from './restart.ts'
import type { Visit } from './visit.ts'

interface Needs {
  readonly clients: Pick<ClientStore, 'get'>
  readonly tracer: Tracer
  readonly pages: Pages
  readonly restart: Restart
  readonly notes: BrowserNotes
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export interface Problems {
  /** Notes that the request belongs to an open sign-in, so that a problem can lead back into it. */
  entered(ctx: Context, visit: Visit): void
  /** Notes which sign-in the browser leaves in, for an answer that fits none. */
  leaving(ctx: Context, uid: string): void
  /** The sign-in that this browser left in last. What it says is no proof of anything, but to another browser it is unknown. */
  leftFrom(ctx: Context): string | undefined
  /** Goes around every route below `/login/{uid}`. */
  readonly inVisit: Middleware
  /** Goes around the routes that upstreams send browsers to. */
  readonly outside: Middleware
}

// There is no open sign-in for this browser at this address.
const lostCodes: ReadonlySet<ReasonCode> = new Set(['interaction_lost', 'trip_unknown', 'trip_misdirected'])
/** Seconds; becomes `Retry-After`. */
const patience = 5

export function createProblems({ clients, tracer, pages, restart, notes, base }: Needs): Problems {
  const visits = new WeakMap<Context, Visit>()
  const leftFrom = notes('gatehouse_left_from')
  const homeIn = (lang: Language): Way => ({ label: wordsIn(lang).ways.start, href: `${base}/` })

  function left(ctx: Context): string | undefined {
    const uid = leftFrom.read(ctx)
    return uid && /^[\w-]{1,64}$/.test(uid) ? uid : undefined
  }

  function show(ctx: Context, status: number, page: string) {
    ctx.status = status
    ctx.type = 'html'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = page
  }

  /** Under the reference of the sign-in it was, if this browser began it, whatever has become of that. */
  async function referenceFor(reason: ReasonCode, detail: string, known?: string): Promise<string> {
    const flow = known ?? newId()
    await (known === undefined ? tracer.stray(flow, reason, detail) : tracer.lost(flow, reason, detail))
    return tracer.reference(flow)
  }

  async function lost(ctx: Context, { code, message }: Refusal): Promise<void> {
    const kept = restart.find(ctx)
    // A second click on a button whose first click has done its work: go on to where that led.
    if (kept && ctx.method === 'POST' && code === 'interaction_lost') {
      ctx.status = 303
      return ctx.redirect(restart.address(kept))
    }
    const client = kept && (await clients.get(kept.clientId))
    const lang = languageOf(ctx)
    const { ways } = wordsIn(lang)
    const doors: Way[] = []
    if (kept && client) doors.push({ label: ways.continueTo(nameOf(client)), href: restart.address(kept) })
    if (client?.metadata.client_uri)
      doors.push({ label: ways.backTo(nameOf(client)), href: client.metadata.client_uri })
    const [first = homeIn(lang), ...rest] = doors
    const reference = await referenceFor(code, message, kept?.flow)
    show(ctx, reasons[code].status, pages.lost(code, { reference, ways: [first, ...rest], lang }, client))
  }

  async function refused(ctx: Context, visit: Visit, error: Refusal): Promise<void> {
    const { code, message: detail, problems } = error
    const known = { clientId: visit.client.id }
    await tracer.refused(visit.interaction.flow, code, { detail, ...(problems.length > 0 && { problems }) }, known)
    if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter))
    show(ctx, error.status, pages.refused(visit, code, detailFor(error)))
  }

  async function unavailable(ctx: Context, visit: Visit | undefined, error: Unavailable): Promise<void> {
    const code = error.who === 'store' ? 'temporarily_unavailable' : 'upstream_unavailable'
    const flow = visit?.interaction.flow ?? newId()
    await tracer.couldNotTell(flow, error, visit && { clientId: visit.client.id })
    ctx.set('Retry-After', String(patience))
    const lang = visit?.lang ?? languageOf(ctx)
    const again: Way = {
      label: wordsIn(lang).ways.again,
      href: `${base}/login/${visit?.interaction.uid ?? ctx.params.uid}`,
    }
    show(
      ctx,
      503,
      visit ? pages.refused(visit, code) : pages.lost(code, { reference: tracer.reference(flow), ways: [again], lang }),
    )
  }

  return {
    entered: (ctx, visit) => void visits.set(ctx, visit),

    leaving: (ctx, uid) => leftFrom.write(ctx, uid, `${base}/broker`),
    leftFrom: left,

    async inVisit(ctx, next) {
      try {
        if (ctx.method === 'POST') requireOwnPage(ctx)
        await next()
      } catch (error) {
        const visit = visits.get(ctx)
        if (visit) ctx.state.reference = tracer.reference(visit.interaction.flow)
        if (error instanceof Unavailable) return unavailable(ctx, visit, error)
        if (!(error instanceof Refusal)) throw error
        // It may have been finished meanwhile, by a click that came at the same time.
        const gone = error.code === 'interaction_lost' || (!visit && lostCodes.has(error.code))
        if (gone) return lost(ctx, error)
        if (!visit) throw error
        await refused(ctx, visit, error)
      }
    },

    async outside(ctx, next) {
      try {
        await next()
      } catch (error) {
        if (!(error instanceof Refusal && lostCodes.has(error.code))) throw error
        const uid = left(ctx)
        const lang = languageOf(ctx)
        const back: Way = uid ? { label: wordsIn(lang).ways.goOn, href: `${base}/login/${uid}` } : homeIn(lang)
        const reference = await referenceFor(error.code, error.message)
        show(ctx, error.status, pages.lost(error.code, { reference, ways: [back], lang }))
      }
    },
  }
}

/** The upstream's own words help the person and the administrator alike; ours about ourselves are for the log. */
const detailFor = (error: Refusal): string | undefined =>
  error.code === 'upstream_refused' ? error.message : undefined
