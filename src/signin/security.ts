/** The person's own page about what stands beside their password. Changes want a sign-in of late, or another proof. */
import Router from '@koa/router'
import type { Context } from 'koa'
import { codesView, securityView, setUpView } from '#views/signin/security.ts'
import type { AccountStore } from '../accounts/account.ts'
import type { LocalUserStore } from '../accounts/local-user.ts'
import { isWanted } from '../accounts/second-factors/factor.ts'
import { enrolmentUri, newAuthenticatorSecret } from '../accounts/second-factors/one-time-codes.ts'
import type { Passkeys } from '../accounts/second-factors/passkeys.ts'
import type { FactorKeeper } from '../accounts/second-factors/second-factors.ts'
import type { Throttle } from '../accounts/throttle.ts'
import type { Users } from '../accounts/users.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import type { Csrf } from '../http/csrf.ts'
import { languageOf } from '../http/language.ts'
import type { CurrentSession } from '../interaction.ts'
import type { SessionStore } from '../sessions/session.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Sources } from '../sources/sources.ts'
import type { Vault } from '../vault.ts'
import type { BrowserNotes } from './browser-notes.ts'
import { createConfirming, type Person } from './confirming.ts'
import { addPurpose } from './passkey-purposes.ts'
import { mountPasswordChange } from './password-change.ts'
import { answerIn } from './second-step.ts'

interface Needs {
  readonly currentSession: CurrentSession
  readonly sessions: Pick<SessionStore, 'get'>
  readonly accounts: Pick<AccountStore, 'get'>
  readonly sources: Pick<SourceStore, 'get'>
  readonly localUsers: Pick<LocalUserStore, 'get'>
  readonly connector: Sources['connector']
  readonly factors: FactorKeeper
  readonly users: Pick<Users, 'changePassword'>
  readonly passkeys: Passkeys
  readonly throttle: Throttle
  readonly vault: Vault
  readonly notes: BrowserNotes
  readonly csrf: Csrf
  readonly clock: Clock
  readonly assets: string
  readonly issuer: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

const formLimit = 48 * 1024

export function securityRoutes(needs: Needs): Router {
  const { currentSession, sessions, accounts, sources, localUsers, factors, passkeys, vault, csrf, assets, base } =
    needs
  const router = new Router({ prefix: '/security' })
  const confirming = createConfirming(needs)

  async function visitor(ctx: Context) {
    const current = await currentSession(ctx)
    const session = current && (await sessions.get(current.sessionId))
    if (!current || !session) throw new Refusal('not_signed_in')
    const [account, source] = await Promise.all([accounts.get(current.accountId), sources.get(session.sourceId)])
    const user = source?.type === 'local' ? await localUsers.get(session.subject) : undefined
    return { session, account, source, user }
  }

  /** Whose factors are kept here. Rejects with `not_found` for people of other sources. */
  async function person(ctx: Context): Promise<Person> {
    const { session, account, source, user } = await visitor(ctx)
    if (!account || !source || !user) throw new Refusal('not_found', 'Your password is kept elsewhere')
    return { session, source, user, owner: { userId: user.id, accountId: account.id, name: account.displayName } }
  }

  /** On the way to the console, they go on being on the way. */
  const at = (ctx: Context, path = '', more: Readonly<Record<string, string>> = {}): string => {
    const query = new URLSearchParams({ ...(ctx.query.for === 'console' && { for: 'console' }), ...more })
    return `${base}/security${path}${query.size > 0 ? `?${query}` : ''}`
  }

  function show(ctx: Context, page: { toString(): string }, status = 200): void {
    ctx.status = status
    ctx.type = 'html'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = page.toString()
  }

  function go(ctx: Context, address: string): void {
    ctx.status = 303
    ctx.redirect(address)
  }

  const form = async (ctx: Context, { session }: Pick<Person, 'session'>): Promise<URLSearchParams> => {
    const posted = await readForm(ctx, { limit: formLimit })
    csrf.check(ctx, posted, session.id)
    return posted
  }

  /** The form that was sent; `undefined`: they must prove first who they are, and are on the way there. */
  async function confirmedForm(ctx: Context, who: Person): Promise<URLSearchParams | undefined> {
    const posted = await form(ctx, who)
    if (confirming.isFresh(ctx, who)) return posted
    go(ctx, at(ctx, '/confirm'))
    return undefined
  }

  /** Recovery codes are shown this once; where there are none, the page again. */
  function added(ctx: Context, codes: readonly string[]): void {
    const done = at(ctx, '', { said: 'added' })
    if (codes.length === 0) go(ctx, done)
    else show(ctx, codesView({ assets, lang: languageOf(ctx), codes, done }))
  }

  router.get('/', async (ctx) => {
    const { session, account, source, user } = await visitor(ctx)
    const lang = languageOf(ctx)
    const own = user && (await factors.of(user.id))
    const owner = user && account && { userId: user.id, name: user.username }
    const isFresh = user && source && account && confirming.isFresh(ctx, { session, user })
    const add = own && owner && isFresh && (await passkeys.askForNew(addPurpose(session.id), owner, own.passkeys))
    const { said } = ctx.query
    const page = securityView({
      ...{ assets, lang, account: { name: account?.displayName ?? session.accountId } },
      elsewhere: source?.name ?? '',
      ...(own && {
        own: {
          ...(own.authenticator && { app: own.authenticator }),
          passkeys: own.passkeys,
          recoveryCodes: own.recoveryCodes,
        },
      }),
      ...(ctx.query.for === 'console' && {
        forConsole: { href: `${base}/admin/`, missing: own !== undefined && !isWanted(own) },
      }),
      ...((said === 'added' || said === 'removed') && { said }),
      ...(add && { add: { ...add, action: at(ctx, '/passkeys') } }),
      links: {
        setUp: at(ctx, '/totp'),
        password: at(ctx, '/password'),
        confirm: at(ctx, '/confirm'),
        remove: at(ctx, '/remove'),
        recovery: at(ctx, '/recovery-codes'),
        sessions: `${base}/sessions`,
      },
      csrf: csrf.token(session.id),
    })
    show(ctx, page)
  })

  mountPasswordChange(router, {
    ...{ person, form, show, at, csrf, assets, base, prove: confirming.provePassword },
    changePassword: needs.users.changePassword,
  })

  const enrolmentContext = ({ session, user }: Person) => `enrolment/${session.id}/${user.id}`

  function showSetUp(ctx: Context, who: Person, secret: string, wrong: boolean): void {
    const label = who.user.username
    const page = setUpView({
      ...{ assets, lang: languageOf(ctx), secret, wrong, csrf: csrf.token(who.session.id) },
      uri: enrolmentUri(secret, { issuer: `Gatehouse ${new URL(needs.issuer).hostname}`, label }),
      // Kept by the page alone until it is confirmed.
      enrolment: vault.seal(secret, enrolmentContext(who)),
      action: at(ctx, '/totp'),
      back: at(ctx),
    })
    show(ctx, page, wrong ? 422 : 200)
  }

  router.get('/totp', async (ctx) => {
    const who = await person(ctx)
    if ((await factors.of(who.user.id)).authenticator) return go(ctx, at(ctx))
    if (!confirming.isFresh(ctx, who)) return go(ctx, at(ctx, '/confirm', { to: 'totp' }))
    showSetUp(ctx, who, newAuthenticatorSecret(), false)
  })

  router.post('/totp', async (ctx) => {
    const who = await person(ctx)
    const posted = await confirmedForm(ctx, who)
    if (!posted) return
    const secret = openEnrolment(vault, posted.get('enrolment') ?? '', enrolmentContext(who))
    if (secret === undefined) return go(ctx, at(ctx, '/totp'))
    try {
      added(ctx, await factors.addAuthenticator(who.owner, secret, posted.get('code') ?? ''))
    } catch (error) {
      // The form was sent twice, or in another tab: there is an app.
      if (error instanceof Refusal && error.code === 'conflict') return go(ctx, at(ctx))
      if (!(error instanceof Refusal && error.code === 'second_factor_wrong')) throw error
      showSetUp(ctx, who, secret, true)
    }
  })

  router.post('/passkeys', async (ctx) => {
    const who = await person(ctx)
    const posted = await confirmedForm(ctx, who)
    if (!posted) return
    const answer = answerIn(posted)
    const name = (posted.get('name') ?? '').trim().slice(0, 60)
    if (!answer || name === '') return go(ctx, at(ctx))
    const passkey = await passkeys.receiveNew(addPurpose(who.session.id), answer)
    added(ctx, await factors.addPasskey(who.owner, { ...passkey, name }))
  })

  router.post('/remove', async (ctx) => {
    const who = await person(ctx)
    const posted = await confirmedForm(ctx, who)
    if (!posted) return
    await factors.remove(who.owner, posted.get('factor') ?? '')
    go(ctx, at(ctx, '', { said: 'removed' }))
  })

  router.post('/recovery-codes', async (ctx) => {
    const who = await person(ctx)
    if (!(await confirmedForm(ctx, who))) return
    const codes = await factors.renewRecoveryCodes(who.owner)
    show(ctx, codesView({ assets, lang: languageOf(ctx), codes, done: at(ctx) }))
  })

  const afterwards = (ctx: Context) => at(ctx, ctx.query.to === 'totp' ? '/totp' : '')
  const confirmAction = (ctx: Context) => at(ctx, '/confirm', ctx.query.to === 'totp' ? { to: 'totp' } : {})

  router.get('/confirm', async (ctx) => {
    const who = await person(ctx)
    show(ctx, await confirming.page(ctx, who, { action: confirmAction(ctx), back: at(ctx) }))
  })

  router.post('/confirm', async (ctx) => {
    const who = await person(ctx)
    const posted = await form(ctx, who)
    try {
      await confirming.confirm(ctx, who, posted)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      if (error.retryAfter !== undefined) ctx.set('Retry-After', String(error.retryAfter))
      const page = await confirming.page(ctx, who, { action: confirmAction(ctx), back: at(ctx), problem: error.code })
      return show(ctx, page, error.status)
    }
    go(ctx, afterwards(ctx))
  })

  return router
}

/** `undefined`: made in another session, or not by us. */
function openEnrolment(vault: Vault, sealed: string, context: string): string | undefined {
  try {
    return vault.open(sealed, context)
  } catch {
    return undefined
  }
}
