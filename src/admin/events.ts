import { Readable } from 'node:stream'
import type Router from '@koa/router'
import { z } from 'zod'
import type { AuditEvent, AuditFilter, AuditStore } from '../audit/audit.ts'
import { parseInput } from '../input.ts'
import type { Authorise } from './authorise.ts'
import { iso, listParameters } from './collection.ts'
import { defined, moment } from './parameters.ts'

interface Needs {
  readonly authorise: Authorise
  readonly audit: Pick<AuditStore, 'list' | 'following'>
}

const name = z.string().min(1).max(255).optional()
const filter = { actor: name, action: name, subject_type: name, subject_id: name, from: moment, until: moment }
const ListParameters = listParameters.omit({ q: true }).extend(filter)
const ExportParameters = z.strictObject({ ...filter, after: listParameters.shape.after })

const lines = 'application/jsonl'
/** Read at once: an export takes as long as its reader does, and the database must not wait for that. */
const batch = 500

/** Who changed what, when, and how it was before: for reading, and whole as JSON lines for keeping elsewhere. */
export function mountEvents(router: Router, { authorise, audit }: Needs): void {
  const parametersOf = (querystring: string) => Object.fromEntries(new URLSearchParams(querystring))

  async function* exported(query: AuditFilter & { readonly after?: string }): AsyncGenerator<string> {
    let after = query.after
    for (;;) {
      const events = await audit.following({ ...query, limit: batch, ...(after !== undefined && { after }) })
      const last = events.at(-1)
      if (!last) return
      yield events.map(({ cursor, ...event }) => `${JSON.stringify({ ...view(event), cursor })}\n`).join('')
      if (events.length < batch) return
      after = last.cursor
    }
  }

  router.get('/events/export', async (ctx) => {
    await authorise(ctx, 'view')
    const { after, ...given } = parseInput(ExportParameters, parametersOf(ctx.querystring))
    const pages = exported({ ...filterFrom(given), ...(after !== undefined && { after }) })
    // What is wrong with the question is answered before the first line of an answer.
    const { value: first = '' } = await pages.next()
    ctx.type = lines
    ctx.set('Content-Disposition', 'attachment; filename="gatehouse-events.jsonl"')
    ctx.body = Readable.from(prepended(first, pages), { objectMode: false })
  })

  router.get('/events', async (ctx) => {
    await authorise(ctx, 'view')
    const { limit, after, ...given } = parseInput(ListParameters, parametersOf(ctx.querystring))
    const { items, next } = await audit.list({
      limit,
      ...(after !== undefined && { after }),
      ...filterFrom(given),
    })
    ctx.body = { items: items.map(view), next }
  })
}

async function* prepended(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first
  yield* rest
}

const filterFrom = ({
  subject_type: subjectType,
  subject_id: subjectId,
  ...same
}: Omit<z.output<typeof ExportParameters>, 'after'>): AuditFilter => defined({ ...same, subjectType, subjectId })

const view = (event: AuditEvent) => ({ ...event, at: iso(event.at) })
