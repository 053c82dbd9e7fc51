/** What stands in front of the provider's own routes, on its paths only. */
import type { IncomingMessage } from 'node:http'
import type { Context, Middleware } from 'koa'
import type { ClientStore } from '../clients/client.ts'
import { Refusal, Unavailable } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import { stateOf } from './request-state.ts'
import type { RotationAnswers } from './rotation-answers.ts'
import { marked } from './structured-tokens.ts'

/** Bodies we read before the library does are refused in its words (RFC 6749 §5.2). */
export const answerRefusals: Middleware = async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    if (!(error instanceof Refusal) || ctx.method !== 'POST') throw error
    ctx.status = error.status
    ctx.set('Cache-Control', 'no-store')
    const details = error.problems.map(({ path, message }) => `${path} ${message}`)
    ctx.body = { error: 'invalid_request', error_description: details.join(', ') || error.message }
  }
}

/** Resources may be named several times (RFC 8707 §2); nothing else may. */
const readParameters = (ctx: Context): Promise<URLSearchParams> => readForm(ctx, { lists: ['resource'] })

/** OAuth clients send their JWTs to introspection and revocation; see structured-tokens.ts. */
export function markStructuredTokens(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (ctx.method === 'POST' && paths.includes(ctx.path) && ctx.is('application/x-www-form-urlencoded')) {
      const form = await readParameters(ctx)
      const token = form.get('token')
      if (token !== null) form.set('token', marked(token))
      replaceBody(ctx.req, form)
    }
    await next()
  }
}

/**
 * Client ids with a colon (`{uuid}:OPENID`) authenticate by HTTP Basic whether or not the client form-encodes
 * them, as RFC 6749 §2.3.1 asks and many do not. Command-line tools send public clients' ids with an empty secret.
 */
export function acceptRawBasic(clients: Pick<ClientStore, 'get'>): Middleware {
  return async (ctx, next) => {
    const [, encoded] = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(ctx.get('authorization')) ?? []
    const [first = '', ...rest] = encoded ? Buffer.from(encoded, 'base64').toString('utf8').split(':') : []
    if (ctx.method === 'POST' && rest.length === 1 && rest[0] === '') await authenticateWithoutSecret(ctx, first)
    else if (rest.length > 1) {
      for (let parts = rest.length - 1; parts > 0; parts--) {
        const id = [first, ...rest.slice(0, parts)].join(':')
        if (!(await clients.get(id))) continue
        const secret = rest.slice(parts).join(':')
        const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')
        ctx.req.headers.authorization = `Basic ${basic}`
        break
      }
    }
    await next()
  }
}

async function authenticateWithoutSecret(ctx: Context, encodedId: string): Promise<void> {
  if (!ctx.is('application/x-www-form-urlencoded')) return
  const form = await readParameters(ctx)
  form.append('client_id', decodeURIComponent(encodedId.replaceAll('+', ' ')))
  ctx.req.headers.authorization = undefined
  replaceBody(ctx.req, form)
}

/** OpenID Connect Core §3.1.2.1 wants POST served as well; as a GET it finds the session's cookie (SameSite=Lax). */
export function answerPostsWithGet(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== 'POST' || !paths.includes(ctx.path)) return next()
    const form = await readParameters(ctx)
    ctx.status = 303
    ctx.redirect(`${ctx.URL.pathname}?${form}`)
  }
}

/** The library says `server_error` to whatever it does not know; an outage is 503, and worth another try. */
export const answerOutages: Middleware = async (ctx, next) => {
  await next()
  if (!(stateOf(ctx).failure instanceof Unavailable)) return
  ctx.status = 503
  ctx.set('Retry-After', '5')
  ctx.remove('Location')
  if (ctx.type !== 'text/html')
    ctx.body = {
      error: 'temporarily_unavailable',
      error_description: 'A store or an upstream did not answer. Try again in a moment.',
    }
}

/** Gives a refresh that lost against another one with the same token the other's answer. */
export function repeatRotationAnswers(path: string, answers: RotationAnswers): Middleware {
  return async (ctx, next) => {
    await next()
    if (ctx.path !== path || ctx.method !== 'POST') return
    const { lostRotation } = stateOf(ctx)
    const { RotatedRefreshToken, Client } = ctx.oidc?.entities ?? {}
    if (lostRotation && Client) {
      const answer = await answers.find(lostRotation, Client.clientId)
      if (!answer) return
      ctx.status = 200
      ctx.body = answer
    } else if (RotatedRefreshToken && Client && ctx.status === 200) {
      await answers.keep(RotatedRefreshToken.jti, Client.clientId, ctx.body as object)
    }
  }
}

/** The provider reads the body from the request itself; this is the one we have changed. */
function replaceBody(req: IncomingMessage, form: URLSearchParams): void {
  const bytes = Buffer.from(form.toString())
  req.headers['content-length'] = String(bytes.length)
  Object.defineProperties(req, {
    readable: { value: true },
    iterator: {
      value: async function* () {
        yield bytes
      },
    },
  })
}
