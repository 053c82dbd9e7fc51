import type { IncomingMessage } from 'node:http'
import { identityHeaders } from '../apis/api-rules.ts'
import type { ReasonCode } from '../reasons.ts'
import { type CertificateHeader, hasCertificateHeader, readCertificate } from './certificates/certificate-headers.ts'
import type { Evidence } from './reader.ts'

type Headers = Pick<IncomingMessage, 'headersDistinct'>

export interface Around {
  /** Network address of whoever calls the API, as trusted proxies tell it. */
  readonly address: string
  /** In which headers a certificate is believed to be the caller's: none, unless the gateway proved itself. */
  readonly certificateHeaders: readonly CertificateHeader[]
}

/** What the request carries, or why it is refused before anybody looks at that. */
export function readEvidence(req: Headers, { address, certificateHeaders }: Around): Evidence | ReasonCode {
  if (hasForgedHeader(req)) return 'identity_header_forged'
  const authorization = req.headersDistinct.authorization ?? []
  const apiKey = req.headersDistinct['x-api-key'] ?? []
  // We would read one of them and the API perhaps the other.
  if (authorization.length > 1 || apiKey.length > 1) return 'credentials_ambiguous'
  const certificate = readCertificate(req, certificateHeaders)
  if (typeof certificate === 'string') return certificate
  const of = (scheme: RegExp) => scheme.exec(authorization[0] ?? '')?.[1]
  return {
    bearer: of(/^Bearer +([^\s,]+)$/i),
    basic: of(/^Basic +([^\s,]+)$/i),
    hasAuthorization: authorization.length > 0,
    apiKey: apiKey[0] || undefined,
    certificate,
    unbelievedCertificate: certificate === undefined && hasCertificateHeader(req),
    address,
  }
}

const ours: ReadonlySet<string> = new Set([...identityHeaders, 'mask'].map((name) => `x-auth-${name}`))

/**
 * The gateway writes over what is called as our headers are. Some backends take `X_Auth_Subject` and `X.Auth.Subject`
 * for the same, and what `Connection` names is taken away on the way.
 */
function hasForgedHeader({ headersDistinct }: Headers): boolean {
  const isAlias = (name: string) => !ours.has(name) && ours.has(name.replaceAll(/[_.]/g, '-'))
  const named = (headersDistinct.connection ?? []).flatMap((value) => value.toLowerCase().split(','))
  return Object.keys(headersDistinct).some(isAlias) || named.some((name) => ours.has(name.trim()))
}
