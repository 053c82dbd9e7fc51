import type { Context } from 'koa'
import type { Actor } from '../audit/audit.ts'
import { Refusal } from '../errors.ts'
import type { ReasonCode } from '../reasons.ts'
import { administration } from '../roles/role.ts'
import type { AccessToken, CheckAccessToken } from '../tokens/access-token.ts'

/** What an operation asks of its caller: to look, to change what applications need, or to change who gets in. */
export type Right = 'view' | 'edit' | 'administer'

/** Rejects with a refusal, its challenge (RFC 6750 §3) set on the answer, and with `Unavailable` when it cannot tell. */
export type Authorise = (ctx: Context, right: Right) => Promise<Actor>

interface Needs {
  readonly check: CheckAccessToken
  /** `{issuer}/admin/api` */
  readonly audience: string
}

/** One row per right: any of these scopes, and for people any of these roles of {@link administration}. */
const table: Record<Right, { readonly scopes: readonly string[]; readonly roles: readonly string[] }> = {
  view: { scopes: ['admin:read', 'admin'], roles: ['viewer', 'editor', 'admin'] },
  edit: { scopes: ['admin'], roles: ['editor', 'admin'] },
  administer: { scopes: ['admin'], roles: ['admin'] },
}

/** Entitled are clients by the scope they were granted, and people by scope and role. */
export function createAuthorise({ check, audience }: Needs): Authorise {
  return async (ctx, right) => {
    const verdict = await check(bearerToken(ctx))
    if (!verdict.ok) throw refused(ctx, verdict.reason)
    const { token } = verdict
    if (token.audience !== audience) throw refused(ctx, 'token_audience')

    const { scopes, roles } = table[right]
    if (!scopes.some((scope) => token.scopes.includes(scope))) {
      ctx.set('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scopes[0]}"`)
      throw new Refusal('insufficient_scope', `This needs the scope ${scopes.join(' or ')}`)
    }
    if (token.accountId === undefined) return { kind: 'client', id: token.clientId }
    if (!roles.some((role) => administrationRoles(token).includes(role))) {
      throw new Refusal('not_an_administrator', `This needs the role ${roles.join(' or ')} of ${administration.client}`)
    }
    return { kind: 'account', id: token.accountId }
  }
}

// Never from the query or the body: addresses are kept in histories and logs (RFC 9700 §4.3.2).
function bearerToken(ctx: Context): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*) *$/i.exec(ctx.get('Authorization')) ?? []
  if (token !== undefined) return token
  ctx.set('WWW-Authenticate', 'Bearer')
  throw new Refusal('token_missing')
}

function refused(ctx: Context, reason: ReasonCode): Refusal {
  ctx.set('WWW-Authenticate', `Bearer error="invalid_token", error_description="${reason}"`)
  // RFC 6750 §3.1: whatever is wrong with the token; to whoever it speaks for, another one may be given.
  return new Refusal(reason, undefined, { status: 401 })
}

function administrationRoles({ claims }: AccessToken): readonly unknown[] {
  const access = member(claims.resource_access, administration.client)
  const roles = member(access, 'roles')
  return Array.isArray(roles) ? roles : []
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
