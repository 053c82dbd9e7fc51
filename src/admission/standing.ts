/**
 * The question of {@link Admission} as each check of a token asks it: only whether, and out of memory. Whatever shuts
 * somebody out at once leaves a mark, which the check asks for at the same time; here is what no mark says, and what
 * stands when the live state is lost or older than the registry. Consent leaves no mark, so it is looked up each time.
 */
import type { Client } from '../clients/client.ts'
import type { ConsentStore } from '../clients/consent-store.ts'
import type { ReasonCode } from '../reasons.ts'
import type { RegistryMemory } from '../registry-memory.ts'
import { after, both, type Soon } from '../soon.ts'
import { type Admission, agreesTo } from './admit.ts'

interface Needs {
  readonly admission: Admission
  readonly clients: { get(id: string): Soon<Client | undefined> }
  readonly consents: Pick<ConsentStore, 'get'>
  readonly keep: RegistryMemory['keep']
}

interface Visit {
  readonly accountId: string
  readonly clientId: string
  readonly sourceAlias: string
  readonly scopes: readonly string[]
}

/** `undefined`: nothing stands against them. */
export interface Standing {
  person(visit: Visit): Soon<ReasonCode | undefined>
  machine(clientId: string): Soon<ReasonCode | undefined>
}

// People change without the registry's version. As often as that is looked at, they are.
const forAtMost = 1000

export function createStanding({ admission, clients, consents, keep }: Needs): Standing {
  const person = keep(
    'standing.person',
    async (accountId: string, clientId: string, sourceAlias: string) => {
      const answer = await admission.person({ accountId, clientId, sourceAlias })
      return { denied: 'denied' in answer ? answer.denied : undefined }
    },
    { forAtMost },
  )

  return {
    person: ({ accountId, clientId, sourceAlias, scopes }) =>
      after(clients.get(clientId), (client) => {
        const isAsked = client && !client.firstParty
        const found = both(
          () => person.soon(accountId, clientId, sourceAlias),
          () => (isAsked ? consents.get(accountId, clientId) : undefined),
        )
        return after(found, ([{ denied }, consent]) => {
          if (denied) return denied
          return client && !agreesTo(client, scopes, consent) ? 'consent_missing' : undefined
        })
      }),

    machine: (clientId) =>
      after(admission.machine(clientId), (answer) => ('denied' in answer ? answer.denied : undefined)),
  }
}
