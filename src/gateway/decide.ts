/** May this request pass? Who sends it first, then the application's key, then what the API asks of them. */
import type { Api } from '../apis/api.ts'
import type { Application } from '../applications/application.ts'
import type { CheckApiKey } from '../applications/check-api-key.ts'
import type { ReasonCode } from '../reasons.ts'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import { type Caller, type Evidence, notMine, type Reader, type Reading } from './reader.ts'
import { objection } from './rules.ts'

/** Those who are known, as far as they are. */
export interface Parties {
  readonly caller?: Caller | undefined
  readonly application?: Application | undefined
}

export interface Refused extends Parties {
  readonly passes: false
  /** 401: other credentials may do; 403: they do not help; 429: neither does trying again now. */
  readonly status: 401 | 403 | 429
  readonly reason: ReasonCode
  readonly detail?: string | undefined
  /** Seconds. */
  readonly retryAfter?: number | undefined
}

export type Decision = (Parties & { readonly passes: true; readonly caller: Caller }) | Refused

/** Writes nothing and waits for live state once. Rejects with `Unavailable` when it cannot tell. */
export type Decide = (evidence: Evidence, api: Api) => Promise<Decision>

interface Needs {
  /** In the order they are asked. */
  readonly readers: readonly Reader[]
  readonly checkApiKey: CheckApiKey
}

export function createDecide({ readers, checkApiKey }: Needs): Decide {
  async function read(evidence: Evidence, api: Api): Promise<Reading> {
    for (const reader of readers) {
      const reading = await reader(evidence, api)
      if (reading.kind !== 'not_mine') return reading
    }
    return notMine
  }

  return async (evidence, api) => {
    const [reading, key] = await Promise.all([
      read(evidence, api),
      evidence.apiKey === undefined ? undefined : checkApiKey(evidence.apiKey, api.id),
    ])
    const { rules } = api
    if (reading.kind === 'not_mine') return refused(401, unread(evidence))
    if (reading.kind === 'no') {
      const { reason, forbidden, retryAfter } = reading
      return { ...refused(retryAfter !== undefined ? 429 : forbidden ? 403 : 401, reason), retryAfter }
    }

    const { caller } = reading
    if (key && !key.ok) return refused(401, key.reason)
    // What is no key of ours may be meant for the API itself.
    if (!key && rules.require_api_key)
      return refused(401, evidence.apiKey === undefined ? 'api_key_missing' : 'api_key_unknown')
    const parties = { caller, application: key?.application }
    if (key && rules.key_must_match_token && key.application.clientId !== caller.client)
      return { ...refused(403, 'api_key_not_of_client'), ...parties }
    const against = objection(rules, caller)
    return against
      ? { ...refused(against.reason === 'token_not_bound' ? 401 : 403, against.reason, against.detail), ...parties }
      : { passes: true, ...parties }
  }
}

const refused = (status: Refused['status'], reason: ReasonCode, detail?: string): Refused => ({
  passes: false,
  status,
  reason,
  detail,
})

function unread({ bearer, basic, hasAuthorization, unbelievedCertificate }: Evidence): ReasonCode {
  if (unbelievedCertificate && !hasAuthorization) return 'certificate_not_believed'
  if (basic !== undefined) return 'basic_not_accepted'
  if (bearer === undefined) return 'token_missing'
  return parseCompactJwt(bearer) ? 'token_issuer' : 'token_malformed'
}
