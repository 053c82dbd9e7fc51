/** Into the console through the broker itself, and out of it again. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { noEntryView } from '#views/console/no-entry.ts'
import { consoleClientId } from '../clients/console-client.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import type { Csrf } from '../http/csrf.ts'
import { digest, newSecret } from '../ids.ts'
import type { ReasonCode } from '../reasons.ts'
import type { BrokerSession } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { openIfKept, type Vault } from '../vault.ts'
import type { ConsoleCookie } from './cookies.ts'
import type { Judge } from './entrance.ts'
import { languageOf } from './language.ts'
import type { ConsoleSessions } from './sessions.ts'
import type { ConsoleTokens } from './tokens.ts'

interface Needs {
  readonly issuer: string
  /** The console's own path, without a slash at the end. */
  readonly here: string
  readonly cookie: ConsoleCookie
  /** Tells one browser from another, before and after it is signed in. */
  readonly browser: ConsoleCookie
  readonly sessions: ConsoleSessions
  readonly tokens: ConsoleTokens
  readonly judge: Judge
  /** Sees to it that there is one. */
  readonly client: () => Promise<unknown>
  readonly broker: Pick<Sessions, 'end'>
  readonly leaveUpstream: (session: BrokerSession, returnTo: string) => Promise<string | undefined>
  readonly vault: Vault
  readonly csrf: Csrf
  readonly clock: Clock
  readonly assets: string
}

/** Milliseconds from leaving for the sign-in to coming back. */
const lifetime = 60 * 60_000
const context = 'console-sign-in'
const State = z.strictObject({ to: z.string(), verifier: z.string(), browser: z.string(), until: z.number() })

export const csrfBinding = (secret: string): string => `console/${digest(secret)}`

/** Leaves for the sign-in; `again`: they must prove anew who they are, whoever is signed in. */
export type SignIn = (ctx: Context, to: string, wish?: 'again' | 'switch') => Promise<void>

export function createSignIn(needs: Needs): { readonly signIn: SignIn; mount(router: Router): void } {
  const { issuer, here, cookie, browser, sessions, tokens, client, vault, csrf, clock, assets } = needs

  function browserOf(ctx: Context): string {
    const known = browser.read(ctx)
    if (known !== undefined) return known
    const made = newSecret()
    browser.write(ctx, made)
    return made
  }

  const signIn: SignIn = async (ctx, to, wish) => {
    await client()
    const verifier = newSecret()
    const state = { to, verifier, browser: digest(browserOf(ctx)), until: clock() + lifetime }
    const query = new URLSearchParams({
      client_id: consoleClientId,
      redirect_uri: `${issuer}/admin/callback`,
      response_type: 'code',
      scope: 'openid profile admin',
      // Sealed, so that nothing is kept for strangers who only knock.
      state: vault.seal(JSON.stringify(state), context),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(wish === 'again' && { prompt: 'login' }),
      ...(wish === 'switch' && { prompt: 'select_account' }),
    })
    ctx.status = 303
    ctx.redirect(`${issuer}/authorize?${query}`)
  }

  function stateOf(ctx: Context): z.infer<typeof State> | undefined {
    const given = String(ctx.query.state ?? '')
    const own = browser.read(ctx)
    if (own === undefined) return undefined
    try {
      const opened = openIfKept(vault, given, context)
      const state = opened === undefined ? undefined : State.parse(JSON.parse(opened))
      return state && same(state.browser, digest(own)) && state.until > clock() ? state : undefined
    } catch {
      return undefined // Not sealed by us: somebody wrote it by hand.
    }
  }

  function noEntry(ctx: Context, reason: ReasonCode): void {
    const lang = languageOf(ctx)
    ctx.status = 403
    ctx.type = 'html'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = noEntryView({ assets, lang, reason, here, issuer }).toString()
  }

  return {
    signIn,
    mount(router) {
      router.get('/sign-in', (ctx) =>
        signIn(ctx, ownPath(String(ctx.query.to ?? ''), here), ctx.query.switch === undefined ? undefined : 'switch'),
      )

      // Everybody's own page; on the way to the console, it leads back.
      router.get('/security', (ctx) => {
        ctx.status = 303
        ctx.redirect(`${issuer}/security${ctx.query.for === 'console' ? '?for=console' : ''}`)
      })

      router.get('/no-entry', (ctx) => noEntry(ctx, 'not_an_administrator'))

      router.get('/callback', async (ctx) => {
        const state = stateOf(ctx)
        if (browser.read(ctx) === undefined)
          throw new Refusal(
            'console_sign_in_refused',
            'This browser keeps no cookies, and so nobody can be known in it',
          )
        // Whatever it is the answer to, it is none to a question of this browser: it asks anew.
        if (!state) return signIn(ctx, `${here}/`)
        const { code, error } = ctx.query
        if (typeof code !== 'string') {
          if (error === 'access_denied') return noEntry(ctx, 'console_sign_in_refused')
          throw new Refusal('console_sign_in_refused', `The sign-in came back with ${String(error)}`)
        }
        const granted = await tokens.redeem(code, state.verifier)
        if (!granted.ok) {
          if (granted.reason === 'not_an_administrator') return noEntry(ctx, granted.reason)
          throw new Refusal(granted.reason ?? 'console_sign_in_refused')
        }
        // What will not be let in at the next click is told now: sending it round again would never end.
        const judged = await needs.judge(granted.session.accessToken)
        if (judged === 'not_an_administrator') return noEntry(ctx, judged)
        if (typeof judged === 'string') throw new Refusal(judged)
        const before = cookie.read(ctx)
        // A new secret with every sign-in, so that nobody can plant one.
        cookie.write(ctx, await sessions.start(granted.session))
        if (before !== undefined) await sessions.end(before)
        ctx.status = 303
        ctx.redirect(state.to)
      })

      router.post('/sign-out', async (ctx) => {
        const secret = cookie.read(ctx) ?? ''
        csrf.check(ctx, await readForm(ctx), csrfBinding(secret))
        const session = await sessions.find(secret)
        cookie.write(ctx, undefined)
        await sessions.end(secret)
        const destination = `${issuer}/logout/success`
        const ended = session && (await needs.broker.end({ kind: 'account', id: session.accountId }, session.sid))
        const upstream = ended && (await needs.leaveUpstream(ended, destination))
        ctx.status = 303
        ctx.redirect(upstream ?? destination)
      })
    },
  }
}

const same = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** Nobody is sent anywhere but into the console, by whoever made the link. */
function ownPath(to: string, here: string): string {
  const base = 'https://here.invalid'
  if (!URL.canParse(to, base)) return `${here}/`
  const { origin, pathname, search } = new URL(to, base)
  const inside = pathname === here || pathname.startsWith(`${here}/`)
  return origin === base && inside && !pathname.startsWith('//') ? pathname + search : `${here}/`
}
