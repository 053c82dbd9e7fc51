/**
 * Clients that prove who they are. Memory will do for whoever can; anybody else is looked up in the registry, once in a
 * request, whether there is such a client or not. So what any node has changed counts at once, a new client or secret
 * too, and a no costs the same whatever the reason: strangers learn nothing from how long it takes (SEC-035).
 */
import type { IncomingMessage } from 'node:http'
import type { Client } from '../clients/client.ts'
import { matchingSecret, type ShownSecret } from '../clients/client-secret.ts'
import type { Clock } from '../clock.ts'
import { Unavailable } from '../errors.ts'
import type { Soon } from '../soon.ts'

export interface ClientMemory {
  /** Out of memory where that will do; while the registry is away, as it was known last. */
  get(id: string): Promise<Client | undefined>
  /** What memory holds and would answer with: nobody is asked. */
  remembered(id: string): Client | undefined
  /** Asks the registry. Rejects with `Unavailable`. */
  anew(id: string): Promise<Client | undefined>
}

export interface ProvingClients {
  /**
   * @param shown its secret, as whoever asks has it; `undefined`: they say its name alone, which is enough for one that
   * has none. Fails with `Unavailable` when only the registry could tell that this does not prove it.
   */
  find(req: IncomingMessage, id: string, shown: ShownSecret | undefined): Soon<Client | undefined>
}

export function createProvingClients(memory: ClientMemory, clock: Clock): ProvingClients {
  const asked = new WeakMap<IncomingMessage, Map<string, Promise<Client | undefined>>>()

  // Of one that is not there a secret is compared, too.
  const isProven = (client: Client | undefined, shown: ShownSecret | undefined): client is Client =>
    shown === undefined
      ? client !== undefined && client.secrets.length === 0
      : matchingSecret(client?.secrets ?? [], shown, clock()) !== undefined

  async function ask(id: string, shown: ShownSecret | undefined): Promise<Client | undefined> {
    try {
      return await memory.anew(id)
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      const before = await memory.get(id)
      if (isProven(before, shown)) return before
      throw error
    }
  }

  return {
    find(req, id, shown) {
      const before = asked.get(req)?.get(id)
      if (before) return before
      const remembered = memory.remembered(id)
      if (isProven(remembered, shown)) return remembered
      const answers = asked.get(req) ?? new Map<string, Promise<Client | undefined>>()
      asked.set(req, answers)
      const answer = ask(id, shown)
      answers.set(id, answer)
      return answer
    },
  }
}
