/**
 * The access token that a client would get for a person now, without a sign-in, or for itself: written by the same
 * functions as real ones, and signed by nobody, so that nobody can use it.
 */
import type { Admission, AdmittedPerson, Denied } from '../admission/admit.ts'
import type { Client } from '../clients/client.ts'
import { type Clock, seconds } from '../clock.ts'
import { type Mapped, mapIdentity } from '../mapping/map-identity.ts'
import type { AccessToken } from './access-token.ts'
import { machineAccessToken, type Payload, personAccessToken, type TokenFacts } from './claims.ts'
import type { Confirmation } from './possession/confirmation.ts'
import { obtainableScopes } from './scopes.ts'
import { visibleClaims } from './visible-claims.ts'

export interface TokenWish {
  readonly clientId: string
  readonly audience: string
  readonly scopes: readonly string[]
  /** `undefined`: the client acts for itself (RFC 6749 §4.4). */
  readonly person: SupposedLogin | undefined
}

interface SupposedLogin {
  readonly accountId: string
  readonly sourceId: string
  /** Seconds; absent: just now. */
  readonly authTime?: number
  readonly acr?: string | undefined
  /** What they must have agreed to before. Absent: they would be asked when they sign in. */
  readonly agreedTo?: readonly string[]
}

export interface SupposedToken {
  readonly client: Client
  /** As whoever checks it sees it. */
  readonly token: AccessToken
  /** What it was made of. */
  readonly login?: { readonly person: AdmittedPerson; readonly facts: TokenFacts; readonly mapped: Mapped }
}

interface Needs {
  readonly issuer: string
  readonly admission: Pick<Admission, 'person' | 'machine'>
  /** Seconds. */
  readonly lifetime: number
  readonly clock: Clock
}

export type SupposeToken = (wish: TokenWish) => Promise<SupposedToken | Denied>

/** As long as a real one. */
const someKey = 'A'.repeat(43)

/** What the client always binds its tokens to; any may do so. */
function boundBy({ metadata }: Pick<Client, 'metadata'>): Confirmation | undefined {
  if (metadata.dpop_bound_access_tokens === true) return { jkt: someKey }
  return metadata.tls_client_certificate_bound_access_tokens === true ? { 'x5t#S256': someKey } : undefined
}

/** As long as a real one: sessions and grants are made when somebody signs in. */
const noneYet = '00000000-0000-4000-8000-000000000000'

export const createSupposeToken =
  ({ issuer, admission, lifetime, clock }: Needs): SupposeToken =>
  async ({ clientId, audience, scopes, person: login }) => {
    const now = seconds(clock())
    const base = ({ metadata }: Client) => {
      const scope = obtainableScopes(scopes, metadata.scope).join(' ')
      return { issuer, clientId, audience, scope, issuedAt: now, expiresAt: now + lifetime }
    }
    if (!login) {
      const machine = await admission.machine(clientId)
      if ('denied' in machine) return machine
      const facts = { ...base(machine.client), confirmation: boundBy(machine.client) }
      return { client: machine.client, token: tokenOf(machineAccessToken(facts, machine)) }
    }
    const { accountId, sourceId, authTime = now, acr, agreedTo } = login
    const person = await admission.person({ accountId, clientId, sourceId, scopes: agreedTo })
    if ('denied' in person) return person
    const { client, source, identity } = person
    const all = mapIdentity(identity, source.mapping)
    if (all.overage) return { denied: 'groups_overage' }
    const mapped = visibleClaims(all, client, new Set(scopes))
    const facts = {
      ...base(client),
      confirmation: boundBy(client),
      authTime,
      acr,
      sessionId: noneYet,
      grantId: noneYet,
    }
    const token = tokenOf(personAccessToken(facts, person, mapped), source.alias)
    return { client, token, login: { person, facts, mapped } }
  }

const tokenOf = (claims: Payload, sourceAlias?: string): AccessToken => ({
  jti: String(claims.jti),
  clientId: String(claims.azp ?? claims.client_id),
  ...(sourceAlias !== undefined && { accountId: String(claims.sub), grantId: noneYet, sourceAlias }),
  audience: String(claims.aud),
  scopes: typeof claims.scope === 'string' ? claims.scope.split(' ').filter(Boolean) : [],
  issuedAt: Number(claims.iat),
  expiresAt: Number(claims.exp),
  claims,
})
