/**
 * Whether somebody would pass, and what of it each rule says: by the very decision that gateways are answered with, made
 * once as it is and once for each rule alone. Nothing is counted and nothing is noted.
 */
import type { Trial, TrialStep, TriedParties, TryAccess } from '../apis/access-trial.ts'
import type { Api, ApiStore } from '../apis/api.ts'
import { type ApiRules, noRules } from '../apis/api-rules.ts'
import type { ApiKeyStore } from '../applications/api-key.ts'
import type { ApplicationStore } from '../applications/application.ts'
import { type ApiKeyAnswer, type CheckApiKey, keyProblem } from '../applications/check-api-key.ts'
import type { Clock } from '../clock.ts'
import { found } from '../collection.ts'
import type { Soon } from '../soon.ts'
import type { Entitlement } from '../tokens/accept.ts'
import { type Confirmation, provableOf } from '../tokens/possession/confirmation.ts'
import type { SupposeToken } from '../tokens/supposed-token.ts'
import { createDecide, type Decision } from './decide.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Evidence, Reader, Reading } from './reader.ts'
import { notMine } from './reader.ts'
import type { TokenAtApi } from './readers/own-token.ts'

interface Needs {
  readonly apis: Pick<ApiStore, 'get'>
  readonly supposeToken: SupposeToken
  readonly entitlement: Pick<Entitlement, 'mayAskFor'>
  readonly tokenAt: TokenAtApi
  /** Of what is sent as a bearer, in the order they are asked. */
  readonly readers: readonly Reader[]
  /** Without noting that it was used. */
  readonly checkApiKey: CheckApiKey
  readonly applications: Pick<ApplicationStore, 'byClient'>
  readonly apiKeys: Pick<ApiKeyStore, 'ofApplication'>
  readonly clock: Clock
}

/** What was found out about a caller, whatever the API asks. */
interface Found {
  readonly reading: Reading
  readonly key: ApiKeyAnswer | undefined
  readonly bearer: string
  /** Whatever it is. */
  readonly apiKey: string | undefined
  readonly proven: Confirmation
}

const uncounted: RateLimit = {
  early: () => undefined,
  of: () => '',
  count: async () => undefined,
  remember() {},
}
const nobody = '(tried)'
const mostKeys = 200

export function createTryAccess(needs: Needs): TryAccess {
  const { apis, supposeToken, entitlement, tokenAt, readers, checkApiKey, applications, apiKeys, clock } = needs

  const apiOf = async (id: string) => found(await apis.get(id), `API ${id}`)

  function decideOn({ reading, key, bearer, apiKey, proven }: Found, api: Api): Soon<Decision> {
    const decide = createDecide({
      readers: [async () => reading],
      checkApiKey: async () => key,
      provenKeys: () => proven,
      rateLimit: uncounted,
      clock,
    })
    const evidence: Evidence = {
      ...{ bearer, dpop: undefined, basic: undefined, hasAuthorization: true, apiKey },
      ...{ certificate: undefined, unbelievedCertificate: false, address: '' },
    }
    return decide(evidence, api)
  }

  async function trial(known: Found, api: Api): Promise<Trial> {
    const decision = await decideOn(known, api)
    const { caller } = decision
    return {
      ...(decision.passes ? { passes: true } : { passes: false, status: decision.status, reason: decision.reason }),
      steps: [...(await stepsOfIdentity(known, api)), ...(await stepsOfRules(known, api))],
      ...(caller && { caller }),
    }
  }

  async function stepsOfIdentity(known: Found, api: Api): Promise<readonly TrialStep[]> {
    const order = ['identity', 'audience', 'source'] as const
    const { kind } = known.reading
    if (kind === 'mine') return order.map((about) => ({ about, outcome: 'passes' }))
    const decision = await decideOn({ ...known, key: undefined }, { ...api, rules: noRules })
    const reason = decision.passes ? 'token_malformed' : decision.reason
    const at = reason === 'token_audience' ? 1 : reason.startsWith('api_source_') ? 2 : 0
    return order.map((about, index) =>
      index < at
        ? { about, outcome: 'passes' }
        : index > at
          ? { about, outcome: 'open' }
          : { about, outcome: 'refused', reason },
    )
  }

  async function stepsOfRules(known: Found, { rules, ...api }: Api): Promise<readonly TrialStep[]> {
    const isKnown = known.reading.kind === 'mine'
    const withoutKey = { ...known, key: undefined, apiKey: undefined }

    async function step(
      about: TrialStep['about'],
      asked: Partial<ApiRules>,
      { of = withoutKey, which }: { of?: Found; which?: string } = {},
    ): Promise<TrialStep> {
      const named = { about, ...(which !== undefined && { which }) }
      if (!isKnown) return { ...named, outcome: 'open' }
      const { cnf } = known.reading.kind === 'mine' ? known.reading.caller.claims : {}
      const decision = await decideOn(of, { ...api, rules: { ...noRules, ...asked } })
      if (decision.passes) return { ...named, outcome: 'passes' }
      // A token that is bound to a key is refused for that, whatever else is asked.
      if (cnf !== undefined && about !== 'binding' && decision.reason === 'token_binding_unproven')
        return { ...named, outcome: 'open' }
      const { reason, detail } = decision
      return { ...named, outcome: 'refused', reason, ...(detail !== undefined && { detail }) }
    }

    const { require_api_key, key_must_match_token, sender_constraint, required_acr, max_auth_age } = rules
    const isKeyAsked = require_api_key || known.apiKey !== undefined
    return Promise.all([
      ...(isKeyAsked ? [step('key', { require_api_key }, { of: known })] : []),
      ...(key_must_match_token && known.key?.ok
        ? [step('key_of_client', { key_must_match_token }, { of: known })]
        : []),
      ...(sender_constraint !== null ? [step('binding', { sender_constraint })] : []),
      ...(required_acr.length > 0 || max_auth_age !== null ? [step('strength', { required_acr, max_auth_age })] : []),
      ...(rules.required_scopes.length > 0 ? [step('scopes', { required_scopes: rules.required_scopes })] : []),
      ...(rules.required_roles.length > 0 ? [step('roles', { required_roles: rules.required_roles })] : []),
      ...(rules.required_groups.length > 0 ? [step('groups', { required_groups: rules.required_groups })] : []),
      ...rules.claims.map((rule) => step('claim', { claims: [rule] }, { which: rule.claim })),
    ])
  }

  /** The token that the client would get. */
  async function tokenFor(api: Api, { clientId, person, scopes, acr }: TriedParties): Promise<Reading> {
    // With an audience of its own, an API is named when the token is asked for; only who may ask gets one.
    const audience = api.audience !== null && (await entitlement.mayAskFor(api, clientId)) ? api.audience : clientId
    const login = person && { ...person, acr, agreedTo: scopes }
    const supposed = await supposeToken({ clientId, audience, scopes, person: login })
    return 'denied' in supposed ? { kind: 'no', reason: supposed.denied } : tokenAt(supposed.token, api)
  }

  /** Of the client's application: one that opens the API if there is such, and else whichever is for it. */
  async function keyOf(clientId: string, api: Api): Promise<ApiKeyAnswer | undefined> {
    const application = await applications.byClient(clientId)
    if (!application) return undefined
    const { items } = await apiKeys.ofApplication(application.id, { limit: mostKeys })
    const answers = items
      .filter(({ apiId }) => apiId === api.id)
      .map((apiKey): ApiKeyAnswer => {
        const reason = keyProblem({ key: apiKey, application }, api.id, clock())
        return reason ? { ok: false, reason } : { ok: true, application, apiKey }
      })
    return answers.find(({ ok }) => ok) ?? answers[0]
  }

  return {
    async parties(apiId, parties) {
      const api = await apiOf(apiId)
      const [reading, key] = await Promise.all([tokenFor(api, parties), keyOf(parties.clientId, api)])
      // A client that always binds its tokens would prove that it holds the key.
      const proven = reading.kind === 'mine' ? provableOf(reading.caller.claims) : {}
      return trial({ reading, key, bearer: nobody, apiKey: key && nobody, proven }, api)
    },

    async token(apiId, { token, apiKey }) {
      const api = await apiOf(apiId)
      const evidence: Evidence = {
        ...{ bearer: token, dpop: undefined, basic: undefined, hasAuthorization: true, apiKey },
        ...{ certificate: undefined, unbelievedCertificate: false, address: '' },
      }
      let reading: Reading = notMine
      for (const reader of readers) if (reading.kind === 'not_mine') reading = await reader(evidence, api)
      const key = apiKey === undefined ? undefined : await checkApiKey(apiKey, api.id)
      return trial({ reading, key, bearer: token, apiKey, proven: {} }, api)
    },
  }
}
