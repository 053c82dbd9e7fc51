/**
 * The question of {@link Admission} as each check of a token asks it: only whether, and out of memory. Whatever shuts
 * somebody out at once leaves a mark, which the check asks for at the same time; here is what no mark says, and what
 * stands when the live state is lost or older than the registry. Consent leaves no mark, so it is looked up each time.
 */
import type { ClientStore } from '../clients/client.ts'
import type { ConsentStore } from '../clients/consent-store.ts'
import type { ReasonCode } from '../reasons.ts'
import type { RegistryMemory } from '../registry-memory.ts'
import { type Admission, agreesTo } from './admit.ts'

interface Needs {
  readonly admission: Admission
  readonly clients: Pick<ClientStore, 'get'>
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
  person(visit: Visit): Promise<ReasonCode | undefined>
  machine(clientId: string): Promise<ReasonCode | undefined>
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
    async person({ accountId, clientId, sourceAlias, scopes }) {
      const client = await clients.get(clientId)
      const [{ denied }, consent] = await Promise.all([
        person(accountId, clientId, sourceAlias),
        client && !client.firstParty ? consents.get(accountId, clientId) : undefined,
      ])
      if (denied) return denied
      return client && !agreesTo(client, scopes, consent) ? 'consent_missing' : undefined
    },

    async machine(clientId) {
      const answer = await admission.machine(clientId)
      return 'denied' in answer ? answer.denied : undefined
    },
  }
}
