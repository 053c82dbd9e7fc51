/** Signing in with a user name and a password. */
import type { Context } from 'koa'
import { factorWords } from '#views/words/factors.ts'
import { reasonWords } from '#views/words/reasons.ts'
import type { LocalUserStore } from '../accounts/local-user.ts'
import type { FactorKeeper } from '../accounts/second-factors/second-factors.ts'
import type { Attempt, Room, Throttle } from '../accounts/throttle.ts'
import type { PasswordConnector } from '../connector.ts'
import { Refusal } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import type { Interactions, Login } from '../interaction.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Source, SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { Tracer } from '../traces/tracer.ts'
import type { Receive } from './arrival.ts'
import type { HalfProven, Halfway } from './halfway.ts'
import type { Steps } from './steps.ts'
import type { Visit } from './visit.ts'

interface Needs {
  readonly steps: Steps
  readonly sources: Pick<SourceStore, 'byAlias'>
  readonly interactions: Interactions
  readonly connector: Sources['connector']
  readonly receive: Receive
  readonly throttle: Throttle
  readonly factors: Pick<FactorKeeper, 'isWanted'>
  readonly localUsers: Pick<LocalUserStore, 'get'>
  readonly halfway: Halfway
  readonly tracer: Tracer
}

interface Ahead {
  readonly attempt: Attempt
  /** Or why there is none. */
  readonly room: Room | Error
}

/** A password is not enough for this person. */
interface HalfVerified {
  readonly halfway: HalfProven
}

interface Verified {
  readonly login: Login
}

/** Bytes of a form with a user name and a password, or an e-mail address. */
export const credentialsLimit = 4 * 1024

/** What the form says again, above itself. Everything else is a page of its own. */
const answeredInPlace: ReadonlySet<ReasonCode> = new Set(['bad_credentials', 'too_many_attempts', 'account_disabled'])

export function createPasswordLogin({ steps, sources, interactions, connector, receive, throttle, ...needs }: Needs) {
  const { factors, localUsers, halfway, tracer } = needs

  /** Whether there is room for another attempt, asked ahead: in the same trip that finds the sign-in it belongs to. */
  async function lookAhead(ctx: Context, posted: URLSearchParams | Refusal): Promise<Ahead | undefined> {
    const source = await sources.byAlias(String(ctx.params.alias))
    if (!source || posted instanceof Refusal) return undefined
    const attempt = { username: posted.get('username') ?? '', sourceId: source.id, address: ctx.ip }
    const room = await throttle.check(attempt).catch((error: Error) => error)
    return { attempt, room }
  }

  async function verify(
    { interaction, client }: Visit,
    source: Source,
    open: PasswordConnector,
    password: string,
    { attempt, room }: Ahead,
  ): Promise<Verified | HalfVerified> {
    if (room instanceof Error) throw room
    const identity = await open.verify({ username: attempt.username, password })
    if (!identity) {
      await throttle.failed(attempt)
      throw new Refusal('bad_credentials')
    }
    if (source.type === 'local' && (await factors.isWanted(identity.subject))) {
      // Not written down as a success: else whoever has the password could have wrong codes forgotten by showing it.
      await throttle.check(attempt)
      const user = await localUsers.get(identity.subject)
      if (!user) throw new Refusal('bad_credentials')
      return { halfway: { user, provenAt: identity.provenAt ?? 0 } }
    }
    await throttle.succeeded(attempt, room)
    return { login: await receive({ interaction, client, source, identity }) }
  }

  /** The page the person was on, with what they typed as their name, and what is wrong. */
  async function answerInPlace(ctx: Context, here: Visit, source: Source, username: string, error: Refusal) {
    const known = { clientId: here.client.id, source }
    await tracer.refused(here.interaction.flow, error.code, undefined, known)
    // A disabled account reads like a wrong password: the form tells nobody which names exist (SEC-085).
    const code = error.code === 'account_disabled' ? 'bad_credentials' : error.code
    const { status } = reasons[code]
    const { title } = reasonWords(code, reasons[code], here.lang)
    const tooMany = factorWords(here.lang).step.problems.too_many_attempts
    const problem = code === 'too_many_attempts' ? tooMany : title
    const step = await steps.next(ctx, here)
    const around =
      step.kind === 'choose' && step.from.some(({ id }) => id === source.id)
        ? { from: step.from, more: step.more, discover: step.discover }
        : { from: [], more: false, discover: false }
    ctx.status = status
    if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter))
    await steps.choose(ctx, here, { ...around, password: { source, username, problem } })
  }

  return async (ctx: Context): Promise<void> => {
    const posted = await readForm(ctx, { limit: credentialsLimit }).catch(refusal)
    const [here, ahead] = await Promise.all([steps.visit(ctx), lookAhead(ctx, posted)])
    if (posted instanceof Refusal) throw posted
    steps.confirmForm(ctx, here, posted)
    const source = await steps.namedSource(ctx, here)
    const open = connector(source)
    if (open.kind !== 'password') throw new Refusal('source_not_allowed', `${source.alias} takes no passwords`)
    if (!ahead) throw new Refusal('source_disabled')
    let verified: Verified | HalfVerified
    try {
      verified = await verify(here, source, open, posted.get('password') ?? '', ahead)
    } catch (error) {
      if (!(error instanceof Refusal && answeredInPlace.has(error.code))) throw error
      return answerInPlace(ctx, here, source, ahead.attempt.username, error)
    }
    if ('halfway' in verified) {
      const { uid, flow } = here.interaction
      await tracer.step(flow, 'second_factor_asked', undefined, { clientId: here.client.id, source })
      halfway.keep(ctx, uid, verified.halfway)
      ctx.status = 303
      return ctx.redirect(steps.address(here))
    }
    steps.remember(ctx, source)
    await interactions.finish(ctx, { kind: 'login', login: verified.login })
  }
}

/** A form that cannot be read is refused once it is known which sign-in it belongs to. */
function refusal(error: unknown): Refusal {
  if (!(error instanceof Refusal)) throw error
  return error
}
