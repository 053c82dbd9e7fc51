import type { Middleware } from 'koa'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'

/**
 * An `id_token_hint` must be an ID token. The provider checks its signature, issuer and audience, expired or not;
 * but our access tokens have the same key, issuer and audience (RFC 8725 §3.11), and those are not for showing in
 * an address. What is none is emptied of its meaning here, so that each endpoint refuses it in its own way.
 */
export function refuseOtherHints(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    const hint = paths.includes(ctx.path) ? ctx.query.id_token_hint : undefined
    if (typeof hint === 'string' && !isIdToken(hint)) ctx.query = { ...ctx.query, id_token_hint: 'not an ID token' }
    await next()
  }
}

function isIdToken(hint: string): boolean {
  const { header, payload } = parseCompactJwt(hint) ?? {}
  const isOurs = header && Object.keys(header).sort().join() === 'alg,kid' && typeof header.kid === 'string'
  return Boolean(isOurs) && payload?.typ === 'ID' && typeof payload.aud === 'string'
}
