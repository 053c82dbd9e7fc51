/** Signing out (OpenID Connect RP-Initiated Logout 1.0): the broker session with all its grants, then the upstream. */
import type { Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { loggedOutView, logoutView, stayedView } from '#views/signin/logout.ts'
import type { AccountStore } from '../accounts/account.ts'
import { languageOf } from '../http/language.ts'
import type { BrokerSession, SessionStore } from '../sessions/session.ts'
import type { SourceStore } from '../sources/source.ts'
import type { CookieSettings } from './cookies.ts'
import { endStay } from './end-stay.ts'
import { sessionIdOf } from './session-id.ts'

interface Needs {
  readonly sessions: SessionStore
  readonly accounts: Pick<AccountStore, 'get'>
  readonly sources: Pick<SourceStore, 'get' | 'byAlias'>
  readonly cookies: CookieSettings
  /** Where the assets of pages are served from. */
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
  /** Where the browser goes to sign out at the upstream and come back from; `undefined`: nowhere. */
  readonly leaveUpstream: (session: BrokerSession, returnTo: string) => Promise<string | undefined>
}

export function createLogout({ sessions, accounts, sources, cookies, assets, base, leaveUpstream }: Needs) {
  /** Ends the stay and answers where the browser goes next. */
  async function end(ctx: KoaContextWithOIDC, destination: string): Promise<string> {
    const ended = await endStay(ctx, sessions)
    if (!ended) return destination
    const upstream = await leaveUpstream(ended, destination)
    if (upstream !== undefined) return upstream
    const source = await sources.get(ended.sourceId)
    return source && ended.upstream && destination === successUrl(ctx)
      ? `${destination}?still_open=${encodeURIComponent(source.alias)}`
      : destination
  }

  return {
    /** Asks; or, when the client has proved with an ID token that it means this very stay, just does it. */
    async logoutSource(ctx: KoaContextWithOIDC): Promise<void> {
      const { session, entities, params } = ctx.oidc
      if (!session?.accountId) return
      const { sub, sid } = entities.IdTokenHint?.payload ?? {}
      // One of an earlier stay proves little: it may have been kept, or found, by somebody who wants them out.
      if (sub === session.accountId && sid === sessionIdOf(session.uid)) {
        // First what counts: should the store fail in between, signing out can be asked for again.
        const destination = await end(ctx, destinationOf(ctx, params))
        await session.destroy()
        ctx.cookies.set(cookies.names.session, null, cookies.long)
        ctx.status = 303
        ctx.redirect(destination)
        return
      }
      const [account, stay] = await Promise.all([
        accounts.get(session.accountId),
        sessions.get(sessionIdOf(session.uid)),
      ])
      const source = stay?.upstream ? await sources.get(stay.sourceId) : undefined
      ctx.body = logoutView({
        ...{ assets, lang: languageOf(ctx, String(ctx.oidc.params?.ui_locales ?? '')) },
        account: { name: account?.displayName ?? session.accountId },
        action: ctx.oidc.urlFor('end_session_confirm'),
        xsrf: String(session.state?.secret),
        ...(source && { upstream: { name: source.name } }),
        ...(entities.Client?.clientName && { clientName: entities.Client.clientName }),
      }).toString()
    },

    async postLogoutSuccessSource(ctx: KoaContextWithOIDC): Promise<void> {
      const alias = ctx.query.still_open
      const source = typeof alias === 'string' ? await sources.byAlias(alias) : undefined
      const client = ctx.oidc.entities.Client
      const application = client && {
        name: client.clientName ?? client.clientId,
        ...(client.clientUri && { url: client.clientUri }),
      }
      const place = { assets, lang: languageOf(ctx), start: `${base}/`, ...(application && { application }) }
      ctx.type = 'html'
      ctx.body =
        ctx.query.stayed === undefined
          ? loggedOutView({ ...place, ...(source && { upstreamStillOpen: { name: source.name } }) }).toString()
          : stayedView(place).toString()
    },

    /** After the library's own part of a logout. */
    finish: (async (ctx, next) => {
      await next()
      const { oidc } = ctx as unknown as KoaContextWithOIDC
      const session = oidc?.session
      // Nobody is signed in: there is nothing to ask. (The library would post to itself, by a script.)
      if (
        oidc?.route === 'end_session' &&
        ctx.status === 200 &&
        session &&
        !session.accountId &&
        !isDestroyed(session)
      ) {
        ctx.body = null
        ctx.status = 303
        ctx.redirect(destinationOf(ctx as unknown as KoaContextWithOIDC, oidc.params))
      }
      // Signed out in another tab, or before: what was asked for is so already, whatever page it was asked from.
      if (oidc?.route === 'end_session_confirm' && session && !session.accountId && ctx.status === 400) {
        ctx.body = null
        ctx.status = 303
        ctx.redirect(successUrl(ctx as unknown as KoaContextWithOIDC))
      } else if (oidc?.route === 'end_session_confirm' && session && ctx.status === 303) {
        const destination = ctx.response.get('location')
        ctx.redirect(
          isDestroyed(session)
            ? await end(ctx as unknown as KoaContextWithOIDC, destination)
            : stayedAt(ctx as unknown as KoaContextWithOIDC, destination),
        )
      }
    }) satisfies Middleware,
  }
}

// The library sets it; its types do not say so.
const isDestroyed = (session: object): boolean => 'destroyed' in session && session.destroyed === true

const successUrl = (ctx: KoaContextWithOIDC): string => ctx.oidc.urlFor('end_session_success')

/** The library's last page is one of being signed out, whatever the person said. */
function stayedAt(ctx: KoaContextWithOIDC, destination: string): string {
  const url = new URL(destination)
  if (url.origin + url.pathname === successUrl(ctx)) url.searchParams.set('stayed', 'yes')
  return url.href
}

/** The library has checked that the address is registered for the client, or taken it away. */
function destinationOf(ctx: KoaContextWithOIDC, params: Readonly<Record<string, unknown>> | undefined): string {
  const { post_logout_redirect_uri: uri, state } = params ?? {}
  if (typeof uri !== 'string') return successUrl(ctx)
  const url = new URL(uri)
  if (typeof state === 'string') url.searchParams.set('state', state)
  return url.href
}
