/** Whether somebody would still be let in, as a node remembers it and as the registry has it now. */
import { expect, it } from 'vitest'
import { createAdmission } from '../../src/admission/admit.ts'
import { createStanding } from '../../src/admission/standing.ts'
import type { Client } from '../../src/clients/client.ts'
import { createRegistryMemory } from '../../src/registry-memory.ts'
import { openRegistry } from '../accounts/registry.ts'
import { aClient, anAccount } from '../stores/world.ts'

const clock = () => Date.parse('2026-03-01T12:00:00Z')

it('is the registry’s word when it is asked for now, whatever the node has in memory', async () => {
  await using registry = await openRegistry(clock)
  const memory = createRegistryMemory({ ...registry, clock })
  await memory.confirm()
  const clients = { get: memory.keep('clients.get', registry.clients.get) }
  const sources = { get: registry.sources.get, byAlias: memory.keep('sources.byAlias', registry.sources.byAlias) }
  const admission = createAdmission({ ...registry, clients, sources })
  const standing = createStanding({ ...registry, clients, admission, memory })

  const account = anAccount()
  const client = aClient({ enabled: false })
  await registry.accounts.add(account)
  await registry.clients.add(client)
  const link = { accountId: account.id, sourceId: registry.okta.id, subject: 's', attributes: {} }
  await registry.accounts.link({ ...link, linkedAt: clock(), lastLoginAt: null })
  const machine = { clientId: client.id }
  const person = { ...machine, accountId: account.id, sourceAlias: 'Okta', scopes: [] }
  for (const whom of [machine, person]) expect(await standing.of(whom)).toBe('client_disabled')

  // At another node.
  await registry.clients.replace({ ...client, enabled: true } satisfies Client, 1)
  for (const whom of [machine, person]) expect(await standing.of(whom)).toBe('client_disabled')
  for (const whom of [machine, person]) expect(await standing.now(whom)).toBeUndefined()

  // People change without the registry's version.
  await registry.accounts.replace({ ...account, enabled: false }, 1)
  expect(await standing.of(person)).toBeUndefined()
  expect(await standing.now(person)).toBe('account_disabled')
  await registry.accounts.replace({ ...account, enabled: true }, 2)
  expect(await standing.of(person)).toBe('account_disabled')
  expect(await standing.now(person)).toBeUndefined()
  expect(await standing.of(person)).toBeUndefined()
})
