import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { digest } from '../ids.ts'

/** Verifiers may keep what we publish for an hour: rotation publishes a key longer than that before it signs. */
const longest = 3600

/** Seconds: never so long that a verifier could miss a key between its publication and its first use. */
export const publishedFor = (schedule: { readonly published_before: number }): number =>
  Math.min(longest, Math.floor(schedule.published_before / 2))

/** Lets the keys and the metadata be kept for `maxAge` seconds, and asked about without being sent again. */
export function cachePublicDocuments(maxAge: number): Middleware {
  return async (ctx, next) => {
    await next()
    const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>
    if (ctx.status !== 200 || (oidc?.route !== 'jwks' && oidc?.route !== 'discovery')) return
    const type = ctx.response.get('content-type')
    const text = JSON.stringify(ctx.body)
    const tag = `"${digest(text)}"`
    ctx.body = text
    ctx.set({ 'Content-Type': type, 'Cache-Control': `public, max-age=${maxAge}`, ETag: tag })
    // Not `ctx.fresh`: that sends everything again to whoever asks past the caches in between.
    const known = ctx.get('If-None-Match').split(',')
    if (known.some((given) => [tag, `W/${tag}`, '*'].includes(given.trim()))) {
      ctx.status = 304
      ctx.body = null
    }
  }
}
