/** What a new installation begins with: a source for local users, an administrator, and a client for automation. */

import { UserInput } from '../accounts/user-input.ts'
import type { Users } from '../accounts/users.ts'
import { system } from '../audit/audit.ts'
import type { ClientStore } from '../clients/client.ts'
import { ClientInput } from '../clients/client-input.ts'
import { secretDigest } from '../clients/client-secret.ts'
import type { Clients } from '../clients/clients.ts'
import type { Config } from '../config/schema.ts'
import { Refusal } from '../errors.ts'
import { newSecret } from '../ids.ts'
import { parseInput } from '../input.ts'
import type { Log } from '../log.ts'
import { administration } from '../roles/role.ts'
import type { SourceStore } from '../sources/source.ts'
import { SourceInput } from '../sources/source-input.ts'
import type { Sources } from '../sources/sources.ts'

export interface FirstAdministrator {
  readonly username: string
  /** Present when it was generated: it is shown this once. */
  readonly generatedPassword?: string
}

interface AdministratorNeeds {
  readonly bootstrap: Pick<Config['bootstrap'], 'admin'>
  readonly sourceStore: Pick<SourceStore, 'list'>
  readonly sources: Sources
  readonly users: Users
}

/** Answers the administrator if this start made one. Of two nodes that start at once on an empty registry one does. */
export async function makeAdministrator({
  bootstrap,
  sourceStore,
  sources,
  users,
}: AdministratorNeeds): Promise<FirstAdministrator | undefined> {
  const { items } = await sourceStore.list({ limit: 1 })
  if (items.length > 0) return undefined
  const { username, password } = bootstrap.admin
  const chosen = password ?? newSecret().slice(0, 24)
  const [role] = administration.roles
  const roles = [{ name: role, client: administration.client }]
  // Read before anything is made: a password that the rules refuse must not leave a source without an administrator.
  const administrator = parseInput(
    UserInput,
    { username, password: chosen, name: 'Administrator', roles },
    'bootstrap.admin',
  )
  try {
    await sources.create(system, SourceInput.parse({ alias: 'local', name: 'Gatehouse account', type: 'local' }))
    await users.create(system, administrator)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'conflict') return undefined // The other node was first.
    throw error
  }
  return { username, ...(password === null && { generatedPassword: chosen }) }
}

// As many characters as hold 128 bits even in hexadecimal.
const comfortable = 32

interface ClientNeeds {
  readonly bootstrap: Pick<Config['bootstrap'], 'client'>
  readonly clientStore: Pick<ClientStore, 'get'>
  readonly clients: Clients
  readonly log: Log
}

/** The configuration has the last word on this client's secret, so that it can be rotated where it is kept. */
export async function keepBootstrapClient({ bootstrap, clientStore, clients, log }: ClientNeeds): Promise<void> {
  if (!bootstrap.client) return
  const { id, secret } = bootstrap.client
  if (secret.length < comfortable)
    log.warn(
      { client: id },
      `the bootstrap client's secret is shorter than ${comfortable} characters: it can be guessed`,
    )
  const input = parseInput(
    ClientInput,
    {
      client_id: id,
      client_secret: secret,
      client_name: 'Automation (from the configuration)',
      grant_types: ['client_credentials'],
      response_types: [],
      scope: 'admin admin:read',
    },
    'bootstrap.client',
  )
  const keep = async (): Promise<void> => {
    const current = await clientStore.get(id)
    if (!current) await clients.create(system, input)
    else if (current.secrets[0]?.digest !== secretDigest(secret))
      await clients.replace(system, id, input, current.version)
  }
  try {
    await keep()
  } catch (error) {
    if (!(error instanceof Refusal && ['conflict', 'changed_meanwhile'].includes(error.code))) throw error
    await keep() // The other node was first, with the same configuration.
  }
}
