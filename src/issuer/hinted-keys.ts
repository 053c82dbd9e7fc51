import type { Middleware } from 'koa'
import type { FindVerifier } from '../keys/find-verifier.ts'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'

/**
 * Before the provider, which knows the keys of its making, meets an `id_token_hint`: another node may have signed
 * it with a newer one. Whether the hint is any good is the provider's to say.
 */
export function learnHintedKey(paths: readonly string[], findVerifier: FindVerifier): Middleware {
  return async (ctx, next) => {
    const hint = paths.includes(ctx.path) ? ctx.query.id_token_hint : undefined
    const kid = typeof hint === 'string' ? parseCompactJwt(hint)?.header.kid : undefined
    if (typeof kid === 'string') await findVerifier(kid)
    await next()
  }
}
