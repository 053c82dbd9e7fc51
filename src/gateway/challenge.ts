import type { Api } from '../apis/api.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import type { Refused } from './decide.ts'
import { metadataAddress } from './protected-resource.ts'

/**
 * `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1; RFC 7617 §2.1 where a user name and a password will do): how to come
 * back with something better. `undefined`: nothing that could be brought would help. In one line, since some gateways
 * hand on only the first.
 */
export function challenge(
  issuer: string,
  api: Api,
  { status, reason }: Pick<Refused, 'status' | 'reason'>,
  takesPasswords: boolean,
): string | undefined {
  if (status !== 401 && reason !== 'insufficient_scope') return undefined
  const { required_acr: levels, max_auth_age: age } = api.rules
  const scope = api.rules.required_scopes.join(' ')
  const error = errorOf(reason)
  const parameters = {
    realm: api.slug,
    ...(error && { error, error_description: `${reason}: ${reasons[reason].title}` }),
    // RFC 9470 §3: an application puts both into its next authorization request as they are.
    ...(error === 'insufficient_user_authentication' && {
      ...(levels.length > 0 && { acr_values: levels.join(' ') }),
      ...(age !== null && { max_age: String(age) }),
    }),
    ...(scope && (!error || error === 'insufficient_scope') && { scope }),
    resource_metadata: metadataAddress(issuer, api),
  }
  const ways = [scheme('Bearer', parameters)]
  if (takesPasswords && status === 401) ways.push(scheme('Basic', { realm: api.slug, charset: 'UTF-8' }))
  return ways.join(', ')
}

const scheme = (name: string, parameters: Readonly<Record<string, string>>): string =>
  `${name} ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`

const passwordProblems: ReadonlySet<ReasonCode> = new Set(['bad_credentials', 'second_factor_missing'])

// RFC 6750 §3.1: whoever brought no token is told no error; and a missing key says nothing about the token.
function errorOf(reason: ReasonCode): string | undefined {
  if (reason === 'insufficient_scope' || reason === 'insufficient_user_authentication') return reason
  if (reason === 'credentials_ambiguous') return 'invalid_request'
  const aboutOthers = /^(api_key|application|certificate|basic)_/.test(reason) || passwordProblems.has(reason)
  return reason === 'token_missing' || aboutOthers ? undefined : 'invalid_token'
}
