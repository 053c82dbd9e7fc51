/**
 * The way of a test login: the link, the real trip to the upstream and back or the password, and the report. Of a session, an account or
 * a login there is never anything, before or after; whoever has neither the link nor the browser sees nothing.
 */
import { timingSafeEqual } from 'node:crypto'
import Router from '@koa/router'
import type { Context } from 'koa'
import type { PasswordForm } from '#views/signin/sign-in.ts'
import { testBeginView, testPasswordView, testReportView } from '#views/signin/test-login.ts'
import { reasonWords } from '#views/words/reasons.ts'
import type { FactorKeeper } from '../accounts/second-factors/second-factors.ts'
import type { Throttle } from '../accounts/throttle.ts'
import type { Credentials } from '../connector.ts'
import { Refusal } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import type { Csrf } from '../http/csrf.ts'
import { languageOf } from '../http/language.ts'
import { digest, newSecret } from '../ids.ts'
import { reasons } from '../reasons.ts'
import type { Sources } from '../sources/sources.ts'
import type { TestLogin, TestLogins } from '../sources/test-logins.ts'
import type { BrowserNotes } from './browser-notes.ts'
import { credentialsLimit } from './passwords.ts'
import { createTestOutcome, type TestOutcomeNeeds } from './test-outcome.ts'
import type { TripStore } from './trip-store.ts'

interface Needs extends TestOutcomeNeeds {
  readonly tests: TestLogins
  readonly trips: TripStore
  readonly throttle: Throttle
  readonly factors: Pick<FactorKeeper, 'isWanted'>
  readonly kindOf: Sources['kindOf']
  readonly callbackUrl: (alias: string) => URL
  readonly notes: BrowserNotes
  readonly csrf: Csrf
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
}

// No interaction is called so: theirs have no dots.
const mark = 'test.'

/** The address that an answer from upstream is for, when it is a test's. */
export const testDestination = (base: string, uid: string, alias: string): string | undefined =>
  uid.startsWith(mark) ? `${base}/test-login/${uid.slice(mark.length)}/arrive/${encodeURIComponent(alias)}` : undefined

export function testLoginRoutes(needs: Needs): Router {
  const { tests, trips, throttle, factors, callbackUrl, csrf, clock, assets, base } = needs
  const { reported, through, stepped, vouched } = createTestOutcome(needs)
  const browserNote = needs.notes('gatehouse_test_login', 3600)
  const router = new Router({ prefix: '/test-login' })
  const at = (id: string, rest: string) => `${base}/test-login/${id}/${rest}`

  async function found(ctx: Context): Promise<TestLogin> {
    const test = await tests.find(String(ctx.params.id))
    if (!test) throw new Refusal('test_login_over')
    return test
  }
  async function withLink(ctx: Context): Promise<TestLogin> {
    const test = await found(ctx)
    if (!same(digest(String(ctx.params.secret)), test.linkDigest)) throw new Refusal('test_login_over')
    return test
  }
  function isHere(ctx: Context, { browserDigest }: TestLogin): boolean {
    const kept = browserNote.read(ctx)
    return kept !== undefined && browserDigest !== null && same(digest(kept), browserDigest)
  }
  async function inItsBrowser(ctx: Context): Promise<TestLogin> {
    const test = await found(ctx)
    if (!isHere(ctx, test)) throw new Refusal('test_login_over', 'It was opened in another browser')
    return test
  }

  async function depart(test: TestLogin): Promise<{ readonly test: TestLogin; readonly to?: URL }> {
    let to: URL | undefined
    const next = await reported(test, () =>
      through(test, 'redirect', async (connector) => {
        const trip = { state: newSecret(), departedAt: clock(), forceLogin: true }
        const departure = await connector.depart({ ...trip, callbackUrl: callbackUrl(test.source.alias) })
        if (departure.method !== 'GET') throw new Refusal('source_not_allowed')
        const { memo } = departure
        await trips.save({
          ...trip,
          ...{ uid: mark + test.id, sourceId: test.source.id, memo, expiresAt: test.expiresAt },
        })
        to = departure.url
        const parameters = Object.fromEntries(
          [...departure.url.searchParams].filter(([name]) => shownParameters.has(name)),
        )
        const detail = { to: departure.url.origin + departure.url.pathname, parameters }
        return stepped(test, 'departed', detail)
      }),
    )
    return { test: next, ...(to && { to }) }
  }

  const arrive = (test: TestLogin, state: string, search: string) =>
    reported(test, async () => {
      const trip = (await trips.peek(state))?.uid === mark + test.id ? await trips.take(state) : undefined
      if (!trip || trip.expiresAt <= clock()) throw new Refusal('trip_unknown')
      const callback = callbackUrl(test.source.alias)
      const url = new URL(callback)
      url.search = search
      // A fresh login was asked for so that people can choose who to be. Only applications that ask want proof of it.
      const made = { ...trip, forceLogin: false, callbackUrl: callback }
      const identity = await through(test, 'redirect', (connector) =>
        connector.arrive(made, trip.memo, { url, form: new URLSearchParams() }),
      )
      return vouched(stepped(test, 'arrived'), identity)
    })

  const prove = (test: TestLogin, credentials: Credentials, address: string) =>
    reported(test, () =>
      through(test, 'password', async (connector) => {
        const attempt = { username: credentials.username, sourceId: test.source.id, address }
        await throttle.check(attempt)
        const identity = await connector.verify(credentials)
        if (!identity) {
          await throttle.failed(attempt)
          return stepped(test, 'wrong_password')
        }
        // A test shows what the person is: to nobody who would not get in with what they have.
        if (test.source.type === 'local' && (await factors.isWanted(identity.subject)))
          throw new Refusal('second_factor_missing')
        // Guesses sent all at once gain nothing here either; that it was right is not written down.
        await throttle.check(attempt)
        return vouched(stepped(test, 'proven'), identity)
      }),
    )

  function show(ctx: Context, page: { toString(): string }): void {
    ctx.type = 'html'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = page.toString()
  }
  function leave(ctx: Context, address: string): void {
    ctx.status = 303
    ctx.redirect(address)
  }

  router.get('/:id/report', async (ctx) => {
    const { state, reason, source, stored, steps, result } = await inItsBrowser(ctx)
    const lang = languageOf(ctx)
    const said = reason && { code: reason, ...reasonWords(reason, reasons[reason], lang) }
    show(ctx, testReportView({ assets, lang, source, stored, state, steps, result, ...(said && { reason: said }) }))
  })

  function showForm(ctx: Context, { id, source }: TestLogin, typed: Pick<PasswordForm, 'username' | 'problem'> = {}) {
    const form = { ...typed, alias: source.alias, action: at(id, 'password') }
    show(ctx, testPasswordView({ assets, lang: languageOf(ctx), source, form, csrf: csrf.token(`test/${id}`) }))
  }

  router.get('/:id/password', async (ctx) => {
    const test = await inItsBrowser(ctx)
    if (test.state === 'opened') showForm(ctx, test)
    else leave(ctx, at(test.id, 'report'))
  })

  router.post('/:id/password', async (ctx) => {
    const test = await inItsBrowser(ctx)
    const form = await readForm(ctx, { limit: credentialsLimit })
    csrf.check(ctx, form, `test/${test.id}`)
    if (test.state !== 'opened') return leave(ctx, at(test.id, 'report'))
    const username = form.get('username') ?? ''
    const next = await prove(test, { username, password: form.get('password') ?? '' }, ctx.ip)
    await tests.save(next)
    if (next.state !== 'opened') return leave(ctx, at(test.id, 'report'))
    const { status, title } = reasons.bad_credentials
    ctx.status = status
    showForm(ctx, next, { username, problem: title })
  })

  router.get('/:id/arrive/:alias', async (ctx) => {
    const test = await inItsBrowser(ctx)
    // RFC 9700 §4.4: an answer that came to another source's address is not this one's.
    if (ctx.params.alias !== test.source.alias) throw new Refusal('trip_misdirected')
    if (test.state === 'opened') await tests.save(await arrive(test, String(ctx.query.state), ctx.search))
    leave(ctx, at(test.id, 'report'))
  })

  router.get('/:id/:secret', async (ctx) => {
    const test = await withLink(ctx)
    if (isHere(ctx, test)) return leave(ctx, at(test.id, 'report'))
    if (test.state !== 'waiting') throw new Refusal('test_login_over')
    const action = at(test.id, String(ctx.params.secret))
    // Looking does not use it up: whatever previews links would have opened it.
    show(
      ctx,
      testBeginView({
        assets,
        lang: languageOf(ctx),
        source: test.source,
        action,
        csrf: csrf.token(`test/${test.id}`),
      }),
    )
  })

  router.post('/:id/:secret', async (ctx) => {
    const test = await withLink(ctx)
    csrf.check(ctx, await readForm(ctx), `test/${test.id}`)
    const opened = await tests.open(test)
    if (!opened) throw new Refusal('test_login_over')
    browserNote.write(ctx, opened.browser, `${base}/test-login/${test.id}`)
    if (needs.kindOf(test.source.type) === 'password') return leave(ctx, at(test.id, 'password'))
    const { test: next, to } = await depart(opened.test)
    await tests.save(next)
    leave(ctx, to?.href ?? at(test.id, 'report'))
  })

  return router
}

const shownParameters: ReadonlySet<string> = new Set(['client_id', 'redirect_uri', 'scope', 'prompt', 'acr_values'])

const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
