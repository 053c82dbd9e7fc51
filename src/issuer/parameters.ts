import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import { readForm } from '../http/bodies.ts'

/** Resources may be named several times (RFC 8707 §2); nothing else may. */
export const readParameters = (ctx: Context): Promise<URLSearchParams> => readForm(ctx, { lists: ['resource'] })

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
