/** After the password of a local user who has more than that: a code, a passkey, or a code on paper. */
import type { Context } from 'koa'
import { type LocalUser, localAttributes } from '../accounts/local-user.ts'
import { assurance, type SecondMethod } from '../accounts/second-factors/assurance.ts'
import type { PasskeyAnswer, Passkeys } from '../accounts/second-factors/passkeys.ts'
import type { FactorKeeper } from '../accounts/second-factors/second-factors.ts'
import type { Throttle } from '../accounts/throttle.ts'
import { type Clock, seconds } from '../clock.ts'
import { Refusal } from '../errors.ts'
import type { Identity } from '../identity.ts'
import type { Interactions } from '../interaction.ts'
import type { Source, SourceStore } from '../sources/source.ts'
import type { Tracer } from '../traces/tracer.ts'
import type { Receive } from './arrival.ts'
import { applicable } from './candidates.ts'
import type { Halfway } from './halfway.ts'
import type { SecondProblem } from './pages.ts'
import { passkeyAlonePurpose, secondStepPurpose } from './passkey-purposes.ts'
import type { AskSecond, Steps } from './steps.ts'
import type { Visit } from './visit.ts'

interface Needs {
  readonly steps: Steps
  readonly halfway: Halfway
  readonly askSecond: AskSecond
  readonly factors: FactorKeeper
  readonly passkeys: Passkeys
  readonly localUsers: { get(id: string): Promise<LocalUser | undefined> }
  readonly sources: Pick<SourceStore, 'get'>
  readonly interactions: Interactions
  readonly receive: Receive
  readonly throttle: Throttle
  readonly tracer: Tracer
  readonly clock: Clock
}

/** A passkey's answer is long: its data, its signature, and our ticket. */
const answerLimit = 48 * 1024

export function createSecondStep(needs: Needs) {
  const { steps, halfway, askSecond, factors, passkeys, sources, interactions, receive, throttle, tracer, clock } =
    needs

  async function prove(user: LocalUser, uid: string, form: URLSearchParams): Promise<SecondMethod> {
    const answer = answerIn(form)
    if (answer) {
      await passkeys.receive(secondStepPurpose(uid, user.id), answer, user.id)
      return 'passkey'
    }
    const method = await factors.useCode(user.id, form.get('code') ?? '')
    if (!method) throw new Refusal('second_factor_wrong')
    return method
  }

  /** `provenAt`: when a password began to be looked at, if there was one. */
  async function arrive(here: Visit, source: Source, user: LocalUser, method: SecondMethod, provenAt?: number) {
    const identity: Identity = {
      ...{ subject: user.id, attributes: localAttributes(user), authTime: seconds(clock()) },
      ...(provenAt !== undefined && { provenAt }),
      ...assurance(method, provenAt !== undefined, here.interaction.acr.values),
    }
    const known = { clientId: here.client.id, source }
    await tracer.proven(here.interaction.flow, [{ what: 'second_factor', detail: { method } }], known)
    return receive({ ...here, source, identity })
  }

  return {
    /** POST: what the second step's page sends. */
    async send(ctx: Context): Promise<void> {
      const here = await steps.visit(ctx)
      const form = await steps.form(ctx, here, answerLimit)
      const { uid, flow } = here.interaction
      const proven = await halfway.find(ctx, uid)
      const user = proven?.user
      const source = user && applicable(await sources.get(user.sourceId), here.client)
      // Too late, or the password was changed: from the beginning.
      if (!proven || !user || !source) return steps.beginAnew(ctx, here)
      const attempt = { username: user.username, sourceId: source.id, address: ctx.ip }
      let method: SecondMethod
      try {
        const room = await throttle.check(attempt)
        method = await prove(user, uid, form).catch(async (error: unknown) => {
          if (error instanceof Refusal) await throttle.failed(attempt)
          throw error
        })
        await throttle.succeeded(attempt, room)
      } catch (error) {
        const problem = error instanceof Refusal ? answeredInPlace.find((code) => code === error.code) : undefined
        if (!(error instanceof Refusal) || !problem) throw error
        await tracer.refused(flow, error.code, { detail: error.message }, { clientId: here.client.id, source })
        ctx.status = error.status
        if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter))
        const inRecovery = problem === 'second_factor_wrong' && form.get('with') === 'recovery'
        return askSecond(ctx, here, user, inRecovery ? 'recovery_wrong' : problem)
      }
      const login = await arrive(here, source, user, method, proven.provenAt)
      steps.remember(ctx, source)
      await interactions.finish(ctx, { kind: 'login', login })
    },

    /** POST: a passkey instead of a name and a password. */
    async passkeyAlone(ctx: Context): Promise<void> {
      const here = await steps.visit(ctx)
      const form = await steps.form(ctx, here, answerLimit)
      const source = await steps.namedSource(ctx, here)
      if (source.type !== 'local') throw new Refusal('source_not_allowed', `${source.alias} knows no passkeys`)
      const answer = answerIn(form)
      if (!answer) return steps.advance(ctx, here)
      const { userId } = await passkeys.receive(passkeyAlonePurpose(here.interaction.uid), answer)
      const user = await needs.localUsers.get(userId)
      if (user?.sourceId !== source.id) throw new Refusal('passkey_refused', 'it is for another source')
      const login = await arrive(here, source, user, 'passkey')
      steps.remember(ctx, source)
      await interactions.finish(ctx, { kind: 'login', login })
    },
  }
}

/** What the script of our pages puts into a form: nothing where there is none. */
export function answerIn(form: URLSearchParams): PasskeyAnswer | undefined {
  const [ticket, answer] = [form.get('ticket'), form.get('answer')]
  return ticket && answer ? { ticket, answer } : undefined
}

const answeredInPlace: readonly SecondProblem[] = ['second_factor_wrong', 'passkey_refused', 'too_many_attempts']
