import type { Context } from 'koa'
import type { Api } from '../apis/api.ts'
import type { Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import { newReference } from '../ids.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { WriteGatewayAssertion } from '../tokens/gateway-assertion.ts'
import type { RefusedCalls } from '../traces/refused-calls.ts'
import { challenge } from './challenge.ts'
import type { Decision, Refused } from './decide.ts'
import type { Asked, Dialect } from './dialects/dialect.ts'
import { identityHeaderLines, identityValues } from './identity-headers.ts'
import { maskHeader } from './mask.ts'

interface Needs {
  readonly issuer: string
  readonly writeAssertion: WriteGatewayAssertion
  readonly report: Report
  readonly refusedCalls: Pick<RefusedCalls, 'note'>
}

/** What the question was about, as far as it was understood. */
export interface About {
  readonly asked?: Asked
  readonly api?: Api
  /** Whether a user name and a password may do. */
  readonly takesPasswords?: boolean
}

/** Characters of a path that no API owns. */
const longestPath = 200
/** Seconds: what is out of order is seldom so for longer. */
const patience = 5

/** Tells the gateway, and the operators, what was decided. */
export function createAnswers({ issuer, writeAssertion, report, refusedCalls }: Needs) {
  async function assertion(api: Api, decision: Decision, isProven: boolean): Promise<string> {
    const { rules, audience, slug } = api
    const allowed = rules.identity_headers
    const { caller } = decision
    if (!isProven || !caller || (allowed !== null && !allowed.includes('assertion'))) return ''
    const { subject, user, source, client, scopes, ...others } = identityValues(decision, allowed)
    const members = {
      ...others,
      preferred_username: user,
      identity_provider_alias: source,
      client_id: client,
      scope: Array.isArray(scopes) ? scopes.join(' ') : scopes,
    }
    const known = Object.entries(members).filter(([, value]) => value.length > 0)
    return writeAssertion(audience ?? `urn:gatehouse:api:${slug}`, String(subject), Object.fromEntries(known))
  }

  function begin(ctx: Context): string {
    const reference = newReference()
    ctx.set({ 'X-Gatehouse-Reference': reference, 'Cache-Control': 'no-store' })
    return reference
  }

  function tell(
    ctx: Context,
    wanted: number,
    dialect: Dialect,
    reason: ReasonCode,
    reference: string,
    detail?: string,
  ) {
    const { title, cause } = reasons[reason]
    ctx.set('X-Gatehouse-Reason', reason)
    ctx.status = dialect.status(wanted)
    if (ctx.status !== wanted) ctx.set('X-Gatehouse-Status', String(wanted))
    const type = `urn:gatehouse:problem:${reason}`
    ctx.body = JSON.stringify({ type, title, status: wanted, detail: detail ?? cause, code: reason, reference })
    ctx.type = 'application/problem+json'
  }

  const parties = ({ caller }: Pick<Decision, 'caller'>) => ({
    client: caller?.client,
    source: caller?.source,
    account: caller?.account,
  })

  function keep(reference: string, { asked, api }: About, decision: Refused, passed: boolean): void {
    const { reason, detail } = decision
    refusedCalls.note({
      ...{ reference, reason, passed, apiId: api?.id, ...parties(decision) },
      detail: {
        ...(detail && { detail }),
        ...(asked?.method && { method: asked.method }),
        // Where an API lies is known; and what lies below it may be about somebody.
        ...(!api && asked?.host && { host: asked.host, path: asked.target?.split('?', 1)[0]?.slice(0, longestPath) }),
      },
    })
  }

  return {
    /** Also of what is only reported: then the headers say as much of the caller as is known. */
    async passed(
      ctx: Context,
      about: About & { readonly api: Api },
      decision: Decision,
      isProven: boolean,
    ): Promise<void> {
      const { api } = about
      const reference = begin(ctx)
      const known = { reference, what: api.slug, ...parties(decision) }
      if (decision.passes) report('gateway.allowed', known)
      else {
        report('gateway.would_refuse', { ...known, reason: decision.reason })
        keep(reference, about, decision, true)
      }
      const values = identityValues(decision, api.rules.identity_headers)
      ctx.set(identityHeaderLines(values, await assertion(api, decision, isProven)))
      ctx.set('X-Auth-Mask', maskHeader(api.rules.mask, decision.caller))
      ctx.set(rateHeaders(api, decision))
      ctx.status = 200
      ctx.body = ''
    },

    refused(ctx: Context, dialect: Dialect, decision: Refused, about: About = {}): void {
      const { reason, status, detail, retryAfter } = decision
      const { api } = about
      const reference = begin(ctx)
      report('gateway.refused', { reference, reason, what: api?.slug, ...parties(decision) })
      keep(reference, about, decision, false)
      const how = api && challenge(issuer, api, decision, about.takesPasswords ?? false)
      if (how) ctx.set('WWW-Authenticate', how)
      if (api) ctx.set(rateHeaders(api, decision))
      if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter))
      tell(ctx, status, dialect, reason, reference, detail)
    },

    unanswered(ctx: Context, dialect: Dialect, err: Unavailable): void {
      const reference = begin(ctx)
      report('gateway.unanswered', { reference, detail: err.message })
      ctx.set('Retry-After', String(patience))
      tell(ctx, 503, dialect, 'temporarily_unavailable', reference)
    },
  }
}

/** draft-ietf-httpapi-ratelimit-headers: what is allowed, and what is left of it. */
const rateHeaders = ({ slug }: Api, { spent }: Pick<Decision, 'spent'>): Record<string, string> =>
  spent
    ? {
        'RateLimit-Policy': `"${slug}";q=${spent.limit};w=${spent.window}`,
        RateLimit: `"${slug}";r=${spent.remaining};t=${spent.reset}`,
      }
    : {}
