import ipaddr from 'ipaddr.js'

/** `never`: nobody's identity provider, whatever the settings say: link-local, multicast, reserved, metadata services. */
export type Reach = 'public' | 'private' | 'never'

// Metadata services of clouds that lie outside the link-local range.
const metadata = new Set(['fd00:ec2::254', '100.100.100.200', '168.63.129.16'])

const privateRanges: ReadonlySet<string> = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat'])

/** Where an IP address leads. Forms of IPv6 that carry an IPv4 address are judged by the one they carry. */
export function reach(address: string): Reach {
  const parsed = ipaddr.process(address)
  if (metadata.has(parsed.toString())) return 'never'
  if (parsed instanceof ipaddr.IPv6) {
    const carried = nat64(parsed)
    if (carried) return reach(carried)
    // Whatever IANA has not handed out yet (RFC 4291 §2.4) is no public address either.
    if (parsed.range() === 'unicast') return parsed.match(globalUnicast) ? 'public' : 'never'
  }
  const range = parsed.range()
  if (range === 'unicast') return 'public'
  return privateRanges.has(range) ? 'private' : 'never'
}

const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')
const wellKnownNat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

// RFC 6052 §2.1: networks without IPv4 reach it through this prefix.
const nat64 = (address: ipaddr.IPv6): string | undefined =>
  address.match(wellKnownNat64) ? address.toByteArray().slice(-4).join('.') : undefined
