import type { RoleName } from '../accounts/account.ts'
import type { Api, ApiSource } from './api.ts'
import type { ApiRules } from './api-rules.ts'

/** Every name that rules, masks and sources of an API have for a role. */
export const roleNamesIn = (
  { required_roles, mask }: Pick<ApiRules, 'required_roles' | 'mask'>,
  sources: readonly Pick<ApiSource, 'roles'>[],
): readonly string[] => [
  ...new Set([
    ...required_roles,
    ...mask.flatMap(({ unless_role }) => unless_role ?? []),
    ...sources.flatMap(({ roles }) => (roles ?? []).map(({ role }) => role)),
  ]),
]

/**
 * Every role that an API speaks of. A name stands there for the realm's role, for the API's own and for that of its
 * audience: whoever has any of them has it here.
 */
export function rolesNamed({ id, audience, rules, authenticationSources }: Api): readonly RoleName[] {
  const spaces = [null, id, ...(audience === null ? [] : [audience])]
  return roleNamesIn(rules, authenticationSources).flatMap((name) => spaces.map((client) => ({ name, client })))
}
