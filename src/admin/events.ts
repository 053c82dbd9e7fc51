import { z } from 'zod'
import type { AuditEvent, AuditFilter, AuditStore } from '../audit/audit.ts'
import { begun, exportDisposition, exportEvents, jsonLines } from '../audit/export.ts'
import { iso } from './collection.ts'
import { pageParameters } from './collection-operations.ts'
import { exampleIds, moments } from './examples.ts'
import type { Mount } from './operation.ts'
import { defined, moment } from './parameters.ts'

interface Needs {
  readonly audit: Pick<AuditStore, 'list' | 'following'>
}

const name = z.string().min(1).max(255).optional()
const filter = {
  actor: name.describe('Id of an account or a client.'),
  ...{ action: name, subject_type: name, subject_id: name },
  from: moment.describe('At this time or later.'),
  until: moment.describe('Before this time.'),
}
const ListParameters = pageParameters.extend(filter)
const ExportParameters = z.strictObject({ ...filter, after: pageParameters.shape.after })

const shown = z.strictObject({
  id: z.uuid(),
  at: z.iso.datetime(),
  actor: z.strictObject({ kind: z.enum(['account', 'client', 'cli', 'system']), id: z.string() }),
  action: z.string().describe('`source.created`, `client.changed`, …'),
  subject: z.strictObject({ type: z.string(), id: z.string(), name: z.string() }),
  before: z.unknown().describe('Without secrets; `null`: there was none.'),
  after: z.unknown().describe('Without secrets; `null`: there is none any more.'),
})
const shape = {
  name: 'Event',
  schema: shown,
  example: {
    id: '9d8c7b6a-5f4e-4d3c-8b2a-1908f7e6d5c4',
    at: moments.created_at,
    actor: { kind: 'client', id: 'automation' },
    action: 'role.created',
    subject: { type: 'role', id: exampleIds.role, name: 'pharmacist' },
    before: null,
    after: { name: 'pharmacist', client: null, description: '' },
  },
}

/** Who changed what, when, and how it was before: for reading, and whole as JSON lines for keeping elsewhere. */
export function mountEvents(mount: Mount, { audit }: Needs): void {
  mount(
    {
      ...{ id: 'exportEvents', tag: 'events', method: 'get', path: '/events/export', right: 'view' },
      summary: 'Export who changed what as JSON lines, the oldest first',
      query: ExportParameters,
      answer: {
        ...{ status: 200, is: 'One event a line; `cursor` is the `after` of what follows it' },
        shape: { name: 'EventLine', schema: shown.extend({ cursor: z.string() }), type: jsonLines },
      },
    },
    async (ctx, { query: { after, ...given } }) => {
      const pages = exportEvents(audit, { ...filterFrom(given), ...(after !== undefined && { after }) })
      // What is wrong with the question is answered before the first line of an answer.
      ctx.body = await begun(pages)
      ctx.type = jsonLines
      ctx.set('Content-Disposition', exportDisposition)
    },
  )

  mount(
    {
      ...{ id: 'listEvents', tag: 'events', method: 'get', path: '/events', right: 'view', query: ListParameters },
      summary: 'List who changed what, the newest first',
      answer: { status: 200, is: 'A page of them', shape, paged: true },
    },
    async (ctx, { query: { limit, after, ...given } }) => {
      const { items, next } = await audit.list({
        limit,
        ...(after !== undefined && { after }),
        ...filterFrom(given),
      })
      ctx.body = { items: items.map(view), next }
    },
  )
}

const filterFrom = ({
  subject_type: subjectType,
  subject_id: subjectId,
  ...same
}: Omit<z.output<typeof ExportParameters>, 'after'>): AuditFilter => defined({ ...same, subjectType, subjectId })

const view = (event: AuditEvent) => ({ ...event, at: iso(event.at) })
