/** What the library's answers become on their way out: outages are 503, and each *no* of ours says which it is. */
import type { Context, Middleware } from 'koa'
import type { Admission } from '../admission/admit.ts'
import { Refusal, Unavailable } from '../errors.ts'
import { oauthError } from '../http/oauth-error.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { GrantStore, SessionStore } from '../sessions/session.ts'
import { type Presented, stateOf } from './request-state.ts'

/** Where the person says that they do want to sign out. */
export const confirmation = '/logout/confirm'

/** Programs are known by their addresses, where nothing but JSON is wished for (middleware.ts). */
const isForPerson = (ctx: Context): boolean => ctx.accepts('json', 'html') === 'html'

/** The library says `server_error` to whatever it does not know; an outage is 503, and worth another try. */
export const answerOutages: Middleware = async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error
    stateOf(ctx).failure = error
  }
  const { failure } = stateOf(ctx)
  if (!(failure instanceof Unavailable)) return
  ctx.remove('Location')
  ctx.remove('WWW-Authenticate')
  // Whoever could not be asked about has not signed out.
  ctx.remove('Set-Cookie')
  // Seen by a browser, which asks with GET or has sent the form of our own page: the page of the service says it.
  if ((ctx.method === 'GET' || ctx.path === confirmation) && isForPerson(ctx)) throw failure
  ctx.status = 503
  ctx.set('Retry-After', '5')
  ctx.set('Cache-Control', 'no-store')
  ctx.body = unavailable
}

export const unavailable = {
  error: 'temporarily_unavailable',
  error_description: 'A store or an upstream did not answer. Try again in a moment.',
}

/**
 * The library shows the message of any error that says it may be exposed, in the place of OAuth's code: also one of a
 * package below us. What is no code of OAuth's is a mistake of ours, and told as one.
 */
export const concealForeignErrors: Middleware = async (ctx, next) => {
  await next()
  const error = errorIn(ctx)
  if (error !== undefined && !isOAuthError(error)) {
    ctx.status = 500
    ctx.set('Cache-Control', 'no-store')
    ctx.body = serverError
  }
  const [, challenged = ''] = /\berror="([^"]*)/.exec(ctx.response.get('WWW-Authenticate')) ?? []
  if (challenged !== '' && !isOAuthError(challenged)) ctx.remove('WWW-Authenticate')
  const location = ctx.response.get('Location')
  if (!location || !URL.canParse(location)) return
  const url = new URL(location)
  const told = url.searchParams.get('error')
  if (told === null || !url.searchParams.has('iss') || isOAuthError(told)) return
  for (const [name, value] of Object.entries(serverError)) url.searchParams.set(name, value)
  ctx.set('Location', url.href)
}

// RFC 6749 §11.4 allows for more; whatever is registered looks like this.
export const isOAuthError = (text: string): boolean => /^[a-z][a-z_]*$/.test(text)

const serverError = { error: 'server_error', error_description: 'The service met an error it did not expect.' }

/** A client that asks for a grant it is not registered for has a code of its own (RFC 6749 §5.2), which the library does not say. */
export const nameUnauthorizedGrants: Middleware = async (ctx, next) => {
  await next()
  const { client, params, route } = ctx.oidc ?? {}
  if (route !== 'token' || !client || errorIn(ctx) !== 'invalid_request') return
  if (typeof params?.grant_type !== 'string' || client.grantTypeAllowed(params.grant_type)) return
  ctx.body = oauthError('unauthorized_client', 'the client is not registered for this grant type')
}

/** Bodies we read before the library does are refused in its words (RFC 6749 §5.2), and to a person on a page. */
export const answerRefusals: Middleware = async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    if (!(error instanceof Refusal) || ctx.method !== 'POST' || isForPerson(ctx)) throw error
    ctx.status = error.status
    ctx.set('Cache-Control', 'no-store')
    const details = error.problems.map(({ path, message }) => `${path} ${message}`)
    ctx.body = oauthError('invalid_request', details.join(', ') || error.message)
  }
}

interface Needs {
  readonly admitAgain: Admission['person']
  readonly grants: Pick<GrantStore, 'get'>
  readonly sessions: Pick<SessionStore, 'get'>
}

/**
 * The library's descriptions are the same for every *no*. Where the no was ours, its code takes their place: in
 * `error_description`, and for programs in the member `reason` (docs/reasons.md).
 */
export function nameReasons({ admitAgain, grants, sessions }: Needs): Middleware {
  async function reasonFor(ctx: Context): Promise<ReasonCode | undefined> {
    const { refused, isUntold, presented } = stateOf(ctx)
    if (isUntold) return undefined
    if (refused || !presented || errorIn(ctx) !== 'invalid_grant') return refused
    // How another client's token fares is nobody else's to know.
    if (presented.clientId !== ctx.oidc?.client?.clientId) return undefined
    if (presented.spent) return reuseOf(presented.kind)
    if (await grants.get(presented.grantId)) return undefined
    // Whatever shut the person out took the grant along; what is left is to say what it was.
    try {
      const person = await admitAgain(presented)
      if ('denied' in person) return person.denied
      const { sessionId } = presented
      return sessionId !== undefined && !(await sessions.get(sessionId)) ? 'session_ended' : 'token_revoked'
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      // It is a no without its reason, too.
      return undefined
    }
  }

  return async (ctx, next) => {
    await next()
    if (ctx.status < 300) return
    const reason = await reasonFor(ctx)
    if (!reason) return
    const description = `${reason}: ${reasons[reason].cause}`
    if (errorIn(ctx)) {
      ctx.body = { ...(ctx.body as object), error_description: description, reason }
      const challenge = ctx.response.get('WWW-Authenticate')
      if (challenge)
        ctx.set(
          'WWW-Authenticate',
          challenge.replace(/error_description="[^"]*"/, `error_description="${description}"`),
        )
    } else describeRedirect(ctx, description)
  }
}

export const reuseOf = (kind: Presented['kind'] | undefined): ReasonCode =>
  kind === 'AuthorizationCode' ? 'code_reused' : 'refresh_token_reused'

/** An OAuth error in JSON. */
const errorIn = ({ status, body }: Context): string | undefined =>
  status >= 400 && typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : undefined

function describeRedirect(ctx: Context, description: string): void {
  const location = ctx.response.get('Location')
  if (!location || !URL.canParse(location)) return
  const url = new URL(location)
  if (!url.searchParams.has('error') || !url.searchParams.has('iss')) return
  url.searchParams.set('error_description', description)
  ctx.set('Location', url.href)
}
