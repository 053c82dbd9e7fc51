import type { Api } from '../apis/api.ts'
import { type ReasonCode, reasons } from '../reasons.ts'
import { confirmationOf } from '../tokens/possession/confirmation.ts'
import { dpopAlgorithms } from '../tokens/possession/dpop-proof.ts'
import type { Refused } from './decide.ts'
import { metadataAddress } from './protected-resource.ts'

/** What the challenge depends on besides the *no*. */
interface Around {
  readonly takesPasswords?: boolean
  readonly isDpop?: boolean
}

/**
 * `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1; RFC 9449 §7.1 for tokens that are bound to a key; RFC 7617 §2.1 where a
 * user name and a password will do): how to come back with something better. `undefined`: nothing that could be brought
 * would help. In one line, since some gateways hand on only the first.
 */
export function challenge(
  issuer: string,
  api: Api,
  { status, reason, caller }: Pick<Refused, 'status' | 'reason' | 'caller'>,
  { takesPasswords = false, isDpop = false }: Around,
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
  const isBound = isDpop || reason.startsWith('dpop_') || 'jkt' in (confirmationOf(caller?.claims ?? {}) ?? {})
  const ways = schemesOf(api, isBound).map((name) =>
    scheme(name, name === 'DPoP' ? { ...parameters, algs: dpopAlgorithms.join(' ') } : parameters),
  )
  if (takesPasswords && status === 401) ways.push(scheme('Basic', { realm: api.slug, charset: 'UTF-8' }))
  return ways.join(', ')
}

function schemesOf({ rules }: Api, isBound: boolean): readonly ('Bearer' | 'DPoP')[] {
  if (isBound || rules.sender_constraint === 'dpop') return ['DPoP']
  return rules.sender_constraint === 'either' ? ['Bearer', 'DPoP'] : ['Bearer']
}

const scheme = (name: string, parameters: Readonly<Record<string, string>>): string =>
  `${name} ${Object.entries(parameters)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`

const passwordProblems: ReadonlySet<ReasonCode> = new Set(['bad_credentials', 'second_factor_missing'])

// RFC 6750 §3.1: whoever brought no token is told no error; and a missing key says nothing about the token.
function errorOf(reason: ReasonCode): string | undefined {
  if (reason === 'insufficient_scope' || reason === 'insufficient_user_authentication') return reason
  if (reason === 'credentials_ambiguous' || reason === 'dpop_scheme_wrong') return 'invalid_request'
  if (reason.startsWith('dpop_proof_')) return 'invalid_dpop_proof'
  const aboutOthers = /^(api_key|application|certificate|basic)_/.test(reason) || passwordProblems.has(reason)
  return reason === 'token_missing' || aboutOthers ? undefined : 'invalid_token'
}
