import { type ClientSecret, matchingSecret, type ShownSecret } from '../clients/client-secret.ts'
import type { SecretUses } from '../clients/secret-uses.ts'
import type { Clock } from '../clock.ts'

/** Whether what was shown is a secret of the client that counts; notes which one was used. */
export type ProvesBy = (clientId: string, secrets: readonly ClientSecret[], shown: ShownSecret) => boolean

export const createProvesBy =
  (uses: Pick<SecretUses, 'note'>, clock: Clock): ProvesBy =>
  (clientId, secrets, shown) => {
    const used = matchingSecret(secrets, shown, clock())
    if (used) uses.note(clientId, used)
    return used !== undefined
  }
