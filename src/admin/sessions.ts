import type Router from '@koa/router'
import { z } from 'zod'
import type { AccountStore } from '../accounts/account.ts'
import { parseInput } from '../input.ts'
import type { Sessions, SharedSession } from '../sessions/sessions.ts'
import type { SourceStore } from '../sources/source.ts'
import type { Authorise } from './authorise.ts'
import { iso, listParameters } from './collection.ts'

interface Needs {
  readonly authorise: Authorise
  readonly sessions: Sessions
  readonly accounts: Pick<AccountStore, 'get'>
  readonly sources: Pick<SourceStore, 'get' | 'byAlias'>
}

const ListParameters = listParameters
  .omit({ q: true })
  .extend({ user: z.string().max(200).optional(), source: z.string().max(200).optional() })

/** Who is signed in, and sending them away: their tokens, refresh tokens and introspections end with the session. */
export function mountSessions(router: Router, { authorise, sessions, accounts, sources }: Needs): void {
  async function view({ session, clientIds }: SharedSession) {
    const [account, source] = await Promise.all([accounts.get(session.accountId), sources.get(session.sourceId)])
    return {
      id: session.id,
      user: { id: session.accountId, name: account?.displayName ?? null },
      authentication_source: { id: session.sourceId, alias: source?.alias ?? null },
      clients: clientIds,
      started_at: iso(session.startedAt),
      idle_until: iso(session.idleUntil),
      expires_at: iso(session.expiresAt),
    }
  }

  router.get('/sessions', async (ctx) => {
    await authorise(ctx, 'view')
    const parameters = Object.fromEntries(new URLSearchParams(ctx.querystring))
    const { user, source, ...page } = parseInput(ListParameters, parameters)
    const sourceId = source === undefined ? undefined : ((await sources.byAlias(source))?.id ?? source)
    const { items, next } = await sessions.list({
      ...page,
      ...(user !== undefined && { accountId: user }),
      ...(sourceId !== undefined && { sourceId }),
    })
    ctx.body = { items: await Promise.all(items.map(view)), next }
  })

  router.get('/sessions/:id', async (ctx) => {
    await authorise(ctx, 'view')
    ctx.body = await view(await sessions.get(ctx.params.id ?? ''))
  })

  router.delete('/sessions/:id', async (ctx) => {
    const actor = await authorise(ctx, 'administer')
    const { session } = await sessions.get(ctx.params.id ?? '')
    await sessions.end(actor, session.id)
    ctx.status = 204
  })
}
