/** How a request finds who answers it: what is asked most before Koa, then the middleware that all share, then routes. */
import type { RequestListener } from 'node:http'
import type Router from '@koa/router'
import Koa from 'koa'
import mount from 'koa-mount'
import type { Config } from '../config/schema.ts'
import type { CookieKeys } from '../http/cookie-keys.ts'
import { answerDirectly, type FindDirectRoute } from '../http/direct.ts'
import { answerErrors, type PageProblem } from '../http/errors.ts'
import { pinOrigin, refuseUnknownAddress } from '../http/origin.ts'
import { securityHeaders } from '../http/security-headers.ts'
import { shedLoad } from '../http/shed.ts'
import { hangUpOnUnread } from '../http/unread.ts'
import type { Issuer } from '../issuer/issuer.ts'
import type { Log } from '../log.ts'
import type { Operations } from '../operations/operations.ts'

export interface Features {
  readonly routers: readonly Router[]
  readonly direct: FindDirectRoute
}

interface Needs {
  readonly config: Pick<Config, 'issuer' | 'trusted_proxies'>
  readonly cookieKeys: CookieKeys
  /** The issuer's path, without a slash at the end. */
  readonly base: string
  readonly operations: Pick<Operations, 'requests' | 'report' | 'shed'>
  readonly isOverloaded: () => boolean
  readonly requestBegan: () => void
  readonly issuer: Pick<Issuer, 'owns' | 'serve' | 'direct'>
  /** Everybody's but the issuer's; whoever asks for them before they are there waits. */
  readonly features: Promise<Features>
  readonly problemPage: (ctx: Koa.Context, problem: PageProblem) => { toString(): string }
  readonly log: Log
}

export function assembleHandler({
  config,
  cookieKeys,
  base,
  operations,
  issuer,
  features,
  ...needs
}: Needs): RequestListener {
  const { problemPage, log, isOverloaded, requestBegan } = needs
  const { requests, report, shed: onShed } = operations
  const place = { issuer: config.issuer, relayed: `${base}/verify/` }
  const app = new Koa({ proxy: true })
  app.keys = cookieKeys
  app.on('error', (err) => log.warn({ err }, 'an answer could not be sent'))
  app.use(requests.middleware)
  app.use(pinOrigin(config.issuer, config.trusted_proxies))
  app.use(hangUpOnUnread)
  app.use(securityHeaders(place))
  app.use(answerErrors({ report, log, problemPage }))
  // A gateway is told in its own words.
  app.use(refuseUnknownAddress(place.relayed))
  let find: FindDirectRoute = issuer.direct
  const toEverybodyElse = features.then(({ routers, direct }) => {
    find = (target) => issuer.direct(target) ?? direct(target)
    const inside = new Koa()
    for (const router of routers) inside.use(router.routes()).use(router.allowedMethods())
    return mount(base || '/', inside)
  })
  toEverybodyElse.catch(() => {})
  app.use(async (ctx, next) => (issuer.owns(ctx.path) ? issuer.serve(ctx, next) : (await toEverybodyElse)(ctx, next)))
  app.use(issuer.serve)
  const answer = answerDirectly(
    {
      ...place,
      trustedProxies: config.trusted_proxies,
      find: (target) => find(target),
      watch: requests.watch,
      report,
    },
    app.callback(),
  )
  return shedLoad({ isOverloaded, requestBegan, base, onShed }, answer)
}
