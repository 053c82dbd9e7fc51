/** The audit log as JSON lines, for keeping elsewhere. */
import { Readable } from 'node:stream'
import type { AuditFilter, AuditStore } from './audit.ts'

export const jsonLines = 'application/jsonl'
export const exportDisposition = 'attachment; filename="gatehouse-events.jsonl"'

/** Read at once: an export takes as long as its reader does, and the database must not wait for that. */
const batch = 500

/** The oldest first, some lines at a time; each has the cursor that goes on behind it. */
export async function* exportEvents(
  audit: Pick<AuditStore, 'following'>,
  query: AuditFilter & { readonly after?: string },
): AsyncGenerator<string> {
  let after = query.after
  for (;;) {
    const events = await audit.following({ ...query, limit: batch, ...(after !== undefined && { after }) })
    const last = events.at(-1)
    if (!last) return
    yield events
      .map(({ cursor, ...event }) => `${JSON.stringify({ ...event, at: new Date(event.at).toISOString(), cursor })}\n`)
      .join('')
    if (events.length < batch) return
    after = last.cursor
  }
}

/** A body whose first lines are read already: what is wrong with the question is answered before any of them. */
export async function begun(pages: AsyncGenerator<string>): Promise<Readable> {
  const { value: first = '' } = await pages.next()
  return Readable.from(prepended(first, pages), { objectMode: false })
}

async function* prepended(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield first
  yield* rest
}
