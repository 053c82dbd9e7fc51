/** `/metrics`: for operators and nobody else. */
import { timingSafeEqual } from 'node:crypto'
import Router from '@koa/router'
import type { Context } from 'koa'
import type { Config } from '../config/schema.ts'
import { Refusal } from '../errors.ts'
import { trustedPeers } from '../http/origin.ts'
import { digest } from '../ids.ts'
import { createExposition, type Exposition, type Gather } from './exposition.ts'
import type { Family } from './meters.ts'

interface Needs {
  readonly settings: Config['metrics']
  readonly trustedProxies: readonly string[]
  readonly families: readonly Family[]
  readonly gather: Gather
}

/** Headers by which a proxy says that it asks for somebody else. */
const forwarding = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'forwarded', 'via']

/** Whether a request was passed on, as it came: to be asked before anybody writes over its headers. */
export const wasForwarded = (ctx: Context): boolean => forwarding.some((name) => ctx.req.headers[name] !== undefined)

export function metricsRoutes({ settings, trustedProxies, families, gather }: Needs): Router {
  const isTrusted = trustedPeers(trustedProxies)
  let opened: Promise<Exposition> | undefined
  const exposition = () => {
    opened ??= createExposition(families)
    return opened
  }
  const snapshots = gather(async () => (await exposition()).snapshot())

  /** With a token, whoever has it; without one, trusted peers that ask for themselves. */
  function mayRead(ctx: Context): boolean {
    if (settings.token !== null) {
      const [, token = ''] = /^Bearer +(\S+)$/i.exec(ctx.get('Authorization')) ?? []
      return timingSafeEqual(Buffer.from(digest(token)), Buffer.from(digest(settings.token)))
    }
    return isTrusted(ctx.req.socket.remoteAddress ?? '') && ctx.state.forwarded !== true
  }

  const router = new Router()
  if (!settings.enabled) return router
  router.get('/metrics', async (ctx) => {
    // To everybody else there is nothing here.
    if (!mayRead(ctx)) throw new Refusal('not_found', 'The metrics are not for this caller')
    const { contentType, text } = await exposition()
    ctx.set('Cache-Control', 'no-store')
    ctx.type = contentType
    ctx.body = await text(await snapshots())
  })
  return router
}
