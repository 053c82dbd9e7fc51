import type { Context, Middleware } from 'koa'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import { later } from './pending-writes.ts'

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

/** Bytes of a query: with all that it becomes in cookies and in the address of an upstream, the answer's head stays below 4 KiB. */
const longest = 1000

/**
 * Many sign-ins have one way to go, to an upstream: they are sent there by the request that begins them, while they are
 * written down, and not by a page of theirs.
 */
export function leaveAtOnce(
  path: string,
  begun: (ctx: Context, interaction: Interaction) => Promise<(() => Promise<unknown>) | undefined>,
): Middleware {
  return async (ctx, next) => {
    await next()
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>
    const interaction = oidc?.entities.Interaction
    if (ctx.path !== path || ctx.status !== 303 || !interaction || ctx.querystring.length > longest) return
    const write = await begun(ctx, interaction)
    if (write) await later(write, ctx)
  }
}
