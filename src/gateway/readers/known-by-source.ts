import type { Api } from '../../apis/api.ts'
import type { Identity } from '../../identity.ts'
import { mapIdentity } from '../../mapping/map-identity.ts'
import type { Listed } from '../listed-sources.ts'
import type { Reading } from '../reader.ts'
import { rolesHere } from './own-token.ts'

/** Of somebody whom only their source knows: what they brought is proven by it, and no account here is theirs. */
export function knownBySource(identity: Identity, { source, entry }: Listed, api: Api): Reading {
  const { claims, groups, roles, overage } = mapIdentity(identity, source.mapping)
  if (overage) return { kind: 'no', reason: 'groups_overage', forbidden: true, about: { source: source.alias } }
  const spaces = [null, api.id, api.audience]
  const given = roles.filter(({ client }) => spaces.includes(client)).map(({ name }) => name)
  return {
    kind: 'mine',
    caller: {
      subject: identity.subject,
      account: undefined,
      user: claims.preferred_username ?? identity.subject,
      email: claims.email ?? '',
      groups,
      // The groups are roles by their own names, besides what the mapping makes of them.
      roles: entry.roles === null ? [...new Set([...groups, ...given])] : rolesHere(entry.roles, groups),
      source: source.alias,
      // None of ours; what others call their clients must not be taken for one.
      client: '',
      scopes: scopesIn(identity.attributes),
      claims: { ...identity.attributes, ...claims, groups },
    },
  }
}

/** RFC 8693 §4.2; some issuers write a list, and some call it `scp`. */
function scopesIn({ scope, scp }: Identity['attributes']): readonly string[] {
  const said = scope ?? scp
  if (typeof said === 'string') return said.split(' ').filter(Boolean)
  return Array.isArray(said) ? said.filter((item): item is string => typeof item === 'string') : []
}
