/** What an API asks of a caller who is known. Pure. */
import type { ApiRules } from '../apis/api-rules.ts'
import { valueAt } from '../mapping/path.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Caller } from './reader.ts'

export interface Objection {
  readonly reason: ReasonCode
  /** For whoever calls. */
  readonly detail?: string
}

/** The first rule that the caller does not keep. */
export function objection(rules: ApiRules, caller: Caller): Objection | undefined {
  // Nothing of ours is bound to a key yet.
  if (rules.sender_constraint !== null) return { reason: 'token_not_bound' }
  if (!rules.required_scopes.every((scope) => caller.scopes.includes(scope))) return { reason: 'insufficient_scope' }
  if (!anyOf(rules.required_roles, caller.roles)) return { reason: 'role_missing', detail: aboutRoles(caller) }
  if (!anyOf(rules.required_groups, caller.groups)) return { reason: 'group_missing' }
  return rules.claims.every((rule) => isKept(rule, valueAt(caller.claims, rule.claim)))
    ? undefined
    : { reason: 'claim_mismatch' }
}

const anyOf = (wanted: readonly string[], had: readonly string[]): boolean =>
  wanted.length === 0 || wanted.some((name) => had.includes(name))

// In the words that callers of the retired gateway know.
const aboutRoles = ({ user, subject, roles }: Caller): string =>
  roles.length === 0
    ? `No Role(s) are associated for user ${user || subject} to validate the current request.`
    : `Role(s) ${roles.join(', ')} for user ${user || subject} do not match the required role(s) for this request.`

function isKept({ match, values }: ApiRules['claims'][number], claim: unknown): boolean {
  const had: readonly unknown[] = claim === undefined ? [] : Array.isArray(claim) ? claim : [claim]
  const wanted: readonly unknown[] = values
  const all = wanted.every((value) => had.includes(value))
  switch (match) {
    case 'any':
      return wanted.some((value) => had.includes(value))
    case 'all':
      return all
    case 'exact':
      return all && had.every((value) => wanted.includes(value))
    case 'none':
      return !wanted.some((value) => had.includes(value))
  }
}
