import type { Middleware } from 'koa'
import { Refusal } from '../errors.ts'
import { requirePercentEncodedUtf8 } from '../http/bodies.ts'

/**
 * What is read here must be what everybody else reads, a proxy and the log among them (RFC 6749 §3.1): parameters come
 * in the query or in the body and not in both, and they are UTF-8. That each comes once, their readers see to.
 */
export function requireUnambiguous(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (paths.includes(ctx.path) && ctx.querystring !== '') {
      if (ctx.method === 'POST')
        throw new Refusal('invalid_input', 'Parameters come in the body of a POST, and none in its query')
      // Bytes beyond ASCII have been taken for another alphabet by now.
      if (/[^\x21-\x7e]/.test(ctx.querystring)) throw new Refusal('invalid_input', 'Parameters must be percent-encoded')
      requirePercentEncodedUtf8(ctx.querystring)
    }
    await next()
  }
}
