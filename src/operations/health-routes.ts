import Router from '@koa/router'
import type { Readiness } from './readiness.ts'

/** Seconds. */
const askAgain = 5

/**
 * `/health/live`: the process answers, and nothing else, because a restart mends nothing else. `/health/ready`: whether
 * it should get requests; 503 when not.
 */
export function healthRoutes(readiness: Pick<Readiness, 'look'>): Router {
  const router = new Router()
  router.get('/health/live', (ctx) => {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { status: 'ok' }
  })
  router.get('/health/ready', async (ctx) => {
    const parts = await readiness.look()
    const ready = parts.every(({ problem }) => problem === undefined)
    ctx.status = ready ? 200 : 503
    ctx.set('Cache-Control', 'no-store')
    if (!ready) ctx.set('Retry-After', String(askAgain))
    ctx.body = {
      status: ready ? 'ok' : 'unavailable',
      parts: Object.fromEntries(
        parts.map(({ name, problem }) => [name, { ok: problem === undefined, ...(problem && { problem }) }]),
      ),
    }
  })
  return router
}
