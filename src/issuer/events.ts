/** What the provider has answered, as events: each success, each *no*, each failure, without a secret in it. */
import type { Context, Middleware } from 'koa'
import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider'
import { Unavailable } from '../errors.ts'
import type { EventMembers, EventName, Report } from '../events.ts'
import { requestNotes } from '../request-notes.ts'
import { reuseOf } from './answers.ts'
import { bindingReason } from './binding-reasons.ts'
import { routes } from './provider.ts'
import { stateOf } from './request-state.ts'

interface Told {
  readonly done: EventName
  readonly refused: EventName
  readonly unanswered?: EventName
}

/** By path: an outage may come before the library knows its route. The authorization endpoint answers in several steps; see {@link listen}. */
const told: Readonly<Record<string, Told>> = {
  [routes.token]: { done: 'token.issued', refused: 'token.refused', unanswered: 'token.unanswered' },
  [routes.introspection]: { done: 'introspection.answered', refused: 'introspection.refused' },
  [routes.userinfo]: { done: 'userinfo.answered', refused: 'userinfo.refused' },
  [routes.revocation]: { done: 'revocation.done', refused: 'revocation.refused' },
}

/** Goes round everything else on the provider's routes, so that it sees what the caller gets. */
export function reportAnswers(report: Report): Middleware {
  return async (ctx, next) => {
    const { path } = ctx
    let thrown: unknown
    try {
      await next()
    } catch (error) {
      thrown = error
    }
    tell(ctx, path, thrown)
    if (thrown !== undefined) throw thrown
  }

  function tell(ctx: MaybeOidc, path: string, thrown: unknown): void {
    const { failure } = stateOf(ctx)
    // What is thrown is told where it is answered.
    if (failure !== undefined && thrown === undefined)
      report('request.failed', {
        status: ctx.status,
        err: failure,
        ...(failure instanceof Unavailable ? { reason: 'temporarily_unavailable' } : { error: 'server_error' }),
      })
    if (path.startsWith(routes.end_session) && requestNotes()?.sessionEnded) report('logout.completed', whoOf(ctx))
    const events = told[path]
    if (!events || ctx.method === 'OPTIONS') return
    if (thrown !== undefined || ctx.status >= 500) {
      if (events.unanswered) report(events.unanswered, membersOf(ctx, path))
    } else if (ctx.status >= 400) report(events.refused, { ...membersOf(ctx, path), ...noOf(ctx) })
    else report(events.done, membersOf(ctx, path))
  }
}

/** Events of the library that no answer tells by itself. */
export function listen(provider: Provider, report: Report): void {
  provider.on('server_error', (ctx, error) => {
    stateOf(ctx).failure = error
  })

  provider.on('grant.revoked', (ctx, grant) => {
    const { spent, accountId: account, clientId: client, kind } = stateOf(ctx).presented ?? {}
    report('grant.revoked', { grant, account, client, ...(spent && { reason: reuseOf(kind) }) })
  })

  provider.on('authorization.success', (ctx) => report('authorization.granted', whoOf(ctx)))
  const noteForeign = (ctx: KoaContextWithOIDC, error: Error) => {
    const outage = outageIn(error)
    if (outage || !(error instanceof errors.OIDCProviderError)) stateOf(ctx).failure = outage ?? error
  }
  const refused = (event: EventName) => (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
    noteForeign(ctx, error)
    report(event, { ...whoOf(ctx), reason: stateOf(ctx).refused, error: error.error, detail: detailOf(error) })
  }
  provider.on('authorization.error', refused('authorization.refused'))
  provider.on('end_session.error', refused('logout.refused'))

  const explain = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError) => {
    noteForeign(ctx, error)
    const state = stateOf(ctx)
    state.detail = detailOf(error)
    state.refused ??= bindingReason(state.detail)
  }
  provider.on('grant.error', explain)
  provider.on('introspection.error', explain)
  provider.on('revocation.error', explain)
  provider.on('userinfo.error', explain)
}

/** What did not answer, below all that the library makes of it. */
function outageIn(error: unknown): Unavailable | undefined {
  if (error instanceof Unavailable) return error
  return error instanceof Error ? outageIn(error.cause) : undefined
}

const detailOf = ({ error_detail, error_description }: errors.OIDCProviderError) => error_detail ?? error_description

type MaybeOidc = Context & { oidc?: KoaContextWithOIDC['oidc'] }

/** Only what has been found in the registry: a stranger can name anybody. */
function whoOf(ctx: MaybeOidc | KoaContextWithOIDC): EventMembers {
  const { Client, Account } = ctx.oidc?.entities ?? {}
  const { admission, accessToken, presented } = stateOf(ctx)
  return {
    client: Client?.clientId,
    account: Account?.accountId ?? presented?.accountId ?? accessToken?.accountId,
    source: admission && 'source' in admission ? admission.source.alias : accessToken?.sourceAlias,
  }
}

const grantTypes: ReadonlySet<unknown> = new Set(['authorization_code', 'refresh_token', 'client_credentials'])

function membersOf(ctx: MaybeOidc, path: string): EventMembers {
  const { refused } = stateOf(ctx)
  const grant = ctx.oidc?.params?.grant_type
  return {
    ...whoOf(ctx),
    ...(path === routes.token && { grant_type: grantTypes.has(grant) ? String(grant) : '(other)' }),
    ...(path === routes.introspection && ctx.status === 200 && { active: isActive(ctx.body), reason: refused }),
  }
}

const isActive = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'active' in body && body.active === true

function noOf(ctx: MaybeOidc): EventMembers {
  const { refused, presented, detail } = stateOf(ctx)
  const body: unknown = ctx.body
  const error = typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : undefined
  return { reason: refused ?? (presented?.spent ? reuseOf(presented.kind) : undefined), error, detail }
}
