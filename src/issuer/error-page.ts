import type { Context } from 'koa'
import { type Configuration, errors } from 'oidc-provider'
import type { Config } from '../config/schema.ts'
import { Unavailable } from '../errors.ts'
import type { PageProblem } from '../http/errors.ts'
import { newReference } from '../ids.ts'
import type { Log } from '../log.ts'

export type ProblemPage = (ctx: Context, problem: PageProblem) => { toString(): string }

interface Needs {
  readonly config: Pick<Config, 'issuer'>
  readonly problemPage: ProblemPage
  readonly log: Log
}

/** The page for errors that may not go back to the client: an unknown one, a redirect address that is not its own. */
export function createRenderError({ config, problemPage, log }: Needs): NonNullable<Configuration['renderError']> {
  const base = new URL(config.issuer).pathname.replace(/\/$/, '')
  return (ctx, out, error) => {
    // Finished meanwhile, expired, or another browser's: the sign-in's own pages know the way on.
    const [, uid] = error instanceof errors.SessionNotFound ? (/^\/authorize\/([\w-]+)$/.exec(ctx.path) ?? []) : []
    if (uid !== undefined) {
      ctx.status = 303
      ctx.redirect(`${base}/login/${uid}/lost`)
      return
    }
    const outage = error instanceof Unavailable
    const ours = outage || out.error === 'server_error'
    const reference = newReference()
    log.info(
      { reference, error: out.error, detail: out.error_description, client: ctx.oidc?.params?.client_id },
      'the request ended on the error page',
    )
    if (outage) ctx.status = 503
    ctx.set('Cache-Control', 'no-store')
    ctx.type = 'html'
    ctx.body = problemPage(ctx, {
      status: ctx.status,
      reference,
      ...(ours ? words.ours : words.theirs(out.error_description ?? out.error)),
    }).toString()
  }
}

const words = {
  ours: {
    title: 'The service cannot answer just now',
    cause: 'A part of the service that is needed for this did not answer. Nothing was decided and nothing was changed.',
    fix: 'Try again in a moment. If it happens again, give the reference to an administrator.',
  },
  theirs: (description: string) => ({
    title: 'The application sent a request that cannot be followed',
    cause: `The sign-in service checked the request and found: ${description}.`,
    fix: 'Go back to the application and start again. If it happens again, tell its developers what is written here.',
  }),
}
