/** The tokens that there would be: for tests and previews, from facts that are partly supposed. Nobody signs them. */
import type { Account } from '../accounts/account.ts'
import type { AdmittedPerson } from '../admission/admit.ts'
import type { Client } from '../clients/client.ts'
import type { Mapped } from '../mapping/map-identity.ts'
import { idTokenClaims, type Payload, personAccessToken } from './claims.ts'
import { signedSize } from './signed-size.ts'

interface Supposed {
  readonly issuer: string
  /** Seconds. */
  readonly now: number
  /** Seconds. */
  readonly tokenLifetime: number
  readonly authTime?: number | undefined
  readonly acr?: string | undefined
}

const placeholder = '(none in a test)'
/** The level of somebody who has just proved who they are, where their source vouches for none. */
export const freshly = '1'

export function tokensThereWouldBe(
  person: AdmittedPerson,
  mapped: Mapped,
  { issuer, now, tokenLifetime, authTime = now, acr = freshly }: Supposed,
): { readonly access: Payload; readonly id: Payload; readonly accessBytes: number } {
  const { client } = person
  const facts = {
    ...{ issuer, clientId: client.id, audience: client.id, scope: 'openid profile email groups' },
    ...{ issuedAt: now, expiresAt: now + tokenLifetime, authTime, acr },
    ...{ sessionId: placeholder, grantId: placeholder },
  }
  const isStandard = client.tokenProfile === 'rfc9068'
  const payload = personAccessToken(facts, person, mapped)
  return {
    access: payload,
    id: idTokenClaims(facts, person, mapped),
    accessBytes: signedSize(isStandard ? { payload } : { header: { typ: 'JWT' }, payload }),
  }
}

/** Somebody who comes for the first time. */
export const nobodyYet = (now: number, { claims }: Mapped): Account => ({
  ...{ id: '(made at the first login)', version: 1, createdAt: now * 1000, updatedAt: now * 1000 },
  ...{ enabled: true, roles: [], displayName: String(claims.name ?? '') },
})

/** Any client of the organisation's own. */
export const anyClient: Client = {
  ...{ id: '(any client)', version: 1, createdAt: 0, updatedAt: 0, enabled: true, metadata: {}, secrets: [] },
  ...{ webOrigins: [], firstParty: true, allowedSources: null, tokenProfile: 'broker', resourceServer: null },
  requirePkce: true,
}
