/** What a mapping would make of what a source says, beside what the kept one makes of it. Pure, and nothing is kept. */
import { isDeepStrictEqual } from 'node:util'
import type { PreviewResult, ResultRow } from '#views/console/mapping.ts'
import type { RoleName } from '../accounts/account.ts'
import { admit } from '../admission/admit.ts'
import type { Identity } from '../identity.ts'
import { type Mapped, mapIdentity } from '../mapping/map-identity.ts'
import type { Mapping } from '../mapping/mapping.ts'
import { valueAt } from '../mapping/path.ts'
import type { Source } from '../sources/source.ts'
import { anyClient, nobodyYet, tokensThereWouldBe } from '../tokens/would-be.ts'

interface Facts {
  readonly source: Source
  readonly identity: Pick<Identity, 'subject' | 'attributes'>
  /** The one that is edited. */
  readonly mapping: Mapping
  readonly issuer: string
  /** Seconds. */
  readonly now: number
  /** Seconds. */
  readonly tokenLifetime: number
  /** Characters an access token may have. */
  readonly maxBytes: number
}

const shownGroups = 100
const triedClaims = 200

export function previewOf({ source, identity, mapping, ...facts }: Facts): PreviewResult {
  const before = mapIdentity(identity, source.mapping)
  const after = mapIdentity(identity, mapping)
  const leftOut = groupsLeftOut(identity.attributes, mapping, after)
  return {
    rows: rowsOf(before, after),
    dropped: after.dropped,
    groupsLeftOut: { names: leftOut.slice(0, shownGroups), more: Math.max(0, leftOut.length - shownGroups) },
    unused: unusedIn(identity, mapping, after),
    overage: after.overage,
    size: { bytes: sizeOf({ source, identity, mapped: after, ...facts }), atMost: facts.maxBytes },
  }
}

function rowsOf(before: Mapped, after: Mapped): readonly ResultRow[] {
  const [was, is] = [membersOf(before), membersOf(after)]
  return [...new Set([...is.keys(), ...was.keys()])].map((name) => {
    const [old, now] = [was.get(name), is.get(name)]
    return { name, value: textOf(now), before: isDeepStrictEqual(old, now) ? undefined : { value: textOf(old) } }
  })
}

const membersOf = ({ claims, groups, roles }: Mapped): ReadonlyMap<string, unknown> =>
  new Map<string, unknown>([['groups', groups], ['roles', roles.map(roleText)], ...Object.entries(claims)])

const roleText = ({ name, client }: RoleName): string => (client === null ? name : `${name} (${client})`)

/** `undefined`: the token says nothing of it. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return value.length === 0 ? undefined : value.join(', ')
  return isDeepStrictEqual(value, {}) ? undefined : JSON.stringify(value)
}

/** Groups that came and fit no filter; those that are no names at all are among what is dropped. */
function groupsLeftOut(attributes: Identity['attributes'], { groups }: Mapping, mapped: Mapped): readonly string[] {
  const said = valueAt(attributes, groups.claim)
  const kept = new Set(mapped.groups)
  return [said].flat().filter((name): name is string => typeof name === 'string' && name !== '' && !kept.has(name))
}

/** Claims with which the token would say the same, whatever their values were. */
function unusedIn({ attributes, subject }: Facts['identity'], mapping: Mapping, mapped: Mapped): readonly string[] {
  return Object.entries(attributes)
    .filter(([name]) => name !== 'sub' && name !== mapping.groups.claim)
    .slice(0, triedClaims)
    .flatMap(([name, value]) => {
      const others = { ...attributes, [name]: another(value) }
      return isDeepStrictEqual(mapIdentity({ attributes: others, subject }, mapping), mapped) ? [name] : []
    })
}

function another(value: unknown): unknown {
  if (typeof value === 'string') return `${value}.`
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value + 1
  return Array.isArray(value) && value.length > 0 ? [] : value === null ? 'something' : null
}

/** `undefined`: there would be no token. */
function sizeOf({ source, identity, mapped, ...facts }: Omit<Facts, 'mapping' | 'maxBytes'> & { mapped: Mapped }) {
  const account = nobodyYet(facts.now, mapped)
  const linked = { ...identity, accountId: account.id, sourceId: source.id, linkedAt: 0, lastLoginAt: null }
  const person = admit({ account, client: anyClient, source: { ...source, enabled: true }, identity: linked })
  return 'denied' in person || mapped.overage ? undefined : tokensThereWouldBe(person, mapped, facts).accessBytes
}
