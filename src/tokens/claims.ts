/**
 * What our tokens say about a person (docs/tokens.md). Pure: everything comes in with the facts.
 */

import type { RoleName } from '../accounts/account.ts'
import type { AdmittedDirectly, AdmittedMachine, AdmittedPerson } from '../admission/admit.ts'
import { newId } from '../ids.ts'
import type { Mapped } from '../mapping/map-identity.ts'
import type { Confirmation } from './possession/confirmation.ts'

/** What is known about the login and the request that a token is made for. */
export interface TokenFacts {
  readonly issuer: string
  readonly clientId: string
  readonly audience: string
  /** Granted, space-separated. */
  readonly scope: string
  /** Seconds. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** The key that whoever uses the token must prove to hold; absent: nobody need prove anything. */
  readonly confirmation?: Confirmation | undefined
  readonly authTime: number | undefined
  readonly acr: string | undefined
  /** `undefined`: an offline grant, whose session may be over. */
  readonly sessionId: string | undefined
  readonly grantId: string
}

export type Payload = Record<string, unknown>

/** In the profile that the client has chosen. */
export const personAccessToken = (facts: TokenFacts, person: AdmittedPerson, mapped: Mapped): Payload =>
  (person.client.tokenProfile === 'rfc9068' ? rfc9068AccessToken : brokerAccessToken)(facts, person, mapped)

/** The members in the order of the Keycloak-era token that the profile follows. */
function brokerAccessToken(facts: TokenFacts, { account, client, source }: AdmittedPerson, mapped: Mapped): Payload {
  const { name, given_name, family_name, preferred_username, address, email_verified, ...others } = mapped.claims
  return compact({
    ...head(facts),
    sub: account.id,
    typ: kindFor(facts),
    azp: facts.clientId,
    auth_time: facts.authTime,
    session_state: facts.sessionId,
    acr: facts.acr ?? '0',
    client_session: facts.grantId,
    'allowed-origins': client.webOrigins,
    ...roleClaims(rolesOf(account.roles, mapped.roles)),
    address,
    email_verified,
    name,
    groups: mapped.groups,
    preferred_username,
    identity_provider_alias: source.alias,
    given_name,
    family_name,
    ...others,
    scope: facts.scope,
    sid: facts.sessionId,
    client_id: facts.clientId,
    cnf: facts.confirmation,
  })
}

/** RFC 9068, with groups and roles (§2.2.3.1). `client_session` is what revocation finds the grant by. */
function rfc9068AccessToken(facts: TokenFacts, { account, source }: AdmittedPerson, mapped: Mapped): Payload {
  const { realm_access, resource_access } = roleClaims(rolesOf(account.roles, mapped.roles))
  return compact({
    iss: facts.issuer,
    exp: facts.expiresAt,
    aud: facts.audience,
    sub: account.id,
    client_id: facts.clientId,
    iat: facts.issuedAt,
    jti: newId(),
    auth_time: facts.authTime,
    acr: facts.acr ?? '0',
    scope: facts.scope,
    groups: mapped.groups,
    roles: realm_access.roles,
    resource_access,
    sid: facts.sessionId,
    client_session: facts.grantId,
    identity_provider_alias: source.alias,
    cnf: facts.confirmation,
  })
}

/** Client credentials: the client stands for itself, so there is nothing of a person or a session in it. */
export function machineAccessToken(
  facts: Omit<TokenFacts, 'authTime' | 'acr' | 'sessionId' | 'grantId'>,
  { client }: AdmittedMachine,
): Payload {
  if (client.tokenProfile === 'rfc9068') {
    const { issuer: iss, expiresAt: exp, audience: aud, clientId, issuedAt: iat, scope, confirmation: cnf } = facts
    return compact({ iss, exp, aud, sub: clientId, client_id: clientId, iat, jti: newId(), scope, cnf })
  }
  return compact({
    ...head(facts),
    sub: facts.clientId,
    typ: kindFor(facts),
    azp: facts.clientId,
    'allowed-origins': client.webOrigins,
    scope: facts.scope,
    client_id: facts.clientId,
    cnf: facts.confirmation,
  })
}

/** What the ID token says, beyond what the OpenID provider adds itself. */
export const idTokenClaims = (
  facts: Pick<TokenFacts, 'clientId' | 'sessionId'>,
  person: AdmittedPerson,
  mapped: Mapped,
): Payload =>
  compact({
    jti: newId(),
    nbf: 0,
    typ: 'ID',
    azp: facts.clientId,
    session_state: facts.sessionId,
    sid: facts.sessionId,
    ...personClaims(person, mapped),
  })

/** What userinfo says: the person, and nothing of the token that was shown. */
export const personClaims = ({ account, source }: AdmittedDirectly, mapped: Mapped): Payload =>
  compact({
    ...mapped.claims,
    groups: mapped.groups,
    ...roleClaims(rolesOf(account.roles, mapped.roles)),
    identity_provider_alias: source.alias,
  })

const head = ({
  issuer,
  audience,
  issuedAt,
  expiresAt,
}: Pick<TokenFacts, 'issuer' | 'audience' | 'issuedAt' | 'expiresAt'>) => ({
  jti: newId(),
  exp: expiresAt,
  nbf: 0,
  iat: issuedAt,
  iss: issuer,
  aud: audience,
})

/** As Keycloak has it: whoever asks for `Bearer`, and knows nothing of keys, takes no token that must be proven. */
const kindFor = ({ confirmation }: Pick<TokenFacts, 'confirmation'>) => (confirmation?.jkt ? 'DPoP' : 'Bearer')

const rolesOf = (assigned: readonly RoleName[], mapped: readonly RoleName[]): readonly RoleName[] => [
  ...assigned,
  ...mapped,
]

function roleClaims(roles: readonly RoleName[]) {
  const realm = new Set<string>()
  const clients = new Map<string, Set<string>>()
  for (const { name, client } of roles) {
    if (client === null) realm.add(name)
    else clients.set(client, (clients.get(client) ?? new Set()).add(name))
  }
  return {
    realm_access: { roles: [...realm] },
    resource_access: Object.fromEntries([...clients].map(([client, names]) => [client, { roles: [...names] }])),
  }
}

/** Members that are not known are left out, as in the tokens this follows. */
const compact = (payload: Payload): Payload =>
  Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined && value !== ''))
