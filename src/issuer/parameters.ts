import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import { readForm } from '../http/bodies.ts'

// More the library does not take, and would not say why.
const largest = 56 * 1024

/** Several of ours look at the same body, one after the other. */
const readAlready = new WeakMap<IncomingMessage, URLSearchParams>()

/** Resources may be named several times (RFC 8707 §2); nothing else may. `limit` is in bytes. */
export async function readParameters(ctx: Context, limit = largest): Promise<URLSearchParams> {
  const known = limit === largest ? readAlready.get(ctx.req) : undefined
  return known ? new URLSearchParams(known) : readForm(ctx, { lists: ['resource'], limit })
}

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
  readAlready.set(req, new URLSearchParams(form))
  giveBack(req, Buffer.from(form.toString()))
}

/** The request is as it was before its body was read, for whoever reads it with its iterator. */
export function giveBack(req: IncomingMessage, bytes: Buffer): void {
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
