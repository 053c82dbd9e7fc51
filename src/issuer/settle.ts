/**
 * The last trip of a request, when the answer is made and nobody has it: what must be true of it is asked, and what it
 * needs is written, at the same time. It leaves only if all of that holds. What was written for an answer that does not
 * leave hangs on a session or a grant, and ends with that.
 */
import type { Context, Middleware } from 'koa'
import { errors, type KoaContextWithOIDC } from 'oidc-provider'
import { Refusal } from '../errors.ts'
import { digest } from '../ids.ts'
import type { GrantStore, SessionStore } from '../sessions/session.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { dropWrites, flush } from './pending-writes.ts'
import { type Presented, stateOf, type Use } from './request-state.ts'
import type { RotationAnswers } from './rotation-answers.ts'

/**
 * A new session is begun before its login is looked at once more: whoever shuts the person out marks first and ends
 * sessions then, so one of the two finds the other. A login that was overtaken is lost, and its session with it.
 */
export function settleLogin(sessions: Pick<SessionStore, 'end'>, lostAt: (uid: string) => string): Middleware {
  return async (ctx, next) => {
    await next()
    const { begun, failure } = stateOf(ctx)
    if (!begun || failure !== undefined) return
    const begin = flush(ctx).then(() => true, unlessSessionEnded)
    const [stands, overtaken] = await Promise.all([begin, begun.overtaken()])
    if (stands && !overtaken) return
    await sessions.end(begun.session.id)
    ctx.status = 303
    ctx.redirect(lostAt(ctx.oidc?.entities.Interaction?.uid ?? ''))
  }
}

function unlessSessionEnded(error: unknown): false {
  if (!(error instanceof Refusal && error.code === 'session_ended')) throw error
  return false
}

interface Needs {
  readonly artifacts: Pick<ArtifactStore, 'get' | 'endGrace' | 'release'>
  readonly grants: Pick<GrantStore, 'get' | 'remove'>
  readonly answers: RotationAnswers
}

/** Tokens leave when what was presented for them is used up by this request, and the grant still stands (SEC-024). */
export function settleTokens(path: string, { artifacts, grants, answers }: Needs): Middleware {
  return async (ctx, next) => {
    await next()
    const { presented, use, lostRotation, failure, unconfirmed } = stateOf(ctx)
    if (ctx.path !== path) return
    if (unconfirmed && !staysIn(ctx)) throw unconfirmed
    if (presented?.kind === 'AuthorizationCode' && use && failure === undefined) await settleCode(ctx, presented, use)
    if (presented?.kind === 'RefreshToken' && lostRotation !== undefined) await repeatAnswer(ctx, lostRotation)
    else if (presented?.kind === 'RefreshToken' && use?.begun) await settleRefresh(ctx, presented, use)
  }

  async function settleCode(ctx: Context, presented: Presented, use: Use): Promise<void> {
    // The library takes it for used before it has looked at everything, such as the proof of possession and the resource.
    if (ctx.status !== 200 && !use.begun) return dropWrites(ctx)
    const grant = await finish(ctx, presented, use)
    if (use.begun && !(await use.decide())) {
      stateOf(ctx).presented = { ...presented, spent: true }
      // In this order: the request that used it may look for its grant at any moment, and is to know why there is none.
      await artifacts.endGrace('AuthorizationCode', digest(use.token))
      await grants.remove(presented.grantId)
      refuse(ctx)
      const { oidc } = ctx as unknown as KoaContextWithOIDC
      oidc.provider.emit('grant.error', ctx as unknown as KoaContextWithOIDC, new errors.InvalidGrant('code was used'))
    } else if (!grant && ctx.status === 200 && !(await cameAgain(use.token))) refuse(ctx)
  }

  /** Where it fails nobody has had the answer: the code can be shown again. */
  async function finish(ctx: Context, { grantId }: Presented, use: Use) {
    try {
      const [grant] = await Promise.all([grants.get(grantId), flush(ctx)])
      return grant
    } catch (error) {
      if (use.begun && (await use.decide())) await artifacts.release('AuthorizationCode', digest(use.token))
      throw error
    }
  }

  /** Whoever used it first is answered all the same, with what is dead by then: one of many is told yes (SEC-018). */
  async function cameAgain(code: string): Promise<boolean> {
    return (await artifacts.get('AuthorizationCode', digest(code)))?.consumedAt === 0
  }

  async function settleRefresh(ctx: Context, presented: Presented, use: Use): Promise<void> {
    if (!(await use.decide())) return
    if (ctx.status !== 200) {
      dropWrites(ctx)
      return answers.giveBack(use.token)
    }
    try {
      const keeping = () => answers.keep(use.token, presented.clientId, ctx.body as object)
      const [grant] = await Promise.all([grants.get(presented.grantId), flush(ctx), keeping()])
      if (grant) return
    } catch (error) {
      // Nobody has had the answer, and nobody could get it again.
      await answers.giveBack(use.token)
      throw error
    }
    stateOf(ctx).refused = 'session_ended'
    refuse(ctx)
  }

  /** Gives a refresh that lost against another one with the same token the other's answer. */
  async function repeatAnswer(ctx: Context, token: string): Promise<void> {
    const { Client } = ctx.oidc?.entities ?? {}
    const answer = Client && (await answers.find(token, Client.clientId))
    ctx.status = answer ? 200 : 503
    // The other one is still at work, or came to nothing: which, can be told in a moment.
    if (!answer) ctx.set('Retry-After', '1')
    ctx.body = answer ?? {
      error: 'temporarily_unavailable',
      error_description: 'Another request is using this refresh token. Try again in a moment.',
    }
  }
}

/**
 * From what was known before only those have tokens who had some: their grant tells that nothing shut them out since.
 * A client's secret may have changed, which is no reason to take the client for a stranger.
 */
const staysIn = (ctx: Context): boolean => ctx.oidc?.params?.grant_type === 'refresh_token' && ctx.status !== 401

function refuse(ctx: Context): void {
  ctx.status = 400
  ctx.body = { error: 'invalid_grant', error_description: 'grant request is invalid' }
}
