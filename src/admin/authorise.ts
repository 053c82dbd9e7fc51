import type { Context } from 'koa'
import type { Actor } from '../audit/audit.ts'
import { Refusal } from '../errors.ts'
import type { ReasonCode } from '../reasons.ts'
import { actorWith, type Right, rights } from '../roles/rights.ts'
import type { CheckAccessToken } from '../tokens/access-token.ts'
import { confirmationOf } from '../tokens/possession/confirmation.ts'

/** Rejects with a refusal, its challenge (RFC 6750 §3) set on the answer, and with `Unavailable` when it cannot tell. */
export type Authorise = (ctx: Context, right: Right) => Promise<Actor>

interface Needs {
  readonly check: CheckAccessToken
  /** `{issuer}/admin/api` */
  readonly audience: string
}

/** Entitled are clients by the scope they were granted, and people by scope and role. */
export function createAuthorise({ check, audience }: Needs): Authorise {
  return async (ctx, right) => {
    const verdict = await check(bearerToken(ctx))
    if (!verdict.ok) throw refused(ctx, verdict.reason)
    const { token } = verdict
    if (token.audience !== audience) throw refused(ctx, 'token_audience')
    // Here nobody is asked to prove that they hold a key.
    if (confirmationOf(token.claims)) throw refused(ctx, 'token_binding_unproven')

    if (!rights[right].scopes.some((scope) => token.scopes.includes(scope)))
      ctx.set('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${rights[right].scopes[0]}"`)
    return actorWith(token, right)
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
