import type { IncomingMessage } from 'node:http'
import { identityHeaders } from '../apis/api-rules.ts'
import {
  type CertificateHeader,
  hasCertificateHeader,
  readCertificate,
} from '../http/certificates/certificate-headers.ts'
import type { ReasonCode } from '../reasons.ts'
import { type Asked, urlsOf } from './dialects/dialect.ts'
import type { Evidence } from './reader.ts'

type Headers = Pick<IncomingMessage, 'headersDistinct'>

export interface Around {
  /** The call, as the gateway tells it. */
  readonly asked: Asked
  /** Network address of whoever calls the API, as trusted proxies tell it. */
  readonly address: string
  /** In which headers a certificate is believed to be the caller's: none, unless the gateway proved itself. */
  readonly certificateHeaders: readonly CertificateHeader[]
}

/** What the request carries, or why it is refused before anybody looks at that. */
export function readEvidence(req: Headers, { asked, address, certificateHeaders }: Around): Evidence | ReasonCode {
  if (hasForgedHeader(req)) return 'identity_header_forged'
  const authorization = req.headersDistinct.authorization ?? []
  const apiKey = req.headersDistinct['x-api-key'] ?? []
  const proofs = req.headersDistinct.dpop ?? []
  // We would read one of them and the API perhaps the other.
  if (authorization.length > 1 || apiKey.length > 1 || proofs.length > 1) return 'credentials_ambiguous'
  const certificate = readCertificate(req, certificateHeaders)
  if (typeof certificate === 'string') return certificate
  const { scheme, shown } = shownIn(authorization[0] ?? '')
  const isDpop = scheme === 'dpop'
  const [proof] = proofs
  // Whoever means to prove a key must not pass for one who need not.
  if (proof && scheme === 'bearer') return 'dpop_scheme_wrong'
  return {
    bearer: isDpop || scheme === 'bearer' ? shown : undefined,
    dpop: isDpop ? { proof: proof || undefined, method: asked.method, urls: urlsOf(asked) } : undefined,
    basic: scheme === 'basic' ? shown : undefined,
    hasAuthorization: authorization.length > 0,
    apiKey: apiKey[0] || undefined,
    certificate,
    unbelievedCertificate: certificate === undefined && hasCertificateHeader(req),
    address,
  }
}

/** RFC 9110 §11.6.2, with one word of credentials. The scheme is in lower case. */
function shownIn(authorization: string): { readonly scheme?: string; readonly shown?: string } {
  const space = authorization.indexOf(' ')
  if (space < 0) return {}
  const shown = authorization.slice(space).trimStart()
  // Searched one by one, which takes far less than an expression does.
  if (shown === '' || [' ', ',', '\t'].some((other) => shown.includes(other))) return {}
  return { scheme: authorization.slice(0, space).toLowerCase(), shown }
}

const ours: ReadonlySet<string> = new Set([...identityHeaders, 'mask'].map((name) => `x-auth-${name}`))

/**
 * The gateway writes over what is called as our headers are. Some backends take `X_Auth_Subject` and `X.Auth.Subject`
 * for the same, and what `Connection` names is taken away on the way.
 */
function hasForgedHeader({ headersDistinct }: Headers): boolean {
  // Of a name that is one but for its hyphens, all else is.
  const isAlias = (name: string) =>
    name.startsWith('auth', 2) && !ours.has(name) && ours.has(name.replaceAll(/[_.]/g, '-'))
  for (const name in headersDistinct) if (isAlias(name)) return true
  const named = (headersDistinct.connection ?? []).flatMap((value) => value.toLowerCase().split(','))
  return named.some((name) => ours.has(name.trim()))
}
