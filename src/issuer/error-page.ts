import type { Context } from 'koa'
import { type Configuration, errors } from 'oidc-provider'
import { reasonWords } from '#views/words/reasons.ts'
import { adviceFor, wordsIn } from '#views/words.ts'
import type { ClientStore } from '../clients/client.ts'
import type { Config } from '../config/schema.ts'
import { Unavailable } from '../errors.ts'
import type { PageProblem } from '../http/errors.ts'
import { languageOf } from '../http/language.ts'
import { newId, newReference } from '../ids.ts'
import { reasons } from '../reasons.ts'
import { note } from '../request-notes.ts'
import type { Tracer } from '../traces/tracer.ts'
import { isOAuthError } from './answers.ts'

export type ProblemPage = (ctx: Context, problem: PageProblem) => { toString(): string }

interface Needs {
  readonly config: Pick<Config, 'issuer'>
  readonly clients: Pick<ClientStore, 'get'>
  readonly tracer: Pick<Tracer, 'reference' | 'refused'>
  readonly problemPage: ProblemPage
}

/** The page for errors that may not go back to the client: an unknown one, a redirect address that is not its own. */
export function createRenderError(needs: Needs): NonNullable<Configuration['renderError']> {
  const { config, clients, tracer, problemPage } = needs
  const base = new URL(config.issuer).pathname.replace(/\/$/, '')
  return async (ctx, out, error) => {
    // Finished meanwhile, expired, or another browser's: the sign-in's own pages know the way on.
    const [, uid] = error instanceof errors.SessionNotFound ? (/^\/authorize\/([\w-]+)$/.exec(ctx.path) ?? []) : []
    if (uid !== undefined) {
      ctx.status = 303
      ctx.redirect(`${base}/login/${uid}/lost`)
      return
    }
    const clientId = ctx.oidc?.params?.client_id
    const lang = languageOf(ctx, String(ctx.oidc?.params?.ui_locales ?? ''))
    // The library cannot tell a client that is switched off from one that never was; whoever uses it should be told.
    const client =
      out.error === 'invalid_client' && typeof clientId === 'string' ? await clients.get(clientId) : undefined
    if (client && !client.enabled) {
      const flow = newId()
      await tracer.refused(flow, 'client_disabled', undefined, { clientId: client.id })
      const { title, cause } = reasonWords('client_disabled', reasons.client_disabled, lang)
      const reference = tracer.reference(flow)
      show(ctx, { status: ctx.status, title, cause, fix: adviceFor('client_disabled', lang), lang, reference })
      return
    }
    const outage = error instanceof Unavailable
    // Whatever is not the library's own (answers.ts).
    const ours = outage || out.error === 'server_error' || !isOAuthError(out.error)
    const { failures } = wordsIn(lang)
    const reference = newReference()
    note({ reference })
    show(ctx, {
      status: outage ? 503 : ours ? 500 : ctx.status,
      lang,
      reference,
      ...(ours ? failures.unanswered : failures.request(out.error_description ?? out.error)),
    })
  }

  function show(ctx: Context, problem: PageProblem): void {
    ctx.status = problem.status
    ctx.set('Cache-Control', 'no-store')
    ctx.type = 'html'
    ctx.body = problemPage(ctx, problem).toString()
  }
}
