import type { AccountStore } from '../accounts/account.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { Clock } from '../clock.ts'
import type { Transact } from '../collection.ts'
import { newId } from '../ids.ts'
import type { GrantStore } from '../sessions/session.ts'
import type { Consent, ConsentStore } from './consent-store.ts'

interface Needs {
  readonly transact: Transact<{ readonly audit: AuditStore; readonly consents: ConsentStore }>
  readonly consents: Pick<ConsentStore, 'ofAccount'>
  readonly grants: Pick<GrantStore, 'removeOfAccount'>
  readonly accounts: Pick<AccountStore, 'get'>
  readonly clock: Clock
}

/** What a person agreed to share with third parties: for themselves to look at, and to take back. */
export interface Agreements {
  /** The newest first. */
  ofAccount(accountId: string): Promise<readonly Consent[]>
  /** Ends what the client was given by it, also offline; it asks anew. Nothing happens where nothing was agreed. */
  withdraw(accountId: string, clientId: string): Promise<void>
}

export function createAgreements({ transact, consents, grants, accounts, clock }: Needs): Agreements {
  return {
    ofAccount: (accountId) => consents.ofAccount(accountId),

    async withdraw(accountId, clientId) {
      const account = await accounts.get(accountId)
      await transact(async ({ consents, audit }) => {
        const consent = await consents.get(accountId, clientId)
        if (!consent) return
        await consents.withdraw(accountId, clientId)
        await audit.record({
          id: newId(),
          at: clock(),
          actor: { kind: 'account', id: accountId },
          action: 'consent.withdrawn',
          subject: { type: 'user', id: accountId, name: account?.displayName ?? '' },
          before: { client: clientId, scopes: consent.scopes },
          after: null,
        })
        // Else an old refresh token would work again as soon as the person agrees again. When this fails, nothing was withdrawn.
        await grants.removeOfAccount(accountId, clientId)
      })
      // Once more, for a sign-in that came in between the two.
      await grants.removeOfAccount(accountId, clientId)
    },
  }
}
