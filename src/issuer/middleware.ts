/** What stands in front of the provider's own routes, on its paths only. */
import type { Middleware } from 'koa'
import type { SignedHere } from '../tokens/signed-here.ts'
import { readParameters, replaceBody } from './parameters.ts'
import { marked } from './structured-tokens.ts'

/**
 * What programs ask is answered in JSON (RFC 6749 §5.2). The library would give an error page to whoever prefers HTML, as
 * HTTP clients do that have a browser's `Accept` by default, Java's among them.
 */
export function answerInJson(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (paths.includes(ctx.path)) ctx.req.headers.accept = 'application/json'
    await next()
  }
}

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

/** Only of what the provider answers itself: what was kept for whoever asks again may be of another process. */
export function noteSigned(path: string, signedHere: Pick<SignedHere, 'note'>): Middleware {
  return async (ctx, next) => {
    await next()
    if (ctx.path !== path || ctx.status !== 200) return
    const { access_token: token } = ctx.body as { readonly access_token?: unknown }
    if (typeof token === 'string') signedHere.note(token)
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
