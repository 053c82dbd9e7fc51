/**
 * An upstream says, without a browser, that it has signed somebody out (OpenID Connect Back-Channel Logout 1.0):
 * what stands on that login here ends too, with its grants and their tokens. Offline grants stay (§2.7).
 */
import Router from '@koa/router'
import type { Context } from 'koa'
import type { UpstreamLogout } from '../connector.ts'
import { Refusal, Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import { readForm } from '../http/bodies.ts'
import { oauthError } from '../http/oauth-error.ts'
import type { ReasonCode } from '../reasons.ts'
import type { SessionStore } from '../sessions/session.ts'
import type { Source, SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'

interface Needs {
  readonly sources: Pick<SourceStore, 'byAlias'>
  readonly connector: Sources['connector']
  readonly sessions: Pick<SessionStore, 'ofUpstream' | 'end'>
  readonly messages: SeenMessages
  readonly report: Report
}

/** Messages that count once. */
export interface SeenMessages {
  has(message: string): Promise<boolean>
  /** `true` for exactly one of any number of calls at once, until then (milliseconds). */
  add(message: string, until: number): Promise<boolean>
}

export function backchannelLogoutRoutes({ sources, connector, sessions, messages, report }: Needs): Router {
  async function hear(alias: string, form: URLSearchParams): Promise<number> {
    const source = await sources.byAlias(alias)
    if (!source?.enabled) throw new Refusal('source_disabled')
    const open = connector(source)
    if (open.kind !== 'redirect' || !open.verifyLogout)
      throw new Refusal('source_not_allowed', 'The source sends no logouts')
    const logout = await open.verifyLogout(form)
    return once(source, logout, async () => {
      const named = await sessions.ofUpstream(source.id, logout)
      const ended = await Promise.all(named.map(({ id }) => sessions.end(id)))
      return ended.filter((session) => session !== undefined).length
    })
  }

  // Noted only when the work is done: an upstream may send again what could not be carried out.
  async function once<T>(source: Source, { messageId, expiresAt }: UpstreamLogout, work: () => Promise<T>): Promise<T> {
    const message = `logout/${source.id}/${messageId}`
    if (await messages.has(message)) throw repeated()
    const result = await work()
    if (!(await messages.add(message, expiresAt))) throw repeated()
    return result
  }

  const router = new Router()
  router.post('/broker/:alias/backchannel-logout', async (ctx) => {
    const alias = String(ctx.params.alias)
    ctx.set('Cache-Control', 'no-store')
    try {
      const ended = await hear(alias, await readForm(ctx))
      report('logout.received', { source: alias, sessions: ended })
      ctx.status = 200
      ctx.body = ''
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Unavailable)) throw error
      report('logout.not_received', {
        detail: error.message,
        ...(error instanceof Refusal ? { reason: error.code } : { error: 'temporarily_unavailable' }),
      })
      answer(ctx, error)
    }
  })
  return router
}

const repeated = () => new Refusal('upstream_invalid', 'The message was used before')

const aboutTheBody: ReadonlySet<ReasonCode> = new Set(['too_large', 'unsupported_media_type'])

/** §2.8: a machine reads it, and knows 400; what it should send again later is 503. */
function answer(ctx: Context, error: Refusal | Unavailable): void {
  if (error instanceof Unavailable) {
    ctx.status = 503
    ctx.set('Retry-After', '5')
    ctx.body = { error: 'temporarily_unavailable', error_description: 'Something that is needed did not answer' }
    return
  }
  ctx.status = aboutTheBody.has(error.code) ? error.status : 400
  ctx.body = oauthError('invalid_request', error.message)
}
