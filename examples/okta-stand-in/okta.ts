/**
 * Plays Okta in the demo and the tests: an OpenID provider of its own, with its own issuer, keys, people and
 * sessions. It knows nothing about Gatehouse but one registered client, like the real one would.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import Koa, { type Context } from 'koa'
import mount from 'koa-mount'
import { type ClientMetadata, type Configuration, errors, type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { createMemoryAdapter } from './memory-adapter.ts'
import { loginPage, messagePage } from './pages.ts'
import { findUser, signIn } from './users.ts'

interface Settings {
  readonly issuer: string
  readonly client: ClientMetadata
}

export function createOkta({ issuer, client }: Settings): Koa {
  const cookieKeys = [randomBytes(32).toString('base64url')]
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const provider = new Provider(issuer, {
    adapter: createMemoryAdapter(),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] },
    clients: [{ ...client, require_auth_time: true }],
    scopes: ['openid', 'profile', 'email', 'groups'],
    claims: {
      openid: ['sub', 'auth_time', 'amr'],
      profile: ['name', 'given_name', 'family_name', 'preferred_username'],
      email: ['email'],
      groups: ['groups'],
    },
    // Okta puts the claims into the ID token, not only into the answer of userinfo.
    conformIdTokenClaims: false,
    cookies: {
      keys: cookieKeys,
      names: { session: 'okta_session', interaction: 'okta_interaction', resume: 'okta_resume' },
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource: logout, postLogoutSuccessSource: loggedOut },
    },
    pkce: { required: () => true },
    interactions: { url: (_ctx, { uid }) => `/login/${uid}` },
    findAccount(_ctx, sub) {
      const user = findUser(sub)
      return user && { accountId: sub, claims: () => ({ ...user }) }
    },
    loadExistingGrant: grantEverything,
    renderError(ctx, { error, error_description: description = '' }) {
      ctx.type = 'html'
      ctx.body = messagePage('That did not work', `${error}: ${description}`).toString()
    },
    ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 36_000, IdToken: 300, Interaction: 600, Session: 36_000 },
  })

  const app = new Koa()
  app.keys = cookieKeys
  app.use(async (ctx, next) => {
    await next()
    if (ctx.status !== 404 || ctx.body) return
    ctx.type = 'html'
    ctx.body = messagePage('Nothing here', 'There is no page at this address. Go back to the application.').toString()
    ctx.status = 404
  })
  app.use(async (ctx, next) => (ctx.path.startsWith('/login/') ? login(provider, ctx) : next()))
  app.use(mount(provider))
  return app
}

async function login(provider: Provider, ctx: Context): Promise<void> {
  const { uid, params } = await provider.interactionDetails(ctx.req, ctx.res).catch((error: unknown) => {
    if (error instanceof errors.SessionNotFound) ctx.throw(400, 'This login has expired: go back to the application.')
    throw error
  })
  ctx.set('cache-control', 'no-store')
  ctx.type = 'html'
  if (ctx.method !== 'POST') {
    const username = typeof params.login_hint === 'string' ? params.login_hint : ''
    ctx.body = loginPage({ action: `/login/${uid}`, username }).toString()
    return
  }

  const form = new URLSearchParams(await text(ctx.req))
  const username = form.get('username') ?? ''
  const user = signIn(username, form.get('password') ?? '')
  if (!user) {
    ctx.status = 401
    ctx.body = loginPage({ action: `/login/${uid}`, username, problem: 'Wrong user name or password.' }).toString()
    return
  }
  ctx.respond = false
  await provider.interactionFinished(ctx.req, ctx.res, {
    login: { accountId: user.sub, amr: ['pwd'], remember: false },
  })
}

/** Nobody is asked for consent: the client is the company's own. */
const grantEverything: Configuration['loadExistingGrant'] = async ({ oidc: { client, session, params, provider } }) => {
  const grant = new provider.Grant({ clientId: client?.clientId, accountId: session?.accountId })
  grant.addOIDCScope(String(params?.scope))
  await grant.save()
  return grant
}

/** Ends the session at once when the client proves, by an ID token, whose it is; asks the person otherwise. */
async function logout(ctx: KoaContextWithOIDC, form: string): Promise<void> {
  const { session, params, entities, provider } = ctx.oidc
  if (!session || entities.IdTokenHint?.payload.sub !== session.accountId) {
    ctx.body = messagePage('Sign out?', '', form).toString()
    return
  }
  await session.destroy()
  ctx.cookies.set(provider.cookieName('session'), null)
  if (typeof params?.post_logout_redirect_uri !== 'string') return loggedOut(ctx)
  const back = new URL(params.post_logout_redirect_uri)
  if (typeof params.state === 'string') back.searchParams.set('state', params.state)
  ctx.redirect(back.href)
}

function loggedOut(ctx: KoaContextWithOIDC): void {
  ctx.body = messagePage('You are signed out', 'The session at the stand-in for Okta has ended.').toString()
}
