import type { Api } from '../apis/api.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Refused } from './decide.ts'
import { metadataAddress } from './protected-resource.ts'

/**
 * `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1): how to come back with something better. `undefined`: nothing that
 * could be brought would help.
 */
export function challenge(
  issuer: string,
  api: Api,
  { status, reason }: Pick<Refused, 'status' | 'reason'>,
): string | undefined {
  if (status !== 401 && reason !== 'insufficient_scope') return undefined
  const scope = api.rules.required_scopes.join(' ')
  const error = errorOf(reason)
  const parameters = {
    realm: api.slug,
    ...(error && { error, error_description: `${reason}: ${reasons[reason].title}` }),
    ...(scope && (!error || error === 'insufficient_scope') && { scope }),
    resource_metadata: metadataAddress(issuer, api),
  }
  return `Bearer ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`
}

// RFC 6750 §3.1: whoever brought no token is told no error; and a missing key says nothing about the token.
function errorOf(reason: ReasonCode): string | undefined {
  if (reason === 'insufficient_scope') return 'insufficient_scope'
  if (reason === 'credentials_ambiguous') return 'invalid_request'
  return reason === 'token_missing' || /^(api_key|application|certificate)_/.test(reason) ? undefined : 'invalid_token'
}
