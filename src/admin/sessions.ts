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
  readonly accounts: Pick<AccountStore, 'some'>
  readonly sources: Pick<SourceStore, 'some' | 'byAlias'>
}

const ListParameters = listParameters
  .omit({ q: true })
  .extend({ user: z.string().max(200).optional(), source: z.string().max(200).optional() })

/** Who is signed in, and sending them away: their tokens, refresh tokens and introspections end with the session. */
export function mountSessions(router: Router, { authorise, sessions, accounts, sources }: Needs): void {
  async function views(some: readonly SharedSession[]): Promise<readonly object[]> {
    const [people, places] = await Promise.all([
      accounts.some([...new Set(some.map(({ session }) => session.accountId))]),
      sources.some([...new Set(some.map(({ session }) => session.sourceId))]),
    ])
    const names = new Map(people.map(({ id, displayName }) => [id, displayName]))
    const aliases = new Map(places.map(({ id, alias }) => [id, alias]))
    return some.map(({ session, clientIds }) => ({
      id: session.id,
      user: { id: session.accountId, name: names.get(session.accountId) ?? null },
      authentication_source: { id: session.sourceId, alias: aliases.get(session.sourceId) ?? null },
      clients: clientIds,
      started_at: iso(session.startedAt),
      idle_until: iso(session.idleUntil),
      expires_at: iso(session.expiresAt),
    }))
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
    ctx.body = { items: await views(items), next }
  })

  router.get('/sessions/:id', async (ctx) => {
    await authorise(ctx, 'view')
    ;[ctx.body] = await views([await sessions.get(ctx.params.id ?? '')])
  })

  router.delete('/sessions/:id', async (ctx) => {
    const actor = await authorise(ctx, 'administer')
    const { session } = await sessions.get(ctx.params.id ?? '')
    await sessions.end(actor, session.id)
    ctx.status = 204
  })
}
