import type { Client } from '../clients/client.ts'
import type { Mapped } from '../mapping/map-identity.ts'

/** The scopes people are asked about, and the claims each opens (OpenID Connect Core §5.4; groups and roles are ours). */
const claimsOfScope: Readonly<Record<string, readonly string[]>> = {
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
}
const ofOtherScopes = new Set(Object.values(claimsOfScope).flat())

/**
 * What one client may see of a person: all of it for the organisation's own clients; for third parties what
 * the granted scopes open, and no more.
 */
export function visibleClaims(mapped: Mapped, client: Pick<Client, 'firstParty'>, scopes: ReadonlySet<string>): Mapped {
  if (client.firstParty) return mapped
  const open = (claim: string): boolean =>
    ofOtherScopes.has(claim)
      ? Object.entries(claimsOfScope).some(([scope, claims]) => scopes.has(scope) && claims.includes(claim))
      : scopes.has('profile')
  return {
    ...mapped,
    claims: Object.fromEntries(Object.entries(mapped.claims).filter(([claim]) => open(claim))),
    groups: scopes.has('groups') ? mapped.groups : [],
    roles: scopes.has('roles') ? mapped.roles : [],
  }
}
