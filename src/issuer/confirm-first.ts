import type { Middleware } from 'koa'
import { Unavailable } from '../errors.ts'
import { stateOf } from './request-state.ts'

interface Needs {
  /** From here on, what is known of the registry holds whatever any node has changed until now. */
  readonly confirmRegistry: () => Promise<unknown>
  readonly routes: { readonly authorization: string; readonly token: string }
}

/**
 * What signs somebody in or makes a token goes by the registry as it is; marks see to the rest, they are asked each
 * time. While it is away, who is in stays in: whether a request asks for no more than that, settle.ts knows in the end.
 */
export function confirmFirst({ confirmRegistry, routes }: Needs): Middleware {
  return async (ctx, next) => {
    try {
      if (ctx.path === routes.token || ctx.path.startsWith(routes.authorization)) await confirmRegistry()
    } catch (error) {
      if (!(error instanceof Unavailable) || ctx.path !== routes.token) throw error
      stateOf(ctx).unconfirmed = error
    }
    await next()
  }
}
