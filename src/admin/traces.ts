import { z } from 'zod'
import { found } from '../collection.ts'
import { typedReference } from '../ids.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { SourceStore } from '../sources/source.ts'
import type { EraseTraces } from '../traces/erasure.ts'
import { outcomes, type Trace, type TraceStore } from '../traces/trace.ts'
import { iso } from './collection.ts'
import { pageParameters } from './collection-operations.ts'
import { exampleIds, exampleReference, moments } from './examples.ts'
import type { Mount } from './operation.ts'
import { defined, moment } from './parameters.ts'

interface Needs {
  readonly traces: Pick<TraceStore, 'get' | 'list'>
  readonly sources: Pick<SourceStore, 'byAlias'>
  readonly erase: EraseTraces
}

const name = z.string().min(1).max(255).optional()
const codes = Object.keys(reasons) as [ReasonCode, ...ReasonCode[]]

const TraceParameters = pageParameters.extend({
  client_id: name,
  account_id: name,
  source_id: name.describe('Or its alias.'),
  api_id: name.describe('Of calls that were refused at its gateway.'),
  reference: name
    .transform((text) => text && typedReference(text))
    .describe('What the caller was given (`X-Gatehouse-Reference`), or shown.'),
  outcome: z.enum(outcomes).optional(),
  reason: z.enum(codes).optional(),
  from: moment.describe('At this time or later.'),
  until: moment.describe('Before this time.'),
})

const Erasure = z.strictObject({
  account_id: z
    .string()
    .min(1)
    .max(255)
    .meta({ examples: [exampleIds.user] }),
})

const shape = {
  name: 'Trace',
  schema: z.strictObject({
    reference: z.string().describe('What the person was shown, or the caller was given.'),
    started_at: z.iso.datetime(),
    ended_at: z.iso.datetime().nullable(),
    client_id: z.string().nullable(),
    source_id: z.string().nullable(),
    account_id: z.string().nullable(),
    api_id: z.string().nullable(),
    outcome: z.enum(outcomes),
    reason: z
      .strictObject({ code: z.string(), title: z.string(), cause: z.string(), fix: z.string() })
      .nullable()
      .describe('Why not.'),
    steps: z.array(
      z.strictObject({
        at: z.iso.datetime(),
        what: z.string(),
        detail: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
  }),
  example: {
    ...{ reference: exampleReference, started_at: moments.created_at, ended_at: moments.created_at },
    ...{ client_id: 'patient-app', source_id: exampleIds.source, account_id: exampleIds.user, api_id: null },
    ...{ outcome: 'signed_in', reason: null, steps: [{ at: moments.created_at, what: 'signed_in' }] },
  },
}

/** What happened: sign-ins and logouts step by step, and calls that gateways refused. For reading, and for forgetting what is about one person. */
export function mountTraces(mount: Mount, { traces, sources, erase }: Needs): void {
  mount(
    {
      ...{ id: 'listTraces', tag: 'traces', method: 'get', path: '/traces', right: 'view', query: TraceParameters },
      summary: 'List sign-ins, logouts and refused calls, the newest first',
      answer: { status: 200, is: 'A page of them', shape, paged: true },
    },
    async (ctx, { query }) => {
      const { client_id: clientId, account_id: accountId, source_id: source, api_id: apiId, limit, ...filter } = query
      const sourceId = source === undefined ? undefined : ((await sources.byAlias(source))?.id ?? source)
      const { items, next } = await traces.list({
        limit,
        ...defined({ ...filter, ...{ clientId, accountId, sourceId, apiId } }),
      })
      ctx.body = { items: items.map(traceView), next }
    },
  )

  // A filter that is missing or misspelt must not mean everybody.
  mount(
    {
      ...{ id: 'eraseTraces', tag: 'traces', method: 'delete', path: '/traces', right: 'administer', query: Erasure },
      summary: 'Forget what is about one person',
      answer: {
        ...{ status: 200, is: 'How many there were' },
        shape: { name: 'Erased', schema: z.strictObject({ erased: z.int() }), example: { erased: 3 } },
      },
    },
    async (ctx, { actor, query: { account_id: accountId } }) => {
      ctx.body = { erased: await erase(actor, accountId) }
    },
  )

  mount(
    {
      ...{ id: 'getTrace', tag: 'traces', method: 'get', path: '/traces/:reference', right: 'view' },
      parameters: { reference: { is: 'What the person was shown', example: exampleReference } },
      summary: 'Show what happened under a reference',
      answer: { status: 200, is: 'Step by step', shape },
    },
    async (ctx) => {
      const reference = typedReference(ctx.params.reference ?? '')
      const trace = await traces.get(reference)
      ctx.body = traceView(found(trace, `trace ${reference}: whatever happened is in the log only, or too long ago`))
    },
  )
}

const traceView = (trace: Trace) => ({
  reference: trace.reference,
  started_at: iso(trace.startedAt),
  ended_at: trace.endedAt === null ? null : iso(trace.endedAt),
  client_id: trace.clientId,
  source_id: trace.sourceId,
  account_id: trace.accountId,
  api_id: trace.apiId,
  outcome: trace.outcome,
  reason: trace.reason && explained(trace.reason),
  steps: trace.steps.map(({ at, what, detail }) => ({ at: iso(at), what, ...(detail && { detail }) })),
})

function explained(code: NonNullable<Trace['reason']>) {
  const { title, cause, fix } = reasons[code]
  return { code, title, cause, fix }
}
