/** May this request pass? Who sends it first, then the application's key, then what the API asks of them. */
import type { Api } from '../apis/api.ts'
import type { Application } from '../applications/application.ts'
import type { ApiKeyAnswer, CheckApiKey } from '../applications/check-api-key.ts'
import { type Clock, seconds } from '../clock.ts'
import type { ReasonCode } from '../reasons.ts'
import { after, both, type Soon } from '../soon.ts'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import type { ProvenKeys } from './proven-keys.ts'
import type { RateLimit, Spent } from './rate-limit.ts'
import { type Caller, type Evidence, notMine, type Reader, type Reading, type SupposedCaller } from './reader.ts'
import { objection } from './rules.ts'

/** Those who are known, as far as they are. */
export interface Parties {
  readonly caller?: Caller | undefined
  readonly application?: Application | undefined
  /** Of an API that has a limit. */
  readonly spent?: Spent | undefined
}

export interface Refused extends Parties {
  readonly passes: false
  /** 401: other credentials may do; 403: they do not help; 429: neither does trying again now. */
  readonly status: 401 | 403 | 429
  readonly reason: ReasonCode
  readonly detail?: string | undefined
  /** Of credentials that count for nothing: for the record, and for nothing else. */
  readonly about?: SupposedCaller | undefined
  /** Seconds. */
  readonly retryAfter?: number | undefined
}

export type Decision = (Parties & { readonly passes: true; readonly caller: Caller }) | Refused

/**
 * Waits for live state once, and writes nothing but the count of an API that has a limit; and after that, that a DPoP
 * proof was here. Fails with `Unavailable` when it cannot tell.
 */
export type Decide = (evidence: Evidence, api: Api) => Soon<Decision>

interface Needs {
  /** In the order they are asked. */
  readonly readers: readonly Reader[]
  readonly checkApiKey: CheckApiKey
  readonly provenKeys: ProvenKeys
  readonly rateLimit: RateLimit
  readonly clock: Clock
}

type Known = Parties & { readonly caller: Caller }

/** What there is to judge by. */
interface Looked {
  readonly evidence: Evidence
  readonly api: Api
  readonly reading: Reading
  readonly key: ApiKeyAnswer | undefined
  /** Counted while the credentials were looked at. */
  readonly early: { readonly who: string; readonly spent: Spent | undefined } | undefined
}

export function createDecide({ readers, checkApiKey, provenKeys, rateLimit, clock }: Needs): Decide {
  /** The first of them whose it is. */
  function read(evidence: Evidence, api: Api, from = 0): Soon<Reading> {
    const reader = readers[from]
    if (!reader) return notMine
    return after(reader(evidence, api), (reading) =>
      reading.kind === 'not_mine' ? read(evidence, api, from + 1) : reading,
    )
  }

  /** Counted while the credentials are looked at, if they are known; else after. */
  function limited({ evidence, api, early }: Looked, known: Known): Soon<Spent | undefined> {
    if (api.rules.rate_limit === null) return undefined
    const who = rateLimit.of(api, known, evidence)
    if (early?.who === who) return early.spent
    rateLimit.remember(api, evidence, who)
    return rateLimit.count(api, who)
  }

  function judge(looked: Looked): Soon<Decision> {
    const { api, early } = looked
    const byAddress = api.rules.rate_limit?.by === 'address' ? early?.spent : undefined
    // Strangers are held to it as well: guessing must not be faster than calling.
    if (byAddress?.isOver) return over(byAddress)
    const found = partiesOf(looked)
    if ('passes' in found) return { ...found, spent: byAddress }
    return after(limited(looked, found), (spent) => ruled(looked, { ...found, spent }))
  }

  function ruled({ evidence, api: { rules } }: Looked, parties: Known): Soon<Decision> {
    const { caller, application, spent } = parties
    if (spent?.isOver) return { ...over(spent), ...parties }
    if (rules.key_must_match_token && application && application.clientId !== caller.client)
      return { ...refused(403, 'api_key_not_of_client'), ...parties }
    return after(provenKeys(evidence, caller), (proven) => {
      if ('unproven' in proven) return { ...refused(401, proven.unproven, proven.detail), ...parties }
      const against = objection(rules, caller, { proven, now: seconds(clock()) })
      return against
        ? { ...refused(against.status, against.reason, against.detail), ...parties }
        : { passes: true, ...parties }
    })
  }

  return (evidence, api) => {
    const who = api.rules.rate_limit === null ? undefined : rateLimit.early(api, evidence)
    const { apiKey } = evidence
    if (apiKey === undefined && who === undefined)
      return after(read(evidence, api), (reading) =>
        judge({ evidence, api, reading, key: undefined, early: undefined }),
      )
    // All of it travels together.
    const looks = both(
      () => read(evidence, api),
      () =>
        both(
          () => (apiKey === undefined ? undefined : checkApiKey(apiKey, api.id)),
          () => (who === undefined ? undefined : rateLimit.count(api, who)),
        ),
    )
    return after(looks, ([reading, [key, spent]]) =>
      judge({ evidence, api, reading, key, early: who === undefined ? undefined : { who, spent } }),
    )
  }
}

/** Who calls, and on behalf of what; or why that is not known. */
function partiesOf({ reading, key, evidence, api }: Looked): Known | Refused {
  if (reading.kind === 'not_mine') return refused(401, unread(evidence))
  if (reading.kind === 'no') {
    const { reason, forbidden, retryAfter, about } = reading
    return { ...refused(retryAfter !== undefined ? 429 : forbidden ? 403 : 401, reason), retryAfter, about }
  }
  const { caller } = reading
  if (key && !key.ok) return { ...refused(401, key.reason), caller }
  // What is no key of ours may be meant for the API itself.
  if (!key && api.rules.require_api_key) {
    const reason = evidence.apiKey === undefined ? 'api_key_missing' : 'api_key_unknown'
    return { ...refused(401, reason), caller }
  }
  return { caller, application: key?.application }
}

const refused = (status: Refused['status'], reason: ReasonCode, detail?: string): Refused => ({
  passes: false,
  status,
  reason,
  detail,
})

const over = (spent: Spent): Refused => ({
  ...refused(429, 'rate_limited', `Calls allowed in ${spent.window} s: ${spent.limit}.`),
  spent,
  retryAfter: spent.reset,
})

function unread({ bearer, basic, hasAuthorization, unbelievedCertificate }: Evidence): ReasonCode {
  if (unbelievedCertificate && !hasAuthorization) return 'certificate_not_believed'
  if (basic !== undefined) return 'basic_not_accepted'
  if (bearer === undefined) return 'token_missing'
  return parseCompactJwt(bearer) ? 'token_issuer' : 'token_malformed'
}
