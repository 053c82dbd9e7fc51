import type Router from '@koa/router'
import { z } from 'zod'
import type { AuditStore } from '../audit/audit.ts'
import { found } from '../collection.ts'
import { parseInput } from '../input.ts'
import { reasons } from '../reasons.ts'
import type { Trace, TraceStore } from '../traces/trace.ts'
import type { Authorise } from './authorise.ts'
import { iso, listParameters, pageQuery } from './collection.ts'

interface Needs {
  readonly authorise: Authorise
  readonly traces: Pick<TraceStore, 'get' | 'list'>
  readonly audit: Pick<AuditStore, 'list'>
}

const TraceParameters = listParameters
  .omit({ q: true })
  .extend({ client_id: z.string().max(255).optional(), account_id: z.string().max(255).optional() })

/** What happened, for reading only: sign-ins and logouts step by step, and who changed what. */
export function mountRecords(router: Router, { authorise, traces, audit }: Needs): void {
  router.get('/traces', async (ctx) => {
    await authorise(ctx, 'view')
    const parameters = Object.fromEntries(new URLSearchParams(ctx.querystring))
    const { client_id: clientId, account_id: accountId, ...page } = parseInput(TraceParameters, parameters)
    const { items, next } = await traces.list({
      ...page,
      ...(clientId !== undefined && { clientId }),
      ...(accountId !== undefined && { accountId }),
    })
    ctx.body = { items: items.map(traceView), next }
  })

  router.get('/traces/:reference', async (ctx) => {
    await authorise(ctx, 'view')
    // People read references aloud; those who write them down forget the capitals.
    const reference = (ctx.params.reference ?? '').toUpperCase()
    const trace = await traces.get(reference)
    ctx.body = traceView(found(trace, `login trace ${reference}: what happens outside a sign-in is in the log only`))
  })

  router.get('/events', async (ctx) => {
    await authorise(ctx, 'view')
    const { items, next } = await audit.list(pageQuery(ctx.querystring))
    ctx.body = { items: items.map((event) => ({ ...event, at: iso(event.at) })), next }
  })
}

const traceView = (trace: Trace) => ({
  reference: trace.reference,
  started_at: iso(trace.startedAt),
  ended_at: trace.endedAt === null ? null : iso(trace.endedAt),
  client_id: trace.clientId,
  source_id: trace.sourceId,
  account_id: trace.accountId,
  outcome: trace.outcome,
  reason: trace.reason && explained(trace.reason),
  steps: trace.steps.map(({ at, what, detail }) => ({ at: iso(at), what, ...(detail && { detail }) })),
})

function explained(code: NonNullable<Trace['reason']>) {
  const { title, cause, fix } = reasons[code]
  return { code, title, cause, fix }
}
