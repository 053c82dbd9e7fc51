import ipaddr from 'ipaddr.js'

/** What one subscriber has: an IPv4 address, or the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  const bytes = parsed.toByteArray()
  return Buffer.from(parsed.kind() === 'ipv6' ? bytes.slice(0, 8) : bytes).toString('hex')
}
