import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { ReasonCode } from '../reasons.ts'

/** How sign-ins through a source have gone lately. Says nothing of the person: a wrong password is no failure of the source. */
export interface SourceStatus {
  /** Milliseconds; `null`: never yet. */
  readonly lastSuccess: number | null
  readonly lastFailure: { readonly at: number; readonly reason: ReasonCode } | null
}

export interface SourceStatusStore {
  /** By id; those of which nothing is known are absent. */
  of(ids: readonly string[]): Promise<ReadonlyMap<string, SourceStatus>>
  /** Moves forward what is given; a source that is gone is not missed. */
  record(sourceId: string, status: Partial<SourceStatus>): Promise<void>
}

/** Writes down how sign-ins went, behind them: the first at once, what follows within a second in one write per source. */
export interface StatusRecorder extends AsyncDisposable {
  succeeded(sourceId: string): void
  failed(sourceId: string, reason: ReasonCode): void
  /** It vouched for one of very many: told on at most once a minute. */
  vouched(sourceId: string): void
}

interface Needs {
  readonly store: Pick<SourceStatusStore, 'record'>
  readonly clock: Clock
  readonly log: Log
}

const pause = 1000
const seldom = 60_000

export function createStatusRecorder({ store, clock, log }: Needs): StatusRecorder {
  const noted = new Map<string, Partial<SourceStatus>>()
  /** One for each source that there has been. */
  const vouchedAt = new Map<string, number>()
  let resting: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    const statuses = [...noted]
    noted.clear()
    for (const [sourceId, status] of statuses) {
      try {
        await store.record(sourceId, status)
      } catch (err) {
        // No sign-in fails for it.
        log.warn({ err, source: sourceId }, 'how sign-ins through a source went could not be written')
      }
    }
  }

  function begin(): void {
    writing = writing.then(write)
    resting = setTimeout(() => {
      resting = undefined
      if (noted.size > 0) begin()
    }, pause).unref()
  }

  function note(sourceId: string, status: Partial<SourceStatus>): void {
    noted.set(sourceId, { ...noted.get(sourceId), ...status })
    if (resting === undefined) begin()
  }

  return {
    succeeded: (sourceId) => note(sourceId, { lastSuccess: clock() }),
    failed(sourceId, reason) {
      vouchedAt.delete(sourceId)
      note(sourceId, { lastFailure: { at: clock(), reason } })
    },

    vouched(sourceId) {
      if (clock() - (vouchedAt.get(sourceId) ?? Number.NEGATIVE_INFINITY) < seldom) return
      vouchedAt.set(sourceId, clock())
      note(sourceId, { lastSuccess: clock() })
    },

    async [Symbol.asyncDispose]() {
      clearTimeout(resting)
      await writing
      await write()
    },
  }
}
