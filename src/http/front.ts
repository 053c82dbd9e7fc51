/** What stands at the broker's own address and belongs to no feature: the front door, assets, and health. */
import Router from '@koa/router'
import { homeView } from '#views/home.ts'
import { serveAsset } from './assets.ts'

interface Needs {
  readonly issuer: string
  /** Path of the assets, without a slash at the end. */
  readonly assets: string
  /** Rejects with `Unavailable` while the stores do not answer. */
  readonly ready: () => Promise<unknown>
}

export function frontRoutes({ issuer, assets, ready }: Needs): Router {
  const router = new Router()
  router.get('/', (ctx) => {
    ctx.type = 'html'
    ctx.body = homeView({ assets, issuer }).toString()
  })
  // Until there is a console, whoever looks for it reads here how administration is done.
  router.get('/admin', (ctx) => {
    ctx.status = 303
    ctx.redirect(`${issuer}/`)
  })
  router.get('/assets/:name', (ctx) => serveAsset(ctx, String(ctx.params.name)))
  // Pages name their icon; this is for those who ask without having read one.
  router.get('/favicon.ico', (ctx) => serveAsset(ctx, 'mark.svg'))
  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'ok' }
  })
  router.get('/health/ready', async (ctx) => {
    await ready()
    ctx.body = { status: 'ok' }
  })
  return router
}
