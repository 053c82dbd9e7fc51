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
  readonly memory: Pick<RegistryMemory, 'keep' | 'confirm'>
}

/** A person through a client and a source, or a client that acts for itself. */
type Whom =
  | {
      readonly accountId: string
      readonly clientId: string
      readonly sourceAlias: string
      readonly scopes: readonly string[]
    }
  | { readonly clientId: string }

/** `undefined`: nothing stands against them. */
export interface Standing {
  of(whom: Whom): Soon<ReasonCode | undefined>
  /**
   * The same, of what any node has changed before this was called. For a *no* that no mark says as well: whoever was let
   * in again at another node is in. Rejects with `Unavailable`.
   */
  now(whom: Whom): Promise<ReasonCode | undefined>
}

// People change without the registry's version. As often as that is looked at, they are.
const forAtMost = 1000

export function createStanding({ admission, clients, consents, memory }: Needs): Standing {
  const person = memory.keep(
    'standing.person',
    async (accountId: string, clientId: string, sourceAlias: string) => {
      const answer = await admission.person({ accountId, clientId, sourceAlias })
      return { denied: 'denied' in answer ? answer.denied : undefined }
    },
    { forAtMost },
  )

  const asking =
    (ask: typeof person.soon): Standing['of'] =>
    (whom) => {
      if (!('accountId' in whom))
        return after(admission.machine(whom.clientId), (answer) => ('denied' in answer ? answer.denied : undefined))
      const { accountId, clientId, sourceAlias, scopes } = whom
      return after(clients.get(clientId), (client) => {
        const isAsked = client && !client.firstParty
        const found = both(
          () => ask(accountId, clientId, sourceAlias),
          () => (isAsked ? consents.get(accountId, clientId) : undefined),
        )
        return after(found, ([{ denied }, consent]) => {
          if (denied) return denied
          return client && !agreesTo(client, scopes, consent) ? 'consent_missing' : undefined
        })
      })
    }
  const anew = asking(person.anew)

  return {
    of: asking(person.soon),
    async now(whom) {
      await memory.confirm()
      return anew(whom)
    },
  }
}
