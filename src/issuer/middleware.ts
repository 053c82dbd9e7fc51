/** What stands in front of the provider's own routes, on its paths only. */
import type { Middleware } from 'koa'
import type { GrantStore } from '../sessions/session.ts'
import type { ArtifactStore } from './artifact-store.ts'
import { settle } from './consumable-adapter.ts'
import { readParameters, replaceBody } from './parameters.ts'
import { stateOf } from './request-state.ts'
import type { RotationAnswers } from './rotation-answers.ts'
import { marked } from './structured-tokens.ts'

/** OAuth clients send their JWTs to introspection and revocation; see structured-tokens.ts. */
export function markStructuredTokens(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'POST' && paths.includes(ctx.path) && ctx.is('application/x-www-form-urlencoded')) {
      const form = await readParameters(ctx)
      const token = form.get('token')
      if (token !== null) form.set('token', marked(token))
      replaceBody(ctx.req, form)
    }
    await next()
  }
}

// A longer address would not pass, here (src/http/server.ts) or at a proxy.
const longestQuery = 8 * 1024

/** OpenID Connect Core §3.1.2.1 wants POST served as well; as a GET it finds the session's cookie (SameSite=Lax). */
export function answerPostsWithGet(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== 'POST' || !paths.includes(ctx.path)) return next()
    const form = await readParameters(ctx, longestQuery)
    ctx.status = 303
    ctx.redirect(`${ctx.URL.pathname}?${form}`)
  }
}

/** Whoever brings the same code meanwhile waits for this; see consumable-adapter.ts. */
export function settleCodes(path: string, artifacts: Pick<ArtifactStore, 'endGrace'>): Middleware {
  return async (ctx, next) => {
    await next()
    const code = ctx.path === path ? ctx.oidc?.entities.AuthorizationCode : undefined
    if (code) await settle(artifacts, code.jti)
  }
}

/** Refreshed tokens of a grant that was revoked while they were being made are not handed out (SEC-024). */
export function confirmGrant(path: string, grants: Pick<GrantStore, 'get'>): Middleware {
  return async (ctx, next) => {
    await next()
    const { Grant, RefreshToken, AuthorizationCode } = ctx.oidc?.entities ?? {}
    if (ctx.path !== path || ctx.status !== 200 || !Grant || !RefreshToken || AuthorizationCode) return
    if (await grants.get(Grant.jti)) return
    stateOf(ctx).refused = 'session_ended'
    ctx.status = 400
    ctx.body = { error: 'invalid_grant', error_description: 'grant request is invalid' }
  }
}

/** Gives a refresh that lost against another one with the same token the other's answer. */
export function repeatRotationAnswers(path: string, answers: RotationAnswers): Middleware {
  return async (ctx, next) => {
    await next()
    if (ctx.path !== path || ctx.method !== 'POST') return
    const { lostRotation, wonRotation } = stateOf(ctx)
    const { Client } = ctx.oidc?.entities ?? {}
    if (lostRotation && Client) {
      const answer = await answers.find(lostRotation, Client.clientId)
      ctx.status = answer ? 200 : 503
      // The other one is still at work, or came to nothing: which, can be told in a moment.
      if (!answer) ctx.set('Retry-After', '1')
      ctx.body = answer ?? {
        error: 'temporarily_unavailable',
        error_description: 'Another request is using this refresh token. Try again in a moment.',
      }
    } else if (wonRotation && Client) {
      if (ctx.status !== 200) return answers.giveBack(wonRotation)
      await answers.keep(wonRotation, Client.clientId, ctx.body as object).catch(async (error: unknown) => {
        // Nobody has had the answer, and nobody could get it again.
        await answers.giveBack(wonRotation)
        throw error
      })
    }
  }
}
