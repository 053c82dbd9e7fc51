/** What would come of a login if it were none of a test: pure, from what the source said and what is known by now. */
import type { Account, LinkedIdentity } from '../accounts/account.ts'
import { admit } from '../admission/admit.ts'
import type { Api } from '../apis/api.ts'
import type { Client } from '../clients/client.ts'
import type { Identity } from '../identity.ts'
import type { Mapped } from '../mapping/map-identity.ts'
import { valueAt } from '../mapping/path.ts'
import type { Source } from '../sources/source.ts'
import type { TestResult } from '../sources/test-logins.ts'
import { anyClient, freshly, nobodyYet, tokensThereWouldBe } from '../tokens/would-be.ts'

interface Facts {
  readonly issuer: string
  readonly source: Source
  readonly identity: Identity
  readonly mapped: Mapped
  /** Of the person, if they have one by this source. */
  readonly account: Account | undefined
  /** For whom the tokens are; `undefined`: for any client of the organisation's own. */
  readonly client: Client | undefined
  readonly apis: readonly Api[]
  /** Seconds. */
  readonly now: number
  /** Seconds. */
  readonly tokenLifetime: number
  readonly maxTokenBytes: number
}

export function testResult(facts: Facts): TestResult {
  const { source, identity, mapped, apis } = facts
  const account = facts.account ?? nobodyYet(facts.now, mapped)
  const client = facts.client ?? anyClient
  const linked: LinkedIdentity = {
    ...{ accountId: account.id, sourceId: source.id, subject: identity.subject, attributes: identity.attributes },
    ...{ linkedAt: 0, lastLoginAt: null },
  }
  // A test asks what will be once the source is on.
  const admission = admit({ account, client, source: { ...source, enabled: true }, identity: linked })
  const { claims, groups, roles, dropped } = mapped
  const common = {
    subject: identity.subject,
    received: identity.attributes,
    mapped: { claims, groups, roles },
    dropped,
  }
  if ('denied' in admission) {
    return { ...common, admission: { allowed: false, reason: admission.denied }, tokens: null, apis: [] }
  }
  const { access, id, accessBytes } = tokensThereWouldBe(admission, mapped, { ...facts, ...identity })
  const tokens = { access_token: access, id_token: id }
  if (accessBytes > facts.maxTokenBytes)
    return { ...common, admission: { allowed: false, reason: 'token_too_large' }, tokens, apis: [] }
  return {
    ...common,
    admission: { allowed: true, reason: null },
    tokens,
    apis: apis.map((api) => {
      const because = objections(api, { ...facts, account })
      return { id: api.id, name: api.name, allowed: because.length === 0, because }
    }),
  }
}

/** What the API would hold against the person. Scopes and API keys are not the person's, and not asked about here. */
function objections(
  api: Api,
  { source, identity, mapped, account, client, now }: Facts & { account: Account },
): string[] {
  const found: string[] = []
  const { rules, authenticationSources } = api
  const accepted = authenticationSources.find(({ sourceId }) => sourceId === source.id)
  if (authenticationSources.length > 0 && !accepted) found.push('It does not accept this source.')
  if (accepted?.sunset && accepted.sunset <= now * 1000) found.push('It does not accept this source any more.')
  if (client && api.audience === null && !api.clients.includes(client.id))
    found.push(`The client ${client.id} is not entitled to it.`)
  const here = accepted?.roles?.filter(({ when_group: group }) => group === undefined || mapped.groups.includes(group))
  const roles = here
    ? here.map(({ role }) => role)
    : [...account.roles, ...mapped.roles]
        .filter(({ client: of }) => of === null || of === api.id || of === api.audience)
        .map(({ name }) => name)
  const lacks = (wanted: readonly string[], had: readonly string[]) =>
    wanted.length > 0 && !wanted.some((one) => had.includes(one))
  if (lacks(rules.required_roles, roles)) found.push(`It wants one of the roles ${rules.required_roles.join(', ')}.`)
  if (lacks(rules.required_groups, mapped.groups))
    found.push(`It wants one of the groups ${rules.required_groups.join(', ')}.`)
  if (lacks(rules.required_acr, [identity.acr ?? freshly]))
    found.push(`It wants one of the levels of assurance ${rules.required_acr.join(', ')}.`)
  for (const { claim, match, values } of rules.claims) {
    const said = valueAt(mapped.claims, claim)
    const has = new Set(Array.isArray(said) ? said : said === undefined ? [] : [said])
    const hits = values.filter((value) => has.has(value)).length
    const met = {
      any: hits > 0,
      all: hits === values.length,
      exact: hits === values.length && has.size === values.length,
      none: hits === 0,
    }[match]
    if (!met) found.push(`It wants ${match} of ${values.join(', ')} in the claim ${claim}.`)
  }
  return found
}
