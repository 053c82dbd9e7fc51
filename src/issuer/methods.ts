import type { Middleware } from 'koa'
import { Refusal } from '../errors.ts'
import { oauthError } from '../http/oauth-error.ts'
import { reasons } from '../reasons.ts'

/** How each of the provider's addresses may be asked, and what answers there: for a person a page, for a program JSON. */
export interface Methods {
  readonly allowed: readonly string[]
  readonly for: 'people' | 'programs'
}

/**
 * What is there, but not in this way, is 405 (RFC 9110 §15.5.6); to the library it is not there at all. A browser's
 * preflight asks for what may be asked, and is answered elsewhere.
 */
export function refuseOtherMethods(methods: Readonly<Record<string, Methods>>): Middleware {
  return async (ctx, next) => {
    const known = methods[ctx.path]
    const asked = ctx.method === 'HEAD' ? 'GET' : ctx.method
    if (!known || asked === 'OPTIONS' || known.allowed.includes(asked)) return next()
    const allowed = known.allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
    ctx.set('Allow', allowed.join(', '))
    if (known.for === 'people') throw new Refusal('method_not_allowed', `${ctx.method} cannot be used at ${ctx.path}`)
    ctx.status = reasons.method_not_allowed.status
    ctx.set('Cache-Control', 'no-store')
    ctx.body = oauthError('invalid_request', `only ${allowed.join(', ')} can be used here`)
  }
}
