/** What a source said and what became of it, fit to be kept: names and kinds, and of the values only groups and roles. */
import type { Identity } from '../identity.ts'
import { describe } from '../mapping/dropped.ts'
import type { Mapped } from '../mapping/map-identity.ts'
import type { Source } from '../sources/source.ts'
import type { Taken } from '../traces/tracer.ts'

/** Others decide how much they send; this many of each are kept, and the rest is counted. */
const most = 100
const longestName = 200

export function whatCame(
  { attributes, authTime, acr, amr }: Identity,
  mapped: Mapped,
  { mapping }: Pick<Source, 'mapping'>,
): readonly Taken[] {
  const received = Object.entries(attributes).map(([name, value]) => [name.slice(0, longestName), describe(value)])
  const claims = Object.keys(mapped.claims).map((claim) => [claim, mapping.attributes[claim] ?? claim])
  return [
    {
      what: 'arrived',
      detail: {
        received: Object.fromEntries(received.slice(0, most)),
        ...beyond('more_received', received),
        ...(authTime !== undefined && { auth_time: authTime }),
        ...(acr !== undefined && { acr: acr.slice(0, longestName) }),
        ...(amr && { amr: amr.slice(0, 10).map((method) => method.slice(0, longestName)) }),
      },
    },
    {
      what: 'mapped',
      detail: {
        claims: Object.fromEntries(claims),
        groups_from: { ...mapping.groups },
        groups: mapped.groups.slice(0, most).map((group) => group.slice(0, longestName)),
        ...beyond('more_groups', mapped.groups),
        roles: mapped.roles.slice(0, most),
        ...beyond('more_roles', mapped.roles),
        dropped: mapped.dropped,
      },
    },
  ]
}

const beyond = (name: string, { length }: readonly unknown[]): Readonly<Record<string, number>> =>
  length > most ? { [name]: length - most } : {}
