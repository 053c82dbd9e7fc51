import type { Middleware } from 'koa'

/** What is still on its way when the answer is known is not waited for: the connection ends with the answer. */
export const hangUpOnUnread: Middleware = async (ctx, next) => {
  await next()
  if (!ctx.req.complete && !ctx.headerSent) ctx.set('Connection', 'close')
}
