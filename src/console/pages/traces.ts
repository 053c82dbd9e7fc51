/** Traces: the list, found by whatever is known of what happened. */
import { z } from 'zod'
import type { FilterField } from '#views/console/filters.ts'
import { tracesView } from '#views/console/traces.ts'
import { typedReference } from '../../ids.ts'
import { type ReasonCode, reasons } from '../../reasons.ts'
import type { SourceStore } from '../../sources/source.ts'
import { outcomes, type Trace, type TraceFilter, type TraceStore } from '../../traces/trace.ts'
import { explained } from '../explained.ts'
import type { FindApi } from '../find-api.ts'
import { momentIn } from '../moments.ts'
import type { Mount, Visit } from '../page.ts'
import type { NameParties } from '../parties.ts'
import type { FindPeople } from '../people.ts'

interface Needs {
  readonly traces: Pick<TraceStore, 'list'>
  readonly findPeople: FindPeople
  readonly sources: Pick<SourceStore, 'byAlias'>
  readonly findApi: FindApi
  readonly nameParties: NameParties
}

const pageSize = 50

const text = z.string().trim().max(255).catch('')
const codes = Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]

/** What somebody wrote into the address by hand is as good as nothing. */
const Query = z.object({
  ...{ reference: text, user: text, client: text, source: text, api: text, from: text, until: text },
  outcome: z.enum(['', ...outcomes]).catch(''),
  reason: z.enum(['', ...codes]).catch(''),
  after: text,
})

type Asked = Omit<z.output<typeof Query>, 'after'>

/** A person who is not found narrows to nobody, and not to everybody. */
const nobody = '(nobody)'

export const tracePages =
  ({ traces, findPeople, sources, findApi, nameParties }: Needs) =>
  (mount: Mount): void => {
    async function filterFrom(asked: Asked, people: readonly { readonly id: string }[]): Promise<TraceFilter> {
      const { reference, user, client, source, api, outcome, reason } = asked
      const sourceId = source === '' ? '' : ((await sources.byAlias(source))?.id ?? source)
      const apiId = api === '' ? '' : ((await findApi(api))?.id ?? api)
      // Whoever is not there any more is still named by their traces.
      const only = people.length === 1 ? people[0]?.id : people.length === 0 && isId(user) ? user : nobody
      const from = momentIn(asked.from)
      const until = momentIn(asked.until)
      return {
        ...(reference !== '' && { reference: typedReference(reference) }),
        ...(user !== '' && only !== undefined && { accountId: only }),
        ...(client !== '' && { clientId: client }),
        ...(sourceId !== '' && { sourceId }),
        ...(apiId !== '' && { apiId }),
        ...(outcome !== '' && { outcome }),
        ...(reason !== '' && { reason }),
        ...(from !== undefined && { from }),
        ...(until !== undefined && { until }),
      }
    }

    mount.page({ path: '/traces', area: 'traces', right: 'view' }, async (visit) => {
      const { words, lang, now, at, query } = visit
      const { after, ...asked } = Query.parse(Object.fromEntries(query))
      const people = asked.user === '' ? [] : await findPeople(asked.user)
      const filter = await filterFrom(asked, people)
      const { items, next } = await traces.list({ limit: pageSize, ...filter, ...(after !== '' && { after }) })
      const isUnclear = asked.user !== '' && filter.accountId === nobody
      const { title, lead } = words.traces
      return {
        title,
        lead,
        body: tracesView({
          ...{ lang, now, action: at('/traces'), fields: fieldsFor(asked, visit) },
          people: isUnclear
            ? {
                typed: asked.user,
                fitting: people.map(({ id, displayName }) => ({
                  name: displayName || id,
                  href: at('/traces', { user: id }),
                })),
              }
            : undefined,
          rows: await rowsOf(items, visit, nameParties),
          next: next === null ? undefined : at('/traces', { ...asked, after: next }),
          first: after === '' ? undefined : at('/traces', asked),
        }),
      }
    })
  }

const isId = (typed: string): boolean => z.uuid().safeParse(typed).success

async function rowsOf(items: readonly Trace[], visit: Visit, nameParties: NameParties) {
  const partiesOf = await nameParties(items, visit)
  return items.map((trace) => ({
    ...partiesOf(trace),
    ...{ reference: trace.reference, href: visit.at(`/traces/${trace.reference}`), at: trace.startedAt },
    outcome: trace.outcome,
    reason: trace.reason === null ? undefined : explained(trace.reason, visit.lang),
  }))
}

function fieldsFor(asked: Asked, { lang, words: { traces: words, kit } }: Visit): readonly FilterField[] {
  const any = { value: '', text: kit.any }
  return [
    { name: 'reference', label: words.reference, value: asked.reference, help: words.referenceHelp },
    { name: 'user', label: words.user, value: asked.user, help: words.userHelp },
    { name: 'client', label: words.client, value: asked.client, help: words.clientHelp },
    { name: 'source', label: words.source, value: asked.source, help: words.sourceHelp },
    { name: 'api', label: words.api, value: asked.api, help: words.apiHelp },
    {
      ...{ name: 'outcome', label: words.outcome, value: asked.outcome },
      options: [any, ...outcomes.map((value) => ({ value, text: words.outcomes[value] }))],
    },
    {
      ...{ name: 'reason', label: words.reason, value: asked.reason },
      options: [any, ...codes.map((value) => ({ value, text: `${value}: ${explained(value, lang).title}` }))],
    },
    { name: 'from', label: words.from, value: asked.from, time: true },
    { name: 'until', label: words.until, value: asked.until, time: true },
  ]
}
