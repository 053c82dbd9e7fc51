/** Signing in with a user name and a password. */
import type { Context } from 'koa'
import type { PasswordConnector } from '../connector.ts'
import { Refusal } from '../errors.ts'
import type { Interactions, Login } from '../interaction.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Source } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { Tracer } from '../traces/tracer.ts'
import type { Receive } from './arrival.ts'
import type { Steps } from './steps.ts'
import type { Throttle } from './throttle.ts'
import type { Visit } from './visit.ts'

interface Needs {
  readonly steps: Steps
  readonly interactions: Interactions
  readonly connector: Sources['connector']
  readonly receive: Receive
  readonly throttle: Throttle
  readonly tracer: Tracer
}

interface Credentials {
  readonly username: string
  readonly password: string
}

/** Bytes of a form with a user name and a password, or an e-mail address. */
export const credentialsLimit = 4 * 1024

/** What the form says again, above itself. Everything else is a page of its own. */
const answeredInPlace: ReadonlySet<ReasonCode> = new Set(['bad_credentials', 'too_many_attempts', 'account_disabled'])

export function createPasswordLogin({ steps, interactions, connector, receive, throttle, tracer }: Needs) {
  async function verify(
    { interaction, client }: Visit,
    source: Source,
    open: PasswordConnector,
    { username, password, address }: Credentials & { readonly address: string },
  ): Promise<Login> {
    const attempt = { username, sourceId: source.id, address }
    await throttle.check(attempt)
    const identity = await open.verify({ username, password })
    if (!identity) {
      await throttle.failed(attempt)
      throw new Refusal('bad_credentials')
    }
    await throttle.succeeded(attempt)
    return receive({ interaction, client, source, identity })
  }

  /** The page the person was on, with what they typed as their name, and what is wrong. */
  async function answerInPlace(ctx: Context, here: Visit, source: Source, username: string, error: Refusal) {
    const known = { clientId: here.client.id, source }
    await tracer.refused(here.interaction.flow, error.code, undefined, known)
    // A disabled account reads like a wrong password: the form tells nobody which names exist (SEC-085).
    const { status, title } = reasons[error.code === 'account_disabled' ? 'bad_credentials' : error.code]
    const step = await steps.next(here)
    const around =
      step.kind === 'choose' && step.from.some(({ id }) => id === source.id)
        ? { from: step.from, discover: step.discover }
        : { from: [], discover: false }
    ctx.status = status
    if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter))
    steps.choose(ctx, here, { ...around, password: { source, username, problem: title } })
  }

  return async (ctx: Context): Promise<void> => {
    const here = await steps.visit(ctx)
    const form = await steps.form(ctx, here, credentialsLimit)
    const source = await steps.namedSource(ctx, here)
    const open = connector(source)
    if (open.kind !== 'password') throw new Refusal('source_not_allowed', `${source.alias} takes no passwords`)
    const username = form.get('username') ?? ''
    const password = form.get('password') ?? ''
    let login: Login
    try {
      login = await verify(here, source, open, { username, password, address: ctx.ip })
    } catch (error) {
      if (!(error instanceof Refusal && answeredInPlace.has(error.code))) throw error
      return answerInPlace(ctx, here, source, username, error)
    }
    steps.remember(ctx, source)
    await interactions.finish(ctx, { kind: 'login', login })
  }
}
