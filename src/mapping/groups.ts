import { type Drop, describe } from './dropped.ts'
import { groupFilter } from './group-filter.ts'
import type { Mapping } from './mapping.ts'
import { isRecord, valueAt } from './path.ts'

const maxGroups = 1000
const maxRead = 20_000
const maxName = 1024

export interface MappedGroups {
  readonly groups: readonly string[]
  readonly overage: boolean
}

/** The groups of one identity: those whose whole name the filter matches, each once, in the source's order. */
export function mapGroups(
  attributes: Readonly<Record<string, unknown>>,
  { claim, filter }: Mapping['groups'],
  drop: Drop,
): MappedGroups {
  const said = valueAt(attributes, claim)
  const nothing = said === undefined || said === null || (Array.isArray(said) && said.length === 0)
  if (nothing && keptElsewhere(attributes, claim)) {
    drop('groups', 'overage', 'the source sent a reference instead of the groups')
    return { groups: [], overage: true }
  }
  if (said === undefined) return { groups: [], overage: false }
  if (said === null) drop('groups', 'null', describe(said))
  else if (typeof said !== 'string' && !Array.isArray(said)) drop('groups', 'wrong_type', describe(said))

  const names = namesIn(typeof said === 'string' ? [said] : Array.isArray(said) ? said : [], drop)
  const groups = [...new Set(names.filter(groupFilter(filter)))]
  if (groups.length > maxGroups)
    drop('groups', 'too_many', `${groups.length - maxGroups} beyond the first ${maxGroups}`)
  return { groups: groups.slice(0, maxGroups), overage: false }
}

function namesIn(said: readonly unknown[], drop: Drop): readonly string[] {
  if (said.length > maxRead) drop('groups', 'too_many', `${said.length - maxRead} beyond the first ${maxRead}`)
  const names: string[] = []
  for (const [index, name] of said.slice(0, maxRead).entries()) {
    if (typeof name !== 'string') drop(`groups.${index}`, name === null ? 'null' : 'wrong_type', describe(name))
    else if (name.length > maxName) drop(`groups.${index}`, 'too_long', describe(name))
    else if (/\p{Cc}/u.test(name)) drop(`groups.${index}`, 'control_characters', describe(name))
    else if (name !== '') names.push(name)
  }
  return names
}

/**
 * Somebody in more groups than fit: the provider says where the groups can be fetched instead of sending them,
 * as a distributed claim (OpenID Connect Core §5.6.2) or, from Microsoft's implicit flow, as `hasgroups`.
 */
function keptElsewhere(attributes: Readonly<Record<string, unknown>>, claim: string): boolean {
  const elsewhere = attributes._claim_names
  if (isRecord(elsewhere) && Object.hasOwn(elsewhere, claim)) return true
  return claim === 'groups' && (attributes.hasgroups === true || attributes.hasgroups === 'true')
}
