import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../clock.ts'
import { newId } from '../ids.ts'
import type { Actor, AuditEvent, AuditStore } from './audit.ts'

interface Change {
  readonly subject: AuditEvent['subject']
  /** Without secrets; absent: there was nothing. */
  readonly before?: unknown
  readonly after?: unknown
}

/** Records `{type}.created`, `.changed` or `.removed` in the transaction that `audit` belongs to. */
export async function recordChange(audit: AuditStore, actor: Actor, clock: Clock, { subject, before, after }: Change) {
  const verb = before === undefined ? 'created' : after === undefined ? 'removed' : 'changed'
  await audit.record({
    id: newId(),
    at: clock(),
    actor,
    action: `${subject.type}.${verb}`,
    subject,
    before: before ?? null,
    after: after ?? null,
  })
}

/**
 * Whether an event of it would have nothing to say. What it is about then keeps its version: whoever says again how it
 * is has not been there before anybody, and is not to be found among those who changed it.
 */
export const changesNothing = (before: unknown, after: unknown): boolean => isDeepStrictEqual(before, after)

/** What stands for a secret in an audit event: whether there is one, and whether this change changed it. */
export function maskedSecret(value: unknown, before?: unknown): string | null {
  if (value === undefined || value === null) return null
  return before === undefined || before === null || before === value ? '********' : '******** (changed)'
}
