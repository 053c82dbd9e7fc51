/**
 * What a source said about a person, turned into what our tokens say: claims, groups and roles. Pure, so a
 * changed mapping takes effect at the next token, and the same words can be tried out by an administrator.
 */
import type { RoleName } from '../accounts/account.ts'
import type { Identity } from '../identity.ts'
import { addressClaim, booleanClaim, type ClaimValue, claimValue, numberClaim, stringClaim } from './claim-value.ts'
import { type Drop, type Dropped, listDropped } from './dropped.ts'
import { mapGroups } from './groups.ts'
import type { Mapping } from './mapping.ts'
import { valueAt } from './path.ts'
import { reservedClaims } from './reserved-claims.ts'

/**
 * OpenID Connect Core §5.1, and whatever else the mapping names. `mapIdentity` always sets `preferred_username`,
 * `email_verified` and `address`; what a third-party client sees of them is narrowed afterwards.
 */
export interface StandardClaims {
  readonly preferred_username?: string
  readonly name?: string
  readonly given_name?: string
  readonly family_name?: string
  readonly email?: string
  /** `true` only when the source said so and is trusted to. */
  readonly email_verified?: boolean
  /** Empty when unknown. */
  readonly address?: Readonly<Record<string, string>>
  readonly [claim: string]: ClaimValue | undefined
}

export interface Mapped {
  readonly claims: StandardClaims
  readonly groups: readonly string[]
  /** Each once. */
  readonly roles: readonly RoleName[]
  /**
   * The source has groups for this person but did not send them, so `groups` and `roles` are not the truth.
   * Whoever lets people in refuses with `groups_overage`.
   */
  readonly overage: boolean
  readonly dropped: readonly Dropped[]
}

type Read = (path: string, value: unknown, drop: Drop) => ClaimValue | undefined

/** Taken from the upstream claim of the same name unless the mapping says otherwise. */
const standard: Readonly<Record<string, Read>> = {
  name: stringClaim,
  given_name: stringClaim,
  family_name: stringClaim,
  middle_name: stringClaim,
  nickname: stringClaim,
  preferred_username: stringClaim,
  profile: stringClaim,
  picture: stringClaim,
  website: stringClaim,
  email: stringClaim,
  email_verified: booleanClaim,
  gender: stringClaim,
  birthdate: stringClaim,
  zoneinfo: stringClaim,
  locale: stringClaim,
  phone_number: stringClaim,
  phone_number_verified: booleanClaim,
  updated_at: numberClaim,
  department: claimValue,
}

const maxClaims = 100

export function mapIdentity(
  { attributes, subject }: Pick<Identity, 'attributes' | 'subject'>,
  mapping: Mapping,
): Mapped {
  const { drop, list } = listDropped()
  const claims = mapClaims(attributes, mapping, drop)
  const address = valueAt(attributes, mapping.attributes.address ?? 'address')
  const { groups, overage } = mapGroups(attributes, mapping.groups, drop)
  return {
    claims: {
      ...claims,
      ...nameOf(claims),
      preferred_username: String(claims.preferred_username ?? claims.email ?? subject),
      email_verified: emailIsVerified(claims, mapping),
      address: (address !== undefined && addressClaim('address', address, drop)) || {},
    },
    groups,
    roles: mapRoles(groups, mapping.roles),
    overage,
    dropped: list(),
  }
}

type Claims = Readonly<Record<string, ClaimValue>>

function mapClaims(attributes: Identity['attributes'], mapping: Mapping, drop: Drop): Claims {
  const paths = new Map(Object.keys(standard).map((name) => [name, name]))
  for (const [claim, path] of Object.entries(mapping.attributes)) paths.set(claim, path)
  const kept: [string, ClaimValue][] = []
  for (const [claim, path] of paths) {
    const said = valueAt(attributes, path)
    if (said === undefined || claim === 'address') continue
    if (reservedClaims.has(claim)) drop(claim, 'reserved')
    else if (kept.length === maxClaims) drop(claim, 'too_many')
    else {
      const read = Object.hasOwn(standard, claim) ? standard[claim] : claimValue
      const value = read?.(claim, said, drop)
      if (value !== undefined) kept.push([claim, value])
    }
  }
  return Object.fromEntries(kept)
}

// The source's word is about the address it calls `email`. It says nothing about one taken from elsewhere,
// unless the mapping names what does.
function emailIsVerified(claims: Claims, { trust_email, attributes }: Mapping): boolean {
  const moved = (attributes.email ?? 'email') !== 'email' && attributes.email_verified === undefined
  return trust_email && !moved && claims.email !== undefined && claims.email_verified === true
}

function nameOf({ name, given_name, family_name }: Claims): { readonly name?: string } {
  if (typeof name === 'string') return { name }
  return given_name && family_name ? { name: `${given_name} ${family_name}` } : {}
}

function mapRoles(groups: readonly string[], rules: Mapping['roles']): readonly RoleName[] {
  const member = new Set(groups)
  const given = new Map<string, RoleName>()
  for (const { when_group, role, client = null } of rules) {
    if (when_group === undefined || member.has(when_group))
      given.set(JSON.stringify([client, role]), { name: role, client })
  }
  return [...given.values()]
}
