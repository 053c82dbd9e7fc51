/**
 * The way of a test login: the link, the real trip to the upstream and back, and the report. Of a session, an account or
 * a login there is never anything, before or after; whoever has neither the link nor the browser sees nothing.
 */
import { timingSafeEqual } from 'node:crypto'
import Router from '@koa/router'
import type { Context } from 'koa'
import { testBeginView, testReportView } from '#views/signin/test-login.ts'
import type { AccountStore } from '../accounts/account.ts'
import type { ApiStore } from '../apis/api.ts'
import type { ClientStore } from '../clients/client.ts'
import { type Clock, seconds } from '../clock.ts'
import type { RedirectConnector } from '../connector.ts'
import { Refusal, Unavailable } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import type { Csrf } from '../http/csrf.ts'
import { digest, newSecret } from '../ids.ts'
import { mapIdentity } from '../mapping/map-identity.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Sources } from '../sources/sources.ts'
import type { TestLogin, TestLogins } from '../sources/test-logins.ts'
import type { BrowserNotes } from './browser-notes.ts'
import { testResult } from './test-result.ts'
import type { TripStore } from './trip-store.ts'

interface Needs {
  readonly tests: TestLogins
  readonly openApart: Sources['openApart']
  readonly trips: TripStore
  readonly accounts: Pick<AccountStore, 'identity' | 'get'>
  readonly clients: Pick<ClientStore, 'get'>
  readonly apis: Pick<ApiStore, 'list'>
  readonly callbackUrl: (alias: string) => URL
  readonly notes: BrowserNotes
  readonly csrf: Csrf
  readonly clock: Clock
  readonly issuer: string
  readonly assets: string
  /** The issuer's path, without a slash at the end. */
  readonly base: string
  /** Seconds. */
  readonly tokenLifetime: number
}

// No interaction is called so: theirs have no dots.
const mark = 'test.'

/** The address that an answer from upstream is for, when it is a test's. */
export const testDestination = (base: string, uid: string, alias: string): string | undefined =>
  uid.startsWith(mark) ? `${base}/test-login/${uid.slice(mark.length)}/arrive/${encodeURIComponent(alias)}` : undefined

export function testLoginRoutes(needs: Needs): Router {
  const { tests, trips, callbackUrl, csrf, clock, assets, base } = needs
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

  /** Whatever comes of the work is the report's; only our own mistakes are not. */
  async function reported(test: TestLogin, work: () => Promise<TestLogin>): Promise<TestLogin> {
    const ended = (state: TestLogin['state'], reason: ReasonCode | null, detail: string): TestLogin => ({
      ...test,
      ...{ state, reason },
      steps: [...test.steps, { at: clock(), what: state, detail: { detail, ...(reason && { reason }) } }],
    })
    try {
      return await work()
    } catch (error) {
      if (error instanceof Unavailable && error.who !== 'store')
        return ended('could_not_tell', 'upstream_unavailable', error.message)
      if (error instanceof Refusal) return ended('refused', error.code, error.message)
      throw error
    }
  }

  /** With a connector of its own, so that how sign-ins through the source go is not told by tests. */
  async function through<T>(test: TestLogin, work: (connector: RedirectConnector) => Promise<T>): Promise<T> {
    const connector = needs.openApart(test.source)
    try {
      if (connector.kind !== 'redirect') throw new Refusal('source_not_allowed')
      return await work(connector)
    } finally {
      await connector.close?.()
    }
  }

  async function depart(test: TestLogin): Promise<{ readonly test: TestLogin; readonly to?: URL }> {
    let to: URL | undefined
    const next = await reported(test, () =>
      through(test, async (connector) => {
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
        return { ...test, steps: [...test.steps, { at: clock(), what: 'departed', detail }] }
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
      const identity = await through(test, (connector) =>
        connector.arrive({ ...trip, callbackUrl: callback }, trip.memo, { url, form: new URLSearchParams() }),
      )
      const mapped = mapIdentity(identity, test.source.mapping)
      const steps = [...test.steps, { at: clock(), what: 'arrived' }, { at: clock(), what: 'mapped' }]
      const linked = test.stored ? await needs.accounts.identity(test.source.id, identity.subject) : undefined
      const [account, client, apis] = await Promise.all([
        linked && needs.accounts.get(linked.accountId),
        test.clientId === null ? undefined : needs.clients.get(test.clientId),
        needs.apis.list({ limit: 200 }),
      ])
      const result = testResult({
        ...{ issuer: needs.issuer, source: test.source, identity, mapped, account, client, apis: apis.items },
        ...{ now: seconds(clock()), tokenLifetime: needs.tokenLifetime },
      })
      const reason = mapped.overage ? 'groups_overage' : result.admission.reason
      const state_ = reason === null ? ('succeeded' as const) : ('refused' as const)
      const end = { at: clock(), what: state_, ...(reason && { detail: { reason } }) }
      return {
        ...test,
        ...{ state: state_, reason, steps: [...steps, end] },
        result: mapped.overage ? { ...result, tokens: null, apis: [] } : result,
      }
    })

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
    const said = reason && { code: reason, ...words(reason) }
    show(ctx, testReportView({ assets, source, stored, state, steps, result, ...(said && { reason: said }) }))
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
    show(ctx, testBeginView({ assets, source: test.source, action, csrf: csrf.token(`test/${test.id}`) }))
  })

  router.post('/:id/:secret', async (ctx) => {
    const test = await withLink(ctx)
    csrf.check(ctx, await readForm(ctx), `test/${test.id}`)
    const opened = await tests.open(test)
    if (!opened) throw new Refusal('test_login_over')
    browserNote.write(ctx, opened.browser, `${base}/test-login/${test.id}`)
    const { test: next, to } = await depart(opened.test)
    await tests.save(next)
    leave(ctx, to?.href ?? at(test.id, 'report'))
  })

  return router
}

const shownParameters: ReadonlySet<string> = new Set(['client_id', 'redirect_uri', 'scope', 'prompt', 'acr_values'])

const words = (code: ReasonCode) => {
  const { title, cause, fix } = reasons[code]
  return { title, cause, fix }
}

const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
