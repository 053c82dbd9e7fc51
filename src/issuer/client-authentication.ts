/** How clients prove who they are, where the library is more lenient than we are, or less (RFC 6749 §2.3). */
import type { Context, Middleware } from 'koa'
import { type AdapterPayload, errors, type KoaContextWithOIDC } from 'oidc-provider'
import { isPlainAssertion } from './client-assertions.ts'
import type { ClientRecords } from './client-records.ts'
import { readParameters, replaceBody } from './parameters.ts'
import type { ProvingClients } from './proving-clients.ts'

const wellFormedBasic = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/** Who says nothing about themselves at all, or in an unknown way, is told so as RFC 6749 §5.2 has it. */
export function requireCredentials(paths: readonly string[]): Middleware {
  return async (ctx, next) => {
    if (ctx.method !== 'POST' || !paths.includes(ctx.path)) return next()
    const header = ctx.get('authorization')
    if (header) return wellFormedBasic.test(header) ? next() : refuse(ctx, 'the Authorization header must be Basic')
    if (!ctx.is('application/x-www-form-urlencoded')) return next()
    const form = await readParameters(ctx)
    replaceBody(ctx.req, form)
    const assertion = form.get('client_assertion')
    if (assertion && !isPlainAssertion(assertion)) return refuse(ctx, 'the client assertion cannot be read')
    if (['client_id', 'client_secret', 'client_assertion'].some((name) => form.get(name))) return next()
    refuse(ctx, 'the client must authenticate')
  }
}

/**
 * Every 401 says how to come instead (RFC 9110 §11.6.1). The library says it to those only who came in a header, with the
 * same realm.
 */
export function challengeClients(paths: readonly string[], issuer: string): Middleware {
  return async (ctx, next) => {
    await next()
    if (ctx.status !== 401 || !paths.includes(ctx.path) || ctx.response.get('WWW-Authenticate')) return
    ctx.set('WWW-Authenticate', `Basic realm="${issuer}"`)
  }
}

function refuse(ctx: Context, description: string): void {
  ctx.status = 401
  ctx.set('Cache-Control', 'no-store')
  ctx.body = { error: 'invalid_client', error_description: description }
}

// A secret may have colons; an id has few, and each is a look at the registry.
const mostColonsInId = 4

/**
 * Client ids with a colon (`{uuid}:OPENID`) authenticate by HTTP Basic whether or not the client form-encodes
 * them, as RFC 6749 §2.3.1 asks and many do not. Command-line tools send public clients' ids with an empty secret.
 */
export function acceptRawBasic(paths: readonly string[], clients: ProvingClients): Middleware {
  async function splitAtKnownId({ req }: Context, first: string, rest: readonly string[]) {
    for (let parts = Math.min(rest.length - 1, mostColonsInId); parts > 0; parts--) {
      const id = [first, ...rest.slice(0, parts)].join(':')
      const secret = rest.slice(parts).join(':')
      if (await clients.find(req, id, secret)) return { id, secret }
    }
    return undefined
  }

  /** The form says it, too: whether there is such a client need not be asked. */
  async function splitAtNamedId(ctx: Context, text: string) {
    if (!ctx.is('application/x-www-form-urlencoded')) return undefined
    const form = await readParameters(ctx)
    replaceBody(ctx.req, form)
    const id = form.get('client_id')
    return id?.includes(':') && text.startsWith(`${id}:`) ? { id, secret: text.slice(id.length + 1) } : undefined
  }

  async function withoutSecret(ctx: Context, id: string): Promise<boolean> {
    const client = await clients.find(ctx.req, id, undefined)
    if (client?.metadata.token_endpoint_auth_method !== 'none') return false
    if (!ctx.is('application/x-www-form-urlencoded')) return false
    const form = await readParameters(ctx)
    if (form.has('client_secret') || form.has('client_assertion')) return false
    if ((form.get('client_id') ?? id) !== id) return false
    form.set('client_id', id)
    ctx.req.headers.authorization = undefined
    replaceBody(ctx.req, form)
    return true
  }

  return async (ctx, next) => {
    const [, credentials] = wellFormedBasic.exec(ctx.get('authorization')) ?? []
    if (ctx.method !== 'POST' || !paths.includes(ctx.path) || credentials === undefined) return next()
    const text = Buffer.from(credentials, 'base64').toString('utf8')
    const [first = '', ...rest] = text.split(':')
    const empty = text.endsWith(':')
    if (empty && (await withoutSecret(ctx, rest.length > 1 ? text.slice(0, -1) : formDecoded(first)))) return next()
    const found = (await splitAtNamedId(ctx, text)) ?? (await splitAtKnownId(ctx, first, rest))
    if (empty && rest.length === 1) return refuse(ctx, 'the client must authenticate with its secret')
    // Without a secret it is left as it stands: no client, as if there were none of that name.
    if (found && found.secret !== '') ctx.req.headers.authorization = formEncoded(found)
    await next()
  }
}

const formEncoded = ({ id, secret }: { readonly id: string; readonly secret: string }): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text // Not form-encoded: then it is meant as it stands.
  }
}

/** A client is proving who it is, and not a browser saying for whom it comes. */
export const isAuthenticating = (ctx: KoaContextWithOIDC | undefined): ctx is KoaContextWithOIDC =>
  ['token', 'introspection', 'revocation'].includes(ctx?.oidc.route ?? '')

/** As the library reads it. */
export function shownSecret(ctx: KoaContextWithOIDC): string | undefined {
  const inBody = ctx.oidc.params?.client_secret
  if (typeof inBody === 'string') return inBody
  const [, credentials] = wellFormedBasic.exec(ctx.headers.authorization ?? '') ?? []
  if (credentials === undefined) return undefined
  const text = Buffer.from(credentials, 'base64').toString('utf8')
  return formDecoded(text.slice(text.indexOf(':') + 1))
}

/**
 * The library takes a secret by Basic or in the body, whichever way the client registered. Only the registered way
 * counts (RFC 7591 §2; SEC-033): a secret in a body ends up in other logs than one in a header. Which way that is
 * hears only who knows the secret.
 */
export async function requireRegisteredMethod(
  ctx: KoaContextWithOIDC | undefined,
  client: AdapterPayload,
  isTheirs: ClientRecords['isTheirs'],
): Promise<void> {
  if (!isAuthenticating(ctx) || ctx.oidc.entities.Client) return
  const inBody = typeof ctx.oidc.params?.client_secret === 'string'
  const used = inBody ? 'client_secret_post' : ctx.headers.authorization ? 'client_secret_basic' : undefined
  const registered = client.token_endpoint_auth_method
  if (used === undefined || used === registered) return
  const isKnown = await isTheirs(ctx.req, String(client.client_id), shownSecret(ctx))
  if (!registered?.startsWith('client_secret')) return
  const problem = new errors.InvalidClientAuth(`${used} was used`)
  throw isKnown ? Object.assign(problem, { error_description: `the client is registered for ${registered}` }) : problem
}
