/**
 * Who may not come in, and why. Every way in asks here: signing in, single sign-on, the code and refresh grants,
 * client credentials, and each check of an access token. Tokens are made from an {@link AdmittedPerson} or
 * {@link AdmittedMachine}, which nothing else makes.
 */
import type { Account, AccountStore, LinkedIdentity } from '../accounts/account.ts'
import type { Client } from '../clients/client.ts'
import type { Consent, ConsentStore } from '../clients/consent-store.ts'
import type { ReasonCode } from '../reasons.ts'
import { after, type Soon } from '../soon.ts'
import type { Source } from '../sources/source.ts'

declare const admitted: unique symbol

export interface AdmittedPerson {
  readonly [admitted]: true
  readonly account: Account
  readonly client: Client
  readonly source: Source
  readonly identity: LinkedIdentity
}

/** Somebody who shows an API who they are, with no client between. */
export type AdmittedDirectly = Omit<AdmittedPerson, 'client'>

export interface AdmittedMachine {
  readonly [admitted]: true
  readonly client: Client
}

/** Whom only a source knows: no account is theirs. */
export interface AdmittedStranger {
  readonly [admitted]: true
  readonly source: Source
}

export interface Denied {
  readonly denied: ReasonCode
}

interface Visitor {
  readonly account: Account | undefined
  readonly client: Client | undefined
  readonly source: Source | undefined
  readonly identity: LinkedIdentity | undefined
  /** What a token speaks for, and what the person agreed to; absent while they are still being asked. */
  readonly agreement?: { readonly scopes: readonly string[]; readonly consent: Consent | undefined } | undefined
}

/** The rule itself, for people. */
export function admit({ client, agreement, ...person }: Visitor): AdmittedPerson | Denied {
  if (!client?.enabled) return { denied: 'client_disabled' }
  const { source } = person
  if (source?.enabled && client.allowedSources && !client.allowedSources.includes(source.id))
    return { denied: 'source_not_allowed' }
  const direct = admitDirectly(person)
  if ('denied' in direct) return direct
  if (agreement && !agreesTo(client, agreement.scopes, agreement.consent)) return { denied: 'consent_missing' }
  return { ...direct, client } as AdmittedPerson
}

/** The rule itself, for people whom no client speaks for. */
export function admitDirectly({
  account,
  source,
  identity,
}: Pick<Visitor, 'account' | 'source' | 'identity'>): AdmittedDirectly | Denied {
  if (!source?.enabled) return { denied: 'source_disabled' }
  if (!account || !identity) return { denied: 'account_unknown' }
  if (!account.enabled) return { denied: 'account_disabled' }
  return { account, source, identity } as AdmittedDirectly
}

/** Nobody is asked about what the organisation's own clients do; to any other, the person has agreed. */
export const agreesTo = (
  client: Pick<Client, 'firstParty'>,
  scopes: readonly string[],
  consent: Consent | undefined,
): boolean => client.firstParty || scopes.every((scope) => consent?.scopes.includes(scope))

/** The rule itself, for clients that act for themselves. */
export const admitMachine = (client: Client | undefined): AdmittedMachine | Denied =>
  client?.enabled ? ({ client } as AdmittedMachine) : { denied: 'client_disabled' }

/** The rule itself, for those who come to an API with what their source gave them. */
export const admitStranger = (source: Source | undefined): AdmittedStranger | Denied =>
  source?.enabled ? ({ source } as AdmittedStranger) : { denied: 'source_disabled' }

interface Needs {
  readonly accounts: Pick<AccountStore, 'get' | 'identities'>
  readonly clients: { get(id: string): Soon<Client | undefined> }
  readonly consents: Pick<ConsentStore, 'get'>
  readonly sources: {
    get(id: string): Soon<Source | undefined>
    byAlias(alias: string): Soon<Source | undefined>
  }
}

/** Named by id, or by the alias that tokens carry. */
type SourceName = { readonly sourceId: string } | { readonly sourceAlias: string }

export interface Admission {
  /** `scopes`: of a token or a code that already speaks for the person. */
  person(
    visit: { readonly accountId: string; readonly clientId: string; readonly scopes?: readonly string[] } & SourceName,
  ): Promise<AdmittedPerson | Denied>
  machine(clientId: string): Soon<AdmittedMachine | Denied>
}

/** Looks up who it is about as they are now, and applies the rule. Rejects with `Unavailable` when it cannot tell. */
export const createAdmission = ({ accounts, clients, consents, sources }: Needs): Admission => ({
  async person({ accountId, clientId, scopes, ...named }) {
    const client = await clients.get(clientId)
    const [account, identities, source, consent] = await Promise.all([
      accounts.get(accountId),
      accounts.identities(accountId),
      'sourceId' in named ? sources.get(named.sourceId) : sources.byAlias(named.sourceAlias),
      scopes && !client?.firstParty ? consents.get(accountId, clientId) : undefined,
    ])
    const identity = identities.find(({ sourceId }) => sourceId === source?.id)
    return admit({ account, client, source, identity, agreement: scopes && { scopes, consent } })
  },

  machine: (clientId) => after(clients.get(clientId), admitMachine),
})
