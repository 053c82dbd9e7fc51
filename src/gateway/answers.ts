import type { Api } from '../apis/api.ts'
import type { Unavailable } from '../errors.ts'
import type { Report } from '../events.ts'
import type { DirectAnswer } from '../http/direct.ts'
import { newReference } from '../ids.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import { after, type Soon } from '../soon.ts'
import type { WriteGatewayAssertion } from '../tokens/gateway-assertion.ts'
import type { RefusedCalls } from '../traces/refused-calls.ts'
import { challenge } from './challenge.ts'
import type { Decision, Refused } from './decide.ts'
import type { Asked, Dialect } from './dialects/dialect.ts'
import { createIdentityHeaders, identityValues } from './identity-headers.ts'
import type { Spent } from './rate-limit.ts'

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
  /** Whether a token came behind the scheme `DPoP`. */
  readonly isDpop?: boolean
}

/** Characters of a path that no API owns. */
const longestPath = 200
/** Seconds: what is out of order is seldom so for longer. */
const patience = 5

/** Tells the gateway, and the operators, what was decided. */
export function createAnswers({ issuer, writeAssertion, report, refusedCalls }: Needs) {
  const identityHeaders = createIdentityHeaders()

  function assertion(api: Api, decision: Decision): Soon<string> {
    const { rules, audience, slug } = api
    const allowed = rules.identity_headers
    const { caller } = decision
    if (!caller || (allowed !== null && !allowed.includes('assertion'))) return ''
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

  const always = (reference: string) => ({ 'X-Gatehouse-Reference': reference, 'Cache-Control': 'no-store' })

  /** `headers` besides those that every *no* has. */
  function no(
    dialect: Dialect,
    wanted: number,
    said: { readonly reason: ReasonCode; readonly reference: string; readonly detail?: string | undefined },
    headers: Readonly<Record<string, string>>,
  ): DirectAnswer {
    const { reason, reference, detail } = said
    const { title, cause } = reasons[reason]
    const status = dialect.status(wanted)
    const type = `urn:gatehouse:problem:${reason}`
    return {
      status,
      headers: {
        ...always(reference),
        ...headers,
        'X-Gatehouse-Reason': reason,
        ...(status !== wanted && { 'X-Gatehouse-Status': String(wanted) }),
        'Content-Type': 'application/problem+json; charset=utf-8',
      },
      body: JSON.stringify({ type, title, status: wanted, detail: detail ?? cause, code: reason, reference }),
    }
  }

  function parties(decision: Decision) {
    const { client, source, account } = decision.caller ?? ('about' in decision ? decision.about : undefined) ?? {}
    return { client, source, account }
  }

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
    passed(about: About & { readonly api: Api }, decision: Decision, isProven: boolean): Soon<DirectAnswer> {
      const { api } = about
      const reference = newReference()
      const known = { reference, what: api.slug, ...parties(decision) }
      if (decision.passes) report('gateway.allowed', known)
      else {
        report('gateway.would_refuse', { ...known, reason: decision.reason })
        keep(reference, about, decision, true)
      }
      const { spent } = decision
      return after(isProven ? assertion(api, decision) : '', (signed) => ({
        status: 200,
        headers: { ...always(reference), 'X-Auth-Assertion': signed, ...(spent && rateHeaders(api, spent)) },
        lines: identityHeaders(api, decision),
        body: '',
      }))
    },

    refused(dialect: Dialect, decision: Refused, about: About = {}): DirectAnswer {
      const { reason, status, detail, retryAfter } = decision
      const { api } = about
      const reference = newReference()
      report('gateway.refused', { reference, reason, what: api?.slug, ...parties(decision) })
      keep(reference, about, decision, false)
      const how = api && challenge(issuer, api, decision, about)
      const headers = {
        ...(how && { 'WWW-Authenticate': how }),
        ...(api && decision.spent && rateHeaders(api, decision.spent)),
        ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
      }
      return no(dialect, status, { reason, reference, detail }, headers)
    },

    /** Too much is being asked to look at it: no event either, which would be one more thing to do. */
    shed(dialect: Dialect): DirectAnswer {
      const said = { reason: 'temporarily_unavailable', reference: newReference() } as const
      return no(dialect, 503, said, { 'Retry-After': String(patience) })
    },

    unanswered(dialect: Dialect, err: Unavailable): DirectAnswer {
      const reference = newReference()
      report('gateway.unanswered', { reference, detail: err.message })
      const reason = 'temporarily_unavailable'
      return no(dialect, 503, { reason, reference }, { 'Retry-After': String(patience) })
    },
  }
}

/** draft-ietf-httpapi-ratelimit-headers: what is allowed, and what is left of it. */
const rateHeaders = ({ slug }: Api, { limit, window, remaining, reset }: Spent): Record<string, string> => ({
  'RateLimit-Policy': `"${slug}";q=${limit};w=${window}`,
  RateLimit: `"${slug}";r=${remaining};t=${reset}`,
})
