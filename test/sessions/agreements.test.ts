/** What a person takes back is gone, and whatever was given for it meanwhile. */
import { expect, it } from 'vitest'
import { createAgreements } from '../../src/clients/agreements.ts'
import { newId } from '../../src/ids.ts'
import { openRegistry } from '../accounts/registry.ts'
import { aClient, anAccount } from '../stores/world.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const clock = () => now

it('a sign-in that still saw the agreement while it was withdrawn leaves nothing for the next one', async () => {
  await using registry = await openRegistry(clock)
  const [account, client] = [anAccount(), aClient({ firstParty: false })]
  await registry.accounts.add(account)
  await registry.clients.add(client)
  await registry.consents.give({ accountId: account.id, clientId: client.id, scopes: ['openid'], givenAt: now })
  const parts = { accountId: account.id, sourceId: registry.okta.id }
  const sessionId = newId()
  const stay = { startedAt: now, idleUntil: now + 60_000, expiresAt: now + 60_000 }
  await registry.sessions.save({ ...parts, ...stay, id: sessionId, subject: 's', upstream: null })
  const signIn = async () => {
    const grant = { ...parts, sessionId, clientId: client.id, scopes: ['openid'], claims: [], resources: {} }
    return (await registry.grants.open({ ...grant, id: newId(), expiresAt: now + 60_000 })).id
  }

  const before = await signIn()
  let between = ''
  const transact: typeof registry.transact = async (work) => {
    const result = await registry.transact(work)
    between = await signIn()
    return result
  }
  await createAgreements({ ...registry, transact, clock }).withdraw(account.id, client.id)
  expect(await registry.consents.get(account.id, client.id)).toBeUndefined()
  for (const grant of [before, between]) expect(await registry.grants.get(grant)).toBeUndefined()
})
