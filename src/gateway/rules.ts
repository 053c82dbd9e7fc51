/** What an API asks of a caller who is known. Pure. */
import type { ApiRules } from '../apis/api-rules.ts'
import { valueAt } from '../mapping/path.ts'
import type { ReasonCode } from '../reasons.ts'
import { type Confirmation, confirmationOf, isProven } from '../tokens/possession/confirmation.ts'
import type { Caller } from './reader.ts'

export interface Objection {
  /** 401: the same caller may come back with something better. */
  readonly status: 401 | 403
  readonly reason: ReasonCode
  /** For whoever calls. */
  readonly detail?: string
}

export interface Circumstances {
  /** The keys that the caller has proven to hold in this very call. */
  readonly proven: Confirmation
  /** Seconds. */
  readonly now: number
}

/** The first rule that the caller does not keep. */
export function objection(rules: ApiRules, caller: Caller, { proven, now }: Circumstances): Objection | undefined {
  const unbound = bindingProblem(rules.sender_constraint, caller, proven)
  if (unbound) return { status: 401, reason: unbound }
  const isStrong = isStrongEnough(rules, caller.claims.acr) && isFreshEnough(rules, caller.claims.auth_time, now)
  if (!isStrong) return { status: 401, reason: 'insufficient_user_authentication' }
  const forbidden = (reason: ReasonCode, detail?: string) => ({
    status: 403 as const,
    reason,
    ...(detail && { detail }),
  })
  if (!rules.required_scopes.every((scope) => caller.scopes.includes(scope))) return forbidden('insufficient_scope')
  if (!anyOf(rules.required_roles, caller.roles)) return forbidden('role_missing', about('Role', caller.roles, caller))
  if (!anyOf(rules.required_groups, caller.groups))
    return forbidden('group_missing', about('Group', caller.groups, caller))
  const broken = rules.claims.find((rule) => !isKept(rule, valueAt(caller.claims, rule.claim)))
  return broken && forbidden('claim_mismatch', `Claim ${broken.claim} of ${nameOf(caller)} is not as required.`)
}

const methods = { dpop: 'jkt', mtls: 'x5t#S256' } as const

/** A token that is bound to a key is good only in the hands of who has it, whether the API asks for that or not. */
function bindingProblem(
  asked: ApiRules['sender_constraint'],
  { claims }: Caller,
  proven: Confirmation,
): ReasonCode | undefined {
  const bound = confirmationOf(claims)
  if (!bound) return asked === null ? undefined : 'token_not_bound'
  if (!isProven(bound, proven)) return 'token_binding_unproven'
  return asked === null || asked === 'either' || methods[asked] in bound ? undefined : 'token_not_bound'
}

const isStrongEnough = ({ required_acr: wanted }: ApiRules, acr: unknown): boolean =>
  wanted.length === 0 || (typeof acr === 'string' && wanted.includes(acr))

const isFreshEnough = ({ max_auth_age: longest }: ApiRules, time: unknown, now: number): boolean =>
  longest === null || (typeof time === 'number' && time + longest >= now)

const anyOf = (wanted: readonly string[], had: readonly string[]): boolean =>
  wanted.length === 0 || wanted.some((name) => had.includes(name))

const nameOf = ({ user, subject }: Caller): string => `user ${user || subject}`

// In the words that callers of the retired gateway know.
const about = (kind: 'Role' | 'Group', had: readonly string[], caller: Caller): string =>
  had.length === 0
    ? `No ${kind}(s) are associated for ${nameOf(caller)} to validate the current request.`
    : `${kind}(s) ${had.join(', ')} for ${nameOf(caller)} do not match the required ${kind.toLowerCase()}(s) for this request.`

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
