import type { IncomingMessage } from 'node:http'
import { identityHeaders } from '../apis/api-rules.ts'
import type { ReasonCode } from '../reasons.ts'
import type { Evidence } from './reader.ts'

type Headers = Pick<IncomingMessage, 'headersDistinct'>

/** What the request carries, or why it is refused before anybody looks at that. */
export function readEvidence(req: Headers): Evidence | ReasonCode {
  if (hasForgedHeader(req)) return 'identity_header_forged'
  const authorization = req.headersDistinct.authorization ?? []
  const apiKey = req.headersDistinct['x-api-key'] ?? []
  // We would read one of them and the API perhaps the other.
  if (authorization.length > 1 || apiKey.length > 1) return 'credentials_ambiguous'
  const [, bearer] = /^Bearer +([^\s,]+)$/i.exec(authorization[0] ?? '') ?? []
  return { bearer, apiKey: apiKey[0] || undefined }
}

const ours: ReadonlySet<string> = new Set(identityHeaders.map((name) => `x-auth-${name}`))

/**
 * The gateway writes over what is called as our headers are. Some backends take `X_Auth_Subject` and `X.Auth.Subject`
 * for the same, and what `Connection` names is taken away on the way.
 */
function hasForgedHeader({ headersDistinct }: Headers): boolean {
  const isAlias = (name: string) => !ours.has(name) && ours.has(name.replaceAll(/[_.]/g, '-'))
  const named = (headersDistinct.connection ?? []).flatMap((value) => value.toLowerCase().split(','))
  return Object.keys(headersDistinct).some(isAlias) || named.some((name) => ours.has(name.trim()))
}
