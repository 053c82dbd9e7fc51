/**
 * The administrators' console: pages over the same operations as the admin API. Each page is a file in pages/ with its
 * views in views/console/; docs/console.md shows how one is added.
 */
import Router from '@koa/router'
import { createMount, type Mount } from './page.ts'

type MountNeeds = Omit<Parameters<typeof createMount>[0], 'router'>

interface Needs extends MountNeeds {
  /** In and out; before everything else. */
  readonly door: { mount(router: Router): void }
  readonly pages: readonly ((mount: Mount) => void)[]
}

/** Everything below `/admin` but the admin API. */
export function consoleRoutes({ door, pages, ...needs }: Needs): Router {
  const router = new Router({ prefix: '/admin' })
  door.mount(router)
  const mount = createMount({ ...needs, router })
  for (const page of pages) page(mount)
  return router
}
