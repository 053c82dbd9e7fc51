/** How a test login ends, whichever way the person proved who they are: nothing of it is written but the test itself. */
import type { AccountStore } from '../accounts/account.ts'
import type { ApiStore } from '../apis/api.ts'
import type { ClientStore } from '../clients/client.ts'
import { type Clock, seconds } from '../clock.ts'
import type { Connector } from '../connector.ts'
import { Refusal, Unavailable } from '../errors.ts'
import type { Identity } from '../identity.ts'
import { mapIdentity } from '../mapping/map-identity.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Sources } from '../sources/sources.ts'
import type { TestLogin } from '../sources/test-logins.ts'
import { testResult } from './test-result.ts'

export interface TestOutcomeNeeds {
  readonly openApart: Sources['openApart']
  readonly accounts: Pick<AccountStore, 'identity' | 'get'>
  readonly clients: Pick<ClientStore, 'get'>
  readonly apis: Pick<ApiStore, 'list'>
  readonly clock: Clock
  readonly issuer: string
  /** Seconds. */
  readonly tokenLifetime: number
  /** An access token above this is refused. */
  readonly maxTokenBytes: number
}

export interface TestOutcome {
  /** Whatever comes of the work is the report's; only our own mistakes are not. */
  reported(test: TestLogin, work: () => Promise<TestLogin>): Promise<TestLogin>
  /** With a connector of its own, so that how sign-ins through the source go is not told by tests. */
  through<K extends Connector['kind'], T>(
    test: TestLogin,
    kind: K,
    work: (connector: Extract<Connector, { kind: K }>) => Promise<T>,
  ): Promise<T>
  stepped(test: TestLogin, what: string, detail?: TestLogin['steps'][number]['detail']): TestLogin
  /** The source has vouched for somebody. */
  vouched(test: TestLogin, identity: Identity): Promise<TestLogin>
}

export function createTestOutcome(needs: TestOutcomeNeeds): TestOutcome {
  const { openApart, accounts, clients, apis, clock } = needs

  const stepped: TestOutcome['stepped'] = (test, what, detail) => ({
    ...test,
    steps: [...test.steps, { at: clock(), what, ...(detail && { detail }) }],
  })

  return {
    stepped,

    async reported(test, work) {
      const ended = (state: TestLogin['state'], reason: ReasonCode, detail: string): TestLogin => ({
        ...stepped(test, state, { detail, reason }),
        ...{ state, reason },
      })
      try {
        return await work()
      } catch (error) {
        if (error instanceof Unavailable && error.who !== 'store')
          return ended('could_not_tell', 'upstream_unavailable', error.message)
        if (error instanceof Refusal) return ended('refused', error.code, error.message)
        throw error
      }
    },

    async through(test, kind, work) {
      const connector = openApart(test.source)
      try {
        if (connector.kind !== kind) throw new Refusal('source_not_allowed')
        return await work(connector as Parameters<typeof work>[0])
      } finally {
        await connector.close?.()
      }
    },

    async vouched(before, identity) {
      const mapped = mapIdentity(identity, before.source.mapping)
      const test = stepped(before, 'mapped')
      const linked = test.stored ? await accounts.identity(test.source.id, identity.subject) : undefined
      const [account, client, known] = await Promise.all([
        linked && accounts.get(linked.accountId),
        test.clientId === null ? undefined : clients.get(test.clientId),
        apis.list({ limit: 200 }),
      ])
      const result = testResult({
        ...{ issuer: needs.issuer, source: test.source, identity, mapped, account, client, apis: known.items },
        ...{ now: seconds(clock()), tokenLifetime: needs.tokenLifetime, maxTokenBytes: needs.maxTokenBytes },
      })
      const reason = mapped.overage ? 'groups_overage' : result.admission.reason
      const state = reason === null ? 'succeeded' : 'refused'
      return {
        ...stepped(test, state, reason === null ? undefined : { reason }),
        ...{ state, reason },
        result: mapped.overage ? { ...result, tokens: null, apis: [] } : result,
      }
    },
  }
}
