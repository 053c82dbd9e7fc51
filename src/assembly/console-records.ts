/** The console's pages of what happened: traces and events. */
import type { Clock } from '../clock.ts'
import type { Mount } from '../console/page.ts'
import { eventPages } from '../console/pages/events.ts'
import { traceOnePages } from '../console/pages/trace.ts'
import { tracePages } from '../console/pages/traces.ts'
import { createNameParties } from '../console/parties.ts'
import type { SqlStores, Stores } from '../stores/sql/open.ts'
import { createEraseTraces } from '../traces/erasure.ts'

interface Needs {
  readonly stores: Stores & Pick<SqlStores, 'transact'>
  readonly clock: Clock
}

export function recordPages({ stores, clock }: Needs): readonly ((mount: Mount) => void)[] {
  const erase = createEraseTraces({ ...stores, clock })
  const forTraces = { ...stores, nameParties: createNameParties(stores), erase }
  return [tracePages(forTraces), traceOnePages(forTraces), eventPages(stores)]
}
