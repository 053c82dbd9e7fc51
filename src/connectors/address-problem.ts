/** Why addresses in a source's settings could not be called. `undefined`: they could, or are no URLs at all. */
import { isIP } from 'node:net'
import { reach } from '../outbound/addresses.ts'

/** Of an issuer whose discovery document is read. */
export function issuerProblem(issuer: string, allowPrivateAddresses: boolean): string | undefined {
  if (!URL.canParse(issuer)) return undefined // Said already.
  if (issuer.includes('{')) return "Expected one tenant's own issuer, not a template for all tenants"
  const { username, password } = new URL(issuer)
  // OpenID Connect Discovery §2: no query and no fragment.
  if (username || password || /[?#]/.test(issuer)) return 'Must have no credentials, query or fragment'
  return addressProblem(issuer, allowPrivateAddresses)
}

/** Of any other address. */
export function addressProblem(address: string, allowPrivateAddresses: boolean): string | undefined {
  if (!URL.canParse(address)) return undefined
  const { protocol, hostname, username, password } = new URL(address)
  if (username || password) return 'Must have no credentials'
  if (protocol === 'https:') return undefined
  if (!allowPrivateAddresses) return 'Must begin with https:// (or set allow_private_addresses)'
  const literal = hostname.replace(/^\[|\]$/g, '')
  // A name is judged when it has been resolved.
  return isIP(literal) && reach(literal) !== 'private' ? 'Plain http is for loopback and private addresses' : undefined
}
