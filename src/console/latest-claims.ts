/** What a source said of somebody the last time: in a test login, or when somebody signed in through it. */
import type { AccountStore } from '../accounts/account.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { Source } from '../sources/source.ts'
import type { TestLogins } from '../sources/test-logins.ts'
import type { TraceStore } from '../traces/trace.ts'

interface Needs {
  readonly audit: Pick<AuditStore, 'list'>
  readonly tests: Pick<TestLogins, 'find'>
  readonly traces: Pick<TraceStore, 'list'>
  readonly accounts: Pick<AccountStore, 'identities'>
}

export interface LatestClaims {
  readonly from: 'test' | 'sign_in'
  readonly at: number
  readonly subject: string
  readonly attributes: Readonly<Record<string, unknown>>
}

export type FindLatestClaims = (source: Pick<Source, 'id'>) => Promise<LatestClaims | undefined>

const looked = 10

export function createLatestClaims({ audit, tests, traces, accounts }: Needs): FindLatestClaims {
  async function ofTest(subjectId: string): Promise<LatestClaims | undefined> {
    const begun = { subjectType: 'source', subjectId, action: 'test_login.started', limit: looked }
    const { items } = await audit.list(begun)
    for (const { at, after } of items) {
      const id: unknown = Object(after).test_login
      const result = typeof id === 'string' ? (await tests.find(id))?.result : undefined
      if (result) return { from: 'test', at, subject: result.subject, attributes: result.received }
    }
    return undefined
  }

  async function ofSignIn(sourceId: string): Promise<LatestClaims | undefined> {
    const { items } = await traces.list({ sourceId, outcome: 'signed_in', limit: looked })
    for (const { accountId, startedAt } of items) {
      const identities = accountId === null ? [] : await accounts.identities(accountId)
      const own = identities.find((identity) => identity.sourceId === sourceId)
      if (own) return { from: 'sign_in', at: startedAt, subject: own.subject, attributes: own.attributes }
    }
    return undefined
  }

  return async ({ id }) => {
    const [test, signIn] = await Promise.all([ofTest(id), ofSignIn(id)])
    return test && signIn && signIn.at > test.at ? signIn : (test ?? signIn)
  }
}
