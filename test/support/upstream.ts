/**
 * An identity provider over there, real and friendly: oidc-provider on a port of its own. Whoever comes is
 * signed in at once as the person `signInAs` named, so a whole login is a chain of redirects.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import Koa from 'koa'
import mount from 'koa-mount'
import { type Adapter, type AdapterPayload, interactionPolicy, Provider } from 'oidc-provider'

export interface UpstreamUser {
  readonly sub: string
  readonly [claim: string]: unknown
}

export interface UpstreamOptions {
  /** By the name that `signInAs` uses; the first one is signed in at the beginning. */
  readonly users: Readonly<Record<string, UpstreamUser>>
  readonly clientId?: string
  readonly clientSecret?: string
  readonly callbackUrls?: readonly string[]
  readonly logoutUrls?: readonly string[]
  /** Further client metadata, such as another `token_endpoint_auth_method`. */
  readonly client?: Readonly<Record<string, unknown>>
  /** By default the claims are in the ID token too; `false`: they come from the userinfo endpoint only. */
  readonly claimsInIdToken?: boolean
}

export interface Upstream extends AsyncDisposable {
  readonly issuer: string
  /** The settings of a source of type `oidc` that uses this provider. */
  readonly config: Readonly<Record<string, unknown>> & {
    readonly issuer: string
    readonly client_id: string
    readonly client_secret: string
  }
  /** Parameters of the authorization requests so far, oldest first. */
  readonly requests: readonly Readonly<Record<string, string>>[]
  /** What was asked of it, such as `POST /token`. */
  readonly calls: readonly string[]
  /** Everybody who signs in from now on is this person. */
  signInAs(name: string): void
  /** What the provider knows of the person from now on, such as other groups. */
  change(name: string, claims: Readonly<Record<string, unknown>>): void
  /** Every login from now on ends with this error. */
  refuse(error: string, description?: string): void
  /** Registers addresses of ours, once they are known. */
  register(urls: {
    readonly callbackUrls?: readonly string[]
    readonly logoutUrls?: readonly string[]
    readonly backchannelLogoutUrl?: string
  }): void
  /** `ignoresPrompt`: answers from its session whatever prompt and max_age say. `down`: every answer has this status, comes never, or is a closed connection. */
  misbehave(how: { readonly ignoresPrompt?: boolean; readonly down?: number | 'silent' | 'gone' }): void
  /** Ends its session with every browser, as an administrator over there would. */
  endSessions(): void
  stop(): Promise<void>
}

/** Levels of assurance it can give when asked. */
const upstreamLevels = ['1', '2', 'urn:example:mfa']

export async function startUpstream(options: UpstreamOptions): Promise<Upstream> {
  const {
    users,
    clientId = 'gatehouse',
    clientSecret = randomBytes(24).toString('base64url'),
    claimsInIdToken = true,
  } = options
  const people = new Map(Object.entries(users))
  let { callbackUrls = [], logoutUrls = [] } = options
  let backchannelLogoutUrl: string | undefined
  let visitor = Object.keys(users)[0]
  let refusal: { readonly error: string; readonly error_description?: string } | undefined
  let manners: { readonly ignoresPrompt?: boolean; readonly down?: number | 'silent' | 'gone' } = {}
  const requests: Record<string, string>[] = []
  const calls: string[] = []

  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const client = () => ({
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: [...callbackUrls],
    post_logout_redirect_uris: [...logoutUrls],
    require_auth_time: true,
    ...(backchannelLogoutUrl && {
      backchannel_logout_uri: backchannelLogoutUrl,
      backchannel_logout_session_required: true,
    }),
    ...options.client,
  })
  const records = new Map<string, AdapterPayload>()
  const provider = new Provider(issuer, {
    adapter: (model) => memory(model, records, client),
    jwks: { keys: [await signingKey()] },
    cookies: {
      keys: ['upstream'],
      names: { session: 'up_session', interaction: 'up_interaction', resume: 'up_resume' },
    },
    claims: {
      openid: ['sub', 'amr', 'acr'],
      profile: [...new Set(Object.values(users).flatMap((user) => Object.keys(user)))],
      email: ['email', 'email_verified'],
      groups: ['groups'],
      sid: null,
    },
    scopes: ['openid', 'profile', 'email', 'groups', 'address', 'phone', 'offline_access'],
    acrValues: upstreamLevels,
    conformIdTokenClaims: !claimsInIdToken,
    pkce: { required: () => true },
    findAccount: (_, sub) => {
      const claims = [...people.values()].find((user) => user.sub === sub)
      return claims && { accountId: sub, claims: () => ({ ...claims }) }
    },
    loadExistingGrant: async ({ oidc }) => {
      if (!oidc.client || !oidc.session?.accountId) return undefined
      // The library lets a code be redeemed only while its grant is the session's; two tabs must share it.
      const known = oidc.session.grantIdFor(oidc.client.clientId)
      const grant =
        (known && (await provider.Grant.find(known))) ||
        new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId })
      grant.addOIDCScope(String(oidc.params?.scope))
      await grant.save()
      return grant
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}`, policy: steppingUp() },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource: show },
      backchannelLogout: { enabled: true },
    },
    // The library's own would not call 127.0.0.1.
    fetch: (url, { method, headers, body } = {}) => fetch(url, { method, headers, body } as RequestInit),
    renderError: (ctx, { error, error_description }) => show(ctx, `${error}: ${error_description}`),
  })

  const app = new Koa()
  app.keys = provider.keys
  app.silent = true
  app.use(async (ctx, next) => {
    calls.push(`${ctx.method} ${ctx.path}`)
    if (manners.down === 'silent' || manners.down === 'gone') {
      ctx.respond = false
      if (manners.down === 'gone') ctx.req.destroy()
      return
    }
    if (manners.down) {
      ctx.status = manners.down
      return
    }
    if (ctx.path === '/auth') {
      requests.push(Object.fromEntries(new URLSearchParams(ctx.querystring)))
      if (manners.ignoresPrompt) {
        const { prompt: _, max_age: __, ...rest } = ctx.query
        ctx.query = rest
      }
    }
    if (!ctx.path.startsWith('/interaction/')) return next()

    const { params } = await provider.interactionDetails(ctx.req, ctx.res)
    const person = visitor === undefined ? undefined : people.get(visitor)
    const asked = typeof params.acr_values === 'string' ? params.acr_values.split(' ') : []
    const acr = asked.find((value) => upstreamLevels.includes(value))
    ctx.respond = false
    await provider.interactionFinished(
      ctx.req,
      ctx.res,
      refusal || !person
        ? (refusal ?? { error: 'access_denied' })
        : {
            login: {
              accountId: person.sub,
              amr: acr === 'urn:example:mfa' ? ['pwd', 'otp'] : ['pwd'],
              ...(acr && { acr }),
            },
          },
    )
  })
  // Signing out takes no question, as at many providers: the page that would ask is answered here.
  app.use(async (ctx, next) => {
    await next()
    const xsrf = ctx.path === '/session/end' ? /name="xsrf" value="([^"]+)"/.exec(String(ctx.body))?.[1] : undefined
    if (!xsrf) return
    const confirmed = await fetch(`${issuer}/session/end/confirm`, {
      method: 'POST',
      headers: { cookie: ctx.get('cookie') },
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
      redirect: 'manual',
    })
    ctx.body = null
    ctx.status = confirmed.status
    ctx.set('location', confirmed.headers.get('location') ?? issuer)
    ctx.set('set-cookie', confirmed.headers.getSetCookie())
  })
  app.use(mount(provider))
  server.on('request', app.callback())

  const stop = async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise((done) => server.close(done))
  }
  return {
    issuer,
    config: { issuer, client_id: clientId, client_secret: clientSecret, allow_private_addresses: true },
    requests,
    calls,
    signInAs(name) {
      if (!people.has(name)) throw new Error(`There is nobody called ${name}`)
      visitor = name
      refusal = undefined
    },
    change(name, claims) {
      const before = people.get(name)
      if (!before) throw new Error(`There is nobody called ${name}`)
      people.set(name, { ...before, ...claims })
    },
    refuse(error, description) {
      refusal = { error, ...(description !== undefined && { error_description: description }) }
    },
    register(urls) {
      callbackUrls = urls.callbackUrls ?? callbackUrls
      logoutUrls = urls.logoutUrls ?? logoutUrls
      backchannelLogoutUrl = urls.backchannelLogoutUrl ?? backchannelLogoutUrl
    },
    misbehave(how) {
      manners = how
    },
    endSessions() {
      for (const key of records.keys()) if (key.startsWith('Session:')) records.delete(key)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function show(ctx: { body: unknown }, page: string): void {
  ctx.body = page
}

/** The stock policy takes any session for any level; this one asks again when a higher one is wanted. */
function steppingUp() {
  const policy = interactionPolicy.base()
  const check = new interactionPolicy.Check('acr_values', 'another level is wanted', ({ oidc }) => {
    const wanted = typeof oidc.params?.acr_values === 'string' ? oidc.params.acr_values.split(' ') : []
    return wanted.length > 0 && !wanted.includes(oidc.session?.acr ?? '') && !oidc.result?.login
  })
  policy.get('login')?.checks.add(check)
  return policy
}

let key: Promise<JWK> | undefined
const signingKey = (): Promise<JWK> => {
  key ??= generateKeyPair('RS256', { extractable: true }).then(async ({ privateKey }) => ({
    ...(await exportJWK(privateKey)),
    kid: 'upstream-1',
    alg: 'RS256',
    use: 'sig',
  }))
  return key
}

function memory(model: string, records: Map<string, AdapterPayload>, client: () => AdapterPayload): Adapter {
  const find = async (id: string) =>
    model === 'Client' ? (client().client_id === id ? client() : undefined) : records.get(`${model}:${id}`)
  return {
    find,
    findByUid: async (uid) =>
      [...records].find(([key, { uid: its }]) => key.startsWith(`${model}:`) && its === uid)?.[1],
    findByUserCode: async () => undefined,
    upsert: async (id, payload) => void records.set(`${model}:${id}`, payload),
    consume: async (id) => {
      const record = records.get(`${model}:${id}`)
      if (record) record.consumed = Math.floor(Date.now() / 1000)
    },
    destroy: async (id) => void records.delete(`${model}:${id}`),
    revokeByGrantId: async (grantId) => {
      for (const [key, { grantId: its }] of records) if (its === grantId) records.delete(key)
    },
  }
}
