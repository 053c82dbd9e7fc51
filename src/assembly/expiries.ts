import type { Clock } from '../clock.ts'
import { digest } from '../ids.ts'
import type { Log } from '../log.ts'
import type { Operations } from '../operations/operations.ts'
import { type ExpiryWatch, watchExpiries } from '../sources/expiry-watch.ts'
import type { Sources } from '../sources/sources.ts'
import type { Stores } from '../stores/sql/open.ts'

interface Needs {
  readonly stores: Pick<Stores, 'artifacts'>
  readonly sources: Pick<Sources, 'expiring'>
  readonly operations: Pick<Operations, 'report' | 'expiries'>
  readonly clock: Clock
  readonly log: Log
}

/** Looks at what is over soon, and tells of it once for all nodes. */
export const assembleExpiries = ({ stores, sources, operations, clock, log }: Needs): ExpiryWatch =>
  watchExpiries({
    expiring: sources.expiring,
    seen: operations.expiries,
    once: (name, until) => stores.artifacts.putOnce('ExpiryNotice', digest(name), {}, until),
    report: operations.report,
    clock,
    log,
  })
