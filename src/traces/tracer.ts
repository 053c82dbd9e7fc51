import type { Clock } from '../clock.ts'
import type { Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import { referenceFrom } from '../ids.ts'
import type { Log } from '../log.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Trace, TraceStep, TraceStore } from './trace.ts'

interface Known extends Partial<Pick<Trace, 'clientId' | 'accountId'>> {
  readonly source?: { readonly id: string; readonly alias: string }
}

/** Writes down what happens in sign-ins, one function per kind of ending. A trace that cannot be written stops no login. */
export interface Tracer {
  /** What the person is shown, and an administrator looks the sign-in up by. */
  reference(flow: string): string
  step(flow: string, what: string, detail?: TraceStep['detail'], known?: Known): Promise<void>
  signedIn(flow: string, known: Known): Promise<void>
  /** There is no sign-in (any more) that this could belong to. */
  lost(flow: string, reason: ReasonCode, detail: string): Promise<void>
  refused(flow: string, reason: ReasonCode, detail?: TraceStep['detail'], known?: Known): Promise<void>
  couldNotTell(flow: string, outage: Unavailable, known?: Known): Promise<void>
}

interface Needs {
  readonly traces: TraceStore
  readonly clock: Clock
  readonly report: Report
  readonly log: Log
}

type Change = Known & Partial<Pick<Trace, 'outcome' | 'reason'>>
type Told = 'login.step' | 'login.succeeded' | 'login.refused' | 'login.unanswered'

export function createTracer({ traces, clock, report, log }: Needs): Tracer {
  async function append(event: Told, flow: string, change: Change, what: string, detail?: TraceStep['detail']) {
    report(event, {
      reference: referenceFrom(flow),
      reason: change.reason ?? undefined,
      client: change.clientId ?? undefined,
      source: change.source?.alias,
      account: change.accountId ?? undefined,
      ...(event === 'login.step' && { what }),
      ...(event !== 'login.step' && typeof detail?.detail === 'string' && { detail: detail.detail }),
    })
    await write(flow, change, what, detail)
  }

  async function write(flow: string, { source, ...known }: Change, what: string, detail?: TraceStep['detail']) {
    const at = clock()
    const reference = referenceFrom(flow)
    try {
      await traces.append(reference, {
        ...known,
        ...(source && { sourceId: source.id }),
        ...(known.outcome && { endedAt: at }),
        steps: [{ at, what, ...(detail && { detail }) }],
      })
    } catch (error) {
      log.warn({ err: error, reference }, 'the login trace could not be written')
    }
  }

  return {
    reference: referenceFrom,
    step: (flow, what, detail, known = {}) => append('login.step', flow, known, what, detail),
    // What stood in the way before does so no longer.
    signedIn: (flow, known) =>
      append('login.succeeded', flow, { ...known, outcome: 'signed_in', reason: null }, 'signed_in'),
    async lost(flow, reason, detail) {
      report('login.refused', { reference: referenceFrom(flow), reason, detail })
      await write(flow, {}, 'lost', { reason, detail })
    },
    refused: (flow, reason, detail, known = {}) =>
      append('login.refused', flow, { ...known, outcome: 'refused', reason }, 'refused', { reason, ...detail }),
    couldNotTell: (flow, { who, message }, known = {}) =>
      append('login.unanswered', flow, { ...known, outcome: 'could_not_tell' }, 'could_not_tell', {
        who,
        detail: message,
      }),
  }
}
