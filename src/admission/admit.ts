/**
 * Who may not come in, and why. Every way in asks here: signing in, single sign-on, the code and refresh
 * grants, client credentials, userinfo. Tokens are made from an {@link Admitted}, which nothing else makes.
 */
import type { Account, AccountStore, LinkedIdentity } from '../accounts/account.ts'
import type { Client, ClientStore } from '../clients/client.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Source, SourceStore } from '../sources/source.ts'

declare const admitted: unique symbol

export interface AdmittedPerson {
  readonly [admitted]: true
  readonly account: Account
  readonly client: Client
  readonly source: Source
  readonly identity: LinkedIdentity
}

export interface AdmittedMachine {
  readonly [admitted]: true
  readonly client: Client
}

export interface Denied {
  readonly denied: ReasonCode
}

interface Visitor {
  readonly account: Account | undefined
  readonly client: Client | undefined
  readonly source: Source | undefined
  readonly identity: LinkedIdentity | undefined
}

/** The rule itself, for people. */
export function admit({ account, client, source, identity }: Visitor): AdmittedPerson | Denied {
  if (!client?.enabled) return { denied: 'client_disabled' }
  if (!source?.enabled) return { denied: 'source_disabled' }
  if (client.allowedSources && !client.allowedSources.includes(source.id)) return { denied: 'source_not_allowed' }
  if (!account || !identity) return { denied: 'account_unknown' }
  if (!account.enabled) return { denied: 'account_disabled' }
  return { account, client, source, identity } as AdmittedPerson
}

/** The rule itself, for clients that act for themselves. */
export const admitMachine = (client: Client | undefined): AdmittedMachine | Denied =>
  client?.enabled ? ({ client } as AdmittedMachine) : { denied: 'client_disabled' }

interface Needs {
  readonly accounts: Pick<AccountStore, 'get' | 'identities'>
  readonly clients: Pick<ClientStore, 'get'>
  readonly sources: Pick<SourceStore, 'get'>
}

export interface Admission {
  person(visit: {
    readonly accountId: string
    readonly clientId: string
    readonly sourceId: string
  }): Promise<AdmittedPerson | Denied>
  machine(clientId: string): Promise<AdmittedMachine | Denied>
}

/** Looks up who it is about as they are now, and applies the rule. Rejects with `Unavailable` when it cannot tell. */
export const createAdmission = ({ accounts, clients, sources }: Needs): Admission => ({
  async person({ accountId, clientId, sourceId }) {
    const [account, identities, client, source] = await Promise.all([
      accounts.get(accountId),
      accounts.identities(accountId),
      clients.get(clientId),
      sources.get(sourceId),
    ])
    return admit({ account, client, source, identity: identities.find((identity) => identity.sourceId === sourceId) })
  },

  machine: async (clientId) => admitMachine(await clients.get(clientId)),
})
