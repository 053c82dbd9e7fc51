/** How a login travels through the provider's interaction result: sealed, for it holds the upstream's ID token. */
import { z } from 'zod'
import type { Login } from '../interaction.ts'
import type { Vault } from '../vault.ts'

const Part = z.strictObject({
  /** Milliseconds. */
  madeAt: z.int(),
  sourceId: z.string(),
  subject: z.string(),
  upstream: z.strictObject({ sid: z.string().optional(), idToken: z.string().optional() }).optional(),
})

type BrokerPart = z.infer<typeof Part>

const context = (accountId: string) => `interaction.login/${accountId}`

export function sealLogin(login: Login, vault: Vault) {
  const { provenAt: madeAt, sourceId, subject, upstream } = login
  const part: BrokerPart = { madeAt, sourceId, subject, upstream }
  return {
    login: { accountId: login.accountId, ts: login.authTime, acr: login.acr, amr: login.amr && [...login.amr] },
    gatehouse: vault.seal(JSON.stringify(part), context(login.accountId)),
  }
}

/** `undefined` when the person did not log in in this interaction. */
export function openLogin(
  result: { readonly login?: { readonly accountId?: string }; readonly [name: string]: unknown },
  vault: Vault,
): BrokerPart | undefined {
  const { login, gatehouse } = result
  if (!login?.accountId || typeof gatehouse !== 'string') return undefined
  return Part.parse(JSON.parse(vault.open(gatehouse, context(login.accountId))))
}
