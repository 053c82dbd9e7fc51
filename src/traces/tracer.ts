import type { Clock } from '../clock.ts'
import type { Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import { referenceFrom } from '../ids.ts'
import type { Log } from '../log.ts'
import type { ReasonCode } from '../reasons.ts'
import { requestNotes } from '../request-notes.ts'
import { type Allowance, costOfStray } from './allowance.ts'
import type { StepName, Trace, TraceStep, TraceStore } from './trace.ts'

interface Known extends Partial<Pick<Trace, 'clientId' | 'accountId'>> {
  readonly source?: { readonly id: string; readonly alias: string }
}

/** Writes down what happens in sign-ins, one function per kind of ending. A trace that cannot be written stops no login. */
export interface Tracer {
  /** What the person is shown, and an administrator looks the sign-in up by. */
  reference(flow: string): string
  step(flow: string, what: StepName, detail?: TraceStep['detail'], known?: Known): Promise<void>
  /** Somebody has proven who they are at a source. */
  proven(flow: string, steps: readonly Taken[], known: Known): Promise<void>
  /** The same for the log alone: it is written together with what comes of it. */
  tellProven(flow: string, steps: readonly Taken[], known: Known): void
  /** Nothing came of it, so it is written by itself. */
  writeProven(flow: string, steps: readonly Taken[], known: Known): Promise<void>
  signedIn(flow: string, steps: readonly Taken[], known: Known): Promise<void>
  /** The browser comes back to a sign-in of its own that is not open any more; what became of it stays. */
  lost(flow: string, reason: ReasonCode, detail: string): Promise<void>
  /** There never was a sign-in that this could belong to; `flow` is one by itself. */
  stray(flow: string, reason: ReasonCode, detail: string): Promise<void>
  refused(flow: string, reason: ReasonCode, detail?: TraceStep['detail'], known?: Known): Promise<void>
  couldNotTell(flow: string, outage: Unavailable, known?: Known): Promise<void>
}

/** A step that is taken now. */
export interface Taken {
  readonly what: StepName
  readonly detail?: TraceStep['detail'] | undefined
}

interface Needs {
  readonly traces: Pick<TraceStore, 'append'>
  /** Of what somebody does who has not proven anything yet. */
  readonly allow: Allowance
  /** What limits are counted by, such as the network of an address. */
  readonly networkOf: (address: string) => string
  readonly clock: Clock
  readonly report: Report
  readonly log: Log
}

type Change = Known & Partial<Pick<Trace, 'outcome' | 'reason'>>
type Told = 'login.step' | 'login.succeeded' | 'login.refused' | 'login.unanswered'
/** How much a stranger's allowance is charged; nothing for what is proven. */
type Cost = 0 | 1 | typeof costOfStray

export function createTracer({ traces, allow, networkOf, clock, report, log }: Needs): Tracer {
  function tell(event: Told, flow: string, change: Change, { what, detail }: Taken): void {
    report(event, {
      reference: referenceFrom(flow),
      reason: change.reason ?? undefined,
      client: change.clientId ?? undefined,
      source: change.source?.alias,
      account: change.accountId ?? undefined,
      ...(event === 'login.step' && { what }),
      ...(event !== 'login.step' && typeof detail?.detail === 'string' && { detail: detail.detail }),
    })
  }

  function isAllowed(flow: string, cost: Cost): boolean {
    const address = requestNotes()?.address()
    return cost === 0 || address === undefined || allow(flow, networkOf(address), cost)
  }

  async function write(flow: string, { source, ...known }: Change, taken: readonly Taken[], cost: Cost): Promise<void> {
    const at = clock()
    const reference = referenceFrom(flow)
    if (!isAllowed(flow, cost)) return report('trace.dropped', { reference, what: taken.at(-1)?.what })
    try {
      await traces.append(reference, {
        ...known,
        ...(source && { sourceId: source.id }),
        ...(known.outcome && { endedAt: at }),
        steps: taken.map(({ what, detail }) => ({ at, what, ...(detail && { detail }) })),
      })
    } catch (error) {
      log.warn({ err: error, reference }, 'the login trace could not be written')
    }
  }

  async function append(event: Told, flow: string, change: Change, taken: Taken, cost: Cost = 1): Promise<void> {
    tell(event, flow, change, taken)
    await write(flow, change, [taken], cost)
  }

  function tellProven(flow: string, steps: readonly Taken[], known: Known): void {
    for (const taken of steps) tell('login.step', flow, known, taken)
  }

  return {
    reference: referenceFrom,

    step: (flow, what, detail, known = {}) => append('login.step', flow, known, { what, detail }),

    async proven(flow, steps, known) {
      tellProven(flow, steps, known)
      await write(flow, known, steps, 0)
    },
    tellProven,
    writeProven: (flow, steps, known) => write(flow, known, steps, 0),

    async signedIn(flow, steps, known) {
      // What stood in the way before does so no longer.
      const change: Change = { ...known, outcome: 'signed_in', reason: null }
      const signedIn: Taken = { what: 'signed_in' }
      tell('login.succeeded', flow, change, signedIn)
      await write(flow, change, [...steps, signedIn], 0)
    },

    async lost(flow, reason, detail) {
      report('login.refused', { reference: referenceFrom(flow), reason, detail })
      await write(flow, {}, [{ what: 'lost', detail: { reason, detail } }], 1)
    },

    stray: (flow, reason, detail) =>
      append(
        'login.refused',
        flow,
        { outcome: 'refused', reason },
        { what: 'lost', detail: { reason, detail } },
        costOfStray,
      ),

    refused: (flow, reason, detail, known = {}) =>
      append(
        'login.refused',
        flow,
        { ...known, outcome: 'refused', reason },
        { what: 'refused', detail: { reason, ...detail } },
      ),

    couldNotTell: (flow, { who, message }, known = {}) =>
      append(
        'login.unanswered',
        flow,
        {
          ...known,
          outcome: 'could_not_tell',
          reason: who === 'store' ? 'temporarily_unavailable' : 'upstream_unavailable',
        },
        { what: 'could_not_tell', detail: { who, detail: message } },
      ),
  }
}
