/** The client that the administrators' console signs people in with: a client of the broker like any other, made when it is first needed. */
import { system } from '../audit/audit.ts'
import { Refusal } from '../errors.ts'
import type { Client, ClientStore } from './client.ts'
import { ClientInput, clientInput } from './client-input.ts'
import type { Clients } from './clients.ts'

export const consoleClientId = 'gatehouse-console'

interface Needs {
  readonly issuer: string
  readonly clientStore: Pick<ClientStore, 'get'>
  readonly clients: Clients
}

/**
 * The client as it is now. What administrators decide about it stays: which sources its people may come
 * through, whether it is enabled. Its address follows the issuer's.
 */
export function createConsoleClient({ issuer, clientStore, clients }: Needs): () => Promise<Client> {
  const own = {
    redirect_uris: [`${issuer}/admin/callback`],
    scope: 'openid profile admin',
  }

  async function keep(): Promise<Client> {
    const current = await clientStore.get(consoleClientId)
    if (!current) {
      return clients.create(
        system,
        ClientInput.parse({
          client_id: consoleClientId,
          client_name: 'Gatehouse console',
          require_auth_time: true,
          token_endpoint_auth_method: 'none',
          ...own,
        }),
      )
    }
    const { redirect_uris, scope } = current.metadata
    if (redirect_uris?.join() === own.redirect_uris.join() && scope === own.scope) return current
    const input = ClientInput.parse({ ...clientInput(current), ...own })
    return clients.replace(system, consoleClientId, input, current.version)
  }

  return async () => {
    try {
      return await keep()
    } catch (error) {
      if (!(error instanceof Refusal && ['conflict', 'changed_meanwhile'].includes(error.code))) throw error
      return keep() // Another node was first.
    }
  }
}
