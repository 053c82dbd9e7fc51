import { z } from 'zod'
import type { AccountStore } from '../accounts/account.ts'
import type { Sessions, SharedSession } from '../sessions/sessions.ts'
import type { SourceStore } from '../sources/source.ts'
import { iso } from './collection.ts'
import { pageParameters } from './collection-operations.ts'
import { exampleIds } from './examples.ts'
import type { Mount } from './operation.ts'

interface Needs {
  readonly sessions: Sessions
  readonly accounts: Pick<AccountStore, 'some'>
  readonly sources: Pick<SourceStore, 'some' | 'byAlias'>
}

const ListParameters = pageParameters.extend({
  user: z.string().max(200).optional().describe('Those of one user, by id.'),
  source: z.string().max(200).optional().describe('Those through one source, by id or alias.'),
})

const shape = {
  name: 'Session',
  schema: z.strictObject({
    id: z.uuid(),
    user: z.strictObject({ id: z.uuid(), name: z.string().nullable() }),
    authentication_source: z.strictObject({ id: z.uuid(), alias: z.string().nullable() }),
    clients: z.array(z.string()).describe('Which have a share of it, by client_id.'),
    started_at: z.iso.datetime(),
    idle_until: z.iso.datetime(),
    expires_at: z.iso.datetime(),
  }),
  example: {
    id: exampleIds.session,
    user: { id: exampleIds.user, name: 'Grace Hopper' },
    authentication_source: { id: exampleIds.source, alias: 'Okta' },
    clients: ['patient-app'],
    started_at: '2026-02-03T04:05:06.000Z',
    idle_until: '2026-02-03T14:05:06.000Z',
    expires_at: '2026-02-04T04:05:06.000Z',
  },
}
const one = {
  tag: 'sessions',
  path: '/sessions/:id',
  parameters: { id: { is: 'Which session', example: exampleIds.session } },
} as const

/** Who is signed in, and sending them away: their tokens, refresh tokens and introspections end with the session. */
export function mountSessions(mount: Mount, { sessions, accounts, sources }: Needs): void {
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

  mount(
    {
      ...{
        id: 'listSessions',
        tag: 'sessions',
        method: 'get',
        path: '/sessions',
        right: 'view',
        query: ListParameters,
      },
      summary: 'List who is signed in, the newest first',
      answer: { status: 200, is: 'A page of them', shape, paged: true },
    },
    async (ctx, { query: { user, source, limit, after } }) => {
      const sourceId = source === undefined ? undefined : ((await sources.byAlias(source))?.id ?? source)
      const { items, next } = await sessions.list({
        limit,
        ...(after !== undefined && { after }),
        ...(user !== undefined && { accountId: user }),
        ...(sourceId !== undefined && { sourceId }),
      })
      ctx.body = { items: await views(items), next }
    },
  )

  mount(
    {
      ...{ ...one, id: 'getSession', method: 'get', right: 'view' },
      summary: 'Show a session',
      answer: { status: 200, is: 'As it is now', shape },
    },
    async (ctx) => {
      ;[ctx.body] = await views([await sessions.get(ctx.params.id ?? '')])
    },
  )

  mount(
    {
      ...{ ...one, id: 'endSession', method: 'delete', right: 'administer' },
      summary: 'End a session, with its grants and tokens',
      answer: { status: 204, is: 'It has ended' },
    },
    async (ctx, { actor }) => {
      const { session } = await sessions.get(ctx.params.id ?? '')
      await sessions.end(actor, session.id)
      ctx.status = 204
    },
  )
}
