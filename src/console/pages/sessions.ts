/** Sessions: who is signed in, and sending one away. */
import { z } from 'zod'
import { confirmView } from '#views/console/confirm.ts'
import { joined, said } from '#views/console/parts.ts'
import { type SessionLine, sessionsView } from '#views/console/sessions.ts'
import { html } from '#views/html.ts'
import type { AccountStore } from '../../accounts/account.ts'
import type { ClientStore } from '../../clients/client.ts'
import type { Sessions, SharedSession } from '../../sessions/sessions.ts'
import type { SourceStore } from '../../sources/source.ts'
import type { Mount, Visit } from '../page.ts'
import { pathOf } from './client.ts'

export interface SessionNeeds {
  /** Milliseconds after which a session that nobody uses ends. */
  readonly sessionIdle: number
  readonly sessions: Sessions
  readonly accountStore: Pick<AccountStore, 'some' | 'list'>
  readonly sourceStore: Pick<SourceStore, 'some' | 'list' | 'byAlias'>
  readonly clientStore: Pick<ClientStore, 'some' | 'list'>
}

const pageSize = 50
/** How many people a search looks at, and how many are offered to choose from. */
const few = 30

const name = z.string().max(255).catch('')
/** What somebody wrote into the address by hand is as good as nothing. */
const Query = z.object({ q: name, source: name, client: name, after: z.string().max(200).optional().catch(undefined) })

/** Sessions as lines of a table, with what the ids in them are called. */
export const createSessionLines =
  ({ accountStore, sourceStore, clientStore, sessionIdle }: Omit<SessionNeeds, 'sessions'>) =>
  async ({ at, may, administrator }: Visit, some: readonly SharedSession[], isOfOne = false) => {
    const ids = (of: (one: SharedSession) => readonly string[]) => [...new Set(some.flatMap(of))]
    const [people, places, clients] = await Promise.all([
      accountStore.some(ids(({ session }) => [session.accountId])),
      sourceStore.some(ids(({ session }) => [session.sourceId])),
      clientStore.some(ids(({ clientIds }) => clientIds)),
    ])
    const person = new Map(people.map(({ id, displayName }) => [id, displayName]))
    const place = new Map(places.map((source) => [source.id, source.name]))
    const client = new Map(clients.map(({ id, metadata }) => [id, metadata.client_name ?? id]))
    return some.map(({ session, clientIds }): SessionLine => {
      const source = place.get(session.sourceId)
      return {
        name: person.get(session.accountId) ?? session.accountId,
        href: isOfOne ? undefined : at(`/people/${session.accountId}`),
        source: { name: source ?? session.sourceId, href: source && at(`/sources/${session.sourceId}`) },
        clients: clientIds.map((id) => ({ name: client.get(id) ?? id, href: pathOf(id, at) })),
        startedAt: session.startedAt,
        // Using it moves its idle end. Near the other end nobody can tell.
        seenAt: session.idleUntil < session.expiresAt ? session.idleUntil - sessionIdle : undefined,
        device: session.device,
        idleUntil: session.idleUntil,
        expiresAt: session.expiresAt,
        isYours: session.id === administrator.session.sid,
        end: may('administer') ? at(`/sessions/${session.id}/end`) : undefined,
      }
    })
  }

export const sessionPages = (needs: SessionNeeds) => {
  const { sessions, accountStore, sourceStore, clientStore } = needs
  const lines = createSessionLines(needs)

  async function found({ q, source: typed, client, after }: z.output<typeof Query>) {
    const source = typed === '' ? '' : ((await sourceStore.byAlias(typed))?.id ?? typed)
    const narrowed = {
      limit: pageSize,
      ...(after !== undefined && { after }),
      ...(source !== '' && { sourceId: source }),
    }
    if (q === '') {
      const page = await (client === '' ? sessions.list(narrowed) : sessions.ofClient(narrowed, client))
      return { ...page, isPart: false }
    }
    const { items: people, next: others } = await accountStore.list({ limit: few, search: q })
    const all = (await Promise.all(people.map(({ id }) => sessions.ofAccount(id)))).flat()
    const fitting = all.filter(
      ({ session, clientIds }) =>
        (source === '' || session.sourceId === source) && (client === '' || clientIds.includes(client)),
    )
    return {
      items: fitting.toSorted((one, other) => other.session.startedAt - one.session.startedAt),
      next: null,
      isPart: others !== null,
    }
  }

  /** The first ones, and the chosen one wherever it stands. */
  async function offered(source: string, client: string) {
    const [sources, clients, chosenSource, chosenClient] = await Promise.all([
      sourceStore.list({ limit: few }),
      clientStore.list({ limit: few }),
      sourceStore.some(source === '' ? [] : [source]),
      clientStore.some(client === '' ? [] : [client]),
    ])
    const options = (all: readonly { readonly value: string; readonly text: string }[]) => [
      ...new Map(all.map((option) => [option.value, option])).values(),
    ]
    return {
      // Of more than a list shows, whichever is meant is typed.
      isSourceTyped: sources.next !== null,
      isClientTyped: clients.next !== null,
      sources: options(
        [...sources.items, ...chosenSource].map((one) => ({
          value: sources.next === null ? one.id : one.alias,
          text: one.name,
        })),
      ),
      clients: options(
        [...clients.items, ...chosenClient].map((one) => ({ value: one.id, text: one.metadata.client_name ?? one.id })),
      ),
    }
  }

  return (mount: Mount): void => {
    mount.page({ path: '/sessions', area: 'sessions', right: 'view' }, async (visit) => {
      const { words, lang, now, at, query } = visit
      const asked = Query.parse(Object.fromEntries(query))
      const { q, source, client, after } = asked
      const [{ items, next, isPart }, choices] = await Promise.all([found(asked), offered(source, client)])
      const { sessions: own } = words
      const any = { value: '', text: own.any }
      return {
        title: own.title,
        lead: own.lead,
        body: sessionsView({
          ...{ lang, now, search: q, action: at('/sessions'), isOfClient: client !== '', isPart },
          rows: await lines(visit, items),
          filters: [
            {
              ...{ name: 'source', label: own.source, value: source, options: [any, ...choices.sources] },
              typed: choices.isSourceTyped ? own.sourceTyped : undefined,
            },
            {
              ...{ name: 'client', label: own.client, value: client, options: [any, ...choices.clients] },
              typed: choices.isClientTyped ? own.clientTyped : undefined,
            },
          ],
          next: next === null ? undefined : at('/sessions', { source, client, after: next }),
          first: after === undefined ? undefined : at('/sessions', { source, client }),
        }),
      }
    })

    mount.form(
      { path: '/sessions/:id/end', area: 'sessions', right: 'administer' },
      {
        async show(visit, { problems, message }) {
          const shared = await sessions.get(visit.param('id'))
          const { words, csrf, lang, at } = visit
          const { sessions: own } = words
          const [line] = await lines(visit, [shared])
          const { name: who = '', clients = [], isYours = false } = line ?? {}
          const names = joined(clients.map((one) => said(one.name)))
          return {
            title: own.endTitle(who),
            crumbs: [{ text: own.title, href: at('/sessions') }],
            body: confirmView({
              ...{ action: at(`/sessions/${shared.session.id}/end`), csrf, lang, problems, message },
              what: isYours ? own.endYours : own.endWhat,
              affectedTitle: own.affected,
              affected: [
                ...(clients.length > 0 ? [html`${own.affectedClients(clients.length)} ${names}`] : []),
                own.affectedTokens,
              ],
              submit: own.end,
              cancel: at(`/people/${shared.session.accountId}`),
            }),
          }
        },

        async submit(visit) {
          const { words, at, actor } = visit
          const shared = await sessions.get(visit.param('id'))
          const [line] = await lines(visit, [shared])
          const ended = await sessions.end(actor, shared.session.id)
          const say = ended ? words.sessions.ended(line?.name ?? '') : words.sessions.gone
          return { to: at(`/people/${shared.session.accountId}`), say }
        },
      },
    )
  }
}
