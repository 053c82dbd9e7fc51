import type Router from '@koa/router'
import { z } from 'zod'
import { found } from '../collection.ts'
import { parseInput } from '../input.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { SourceStore } from '../sources/source.ts'
import type { EraseTraces } from '../traces/erasure.ts'
import { outcomes, type Trace, type TraceStore } from '../traces/trace.ts'
import type { Authorise } from './authorise.ts'
import { iso, listParameters } from './collection.ts'
import { defined, moment } from './parameters.ts'

interface Needs {
  readonly authorise: Authorise
  readonly traces: Pick<TraceStore, 'get' | 'list'>
  readonly sources: Pick<SourceStore, 'byAlias'>
  readonly erase: EraseTraces
}

const name = z.string().min(1).max(255).optional()
const codes = Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]

const TraceParameters = listParameters.omit({ q: true }).extend({
  client_id: name,
  account_id: name,
  /** Or its alias. */
  source_id: name,
  outcome: z.enum(outcomes).optional(),
  reason: z.enum(codes).optional(),
  from: moment,
  until: moment,
})

const Erasure = z.strictObject({ account_id: z.string().min(1).max(255) })

/** What happened: sign-ins and logouts step by step. For reading, and for forgetting what is about one person. */
export function mountTraces(router: Router, { authorise, traces, sources, erase }: Needs): void {
  const parametersOf = (querystring: string) => Object.fromEntries(new URLSearchParams(querystring))

  router.get('/traces', async (ctx) => {
    await authorise(ctx, 'view')
    const {
      client_id: clientId,
      account_id: accountId,
      source_id: source,
      ...rest
    } = parseInput(TraceParameters, parametersOf(ctx.querystring))
    const sourceId = source === undefined ? undefined : ((await sources.byAlias(source))?.id ?? source)
    const { limit, ...filter } = rest
    const { items, next } = await traces.list({ limit, ...defined({ ...filter, clientId, accountId, sourceId }) })
    ctx.body = { items: items.map(traceView), next }
  })

  // A filter that is missing or misspelt must not mean everybody.
  router.delete('/traces', async (ctx) => {
    const actor = await authorise(ctx, 'administer')
    const { account_id: accountId } = parseInput(Erasure, parametersOf(ctx.querystring))
    ctx.body = { erased: await erase(actor, accountId) }
  })

  router.get('/traces/:reference', async (ctx) => {
    await authorise(ctx, 'view')
    // People read references aloud; those who write them down forget the capitals.
    const reference = (ctx.params.reference ?? '').toUpperCase()
    const trace = await traces.get(reference)
    ctx.body = traceView(found(trace, `login trace ${reference}: what happens outside a sign-in is in the log only`))
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
