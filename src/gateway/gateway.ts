/**
 * The gateway's question: may this request pass, and who sends it? A dialect says what was asked, readers say who it
 * is, the API's rules decide, and the dialect answers. Nothing here writes: a check costs one look at live state.
 */
import { timingSafeEqual } from 'node:crypto'
import Router from '@koa/router'
import type { Context } from 'koa'
import type { Api } from '../apis/api.ts'
import type { Config } from '../config/schema.ts'
import { Refusal, Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import { cameUnder, trustedPeers } from '../http/origin.ts'
import { digest } from '../ids.ts'
import type { WriteGatewayAssertion } from '../tokens/gateway-assertion.ts'
import type { RefusedCalls } from '../traces/refused-calls.ts'
import { createAnswers } from './answers.ts'
import type { Decide, Refused } from './decide.ts'
import { type Dialect, once } from './dialects/dialect.ts'
import { envoy } from './dialects/envoy.ts'
import { forwarded } from './dialects/forwarded.ts'
import { nginx } from './dialects/nginx.ts'
import { readEvidence } from './evidence.ts'
import type { FindApi } from './find-api.ts'
import type { ProtectedResource } from './protected-resource.ts'

interface Needs {
  readonly config: Pick<Config, 'issuer' | 'trusted_proxies' | 'gateway'>
  readonly findApi: FindApi
  readonly decide: Decide
  /** Whether a user name and a password may do. */
  readonly takesPasswords: (api: Api) => Promise<boolean>
  readonly protectedResource: ProtectedResource
  readonly writeAssertion: WriteGatewayAssertion
  readonly report: Report
  readonly refusedCalls: Pick<RefusedCalls, 'note'>
}

export function gatewayRoutes({ config, findApi, decide, takesPasswords, protectedResource, ...needs }: Needs): Router {
  const { issuer } = config
  const base = new URL(issuer).pathname.replace(/\/$/, '')
  const isTrusted = trustedPeers(config.trusted_proxies)
  const secrets = config.gateway.secrets.map((secret) => Buffer.from(digest(secret)))
  const answers = createAnswers({ issuer, ...needs })

  function hasSecret({ req }: Context): boolean {
    const shown = Buffer.from(digest(once(req, 'x-gatehouse-gateway') ?? ''))
    return secrets.filter((secret) => timingSafeEqual(secret, shown)).length > 0
  }

  async function check(ctx: Context, dialect: Dialect, rest: string): Promise<void> {
    if (!isTrusted(ctx.req.socket.remoteAddress ?? ''))
      return answers.refused(ctx, dialect, refusal('gateway_not_trusted'))
    try {
      await answer(ctx, dialect, rest)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      answers.unanswered(ctx, dialect, error)
    }
  }

  async function answer(ctx: Context, dialect: Dialect, rest: string): Promise<void> {
    const asked = dialect.ask(ctx.req, cameUnder(ctx.req), rest)
    if (!asked.host || !asked.target) return answers.refused(ctx, dialect, refusal('question_incomplete'), { asked })
    const api = await findApi.byAddress(asked.host, asked.target)
    if (api === 'ambiguous') return answers.refused(ctx, dialect, refusal('address_ambiguous'), { asked })
    if (!api) return answers.refused(ctx, dialect, refusal('address_unknown'), { asked })
    const isProven = hasSecret(ctx)
    const certificateHeaders = isProven ? config.gateway.certificate_headers : []
    const evidence = readEvidence(ctx.req, { address: ctx.ip, certificateHeaders })
    const decision =
      typeof evidence === 'string'
        ? refusal(evidence, evidence === 'identity_header_forged' ? 403 : 401)
        : await decide(evidence, api)
    // What only the gateway may say would reach the API, whoever is let pass.
    const isReported = api.rules.enforcement === 'report' && evidence !== 'identity_header_forged'
    if (decision.passes || isReported) return answers.passed(ctx, { asked, api }, decision, isProven)
    const about = { asked, api, takesPasswords: await takesPasswords(api) }
    return answers.refused(ctx, dialect, decision, about)
  }

  const router = new Router()
  router.all('/verify/nginx', (ctx) => check(ctx, nginx, ''))
  router.all('/verify/forwarded', (ctx) => check(ctx, forwarded, ''))
  // What follows is somebody else's address: it is read as it was sent, and not as the router decodes it.
  router.all('/verify/envoy{/*rest}', (ctx) => check(ctx, envoy, ctx.originalUrl.slice(`${base}/verify/envoy`.length)))
  router.get('/.well-known/oauth-protected-resource/:slug', async (ctx) => {
    const api = await findApi.bySlug(String(ctx.params.slug))
    const document = api && (await protectedResource(api))
    if (!document) throw new Refusal('not_found', `There is no API ${ctx.params.slug}`)
    ctx.set({ 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' })
    ctx.body = document
  })
  return router
}

const refusal = (reason: Refused['reason'], status: Refused['status'] = 403): Refused => ({
  passes: false,
  status,
  reason,
})
