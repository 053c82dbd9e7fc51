import type { AccountStore } from '../accounts/account.ts'
import type { ApiStore } from '../apis/api.ts'
import type { ClientStore } from '../clients/client.ts'
import type { RegistryMemory } from '../registry-memory.ts'
import type { SourceStore } from '../sources/source.ts'

interface Announced {
  readonly clients: ClientStore
  readonly sources: SourceStore
  readonly apis: ApiStore
}

/** The stores whose changes raise the registry's version, with what requests ask of them kept in memory. */
export function knownRegistry({ clients, sources, apis }: Announced, { keep }: RegistryMemory) {
  const client = keep('clients.get', clients.get)
  const source = keep('sources.get', sources.get)
  const byAlias = keep('sources.byAlias', sources.byAlias)
  const some = keep('apis.some', apis.some)
  return {
    clients: { ...clients, get: client },
    clientMemory: { get: client, remembered: client.remembered, anew: client.anew },
    sources: {
      ...sources,
      get: source,
      byAlias,
      offered: keep('sources.offered', sources.offered),
      anyDomain: keep('sources.anyDomain', sources.anyDomain),
    },
    apis: { ...apis, byAudience: keep('apis.byAudience', apis.byAudience), some },
    /** The same for those who are asked too often to wait for what is there. */
    soon: {
      clients: { get: client.soon },
      sources: { get: source.soon, byAlias: byAlias.soon },
      apis: { some: some.soon },
    },
  }
}

/**
 * People as they were when this node saw them last, for those whose grant stands, and only while the registry is away:
 * else they are read. Whatever shuts somebody out takes their grants along, so that old knowledge lets nobody stay.
 */
export const knownPeople = (
  { get, identities }: Pick<AccountStore, 'get' | 'identities'>,
  { keep }: RegistryMemory,
): Pick<AccountStore, 'get' | 'identities'> => ({
  get: keep('accounts.get', get, { forAtMost: 0 }),
  identities: keep('accounts.identities', identities, { forAtMost: 0 }),
})
