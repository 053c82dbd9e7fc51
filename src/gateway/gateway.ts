/** Where gateways ask. What they ask thousands of times a second is answered before Koa makes a context of it. */
import Router from '@koa/router'
import type { Context } from 'koa'
import { Refusal } from '../errors.ts'
import type { DirectRoute, FindDirectRoute } from '../http/direct.ts'
import { hasKnownAddress } from '../http/origin.ts'
import type { Check } from './check.ts'
import type { Dialect } from './dialects/dialect.ts'
import { envoy } from './dialects/envoy.ts'
import { forwarded } from './dialects/forwarded.ts'
import { nginx } from './dialects/nginx.ts'
import type { FindApi } from './find-api.ts'
import type { ProtectedResource } from './protected-resource.ts'

interface Needs {
  readonly issuer: string
  readonly check: Check
  readonly findApi: Pick<FindApi, 'bySlug'>
  readonly protectedResource: ProtectedResource
}

/** For requests as gateways send them. The routes have the same answers to all others. */
export function directGateway({ issuer, check }: Pick<Needs, 'issuer' | 'check'>): FindDirectRoute {
  const base = basePath(issuer)
  const route = (dialect: Dialect, endpoint: string, restOf: (target: string) => string): DirectRoute => ({
    method: 'any',
    endpoint,
    answer: (req, address) => check(req, { dialect, rest: restOf(req.url ?? ''), address: address() }),
  })
  const exact = new Map([
    [`${base}/verify/nginx`, route(nginx, '/verify/nginx', () => '')],
    [`${base}/verify/forwarded`, route(forwarded, '/verify/forwarded', () => '')],
  ])
  const below = `${base}/verify/envoy/`
  const envoys = route(envoy, '/verify/envoy{/*rest}', (target) => target.slice(below.length - 1))
  return (target) => exact.get(target) ?? (target.startsWith(below) ? envoys : undefined)
}

export function gatewayRoutes({ issuer, check, findApi, protectedResource }: Needs): Router {
  const base = basePath(issuer)

  async function tell(ctx: Context, dialect: Dialect, rest = ''): Promise<void> {
    const {
      status,
      headers,
      lines = [],
      body,
    } = await check(ctx.req, { dialect, rest, address: hasKnownAddress(ctx.req) ? ctx.ip : undefined })
    ctx.status = status
    ctx.body = body
    // Koa names one for an empty body, too.
    ctx.remove('Content-Type')
    ctx.set(headers)
    for (let at = 0; at < lines.length; at += 2) ctx.set(lines[at] ?? '', lines[at + 1] ?? '')
  }

  const router = new Router()
  router.all('/verify/nginx', (ctx) => tell(ctx, nginx))
  router.all('/verify/forwarded', (ctx) => tell(ctx, forwarded))
  // What follows is somebody else's address: it is read as it was sent, and not as the router decodes it.
  router.all('/verify/envoy{/*rest}', (ctx) => tell(ctx, envoy, ctx.originalUrl.slice(`${base}/verify/envoy`.length)))
  router.get('/.well-known/oauth-protected-resource/:slug', async (ctx) => {
    const api = await findApi.bySlug(String(ctx.params.slug))
    const document = api && (await protectedResource(api))
    if (!document) throw new Refusal('not_found', `There is no API ${ctx.params.slug}`)
    ctx.set({ 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' })
    ctx.body = document
  })
  return router
}

const basePath = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '')
