/** What administrators may do: one table for everything that administers, whichever way they come. */
import type { Actor } from '../audit/audit.ts'
import { Refusal } from '../errors.ts'
import type { AccessToken } from '../tokens/access-token.ts'
import { administration } from './role.ts'

/** What an operation asks of its caller: to look, to change what applications need, or to change who gets in. */
export type Right = 'view' | 'edit' | 'administer'

/** One row per right: any of these scopes, and for people any of these roles of {@link administration}. */
export const rights: Record<Right, { readonly scopes: readonly string[]; readonly roles: readonly string[] }> = {
  view: { scopes: ['admin:read', 'admin'], roles: ['viewer', 'editor', 'admin'] },
  edit: { scopes: ['admin'], roles: ['editor', 'admin'] },
  administer: { scopes: ['admin'], roles: ['admin'] },
}

/** Entitled are clients by the scope they were granted, and people by scope and role. */
export const may = (token: AccessToken, right: Right): boolean => hasScope(token, right) && hasRole(token, right)

/** Who acts, if they may. Rejects with `insufficient_scope` or `not_an_administrator`. */
export function actorWith(token: AccessToken, right: Right): Actor {
  const { scopes, roles } = rights[right]
  if (!hasScope(token, right)) throw new Refusal('insufficient_scope', `This needs the scope ${scopes.join(' or ')}`)
  if (!hasRole(token, right))
    throw new Refusal('not_an_administrator', `This needs the role ${roles.join(' or ')} of ${administration.client}`)
  return token.accountId === undefined
    ? { kind: 'client', id: token.clientId }
    : { kind: 'account', id: token.accountId }
}

const hasScope = ({ scopes }: AccessToken, right: Right): boolean =>
  rights[right].scopes.some((scope) => scopes.includes(scope))

const hasRole = (token: AccessToken, right: Right): boolean =>
  token.accountId === undefined || rights[right].roles.some((role) => administrationRoles(token).includes(role))

function administrationRoles({ claims }: AccessToken): readonly unknown[] {
  const access = member(claims.resource_access, administration.client)
  const roles = member(access, 'roles')
  return Array.isArray(roles) ? roles : []
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
