/** Events: who changed what, one event with its difference, and all of them as a file. */
import { z } from 'zod'
import { actionText, eventsView, eventView } from '#views/console/events.ts'
import type { FilterField } from '#views/console/filters.ts'
import { linkButton } from '#views/console/parts.ts'
import type { AccountStore } from '../../accounts/account.ts'
import type { AuditEvent, AuditFilter, AuditStore } from '../../audit/audit.ts'
import { begun, exportDisposition, exportEvents, jsonLines } from '../../audit/export.ts'
import { found } from '../../collection.ts'
import { differencesBetween } from '../differences.ts'
import { momentIn } from '../moments.ts'
import type { Mount, Visit } from '../page.ts'

interface Needs {
  readonly audit: Pick<AuditStore, 'get' | 'list' | 'following'>
  readonly accounts: Pick<AccountStore, 'some'>
}

const pageSize = 50
const text = z.string().trim().max(255).catch('')
const Query = z.object({
  ...{ actor: text, subject_type: text, subject_id: text, action: text, from: text, until: text },
  after: text,
})
type Asked = Omit<z.output<typeof Query>, 'after'>

/** Where the console shows what an event is about. */
const pathOf: Readonly<Record<string, string>> = {
  ...{ source: '/sources', client: '/clients', user: '/people', role: '/roles', api: '/apis' },
  ...{ application: '/applications', portal: '/portals' },
}

export const eventPages =
  ({ audit, accounts }: Needs) =>
  (mount: Mount): void => {
    async function rowsOf(events: readonly AuditEvent[], { at }: Visit) {
      const ids = new Set(events.flatMap(({ actor }) => (actor.kind === 'account' ? [actor.id] : [])))
      const people = ids.size === 0 ? [] : await accounts.some([...ids])
      const nameOf = new Map(people.map(({ id, displayName }) => [id, displayName]))
      return events.map(({ id, at: when, action, actor, subject }) => {
        const path = action.endsWith('.removed') ? undefined : pathOf[subject.type]
        const own = actor.kind === 'account' ? '/people' : actor.kind === 'client' ? '/clients' : undefined
        const isThere = actor.kind !== 'account' || nameOf.has(actor.id)
        return {
          ...{ id, at: when, action, href: at(`/events/${id}`) },
          actor: {
            ...{ kind: actor.kind, name: nameOf.get(actor.id) || actor.id },
            href: own !== undefined && isThere ? at(`${own}/${encodeURIComponent(actor.id)}`) : undefined,
          },
          subject: {
            ...{ type: subject.type, name: subject.name || subject.id },
            href: path === undefined ? undefined : at(`${path}/${encodeURIComponent(subject.id)}`),
          },
        }
      })
    }

    mount.page({ path: '/events', area: 'events', right: 'view' }, async (visit) => {
      const { words, lang, now, at, query } = visit
      const { after, ...asked } = Query.parse(Object.fromEntries(query))
      const { items, next } = await audit.list({
        limit: pageSize,
        ...filterFrom(asked),
        ...(after !== '' && { after }),
      })
      const { title, lead } = words.events
      return {
        title,
        lead,
        actions: linkButton(at('/events/export', asked), words.events.export),
        body: eventsView({
          ...{ lang, now, action: at('/events'), fields: fieldsFor(asked, visit) },
          rows: await rowsOf(items, visit),
          next: next === null ? undefined : at('/events', { ...asked, after: next }),
          first: after === '' ? undefined : at('/events', asked),
        }),
      }
    })

    mount.file({ path: '/events/export', area: 'events', right: 'view' }, async ({ query }) => ({
      type: jsonLines,
      disposition: exportDisposition,
      body: await begun(exportEvents(audit, filterFrom(Query.parse(Object.fromEntries(query))))),
    }))

    mount.page({ path: '/events/:id', area: 'events', right: 'view' }, async (visit) => {
      const { words, lang, now, at } = visit
      const event = found(await audit.get(visit.param('id')), words.events.gone)
      const [row] = await rowsOf([event], visit)
      const { actor, subject, before, after } = event
      return {
        title: words.events.one(actionText(event.action, lang), subject.name),
        crumbs: [{ text: words.frame.areas.events, href: at('/events') }],
        body: eventView({
          ...{ lang, now, event: found(row, words.events.gone) },
          kind: before === null ? 'added' : after === null ? 'removed' : 'changed',
          ...differencesBetween(before, after),
          related: [
            {
              text: words.events.ofSubject,
              href: at('/events', { subject_type: subject.type, subject_id: subject.id }),
            },
            { text: words.events.ofActor, href: at('/events', { actor: actor.id }) },
          ],
        }),
      }
    })
  }

function filterFrom({
  actor,
  action,
  from,
  until,
  subject_type: subjectType,
  subject_id: subjectId,
}: Asked): AuditFilter {
  const [since, before] = [momentIn(from), momentIn(until)]
  return {
    ...(actor !== '' && { actor }),
    ...(action !== '' && { action }),
    ...(subjectType !== '' && { subjectType }),
    ...(subjectId !== '' && { subjectId }),
    ...(since !== undefined && { from: since }),
    ...(before !== undefined && { until: before }),
  }
}

function fieldsFor(asked: Asked, { words: { events: words, kit } }: Visit): readonly FilterField[] {
  return [
    { name: 'actor', label: words.actor, value: asked.actor, help: words.actorHelp },
    {
      ...{ name: 'subject_type', label: words.subjectType, value: asked.subject_type },
      options: [
        { value: '', text: kit.any },
        ...Object.entries(words.types).map(([value, type]) => ({ value, text: type })),
      ],
    },
    { name: 'subject_id', label: words.subjectId, value: asked.subject_id },
    { name: 'action', label: words.action, value: asked.action, help: words.actionHelp },
    { name: 'from', label: words.from, value: asked.from, time: true },
    { name: 'until', label: words.until, value: asked.until, time: true },
  ]
}
