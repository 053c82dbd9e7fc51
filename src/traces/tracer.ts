import type { Clock } from '../clock.ts'
import type { Unavailable } from '../errors.ts'
import { referenceFrom } from '../ids.ts'
import type { Log } from '../log.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Trace, TraceStep, TraceStore } from './trace.ts'

type Known = Partial<Pick<Trace, 'clientId' | 'sourceId' | 'accountId'>>

/** Writes down what happens in sign-ins, one function per kind of ending. A trace that cannot be written stops no login. */
export interface Tracer {
  /** What the person is shown, and an administrator looks the sign-in up by. */
  reference(flow: string): string
  step(flow: string, what: string, detail?: TraceStep['detail'], known?: Known): Promise<void>
  signedIn(flow: string, known: Known): Promise<void>
  refused(flow: string, reason: ReasonCode, detail?: TraceStep['detail'], known?: Known): Promise<void>
  couldNotTell(flow: string, outage: Unavailable, known?: Known): Promise<void>
}

export function createTracer({
  traces,
  clock,
  log,
}: {
  readonly traces: TraceStore
  readonly clock: Clock
  readonly log: Log
}): Tracer {
  async function append(flow: string, change: Partial<Trace> & Known, what: string, detail?: TraceStep['detail']) {
    const at = clock()
    const reference = referenceFrom(flow)
    log.info(
      {
        reference,
        what,
        reason: change.reason ?? undefined,
        client: change.clientId,
        source: change.sourceId,
        account: change.accountId,
      },
      'sign-in',
    )
    try {
      await traces.append(reference, {
        ...change,
        ...(change.outcome && { endedAt: at }),
        steps: [{ at, what, ...(detail && { detail }) }],
      })
    } catch (error) {
      log.warn({ err: error, reference }, 'the login trace could not be written')
    }
  }

  return {
    reference: referenceFrom,
    step: (flow, what, detail, known = {}) => append(flow, known, what, detail),
    // What stood in the way before does so no longer.
    signedIn: (flow, known) => append(flow, { ...known, outcome: 'signed_in', reason: null }, 'signed_in'),
    refused: (flow, reason, detail, known = {}) =>
      append(flow, { ...known, outcome: 'refused', reason }, 'refused', { reason, ...detail }),
    couldNotTell: (flow, { who, message }, known = {}) =>
      append(flow, { ...known, outcome: 'could_not_tell' }, 'could_not_tell', { who, detail: message }),
  }
}
