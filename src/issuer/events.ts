import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Log } from '../log.ts'
import { reuseOf } from './answers.ts'
import { stateOf } from './request-state.ts'

/** What the provider says about itself: each refusal, each revoked grant, each failure, without a secret in it. */
export function logEvents(provider: Provider, log: Log): void {
  provider.on('server_error', (ctx, error) => {
    stateOf(ctx).failure = error
    log.error({ err: error, route: ctx.oidc?.route }, 'the provider failed')
  })

  provider.on('grant.revoked', (ctx, grant) => {
    const { spent, accountId: account, clientId: client, kind } = stateOf(ctx).presented ?? {}
    const event = { event: 'grant.revoked', route: ctx.oidc.route, grant, account, client }
    if (spent) log.warn({ ...event, reason: reuseOf(kind) }, 'a grant was revoked: what may be used once came twice')
    else log.info(event, 'a grant was revoked')
  })

  const refused = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
    const { refused, presented } = stateOf(ctx)
    log.info(
      {
        route: ctx.oidc?.route,
        reason: refused ?? (presented?.spent ? reuseOf(presented.kind) : undefined),
        error: error.error,
        detail: error.error_detail ?? error.error_description,
      },
      'an OAuth request was refused',
    )
  }
  provider.on('grant.error', refused)
  provider.on('introspection.error', refused)
  provider.on('revocation.error', refused)
  provider.on('userinfo.error', refused)
}
