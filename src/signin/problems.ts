/** What people see when a sign-in does not go on: what happened, why, and ways to go on all the same. */
import type { Context, Middleware } from 'koa'
import type { Way } from '#views/problem.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import { Refusal, Unavailable } from '../errors.ts'
import { newReference } from '../ids.ts'
import type { Interaction } from '../interaction.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Tracer } from '../traces/tracer.ts'
import { nameOf, type Pages } from './pages.ts'
import type { Restart } from './restart.ts'

/** An open sign-in, and the client it is for. */
export interface Visit {
  readonly interaction: Interaction
  readonly client: Client
}

interface Needs {
  readonly clients: Pick<ClientStore, 'get'>
  readonly tracer: Tracer
  readonly pages: Pages
  readonly restart: Restart
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

export interface Problems {
  /** Notes that the request belongs to an open sign-in, so that a problem can lead back into it. */
  entered(ctx: Context, visit: Visit): void
  /** Notes which sign-in the browser leaves in, for an answer that fits none. */
  leaving(ctx: Context, uid: string): void
  /** Goes around every route below `/login/{uid}`. */
  readonly inVisit: Middleware
  /** Goes around the routes that upstreams send browsers to. */
  readonly outside: Middleware
}

// There is no open sign-in for this browser at this address.
const lostCodes: ReadonlySet<ReasonCode> = new Set(['interaction_lost', 'trip_unknown', 'trip_misdirected'])
const leftFrom = 'gatehouse_left_from'

export function createProblems({ clients, tracer, pages, restart, base }: Needs): Problems {
  const visits = new WeakMap<Context, Visit>()
  const home: Way = { label: 'To the start page', href: `${base}/` }

  function show(ctx: Context, status: number, page: string) {
    ctx.status = status
    ctx.type = 'html'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = page
  }

  async function lost(ctx: Context, code: ReasonCode): Promise<void> {
    const kept = restart.find(ctx)
    const again = kept && `${base}/authorize?${kept.query}`
    // A second click on a button whose first click has done its work: go on to where that led.
    if (again && ctx.method === 'POST' && code === 'interaction_lost') {
      ctx.status = 303
      return ctx.redirect(again)
    }
    const client = kept && (await clients.get(kept.clientId))
    const doors: Way[] = []
    if (again && client) doors.push({ label: `Continue to ${nameOf(client)}`, href: again })
    if (client?.metadata.client_uri)
      doors.push({ label: `Back to ${nameOf(client)}`, href: client.metadata.client_uri })
    const [first = home, ...rest] = doors
    show(ctx, reasons[code].status, pages.lost(code, newReference(), [first, ...rest], client))
  }

  return {
    entered: (ctx, visit) => void visits.set(ctx, visit),

    leaving(ctx, uid) {
      ctx.cookies.set(leftFrom, uid, {
        path: `${base}/broker`,
        httpOnly: true,
        sameSite: 'lax',
        secure: ctx.secure,
        overwrite: true,
        signed: false,
      })
    },

    async inVisit(ctx, next) {
      try {
        await next()
      } catch (error) {
        const visit = visits.get(ctx)
        if (error instanceof Refusal && lostCodes.has(error.code)) return lost(ctx, error.code)
        if (!visit) throw error
        ctx.state.reference = tracer.reference(visit.interaction.flow)
        const known = { clientId: visit.client.id }
        if (error instanceof Refusal) {
          await tracer.refused(visit.interaction.flow, error.code, { detail: error.message }, known)
          if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter))
          return show(ctx, error.status, pages.refused(visit, error.code, detailFor(error)))
        }
        if (!(error instanceof Unavailable) || error.who === 'store') throw error
        await tracer.couldNotTell(visit.interaction.flow, error.who, known)
        ctx.set('Retry-After', '5')
        show(ctx, 503, pages.refused(visit, 'upstream_unavailable'))
      }
    },

    async outside(ctx, next) {
      try {
        await next()
      } catch (error) {
        if (!(error instanceof Refusal && lostCodes.has(error.code))) throw error
        const uid = ctx.cookies.get(leftFrom, { signed: false })
        const back: Way =
          uid && /^[\w-]{1,64}$/.test(uid) ? { label: 'Go on signing in', href: `${base}/login/${uid}` } : home
        show(ctx, error.status, pages.lost(error.code, newReference(), [back]))
      }
    },
  }
}

/** The upstream's own words help the person and the administrator alike; ours about ourselves are for the log. */
const detailFor = (error: Refusal): string | undefined =>
  error.code === 'upstream_refused' ? error.message : undefined
