import type { Middleware } from 'koa'
import { CannotMask, readMasks } from './mask.ts'
import { cannotMask, maskResponse } from './mask-response.ts'

/** The first middleware of an API behind the gateway. Whatever has not come by it is answered with 500 and goes no further. */
export const maskForKoa: Middleware = async (ctx, next) => {
  try {
    maskResponse(ctx.req, ctx.res, readMasks(ctx.req.headers['x-auth-mask']))
  } catch (error) {
    if (!(error instanceof CannotMask)) throw error
    console.error(error.message)
    ctx.status = 500
    ctx.type = 'application/json'
    ctx.body = cannotMask
    return
  }
  await next()
}
