import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import { readForm } from '../http/bodies.ts'

// More the library does not take, and would not say why.
const largest = 56 * 1024

/** Resources may be named several times (RFC 8707 §2); nothing else may. `limit` is in bytes. */
export const readParameters = (ctx: Context, limit = largest): Promise<URLSearchParams> =>
  readForm(ctx, { lists: ['resource'], limit })

/** Holds what is posted to these paths to our limits: the library counts bytes only. */
export function limitParameters(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'POST' && paths.includes(ctx.path) && ctx.is('application/x-www-form-urlencoded')) {
      replaceBody(ctx.req, await readParameters(ctx))
    }
    await next()
  }
}

/** The provider reads the body from the request itself; this is the one we have read already, or changed. */
export function replaceBody(req: IncomingMessage, form: URLSearchParams): void {
  const bytes = Buffer.from(form.toString())
  req.headers['content-length'] = String(bytes.length)
  Object.defineProperties(req, {
    readable: { value: true, configurable: true },
    iterator: {
      configurable: true,
      value: async function* () {
        yield bytes
      },
    },
  })
}
