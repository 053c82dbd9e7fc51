/**
 * What one request writes is gathered and sent together, before its answer leaves: one trip instead of one for each.
 * Nobody has seen a code, a token or a cookie before that, so until then it makes no difference that it is not kept;
 * and when it cannot be kept, there is no answer (503).
 */
import type { Middleware } from 'koa'
import { Provider } from 'oidc-provider'
import { stateOf } from './request-state.ts'

/** Writes at the end of the request, which the library's hooks need not name; or now, where there is none. */
export async function later(write: () => Promise<unknown>, ctx: object | undefined = Provider.ctx): Promise<void> {
  if (!ctx) await write()
  else stateOf(ctx).writes = [...(stateOf(ctx).writes ?? []), write]
}

export function dropWrites(ctx: object): void {
  stateOf(ctx).writes = []
}

/** Sends what is pending, in the order in which it came. */
export async function flush(ctx: object): Promise<void> {
  const { writes = [] } = stateOf(ctx)
  dropWrites(ctx)
  await Promise.all(writes.map((write) => write()))
}

/** Around everything that writes; where the answer depends on more, that has flushed by then (settle.ts). */
export const flushWrites: Middleware = async (ctx, next) => {
  await next()
  if (stateOf(ctx).failure === undefined) await flush(ctx)
}
