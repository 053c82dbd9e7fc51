/** Where gateways ask. What they ask thousands of times a second is answered before Koa makes a context of it. */
import Router from '@koa/router'
import type { Context } from 'koa'
import { Refusal } from '../errors.ts'
import type { DirectRoute, FindDirectRoute } from '../http/direct.ts'
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

const paths = { nginx: '/verify/nginx', forwarded: '/verify/forwarded', envoy: '/verify/envoy' } as const

/** For requests as gateways send them. The routes have the same answers to all others. */
export function directGateway({ issuer, check }: Pick<Needs, 'issuer' | 'check'>): FindDirectRoute {
  const base = basePath(issuer)
  const route = (dialect: Dialect, endpoint: string, restOf: (target: string) => string): DirectRoute => ({
    method: 'any',
    endpoint,
    answer: (req, address) => check(req, { dialect, rest: restOf(req.url ?? ''), address }),
  })
  const exact = new Map([
    [base + paths.nginx, route(nginx, paths.nginx, () => '')],
    [base + paths.forwarded, route(forwarded, paths.forwarded, () => '')],
  ])
  const envoysOwn = base + paths.envoy
  const below = `${envoysOwn}/`
  const toEnvoy = route(envoy, envoyPattern, (target) => target.slice(envoysOwn.length))
  return (target) => exact.get(target) ?? (target.startsWith(below) ? toEnvoy : undefined)
}

const envoyPattern = `${paths.envoy}{/*rest}`

export function gatewayRoutes({ issuer, check, findApi, protectedResource }: Needs): Router {
  const base = basePath(issuer)

  async function tell(ctx: Context, dialect: Dialect, rest = ''): Promise<void> {
    const { status, headers, body } = await check(ctx.req, { dialect, rest, address: () => ctx.ip })
    ctx.status = status
    ctx.body = body
    // Koa names one for an empty body, too.
    ctx.remove('Content-Type')
    ctx.set(headers)
  }

  const router = new Router()
  router.all(paths.nginx, (ctx) => tell(ctx, nginx))
  router.all(paths.forwarded, (ctx) => tell(ctx, forwarded))
  // What follows is somebody else's address: it is read as it was sent, and not as the router decodes it.
  router.all(envoyPattern, (ctx) => tell(ctx, envoy, ctx.originalUrl.slice(`${base}${paths.envoy}`.length)))
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
