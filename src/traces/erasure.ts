import type { Actor, AuditStore } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import type { Transact } from '../collection.ts'
import { newId } from '../ids.ts'
import type { TraceStore } from './trace.ts'

interface Needs {
  readonly transact: Transact<{ readonly traces: Pick<TraceStore, 'erase'>; readonly audit: AuditStore }>
  readonly clock: Clock
}

/** Forgets what one person's sign-ins left behind, whether the account is still there or not. Answers how many. */
export type EraseTraces = (actor: Actor, accountId: string) => Promise<number>

export const createEraseTraces =
  ({ transact, clock }: Needs): EraseTraces =>
  (actor, accountId) =>
    transact(async ({ traces, audit }) => {
      const erased = await traces.erase(accountId)
      await audit.record({
        id: newId(),
        at: clock(),
        actor,
        action: 'traces.erased',
        subject: { type: 'user', id: accountId, name: '' },
        before: { traces: erased },
        after: null,
      })
      return erased
    })
