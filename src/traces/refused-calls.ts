/**
 * Calls that gateways were told to refuse, or would have been. They are written behind the check, some at a time: nobody
 * waits for it, and a flood of them costs the database no more than a few do.
 */
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ReasonCode } from '../reasons.ts'
import type { SourceStore } from '../sources/source.ts'
import type { StepName, Trace, TraceStep, TraceStore } from './trace.ts'

export interface RefusedCall {
  readonly reference: string
  readonly reason: ReasonCode
  /** It passed, because the API only reports. */
  readonly passed: boolean
  readonly apiId: string | undefined
  readonly client: string | undefined
  /** A source's alias. */
  readonly source: string | undefined
  readonly account: string | undefined
  readonly detail: NonNullable<TraceStep['detail']>
}

export interface RefusedCalls extends AsyncDisposable {
  /** Never throws, and nobody waits for it. */
  note(call: RefusedCall): void
  /** Writes what has been noted; happens every second by itself, and at the end. */
  write(): Promise<void>
}

interface Needs {
  readonly traces: Pick<TraceStore, 'addAll'>
  readonly sources: Pick<SourceStore, 'byAlias'>
  /** Told of each that is not kept. */
  readonly dropped: () => void
  readonly clock: Clock
  readonly log: Log
}

/** What waits to be written, at most. */
export const mostWaiting = 1000
/** Of those that differ in nothing but their time, in a second: who calls in a loop leaves room for others. */
export const mostAlike = 20

const everySecond = 1000

export function createRefusedCalls({ traces, sources, dropped, clock, log }: Needs): RefusedCalls {
  let waiting: { readonly call: RefusedCall; readonly at: number }[] = []
  const alike = new Map<string, number>()
  let writing: Promise<void> = Promise.resolve()

  async function sourceId(alias: string | undefined): Promise<string | null> {
    return (alias !== undefined && (await sources.byAlias(alias))?.id) || null
  }

  async function traceOf({ call, at }: (typeof waiting)[number]): Promise<Trace> {
    const { reference, reason, passed, apiId, client, source, account, detail } = call
    return {
      ...{ reference, startedAt: at, endedAt: at, reason },
      outcome: passed ? 'call_would_be_refused' : 'call_refused',
      apiId: apiId ?? null,
      clientId: client ?? null,
      sourceId: await sourceId(source),
      accountId: account ?? null,
      steps: [
        { at, what: (passed ? 'would_be_refused' : 'refused') satisfies StepName, detail: { reason, ...detail } },
      ],
    }
  }

  async function write(): Promise<void> {
    const taken = waiting
    waiting = []
    alike.clear()
    if (taken.length === 0) return
    try {
      await traces.addAll(await Promise.all(taken.map(traceOf)))
    } catch (err) {
      // Nothing depends on it; they go with the next ones, as far as there is room.
      log.warn({ err, calls: taken.length }, 'refused calls could not be written')
      const room = mostWaiting - waiting.length
      waiting = [...taken.slice(0, room), ...waiting]
      for (const _ of taken.slice(room)) dropped()
    }
  }

  const writeNext = () => {
    writing = writing.then(write)
    return writing
  }
  const timer = setInterval(writeNext, everySecond).unref()

  return {
    note(call) {
      const kind = JSON.stringify([call.apiId, call.reason, call.client, call.account])
      const count = alike.get(kind) ?? 0
      if (count >= mostAlike || waiting.length >= mostWaiting) return dropped()
      alike.set(kind, count + 1)
      waiting.push({ call, at: clock() })
    },

    write: writeNext,

    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await writeNext()
    },
  }
}
