import { X509Certificate } from 'node:crypto'

/** What the caller showed to the gateway when their connection was made. That they hold its key is proven there; nothing else is. */
export interface ClientCertificate {
  readonly leaf: X509Certificate
  /** What came with it, in no order that counts. */
  readonly chain: readonly X509Certificate[]
  /** `x5t#S256` (RFC 8705 §3.1): base64url of the SHA-256 of the whole certificate. */
  readonly thumbprint: string
}

/** Nobody has a longer one, and each costs signatures to verify. */
const longestChain = 8

/** `ders` begins with the caller's own. `undefined`: what is no certificate is among them, or they are too many. */
export function clientCertificate(ders: readonly Buffer[]): ClientCertificate | undefined {
  if (ders.length > longestChain) return undefined
  const [leaf, ...chain] = ders.flatMap((der) => parse(der) ?? [])
  if (!leaf || chain.length + 1 < ders.length) return undefined
  const thumbprint = Buffer.from(leaf.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
  return { leaf, chain, thumbprint }
}

function parse(der: Buffer): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der)
    // The parser stops where the certificate ends.
    return certificate.raw.equals(der) ? certificate : undefined
  } catch {
    return undefined
  }
}
