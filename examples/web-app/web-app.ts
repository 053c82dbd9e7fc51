/**
 * A web application whose people sign in through the broker. Everything that has to do with signing in is in this
 * file; `openid-client` does the protocol.
 */
import { readFileSync } from 'node:fs'
import Router from '@koa/router'
import Koa from 'koa'
import * as oidc from 'openid-client'
import { homePage, notFoundPage, problemPage, signedOutPage, welcomePage } from './pages.ts'
import { fetchPatient } from './patient.ts'
import { createSessions, type SignedIn } from './sessions.ts'

interface Settings {
  /** Where people find this application. */
  readonly url: URL
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecret: string
  readonly patientApi: URL
}

const stylesheet = readFileSync(new URL('style.css', import.meta.url), 'utf8')

export async function createWebApp({ url, issuer, clientId, clientSecret, patientApi }: Settings): Promise<Koa> {
  const config = await oidc.discovery(issuer, clientId, undefined, oidc.ClientSecretBasic(clientSecret), {
    // Plain http is for trying things out on one's own machine.
    execute: issuer.protocol === 'http:' ? [oidc.allowInsecureRequests] : [],
  })
  const redirectUri = new URL('/callback', url).href
  const sessions = createSessions({ secure: url.protocol === 'https:' })
  const router = new Router()

  router.get('/', async (ctx) => {
    const { person } = sessions.read(ctx)
    if (!person) {
      ctx.body = welcomePage()
      return
    }
    const fresh = await refreshed(person)
    if (!fresh) return ctx.redirect('/login')
    sessions.update(ctx, { person: fresh })
    ctx.body = homePage({ claims: fresh.claims, patient: await fetchPatient(patientApi, fresh.accessToken) })
  })

  router.get('/login', async (ctx) => {
    const attempt = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      codeVerifier: oidc.randomPKCECodeVerifier(),
    }
    sessions.begin(ctx, { attempt })
    const authorization = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid profile email',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.codeVerifier),
      code_challenge_method: 'S256',
    })
    ctx.redirect(authorization.href)
  })

  router.get('/callback', async (ctx) => {
    const { attempt, person } = sessions.read(ctx)
    // Somebody went back to this address: there is nothing left to redeem.
    if (!attempt) return ctx.redirect(person ? '/' : '/login')
    const tokens = await oidc.authorizationCodeGrant(config, new URL(ctx.search, redirectUri), {
      expectedState: attempt.state,
      expectedNonce: attempt.nonce,
      pkceCodeVerifier: attempt.codeVerifier,
      idTokenExpected: true,
    })
    // A new session with a new id: one that was known before the login must not be signed in by it.
    sessions.begin(ctx, { person: signedIn(tokens) })
    ctx.redirect('/')
  })

  router.post('/logout', (ctx) => {
    const { person } = sessions.read(ctx)
    sessions.end(ctx)
    if (!person) return ctx.redirect('/')
    const goodbye = oidc.buildEndSessionUrl(config, {
      id_token_hint: person.idToken,
      post_logout_redirect_uri: new URL('/signed-out', url).href,
    })
    ctx.status = 303
    ctx.redirect(goodbye.href)
  })

  router.get('/signed-out', (ctx) => {
    ctx.body = signedOutPage()
  })

  router.get('/style.css', (ctx) => {
    ctx.type = 'css'
    ctx.body = stylesheet
  })

  function signedIn(tokens: Awaited<ReturnType<typeof oidc.authorizationCodeGrant>>, before?: SignedIn): SignedIn {
    return {
      claims: tokens.claims() ?? before?.claims ?? {},
      idToken: tokens.id_token ?? before?.idToken ?? '',
      accessToken: tokens.access_token,
      expiresAt: Date.now() + (tokens.expiresIn() ?? 0) * 1000,
      refreshToken: tokens.refresh_token ?? before?.refreshToken,
    }
  }

  /** The person with an access token that is good for a while. `undefined`: the broker has ended their session. */
  async function refreshed(person: SignedIn): Promise<SignedIn | undefined> {
    if (person.expiresAt > Date.now() + 10_000) return person
    if (!person.refreshToken) return undefined
    try {
      return signedIn(await oidc.refreshTokenGrant(config, person.refreshToken), person)
    } catch (error) {
      if (error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant') return undefined
      throw error
    }
  }

  const app = new Koa({ proxy: url.protocol === 'https:' })
  app.use(async (ctx, next) => {
    // No form-action: browsers hold it against the redirects after our sign-out form, which lead to the broker.
    ctx.set('content-security-policy', "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'")
    ctx.set('cache-control', 'no-store')
    ctx.type = 'html'
    try {
      await next()
    } catch (error) {
      const refused = error instanceof oidc.AuthorizationResponseError
      if (!refused) console.error(error)
      ctx.status = refused ? 403 : 502
      ctx.body = problemPage(refused ? (error.error_description ?? error.error) : undefined)
    }
  })
  app.use(router.routes())
  app.use((ctx) => {
    ctx.status = 404
    ctx.body = notFoundPage()
  })
  return app
}
