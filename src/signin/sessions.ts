/** The person's own page: where they are signed in, what they agreed to share, and the way out of each. */
import Router from '@koa/router'
import type { Context } from 'koa'
import { staysView } from '#views/signin/sessions.ts'
import { factorWords } from '#views/words/factors.ts'
import { type Language, scopeWords } from '#views/words.ts'
import type { AccountStore } from '../accounts/account.ts'
import type { Agreements } from '../clients/agreements.ts'
import type { ClientStore } from '../clients/client.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../errors.ts'
import { readForm } from '../http/bodies.ts'
import type { Csrf } from '../http/csrf.ts'
import { languageOf } from '../http/language.ts'
import type { CurrentSession } from '../interaction.ts'
import type { Sessions, SharedSession } from '../sessions/sessions.ts'
import type { SourceStore } from '../sources/source.ts'
import { nameOf } from './pages.ts'
import type { LeaveUpstream } from './upstream-logout.ts'

interface Needs {
  readonly currentSession: CurrentSession
  readonly sessions: Sessions
  readonly agreements: Agreements
  readonly accounts: Pick<AccountStore, 'get'>
  readonly sources: Pick<SourceStore, 'get'>
  readonly clients: Pick<ClientStore, 'get'>
  readonly leaveUpstream: LeaveUpstream
  readonly csrf: Csrf
  readonly clock: Clock
  readonly assets: string
  readonly issuer: string
}

export function sessionRoutes(needs: Needs): Router {
  const { currentSession, sessions, agreements, accounts, sources, clients, leaveUpstream, csrf, clock } = needs
  const { assets, issuer } = needs
  const router = new Router({ prefix: '/sessions' })
  const here = `${issuer}/sessions`

  async function visitor(ctx: Context) {
    const current = await currentSession(ctx)
    if (!current) throw new Refusal('not_signed_in')
    return { ...current, own: await sessions.ofAccount(current.accountId) }
  }

  async function stay({ session, clientIds }: SharedSession, currentId: string) {
    const [source, ...opened] = await Promise.all([
      sources.get(session.sourceId),
      ...clientIds.map((id) => clients.get(id)),
    ])
    return {
      id: session.id,
      source: source?.name ?? session.sourceId,
      applications: opened.flatMap((client) => (client ? [nameOf(client)] : [])),
      startedAt: session.startedAt,
      ...(session.device && { device: session.device }),
      current: session.id === currentId,
    }
  }

  /** The organisation's own clients ask nobody. */
  async function agreed(accountId: string, lang: Language) {
    const all = await agreements.ofAccount(accountId)
    const shown = await Promise.all(
      all.map(async ({ clientId, scopes, givenAt }) => {
        const client = await clients.get(clientId)
        if (!client || client.firstParty) return []
        return [
          {
            id: clientId,
            name: nameOf(client),
            receives: scopes.map((scope) => scopeWords(scope, lang).title),
            givenAt,
          },
        ]
      }),
    )
    return shown.flat()
  }

  const leave = (ctx: Context, address: string): void => {
    ctx.status = 303
    ctx.redirect(address)
  }

  router.get('/', async (ctx) => {
    const { sessionId, accountId, own } = await visitor(ctx)
    const lang = languageOf(ctx)
    const account = await accounts.get(accountId)
    const stays = await Promise.all(own.map((each) => stay(each, sessionId)))
    ctx.type = 'html'
    ctx.set('Cache-Control', 'no-store')
    ctx.body = staysView({
      ...{ assets, lang },
      account: { name: account?.displayName ?? accountId },
      stays: stays.toSorted((a, b) => Number(b.current) - Number(a.current)),
      endAction: `${here}/end`,
      endOthersAction: `${here}/end-others`,
      agreements: await agreed(accountId, lang),
      withdrawAction: `${here}/withdraw`,
      csrf: csrf.token(sessionId),
      now: clock(),
      security: { href: `${issuer}/security`, label: factorWords(lang).security.title },
    }).toString()
  })

  router.post('/end', async (ctx) => {
    const { sessionId, accountId, own } = await visitor(ctx)
    const form = await readForm(ctx)
    csrf.check(ctx, form, sessionId)
    // Only one's own; one that is not there has ended, and that is what was asked for.
    const meant = own.find(({ session }) => session.id === form.get('session'))?.session
    const ended = meant && (await sessions.end({ kind: 'account', id: accountId }, meant.id))
    if (ended?.id !== sessionId) return leave(ctx, here)
    const destination = `${issuer}/logout/success`
    const upstream = await leaveUpstream(ended, destination)
    if (upstream !== undefined) return leave(ctx, upstream)
    const source = ended.upstream ? await sources.get(ended.sourceId) : undefined
    leave(ctx, source ? `${destination}?still_open=${encodeURIComponent(source.alias)}` : destination)
  })

  router.post('/withdraw', async (ctx) => {
    const { sessionId, accountId } = await visitor(ctx)
    const form = await readForm(ctx)
    csrf.check(ctx, form, sessionId)
    await agreements.withdraw(accountId, form.get('client') ?? '')
    leave(ctx, here)
  })

  router.post('/end-others', async (ctx) => {
    const { sessionId, accountId, own } = await visitor(ctx)
    csrf.check(ctx, await readForm(ctx), sessionId)
    for (const { session } of own) {
      if (session.id !== sessionId) await sessions.end({ kind: 'account', id: accountId }, session.id)
    }
    leave(ctx, here)
  })

  return router
}
