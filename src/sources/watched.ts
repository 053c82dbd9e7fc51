import type { Connector, Credentials, Evidence } from '../connector.ts'
import { Refusal, Unavailable } from '../errors.ts'
import type { StatusRecorder } from './status.ts'

type Record = Pick<StatusRecorder, 'succeeded' | 'failed' | 'vouched'>

/** The same connector, of which is recorded how it fares with people. */
export function watched(connector: Connector, sourceId: string, record: Record): Connector {
  /** `proves`: whether this result means that somebody has signed in. */
  async function watch<T>(work: Promise<T>, proves: (result: T) => boolean): Promise<T> {
    try {
      const result = await work
      if (proves(result)) record.succeeded(sourceId)
      return result
    } catch (error) {
      if (error instanceof Refusal) record.failed(sourceId, error.code)
      unanswered(error)
      throw error
    }
  }

  /** What a stranger sends says nothing about the source. */
  async function watchPresented<T>(work: Promise<T>): Promise<T> {
    try {
      const result = await work
      if (result !== undefined) record.vouched(sourceId)
      return result
    } catch (error) {
      unanswered(error)
      throw error
    }
  }

  function unanswered(error: unknown): void {
    if (error instanceof Unavailable && error.who !== 'store') record.failed(sourceId, 'upstream_unavailable')
  }

  const somebody = (identity: unknown) => identity !== undefined
  switch (connector.kind) {
    case 'password':
      return { ...connector, verify: (credentials: Credentials) => watch(connector.verify(credentials), somebody) }
    case 'presented':
      return { ...connector, verify: (evidence: Evidence) => watchPresented(connector.verify(evidence)) }
    case 'redirect':
      return {
        ...connector,
        depart: (trip) => watch(connector.depart(trip), () => false),
        arrive: (trip, memo, arrival) => watch(connector.arrive(trip, memo, arrival), somebody),
      }
  }
}
