/** What stands at the broker's own address and belongs to no feature: the front door, and assets. */
import Router from '@koa/router'
import { homeView } from '#views/home.ts'
import { serveAsset } from './assets.ts'
import { languageOf } from './language.ts'

interface Needs {
  readonly issuer: string
  /** Path of the assets, without a slash at the end. */
  readonly assets: string
}

export function frontRoutes({ issuer, assets }: Needs): Router {
  const router = new Router()
  router.get('/', (ctx) => {
    ctx.type = 'html'
    ctx.body = homeView({ assets, lang: languageOf(ctx), issuer }).toString()
  })
  router.get('/assets/:name', (ctx) => serveAsset(ctx, String(ctx.params.name)))
  // Pages name their icon; this is for those who ask without having read one.
  router.get('/favicon.ico', (ctx) => serveAsset(ctx, 'mark.svg'))
  return router
}
